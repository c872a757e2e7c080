"""How the vault's rows are looked up."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.db.models import F, FilteredRelation, Q

from vault.append_only import AppendOnlyQuerySet

if TYPE_CHECKING:
    from vault.models import Vault


class VaultQuerySet(models.QuerySet["Vault"]):
    """Vaults."""

    def active(self) -> Self:
        """Return those not sealed: one a person at most."""
        return self.filter(sealed_at__isnull=True)

    def ready(self) -> Self:
        """Return the active ones whose recovery code was typed back: those one may write to."""
        return self.active().filter(recovery_confirmed_at__isnull=False)

    def active_of(self, user: AbstractBaseUser) -> "Vault | None":
        """Return the person's active vault, ready or not."""
        return self.active().filter(user=user).first()

    def sealed_of(self, user: AbstractBaseUser) -> Self:
        """Return the person's sealed vaults that may hold something, newest first."""
        return self.filter(
            user=user, sealed_at__isnull=False, recovery_confirmed_at__isnull=False
        ).order_by("-sealed_at")

    def with_unlock(self, user: AbstractBaseUser, lookup: str) -> "Vault | None":
        """Return the person's active vault with what this browser's ``lookup`` unlocks, if it does.

        One query. The vault carries ``unlock_wrapped``, ``unlock_seen_at``, ``unlock_expires_at``,
        all ``None`` where there is no such row of theirs.
        """
        mine = Q(unlocks__lookup=lookup, unlocks__user=user, unlocks__pending=False)
        return (
            self.active()
            .filter(user=user)
            .annotate(
                here=FilteredRelation("unlocks", condition=mine),
                unlock_wrapped=F("here__wrapped"),
                unlock_seen_at=F("here__last_seen_at"),
                unlock_expires_at=F("here__expires_at"),
            )
            .first()
        )


class UnlockQuerySet(models.QuerySet[Any]):
    """What is unlocked in which browser."""

    def of(self, user: AbstractBaseUser) -> Self:
        """Return the person's, in all browsers."""
        return self.filter(user=user)

    def in_browser(self, lookup: str) -> Self:
        """Return the one that this browser's cookie names, pending or not."""
        return self.filter(lookup=lookup)

    def waiting(self, user: AbstractBaseUser, lookup: str, *, now: datetime) -> Self:
        """Return this browser's, if the person's password opened it and the sign-in goes on."""
        return self.filter(lookup=lookup, user=user, pending=True, expires_at__gt=now)

    def over(self, *, now: datetime, idle_since: datetime) -> Self:
        """Return those past their limit or not seen since ``idle_since``."""
        return self.filter(Q(expires_at__lte=now) | Q(last_seen_at__lte=idle_since))


class StartOverQuerySet(models.QuerySet[Any]):
    """Fresh vaults asked for."""

    def open(self) -> Self:
        """Return those neither called off nor done."""
        return self.filter(cancelled_at__isnull=True, completed_at__isnull=True)

    def due(self, now: datetime) -> Self:
        """Return the open ones whose delay is over."""
        return self.open().filter(due_at__lte=now)


class VaultEventQuerySet(AppendOnlyQuerySet[Any]):
    """The vault's log. It only grows; rows go with their vault alone."""

    def of(self, user: AbstractBaseUser) -> Self:
        """Return what happened to the person's vaults, newest first."""
        return self.filter(vault__user=user).order_by("-at", "-pk")
