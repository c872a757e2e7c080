"""Questions asked of many rows at once, about people and clinics."""

import uuid
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.db.models.expressions import Combinable
from django.utils import timezone

from accounts.ways import NUMBERS, WAYS, Asking
from vault.append_only import AppendOnlyQuerySet
from vault.prepared import Prepared

if TYPE_CHECKING:
    from accounts.models import (  # noqa: F401 (named in the strings below)
        AccountEvent,
        Clinic,
        Invitation,
        Membership,
        OutgoingMail,
        User,
    )


class UserQuerySet(models.QuerySet["User"]):
    def with_ways(self, user: "User") -> "list[User]":
        """Return ``user`` with ``has_journal`` and the like: which ways are theirs.

        And with the numbers that `MembershipQuerySet.held_by` gives.
        """
        return _with_ways(**vars(_asking(user)))

    def with_address(self, email: str) -> "UserQuerySet":
        """Return the person who signs in with ``email``, or has it as a verified second one."""
        return self.filter(
            Q(email__iexact=email)
            | Q(emailaddress__email__iexact=email, emailaddress__verified=True)
        ).distinct()

    def leaving_by(self, moment: datetime) -> "UserQuerySet":
        """Return those who wanted their account deleted and whose day has come by ``moment``."""
        return self.filter(leaves_at__lte=moment).order_by("leaves_at", "pk")

    def among(self, pks: Iterable[uuid.UUID]) -> "UserQuerySet":
        """Return those of these ids, by name."""
        return self.filter(pk__in=list(pks)).order_by("name", "pk")

    def still_here(self) -> "UserQuerySet":
        """Return those whose account was not deleted."""
        return self.filter(left_at=None)


class ClinicQuerySet(models.QuerySet["Clinic"]):
    def administered_by(self, user: "User") -> "ClinicQuerySet":
        """Return the clinics whose people ``user`` may manage, by name."""
        return self.filter(
            memberships__user=user,
            memberships__user__is_active=True,
            memberships__is_admin=True,
            memberships__deactivated_at=None,
        ).order_by("name", "pk")

    def managed_by(self, user: "User") -> "ClinicQuerySet":
        """Return the same, whether or not the account is open now."""
        return self.filter(
            pk__in=apps.get_model("accounts", "Membership")
            ._default_manager.filter(user=user, is_admin=True, deactivated_at=None)
            .values("clinic")
        ).order_by("pk")

    def left_alone_by(self, user: "User") -> "ClinicQuerySet":
        """Return the clinics with people in them that only ``user`` manages.

        An admin who is about to leave as well counts as gone.
        """
        places = apps.get_model("accounts", "Membership")._default_manager.active()
        others = places.filter(clinic=OuterRef("pk")).exclude(user=user)
        staying = others.filter(is_admin=True, user__leaves_at=None)
        return self.managed_by(user).filter(Exists(others), ~Exists(staying))

    def emptied(self, pks: Iterable[Any]) -> "ClinicQuerySet":
        """Return those of ``pks``, one practitioner's own, in which nobody has a place."""
        return self.filter(pk__in=list(pks), is_solo=True, memberships=None)


