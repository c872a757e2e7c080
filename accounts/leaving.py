"""Deleting one's own account: asked for, still to be kept for a while, then gone.

What others may go on reading (a supervisor's comments, under the copy of who shared it) is bound
to its author's id. So the row of somebody who left stays, without name, address or password;
everything else of theirs is removed, their keys first. See docs/adr/013-leaving.md.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import timedelta
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone

from accounts import mail
from accounts.actions import record, sign_out_everywhere
from accounts.models import AccountEvent, Clinic, Invitation, Membership, User
from vault.actions import destroy_vaults

Kind = AccountEvent.Kind
logger = logging.getLogger(__name__)

# What the floors above do when somebody goes, while that person still has a name and keys.
_FAREWELLS: list[Callable[[User], None]] = []


class OnlyAdmin(Exception):
    """Somebody would leave ``clinics`` without anybody to manage them. Nothing was changed."""

    def __init__(self, clinics: list[Clinic]) -> None:
        super().__init__()
        self.clinics = clinics


def at_farewell(step: Callable[[User], None]) -> None:
    """Have ``step`` done whenever somebody's account goes, in the same transaction."""
    if step not in _FAREWELLS:
        _FAREWELLS.append(step)


@transaction.atomic
def ask_to_leave(*, by: User) -> User:
    """Set the day on which ``by``'s account goes, and tell them by mail. Asked twice, it stays.

    Raises `OnlyAdmin`.
    """
    person = _locked(by.pk)
    _check_clinics(person)
    if person.leaves_at is None:
        person.leaves_at = timezone.now() + timedelta(days=settings.ACCOUNT_LEAVING_DAYS)
        person.save(update_fields=["leaves_at"])
        record(Kind.LEAVING_ASKED, user=person, by=by)
        _tell(person, "leaving_asked")
    return person


@transaction.atomic
def keep_account(*, by: User) -> bool:
    """Call the deletion off; return whether there was one to call off."""
    person = _locked(by.pk)
    if person.leaves_at is None:
        return False
    person.leaves_at = None
    person.save(update_fields=["leaves_at"])
    record(Kind.LEAVING_CANCELLED, user=person, by=by)
    return True


def complete_leavings() -> int:
    """Delete the accounts whose day has come; return how many. One in trouble stops no other."""
    done, troubles = 0, []
    for pk in User.objects.leaving_by(timezone.now()).values_list("pk", flat=True):
        try:
            done += _complete(pk)
        except Exception as trouble:
            # Its name and no more: what an error says may hold what it was about.
            logger.error("An account could not be deleted: %s", type(trouble).__name__)
            troubles.append(trouble)
    if troubles:
        raise ExceptionGroup("Some accounts could not be deleted.", troubles)
    return done


@transaction.atomic
def _complete(pk: UUID) -> bool:
    person = _locked(pk)
    if person.leaves_at is None or person.leaves_at > timezone.now():
        return False  # Called off while this task was at work.
    try:
        _check_clinics(person)
    except OnlyAdmin:
        person.leaves_at = None
        person.save(update_fields=["leaves_at"])
        record(Kind.LEAVING_CANCELLED, user=person)
        _tell(person, "leaving_not_yet")
        return False
    for farewell in reversed(_FAREWELLS):  # from the top floor down
        farewell(person)
    _tell(person, "left")
    sign_out_everywhere(person)
    destroy_vaults(user=person)
    _remove_traces(person)
    _become_nobody(person)
    return True


def _locked(pk: UUID) -> User:
    """Return the person, held against another's act, and with them the clinics they manage.

    The clinics first, as `accounts.actions` locks them. Both locks leave the rows' keys alone: what
    others write meanwhile may refer to the person, as what they are told of a comment does.
    """
    list(Clinic.objects.select_for_update(no_key=True).managed_by(User(pk=pk)))
    return User.objects.select_for_update(no_key=True).get(pk=pk)


def _check_clinics(person: User) -> None:
    clinics = list(Clinic.objects.left_alone_by(person))
    if clinics:
        raise OnlyAdmin(clinics)


def _tell(person: User, template: str) -> None:
    with timezone.override(person.zone):
        facts = {
            "name": person.get_full_name(),
            "day": person.leaves_at,
            "url": mail.link(reverse("account_leave")),
        }
        mail.post(f"accounts/email/{template}", to=person.email, context=facts)


def _remove_traces(person: User) -> None:
    """Remove every row about ``person`` that is nobody else's."""
    addresses = [person.email, *person.emailaddress_set.values_list("email", flat=True)]
    places = Membership.objects.filter(user=person)
    invitations = Invitation.objects.about(person, addresses)
    for rows in (User.objects.filter(pk=person.pk), places, invitations):
        _forget_in_operators_log(rows)
    clinics = list(places.values_list("clinic", flat=True))
    places.delete()
    invitations.delete()
    Clinic.objects.emptied(clinics).delete()
    AccountEvent.objects.forget(person, addresses)
    for model in (EmailAddress, Authenticator, UserSession):
        model.objects.filter(user=person).delete()


def _forget_in_operators_log(rows: "models.QuerySet[models.Model]") -> None:
    """Remove the lines that name ``rows`` in the operator's own log."""
    kind = ContentType.objects.get_for_model(rows.model)
    pks: Iterable[object] = rows.values_list("pk", flat=True)
    LogEntry.objects.filter(content_type=kind, object_id__in=[str(pk) for pk in pks]).delete()


def _become_nobody(person: User) -> None:
    person.email = f"{person.pk}@left.invalid"  # a name that can never be anybody's address
    person.name = ""
    person.timezone = "UTC"
    person.is_active = person.is_staff = person.is_superuser = False
    person.last_login = person.leaves_at = person.closed_at = None
    person.left_at = timezone.now()
    person.set_unusable_password()
    person.groups.clear()
    person.user_permissions.clear()
    person.save()
