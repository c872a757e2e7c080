"""Questions asked of many rows at once, about people and clinics."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from vault.append_only import AppendOnlyQuerySet

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
    def with_address(self, email: str) -> "UserQuerySet":
        """Return the person who signs in with ``email``, or has it as a verified second one."""
        return self.filter(
            Q(email__iexact=email)
            | Q(emailaddress__email__iexact=email, emailaddress__verified=True)
        ).distinct()


class ClinicQuerySet(models.QuerySet["Clinic"]):
    def administered_by(self, user: "User") -> "ClinicQuerySet":
        """Return the clinics whose people ``user`` may manage, by name."""
        return self.filter(
            memberships__user=user,
            memberships__user__is_active=True,
            memberships__is_admin=True,
            memberships__deactivated_at=None,
        ).order_by("name", "pk")


class MembershipQuerySet(models.QuerySet["Membership"]):
    def active(self) -> "MembershipQuerySet":
        """Return the places that are held now."""
        return self.filter(deactivated_at=None, user__is_active=True)

    def of(self, user: "User") -> "MembershipQuerySet":
        """Return the places ``user`` holds now, each with its clinic."""
        return self.active().filter(user=user).select_related("clinic").order_by("pk")

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
