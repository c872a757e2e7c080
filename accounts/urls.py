"""Addresses of accounts: invitations, one's own account, a clinic's people, and the probes."""

from django.urls import path

from accounts.views import about, account, clinic, health, invitation, reading

CLINIC = "clinic/<uuid:pk>/"
urlpatterns = [
    path("invitation/<str:token>/", invitation.invitation_accept, name="invitation_accept"),
    path("account/", account.account_security, name="account_security"),
    path("account/leave/", account.account_leave, name="account_leave"),
    path("account/reading/", reading.account_reading, name="account_reading"),
    path("clinic/", clinic.clinic_home, name="clinic_home"),
    path(CLINIC, clinic.clinic_people, name="clinic_people"),
    path(f"{CLINIC}invite/", clinic.clinic_invite, name="clinic_invite"),
    path(
        f"{CLINIC}invitations/<uuid:invitation>/resend/",
        clinic.clinic_invitation_resend,
        name="clinic_invitation_resend",
    ),
    path(
        f"{CLINIC}invitations/<uuid:invitation>/revoke/",
        clinic.clinic_invitation_revoke,
        name="clinic_invitation_revoke",
    ),
    path(f"{CLINIC}people/<int:place>/", clinic.clinic_person, name="clinic_person"),
    path(
        f"{CLINIC}people/<int:place>/deactivate/",
        clinic.clinic_person_deactivate,
        name="clinic_person_deactivate",
    ),
    path(
        f"{CLINIC}people/<int:place>/reactivate/",
        clinic.clinic_person_reactivate,
        name="clinic_person_reactivate",
    ),
    path("about/privacy/", about.about_privacy, name="about_privacy"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
