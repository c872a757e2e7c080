"""Sharing, the supervisor's reading, and agreements."""

from django.urls import path

from supervision.views import agreement, home, reading, sharing

urlpatterns = [
    path("journal/<uuid:pk>/share/", sharing.share_new, name="share_new"),
    path("supervision/", home.supervision_home, name="supervision_home"),
    path("supervision/shares/<uuid:pk>/", reading.share_read, name="share_read"),
    path("supervision/shares/<uuid:pk>/receipt/", reading.share_receipt, name="share_receipt"),
    path("supervision/shares/<uuid:pk>/take-back/", reading.share_revoke, name="share_revoke"),
    path("supervision/shares/<uuid:pk>/comment/", reading.comment_add, name="comment_add"),
    path("supervision/agreements/new/", agreement.agreement_new, name="agreement_new"),
    path(
        "supervision/agreements/new/<uuid:clinic>/",
        agreement.agreement_new_for_clinic,
        name="agreement_new_for_clinic",
    ),
    path("supervision/agreements/<uuid:pk>/", agreement.agreement_read, name="agreement_read"),
    path(
        "supervision/agreements/<uuid:pk>/accept/",
        agreement.agreement_accept,
        name="agreement_accept",
    ),
    path(
        "supervision/agreements/<uuid:pk>/decline/",
        agreement.agreement_decline,
        name="agreement_decline",
    ),
    path("supervision/agreements/<uuid:pk>/end/", agreement.agreement_end, name="agreement_end"),
    path("supervision/proposals/<uuid:pk>/", agreement.proposal_read, name="proposal_read"),
    path(
        "supervision/proposals/<uuid:pk>/accept/",
        agreement.proposal_accept,
        name="proposal_accept",
    ),
    path(
        "supervision/proposals/<uuid:pk>/decline/",
        agreement.proposal_decline,
        name="proposal_decline",
    ),
    path(
        "supervision/proposals/<uuid:pk>/take-back/",
        agreement.proposal_take_back,
        name="proposal_take_back",
    ),
]