class MembershipQuerySet(models.QuerySet["Membership"]):
    def active(self) -> "MembershipQuerySet":
        """Return the places that are held now."""
        return self.filter(deactivated_at=None, user__is_active=True)

    def of(self, user: "User") -> "MembershipQuerySet":
        """Return the places ``user`` holds now, each with its clinic."""
        return self.active().filter(user=user).select_related("clinic").order_by("pk")

    def held_by(self, user: "User") -> "list[Membership]":
        """Return the places ``user`` holds now, as every page's frame asks for them.

        Each says by ``number_due`` and the like (`accounts.ways`) how much waits for them.
        """
        return _held_by(**vars(_asking(user)))

    def active_in(self, clinic: "Clinic") -> "MembershipQuerySet":
        """Return the places held now in ``clinic``, by name, each with the person."""
        return self.active().filter(clinic=clinic).select_related("user").order_by("user__name")

    def colleagues_of(self, user: "User") -> "MembershipQuerySet":
        """Return the places others hold now where ``user`` holds one, by name, with both."""
        own = type(self)(self.model).active().filter(user=user)
        return (
            self.active()
            .filter(clinic__in=own.values("clinic"))
            .exclude(user=user)
            .select_related("user", "clinic")
            .order_by("user__name", "clinic__name", "pk")
        )

    def administered_by(self, user: "User") -> "MembershipQuerySet":
        """Return every place in the clinics whose people ``user`` may manage."""
        places = type(self)(self.model).active().filter(user=user, is_admin=True)
        return self.filter(clinic__in=places.values("clinic"))

    def listed(self, clinic: "Clinic") -> "MembershipQuerySet":
        """Return the clinic's people, those who left last, each with the person."""
        return (
            self.filter(clinic=clinic)
            .select_related("user")
            .order_by(F("deactivated_at").asc(nulls_first=True), "user__name", "pk")
        )

    def of_address(self, *, clinic: "Clinic", email: str) -> "MembershipQuerySet":
        """Return the place in ``clinic``, held or ended, of whoever has ``email``."""
        verified = Q(user__emailaddress__email__iexact=email, user__emailaddress__verified=True)
        return self.filter(Q(user__email__iexact=email) | verified, clinic=clinic).distinct()

    def other_admins(self, place: "Membership") -> "MembershipQuerySet":
        """Return the places of those who could still manage the clinic without ``place``."""
        return self.active().filter(clinic=place.clinic_id, is_admin=True).exclude(pk=place.pk)


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def with_token(self, token: str) -> "Invitation | None":
        """Return the invitation whose mailed link held ``token``, with its clinic and inviter."""
        found = self.filter(token_digest=self.model.digest(token)).select_related(
            "clinic", "invited_by"
        )
        return found.first()

    def unanswered(self) -> "InvitationQuerySet":
        """Return those neither accepted nor withdrawn, expired ones among them."""
        return self.filter(accepted_at=None, revoked_at=None)

    def open(self) -> "InvitationQuerySet":
        """Return those that can still be accepted."""
        return self.unanswered().filter(expires_at__gt=timezone.now())

    def to(self, *, clinic: "Clinic", email: str) -> "InvitationQuerySet":
        """Return the invitations of ``clinic`` to one address."""
        return self.filter(clinic=clinic, email__iexact=email)

    def about(self, user: "User", addresses: Iterable[str]) -> "InvitationQuerySet":
        """Return those that ``user`` accepted, or that went to one of ``addresses``."""
        to = Q(accepted_by=user)
        for address in addresses:
            to |= Q(email__iexact=address)
        return self.filter(to)

    def administered_by(self, user: "User") -> "InvitationQuerySet":
        """Return the invitations to clinics whose people ``user`` may manage."""
        return self.filter(
            clinic__memberships__user=user,
            clinic__memberships__user__is_active=True,
            clinic__memberships__is_admin=True,
            clinic__memberships__deactivated_at=None,
        )

    def listed(self, clinic: "Clinic") -> "InvitationQuerySet":
        """Return the clinic's unanswered invitations, newest first."""
        return self.unanswered().filter(clinic=clinic).order_by("-created_at", "pk")


class AccountEventQuerySet(AppendOnlyQuerySet["AccountEvent"]):
    def touching(self, user: "User") -> "AccountEventQuerySet":
        """Return what was done to ``user``'s account, newest first, with who did it."""
        return self.filter(user=user).select_related("by", "clinic")

    def forget(self, user: "User", addresses: Iterable[str]) -> None:
        """Remove the lines about ``user``, who has left, and those that name their addresses."""
        about = Q(user=user)
        for address in addresses:
            about |= Q(detail__iexact=address)
        models.QuerySet.delete(self.filter(about))


class OutgoingMailQuerySet(models.QuerySet["OutgoingMail"]):
    def waiting(self) -> "OutgoingMailQuerySet":
        """Return the mails not yet sent and not given up, oldest first."""
        return self.filter(sent_at=None, given_up_at=None).order_by("created_at", "pk")

    def due(self, now: datetime) -> "OutgoingMailQuerySet":
        """Return the waiting mails that nobody is delivering and whose next try has come."""
        return self.waiting().filter(due_at__lte=now)

    def settled_before(self, moment: datetime) -> "OutgoingMailQuerySet":
        """Return the mails sent or given up before ``moment``; their rows serve nobody now."""
        return self.filter(Q(sent_at__lt=moment) | Q(given_up_at__lt=moment))


def _asking(user: "User") -> Asking:
    return Asking(user.pk, user.email.lower(), timezone.now(), timezone.localdate())


def _ways(asking: Asking) -> dict[str, Combinable]:
    """Return, for each way, whether it is this person's."""
    yes, no = Value(value=True), Value(value=False)
    return {
        f"has_{name}": Case(When(has(asking), then=yes), default=no) for name, has in WAYS.items()
    }


def _numbers(asking: Asking) -> dict[str, Combinable]:
    """Return each number of this person's."""
    return {f"number_{name}": number(asking) for name, number in NUMBERS.items()}


_SOMEBODY = Asking(
    uuid.UUID(int=1),
    "somebody@example.invalid",
    datetime(2001, 2, 3, tzinfo=UTC),
    date(2001, 2, 4),
)
_held_by: "Prepared[Membership]" = Prepared(
    lambda **asked: (
        apps.get_model("accounts", "Membership")
        ._default_manager.filter(user=asked["user"], deactivated_at=None)
        .annotate(**_numbers(Asking(**asked)))
        .order_by("pk")
    ),
    **vars(_SOMEBODY),
)
_with_ways: "Prepared[User]" = Prepared(
    lambda **asked: (
        apps.get_model("accounts", "User")
        ._default_manager.filter(pk=asked["user"])
        .only("pk")
        .annotate(**_ways(Asking(**asked)), **_numbers(Asking(**asked)))
    ),
    **vars(_SOMEBODY),
)
