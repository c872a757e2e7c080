"""Who there is: people, clinics, who belongs where, invitations, the account log, the outbox."""

import uuid
from datetime import timedelta
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.queries import (
    AccountEventQuerySet,
    InvitationQuerySet,
    MembershipQuerySet,
    OutgoingMailQuerySet,
)

INVITATION_LIFETIME = timedelta(days=14)


class UserManager(BaseUserManager["User"]):
    """Makes people whose e-mail address is their login."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Return a saved person; without a password they cannot sign in with one."""
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Return a saved operator, for ``manage.py createsuperuser``."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, email: str | None) -> "User":
        return self.get(email__iexact=email)


class User(AbstractBaseUser, PermissionsMixin):
    """A person with an account. Supervisor is a role in an agreement, not a kind of user."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(_("e-mail address"))
    name = models.CharField(
        _("name"), max_length=120, help_text=_("As your supervisor or supervisees know you.")
    )
    timezone = models.CharField(_("time zone"), max_length=64, default="Europe/London")
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("operator"), default=False)
    date_joined = models.DateTimeField(_("joined"), default=timezone.now)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects = UserManager()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_unique")]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        """Return the name shown to others."""
        return self.name or self.email

    get_short_name = get_full_name


class Clinic(models.Model):
    """A clinic, or one practitioner's own practice (``is_solo``)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=120)
    is_solo = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A person's place in a clinic. ``is_clinician`` keeps a journal; ``is_admin`` manages."""

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    clinic = models.ForeignKey(Clinic, models.CASCADE, related_name="memberships")
    is_clinician = models.BooleanField(_("clinician"), default=True)
    is_admin = models.BooleanField(_("clinic admin"), default=False)
    joined_at = models.DateTimeField(default=timezone.now)
    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "clinic"], name="membership_once_per_clinic")
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.clinic}"


def _invitation_expiry() -> Any:
    return timezone.now() + INVITATION_LIFETIME


class Invitation(models.Model):
    """An invitation to a clinic, mailed to one address. Only a digest of its token is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, models.CASCADE, related_name="invitations")
    email = models.EmailField(_("e-mail address"))
    name = models.CharField(_("name"), max_length=120, blank=True)
    is_clinician = models.BooleanField(default=True)
    is_admin = models.BooleanField(default=False)
    token_digest = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(default=_invitation_expiry)
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True)
    objects = InvitationQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.email} to {self.clinic}"


class AccountEvent(models.Model):
    """One line of the account log, append-only and without content.

    ``user`` is the person touched, ``by`` the one who acted (nobody for the system).
    """

    class Kind(models.TextChoices):
        INVITED = "invited", _("invited")
        INVITATION_REVOKED = "invitation_revoked", _("invitation withdrawn")
        JOINED = "joined", _("joined")
        ROLES_CHANGED = "roles_changed", _("roles changed")
        DEACTIVATED = "deactivated", _("deactivated")
        REACTIVATED = "reactivated", _("reactivated")
        PASSWORD_CHANGED = "password_changed", _("password changed")
        PASSWORD_RESET = "password_reset", _("password reset")
        VAULT_MADE = "vault_made", _("vault set up")
        VAULT_REOPENED = "vault_reopened", _("vault opened again after a password reset")
        RECOVERY_CODE_CHANGED = "recovery_code_changed", _("recovery code changed")
        START_OVER_ASKED = "start_over_asked", _("a fresh vault asked for")
        START_OVER_CANCELLED = "start_over_cancelled", _("a fresh vault called off")
        STARTED_OVER = "started_over", _("a fresh vault made")

    kind = models.CharField(max_length=32, choices=Kind.choices)
    at = models.DateTimeField(default=timezone.now)
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="account_events")
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    clinic = models.ForeignKey(Clinic, models.SET_NULL, null=True, related_name="account_events")
    detail = models.CharField(max_length=200, blank=True)
    objects = AccountEventQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.kind} at {self.at:%Y-%m-%d %H:%M}"


class OutgoingMail(models.Model):
    """A mail waiting to be delivered. ``sealed`` is emptied once it has been sent.

    The message is encrypted under a key derived from ``SECRET_KEY``: it may hold a reset link.
    """

    sealed = models.BinaryField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    objects = OutgoingMailQuerySet.as_manager()

    def __str__(self) -> str:
        return f"mail {self.pk}"
