"""What changes who may sign in, who belongs where, and in which role.

Each is one transaction, takes who acts as ``by``, and writes one line of the account log.
"""

import secrets
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.db import transaction
from django.urls import reverse
from django.utils.timezone import now, override
from django.utils.translation import gettext as _

from accounts import mail
from accounts.ended import leave_word
from accounts.models import (
    INVITATION_LIFETIME,
    AccountEvent,
    Clinic,
    Invitation,
    Membership,
    User,
)
from accounts.rules import (
    InvitationAct,
    PlaceAct,
    Refused,
    check_invitation,
    check_place,
)
from accounts.switching import tell_of_switch
from vault.models import Unlock

Kind = AccountEvent.Kind


class AlreadyHere(Exception):
    """The invited address belongs to somebody with a place in the clinic: ``place``."""

    def __init__(self, place: Membership) -> None:
        super().__init__()
        self.place = place


def record(
    kind: AccountEvent.Kind,
    *,
    user: User | None = None,
    by: User | None = None,
    clinic: Clinic | None = None,
    detail: str = "",
) -> AccountEvent:
    """Return a new line of the account log. ``detail`` holds roles or an address, no content."""
    return AccountEvent.objects.create(kind=kind, user=user, by=by, clinic=clinic, detail=detail)


def roles(*, is_clinician: bool, is_admin: bool) -> str:
    """Return the roles in words, as the log and the mails say them."""
    names = {_("clinician"): is_clinician, _("clinic admin"): is_admin}
    return ", ".join(name for name, held in names.items() if held)


# --- Invitations ---------------------------------------------------------------------------------


@transaction.atomic
def invite(
    *,
    clinic: Clinic,
    email: str,
    name: str,
    is_clinician: bool,
    is_admin: bool,
    by: User,
    at: datetime | None = None,
) -> Invitation:
    """Return a new invitation, on its way by mail; an unanswered one to the address is replaced.

    It is good for a fortnight from ``at``, which is now but where a demo tells of the past.
    Raises ``AlreadyHere`` if the address belongs to somebody with a place in the clinic, held or
    ended: an ended one is reactivated, not invited again.
    """
    email = email.strip().lower()
    if place := Membership.objects.of_address(clinic=clinic, email=email).first():
        raise AlreadyHere(place)
    Invitation.objects.unanswered().to(clinic=clinic, email=email).update(
        revoked_at=now(), revoked_by=by
    )
    token = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        clinic=clinic,
        email=email,
        name=name,
        is_clinician=is_clinician,
        is_admin=is_admin,
        token_digest=Invitation.digest(token),
        invited_by=by,
        expires_at=(at or now()) + INVITATION_LIFETIME,
    )
    record(Kind.INVITED, by=by, clinic=clinic, detail=email)
    _mail_invitation(invitation, token=token, by=by)
    return invitation


@transaction.atomic
def resend_invitation(*, invitation: Invitation, by: User) -> None:
    """Mail a fresh link, good for another fortnight; the old link stops working.

    Raises ``Refused`` if the invitation was accepted or withdrawn.
    """
    invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
    check_invitation(InvitationAct.RESEND, invitation)
    token = secrets.token_urlsafe(32)
    invitation.token_digest = Invitation.digest(token)
    invitation.expires_at = now() + INVITATION_LIFETIME
    invitation.save(update_fields=["token_digest", "expires_at"])
    record(Kind.INVITATION_RESENT, by=by, clinic=invitation.clinic, detail=invitation.email)
    _mail_invitation(invitation, token=token, by=by)


@transaction.atomic
def revoke_invitation(*, invitation: Invitation, by: User) -> None:
    """Withdraw the invitation: its link stops working at once.

    Raises ``Refused`` if it was accepted or withdrawn before.
    """
    invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
    check_invitation(InvitationAct.REVOKE, invitation)
    invitation.revoked_at, invitation.revoked_by = now(), by
    invitation.save(update_fields=["revoked_at", "revoked_by"])
    record(Kind.INVITATION_REVOKED, by=by, clinic=invitation.clinic, detail=invitation.email)


@transaction.atomic
def accept_invitation(*, invitation: Invitation, by: User) -> Membership:
    """Return ``by``'s place in the inviting clinic, made or given back, with the invited roles.

    Raises ``Refused`` if the invitation is no longer open.
    """
    invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
    check_invitation(InvitationAct.ACCEPT, invitation)
    invitation.accepted_at, invitation.accepted_by = now(), by
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    given = {"is_clinician": invitation.is_clinician, "is_admin": invitation.is_admin}
    place, _made = Membership.objects.update_or_create(
        user=by, clinic=invitation.clinic, defaults={**given, "deactivated_at": None}
    )
    record(Kind.JOINED, user=by, by=by, clinic=invitation.clinic, detail=roles(**given))
    return place


def _mail_invitation(invitation: Invitation, *, token: str, by: User) -> None:
    given = roles(is_clinician=invitation.is_clinician, is_admin=invitation.is_admin)
    context = {
        "invitation": invitation,
        "inviter": by,
        "roles": given,
        "link": mail.link(reverse("invitation_accept", args=[token])),
    }
    with override(invitation.clinic.zone):
        mail.post("accounts/email/invitation", to=invitation.email, context=context)


