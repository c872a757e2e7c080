"""Questions asked of many rows at once, about people and clinics."""

from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils import timezone

if TYPE_CHECKING:
    from accounts.models import AccountEvent, Invitation, Membership, OutgoingMail, User


class MembershipQuerySet(models.QuerySet["Membership"]):
    def administered_by(self, user: "User") -> "MembershipQuerySet":
        """Return the memberships of every clinic that ``user`` is an active admin of."""
        return self.filter(
            clinic__memberships__user=user,
            clinic__memberships__is_admin=True,
            clinic__memberships__user__is_active=True,
        )


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self) -> "InvitationQuerySet":
        """Return those that can still be accepted."""
        return self.filter(
            accepted_at=None, revoked_at=None, expires_at__gt=timezone.now()
        )


class AccountEventQuerySet(models.QuerySet["AccountEvent"]):
    """Append-only: lines are added, never changed or removed by the app."""

    def update(self, **kwargs: Any) -> int:
        raise TypeError("The account log is append-only.")


class OutgoingMailQuerySet(models.QuerySet["OutgoingMail"]):
    def waiting(self) -> "OutgoingMailQuerySet":
        """Return the mails not yet sent, oldest first."""
        return self.filter(sent_at=None).order_by("created_at", "pk")
