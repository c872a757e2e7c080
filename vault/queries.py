"""How the vault's rows are looked up."""

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.apps import apps
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.db.models import Q

from vault.append_only import AppendOnlyQuerySet
from vault.prepared import Prepared

if TYPE_CHECKING:
    from vault.models import Unlock, Vault


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
        return _active_of.first(user=user.pk)

    def all_of(self, user: AbstractBaseUser) -> Self:
        """Return every vault of the person's, ready or not, sealed or not."""
        return self.filter(user=user)

    def sealed_of(self, user: AbstractBaseUser) -> Self:
        """Return the person's sealed vaults that may hold something, newest first."""
        return self.filter(
            user=user, sealed_at__isnull=False, recovery_confirmed_at__isnull=False
        ).order_by("-sealed_at")


class UnlockQuerySet(models.QuerySet[Any]):
    """What is unlocked in which browser."""

    def of(self, user: AbstractBaseUser) -> Self:
        """Return the person's, in all browsers."""
        return self.filter(user=user)

    def open_for(self, user: AbstractBaseUser, lookup: str) -> "Unlock | None":
        """Return what this browser's ``lookup`` unlocks of the person's, with its vault, or None.

        The vault is the person's active one: what it unlocked of a sealed one is of no use.
        """
        return _unlocked.first(user=user.pk, lookup=lookup)

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


def _rows(model: str) -> models.QuerySet[Any]:
    return apps.get_model("vault", model)._default_manager.all()


_active_of = Prepared(
    lambda user: _rows("Vault").filter(user=user, sealed_at__isnull=True),
    user=uuid.UUID(int=1),
)
_unlocked = Prepared(
    lambda user, lookup: (
        _rows("Unlock")
        .filter(user=user, lookup=lookup, pending=False, vault__sealed_at=None)
        .select_related("vault")
    ),
    user=uuid.UUID(int=1),
    lookup="lookup",
)
