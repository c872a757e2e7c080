"""A person's vault: its key in slots, what is unlocked in which browser, and what happened."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from vault import crypto
from vault.append_only import AppendOnly
from vault.queries import (
    StartOverQuerySet,
    UnlockQuerySet,
    VaultEventQuerySet,
    VaultQuerySet,
)


class Vault(models.Model):
    """What one person's private writing is encrypted under: never the key itself.

    ``public_key`` is a raw X25519 key that others seal to; its private half is wrapped under the
    vault. ``recovery_confirmed_at`` is when the first recovery code was typed back: before it
    nothing is written. ``sealed_at`` is set when a fresh vault was started beside this one. A
    sealed vault that was opened again is *joined*: ``joined_key`` is its key under ``joined_to``.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="vaults")
    public_key = models.BinaryField(max_length=32)
    wrapped_private_key = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now)
    recovery_confirmed_at = models.DateTimeField(null=True)
    sealed_at = models.DateTimeField(null=True)
    joined_to = models.ForeignKey("self", models.RESTRICT, null=True, related_name="joined")
    joined_key = models.BinaryField(null=True)
    objects = VaultQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(sealed_at__isnull=True), name="vault_one_active"
            ),
            models.CheckConstraint(
                condition=Q(joined_to__isnull=True, joined_key__isnull=True)
                | Q(joined_to__isnull=False, joined_key__isnull=False, sealed_at__isnull=False),
                name="vault_joined_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"vault {self.pk}"

    @property
    def is_ready(self) -> bool:
        """Whether it may be written to: active, with its recovery code typed back."""
        return self.sealed_at is None and self.recovery_confirmed_at is not None

    def slot(self, kind: "KeySlot.Kind") -> "KeySlot | None":
        """Return the slot of a kind that is in use or stale; not one still pending."""
        return self.slots.exclude(state=KeySlot.State.PENDING).filter(kind=kind).first()

    def pending_slot(self) -> "KeySlot | None":
        """Return the slot of a recovery code not yet typed back."""
        return self.slots.filter(state=KeySlot.State.PENDING).first()


class KeySlot(models.Model):
    """One way to open a vault: its key, wrapped under what the person knows.

    A password slot goes *stale* when the account's password was set without opening the vault; a
    recovery slot is *pending* until its code was typed back. ``params`` is Argon2's cost.
    """

    class Kind(models.TextChoices):
        PASSWORD = "password", _("password")
        RECOVERY = "recovery", _("recovery code")

    class State(models.TextChoices):
        ACTIVE = "active", _("in use")
        STALE = "stale", _("from before the password was set anew")
        PENDING = "pending", _("not yet typed back")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    vault = models.ForeignKey(Vault, models.CASCADE, related_name="slots")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    state = models.CharField(max_length=16, choices=State.choices, default=State.ACTIVE)
    params = models.JSONField(default=dict)
    salt = models.BinaryField(max_length=16)
    wrapped = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["vault", "kind"], condition=~Q(state="pending"), name="slot_one_of_a_kind"
            ),
            models.UniqueConstraint(
                fields=["vault", "kind"], condition=Q(state="pending"), name="slot_one_pending"
            ),
            models.CheckConstraint(
                condition=Q(kind="password", state__in=["active", "stale"])
                | Q(kind="recovery", state__in=["active", "pending"]),
                name="slot_state_of_its_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} slot of vault {self.vault_id}"

    @property
    def is_stale(self) -> bool:
        """Whether the account's password no longer opens it."""
        return self.state == self.State.STALE

    @property
    def is_in_order(self) -> bool:
        """Whether a password slot is good as it is: not stale, and made at today's cost."""
        return not self.is_stale and self.params == settings.VAULT_ARGON2

    @property
    def context(self) -> crypto.Context:
        """What the wrapped key is bound to."""
        return crypto.slot(self.vault_id, self.pk, self.kind, self.params)

    def close(self, keys: crypto.VaultKeys, key: bytes) -> None:
        """Put the vault's key into this slot, under ``key``; the caller saves it."""
        self.wrapped = keys.closed(key, self.context)

    def open(self, key: bytes) -> crypto.VaultKeys:
        """Return the vault's keys. Raises ``CannotOpen``."""
        return crypto.VaultKeys.opened(self.vault_id, key, bytes(self.wrapped), self.context)


class Unlock(models.Model):
    """A vault unlocked in one browser. ``wrapped`` opens only with that browser's cookie.

    ``lookup`` is derived from the cookie, in hex. *Pending*: the password was right, but the
    sign-in (its second factor) is not finished. Apart from the session, so that a late tab cannot
    write a locked key back.
    """

    lookup = models.CharField(max_length=64, primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="unlocks")
    vault = models.ForeignKey(Vault, models.CASCADE, related_name="unlocks")
    wrapped = models.BinaryField()
    pending = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    objects = UnlockQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")), name="unlock_expires_after_made"
            )
        ]

    def __str__(self) -> str:
        return f"unlock until {self.expires_at:%Y-%m-%d %H:%M}"


class StartOver(models.Model):
    """A fresh vault asked for, after a delay in which it can be called off."""

    vault = models.ForeignKey(Vault, models.CASCADE, related_name="start_overs")
    requested_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    objects = StartOverQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["vault"],
                condition=Q(cancelled_at__isnull=True, completed_at__isnull=True),
                name="start_over_one_open",
            ),
            models.CheckConstraint(
                condition=Q(cancelled_at__isnull=True) | Q(completed_at__isnull=True),
                name="start_over_one_end",
            ),
            models.CheckConstraint(
                condition=Q(due_at__gt=F("requested_at")), name="start_over_has_delay"
            ),
        ]

    def __str__(self) -> str:
        return f"start over due {self.due_at:%Y-%m-%d %H:%M}"


class VaultEvent(AppendOnly):
    """One line of what happened to a vault, for its owner: append-only, without content."""

    class Kind(models.TextChoices):
        MADE = "made", _("Vault made")
        CODE_MADE = "code_made", _("A recovery code was made")
        CODE_CONFIRMED = "code_confirmed", _("The recovery code was typed back and put in use")
        OPENED_BY_CODE = "opened_by_code", _("Opened with the recovery code")
        PASSWORD_CHANGED = "password_changed", _("Password changed; the vault follows it")
        WENT_STALE = "went_stale", _("Password set without opening the vault; it stayed locked")
        REOPENED = "reopened", _("Opened again after the password had been set")
        START_OVER_ASKED = "start_over_asked", _("A fresh vault was asked for")
        START_OVER_CANCELLED = "start_over_cancelled", _("The fresh vault was called off")
        SEALED = "sealed", _("Sealed; a fresh vault takes its place")
        JOINED = "joined", _("Sealed vault opened again, beside the fresh one")

    vault = models.ForeignKey(Vault, models.CASCADE, related_name="events")
    kind = models.CharField(max_length=32, choices=Kind.choices)
    at = models.DateTimeField(default=timezone.now)
    objects = VaultEventQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.kind} at {self.at:%Y-%m-%d %H:%M}"