@transaction.atomic
def join_alone(*, by: User) -> None:
    """Let ``by``, who came by a proposal, keep a journal in no clinic."""
    by.is_independent = True
    by.save(update_fields=["is_independent"])
    record(Kind.JOINED, user=by, by=by)


@transaction.atomic
def make_practice(*, by: User) -> Membership:
    """Return ``by``'s place in a new practice of their own, which they keep and manage alone."""
    name = _("%(name)s's practice") % {"name": by.name}
    clinic = Clinic.objects.create(name=name[:120], is_solo=True, timezone=by.timezone)
    place = Membership.objects.create(user=by, clinic=clinic, is_clinician=True, is_admin=True)
    record(Kind.PRACTICE_MADE, user=by, by=by, clinic=clinic)
    return place


# --- Places --------------------------------------------------------------------------------------


def _locked(place: Membership) -> Membership:
    """Return ``place`` as it stands, with its clinic and its person locked against another's act.

    Two admins who take each other's role at the same moment must not leave a clinic with none, nor
    two clinics that end a person's places at the same moment leave the account active.
    """
    Clinic.objects.select_for_update(no_key=True).get(pk=place.clinic_id)
    User.objects.select_for_update(no_key=True).get(pk=place.user_id)
    return Membership.objects.select_related("user", "clinic").get(pk=place.pk)


@transaction.atomic
def deactivate(*, place: Membership, by: User) -> None:
    """End a place; with no other place held, the person is signed out and locked at once.

    Somebody who came to Mend without a clinic goes on without one.

    Raises ``Refused`` for one's own place, and for one that is not held.
    """
    place = _locked(place)
    check_place(PlaceAct.DEACTIVATE, place, by=by)
    place.deactivated_at = now()
    place.save(update_fields=["deactivated_at"])
    person = place.user
    if not (person.is_independent or Membership.objects.of(person).exists()):
        person.is_active = False
        person.save(update_fields=["is_active"])
        sign_out_everywhere(person, is_switched_off=True)
        tell_of_switch(person)
    record(Kind.DEACTIVATED, user=person, by=by, clinic=place.clinic)


@transaction.atomic
def reactivate(*, place: Membership, by: User) -> None:
    """Give a place back, in its old roles; the person can sign in again.

    Raises ``Refused`` unless the place was ended, and where the operator has closed the account.
    """
    place = _locked(place)
    check_place(PlaceAct.REACTIVATE, place, by=by)
    place.deactivated_at = None
    place.save(update_fields=["deactivated_at"])
    person = place.user
    was_closed = not person.is_active
    person.is_active = True
    person.save(update_fields=["is_active"])
    if was_closed:
        tell_of_switch(person)
    record(Kind.REACTIVATED, user=person, by=by, clinic=place.clinic)


@transaction.atomic
def change_roles(*, place: Membership, is_clinician: bool, is_admin: bool, by: User) -> Membership:
    """Return the place in its new roles.

    Raises ``Refused`` for a place not held, for no role at all, and where the clinic would be left
    without an admin.
    """
    place = _locked(place)
    changes = {
        PlaceAct.SET_CLINICIAN: place.is_clinician != is_clinician,
        PlaceAct.SET_ADMIN: place.is_admin != is_admin,
    }
    for act in (act for act, changed in changes.items() if changed):
        check_place(act, place, by=by)
    if not (is_clinician or is_admin):
        raise Refused
    if not any(changes.values()):
        return place
    place.is_clinician, place.is_admin = is_clinician, is_admin
    place.save(update_fields=["is_clinician", "is_admin"])
    detail = roles(is_clinician=is_clinician, is_admin=is_admin)
    record(Kind.ROLES_CHANGED, user=place.user, by=by, clinic=place.clinic, detail=detail)
    return place


@transaction.atomic
def close_account(*, person: User, by: User) -> None:
    """Close an account as the operator: signed out at once, and no clinic can open it again."""
    was_open = person.is_active
    person.is_active, person.closed_at = False, now()
    person.save(update_fields=["is_active", "closed_at"])
    sign_out_everywhere(person, is_switched_off=True)
    if was_open:
        tell_of_switch(person)
    record(Kind.DEACTIVATED, user=person, by=by)


@transaction.atomic
def open_account(*, person: User, by: User) -> None:
    """Open an account again as the operator. Places that a clinic has ended stay ended."""
    was_closed = not person.is_active
    person.is_active, person.closed_at = True, None
    person.save(update_fields=["is_active", "closed_at"])
    if was_closed:
        tell_of_switch(person)
    record(Kind.REACTIVATED, user=person, by=by)


def sign_out_everywhere(person: User, *, is_switched_off: bool = False) -> None:
    """End every session of ``person`` and drop every unlocked key, in all browsers, at once.

    Where the account ``is_switched_off``, those browsers say so.
    """
    for session in UserSession.objects.filter(user=person):
        if is_switched_off and session.exists():
            leave_word(session.session_key)
        session.end()
    Unlock.objects.of(person).delete()


# --- One's own account ---------------------------------------------------------------------------


@transaction.atomic
def change_profile(*, by: User, name: str, timezone: str) -> None:
    """Change one's own name and time zone."""
    by.name, by.timezone = name, timezone
    by.save(update_fields=["name", "timezone"])
    record(Kind.PROFILE_CHANGED, user=by, by=by)
