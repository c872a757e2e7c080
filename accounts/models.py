"""Who there is: people, clinics, who belongs where, invitations, the account log, the outbox."""

import hashlib
import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.timezone import now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import zones
from accounts.queries import (
    AccountEventQuerySet,
    ClinicQuerySet,
    InvitationQuerySet,
    MembershipQuerySet,
    OutgoingMailQuerySet,
    UserQuerySet,
)
from vault.append_only import AppendOnly

INVITATION_LIFETIME = timedelta(days=14)


class UserManager(BaseUserManager["User"].from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Makes people whose e-mail address is their login."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Return a saved person; without a password they cannot sign in with one."""
        user: User = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Return a saved operator, for ``manage.py createsuperuser``.

        Their address counts as confirmed: who can run commands here needs no mail to prove it,
        and mail may be the very thing that does not work yet.
        """
        user = self.create_user(email, password, is_staff=True, is_superuser=True, **fields)
        user.emailaddress_set.create(email=user.email, verified=True, primary=True)
        return user

    def get_by_natural_key(self, email: str | None) -> "User":
        """Return the person who signs in with ``email``, however it is capitalised."""
        person: User = self.get(email__iexact=email)
        return person


class User(AbstractBaseUser, PermissionsMixin):
    """A person with an account. Supervisor is a role in an agreement, not a kind of user.

    ``email`` is a copy of allauth's primary address, kept in lower case. ``is_active`` goes when
    the last place held is ended, or when the operator closes the account: ``closed_at`` says which,
    because only the operator opens what the operator closed. How they want to read (``text_size``
    to ``single_keys``) stands in clear: it is on every page they are sent.

    ``is_independent``: they keep a journal in no clinic, having come by somebody's proposal. No
    clinic's place opens or closes such an account.

    ``leaves_at`` is when an account its owner wants deleted goes; until then they can keep it.
    ``left_at``: it is gone. Its row stays without name, address or password, because what the
    person wrote to others is bound to its id and would not open without.
    """

    class TextSize(models.TextChoices):
        SMALL = "small", _("Smaller")
        MEDIUM = "medium", _("As it is")
        LARGE = "large", _("Larger")
        LARGER = "larger", _("Much larger")

    class LineWidth(models.TextChoices):
        NARROW = "narrow", _("Narrow")
        MEDIUM = "medium", _("As it is")
        WIDE = "wide", _("Wide")

    class Typeface(models.TextChoices):
        SERIF = "serif", _("With serifs, as a book has them")
        SANS = "sans", _("Without serifs")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(
        _("e-mail address"),
        unique=True,
        error_messages={"unique": _("Somebody signs in with this address already.")},
    )
    name = models.CharField(
        _("name"), max_length=120, help_text=_("As your supervisor or supervisees know you.")
    )
    timezone = models.CharField(_("time zone"), max_length=64, default="Europe/London")
    text_size = models.CharField(
        _("size of the text"), max_length=8, choices=TextSize.choices, default=TextSize.MEDIUM
    )
    line_width = models.CharField(
        _("length of the lines"), max_length=8, choices=LineWidth.choices, default=LineWidth.MEDIUM
    )
    typeface = models.CharField(
        _("letters"), max_length=8, choices=Typeface.choices, default=Typeface.SERIF
    )
    less_motion = models.BooleanField(_("less motion"), default=False)
    single_keys = models.BooleanField(_("single keys"), default=True)
    is_active = models.BooleanField(_("active"), default=True)
    closed_at = models.DateTimeField(_("closed by the operator"), null=True, editable=False)
    leaves_at = models.DateTimeField(_("to be deleted"), null=True, editable=False)
    left_at = models.DateTimeField(_("deleted"), null=True, editable=False)
    is_staff = models.BooleanField(_("operator"), default=False)
    is_independent = models.BooleanField(_("in no clinic"), default=False, editable=False)
    date_joined = models.DateTimeField(_("joined"), default=now)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects = UserManager()
    if TYPE_CHECKING:
        emailaddress_set: Any  # allauth's addresses; its types are not known

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_unique"),
            models.CheckConstraint(
                condition=Q(closed_at=None) | Q(is_active=False), name="user_closed_is_inactive"
            ),
            models.CheckConstraint(
                condition=Q(left_at=None)
                | Q(is_active=False, is_staff=False, name="", leaves_at=None),
                name="user_left_is_nobody",
            ),
        ]
        indexes = [
            models.Index(
                fields=["leaves_at"],
                condition=Q(leaves_at__isnull=False),
                name="user_leaving",
            )
        ]

    def __str__(self) -> str:
        return self.get_full_name()

    def get_full_name(self) -> str:
        """Return the name shown to others."""
        return gettext("Somebody who left") if self.left_at else self.name or self.email

    get_short_name = get_full_name

    @property
    def zone(self) -> ZoneInfo | None:
        """The clock by which they are told times; ``None`` for the installation's."""
        return zones.named(self.timezone)

    def owns(self, email: str) -> bool:
        """Return whether ``email`` is one of this person's verified addresses."""
        addresses = self.emailaddress_set.filter(email__iexact=email, verified=True)
        return bool(addresses.exists())


class Clinic(models.Model):
    """A clinic, or one practitioner's own practice (``is_solo``)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=120)
    is_solo = models.BooleanField(_("one practitioner's own"), default=False)
    timezone = models.CharField(_("time zone"), max_length=64, default="Europe/London")
    created_at = models.DateTimeField(default=now)
    objects = ClinicQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo | None:
        """The clock for who is not known yet; ``None`` for the installation's."""
        return zones.named(self.timezone)


class Membership(models.Model):
    """A person's place in a clinic. ``is_clinician`` keeps a journal; ``is_admin`` manages.

    Deactivating ends the place, not the person: the account itself goes inactive only when no
    other place is held, so one clinic's admin cannot lock somebody out of another practice.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    clinic = models.ForeignKey(Clinic, models.CASCADE, related_name="memberships")
    is_clinician = models.BooleanField(_("clinician"), default=True)
    is_admin = models.BooleanField(_("clinic admin"), default=False)
    joined_at = models.DateTimeField(default=now)
    deactivated_at = models.DateTimeField(null=True, blank=True)
    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "clinic"], name="membership_once_per_clinic"),
            models.CheckConstraint(
                condition=Q(is_clinician=True) | Q(is_admin=True), name="membership_has_a_role"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.clinic}"

    @property
    def is_current(self) -> bool:
        """Whether the place is held now."""
        return self.deactivated_at is None


def _invitation_expiry() -> datetime:
    return now() + INVITATION_LIFETIME


class Invitation(models.Model):
    """An invitation to a clinic, mailed to one address. Only a digest of its token is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, models.CASCADE, related_name="invitations")
    email = models.EmailField(_("e-mail address"))
    name = models.CharField(_("name"), max_length=120, blank=True)
    is_clinician = models.BooleanField(_("clinician"), default=True)
    is_admin = models.BooleanField(_("clinic admin"), default=False)
    token_digest = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField(default=_invitation_expiry)
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                F("clinic"),
                Lower("email"),
                condition=Q(accepted_at=None, revoked_at=None),
                name="invitation_one_unanswered_per_address",
            ),
            models.CheckConstraint(
                condition=Q(is_clinician=True) | Q(is_admin=True), name="invitation_has_a_role"
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None) | Q(revoked_at=None), name="invitation_one_outcome"
            ),
            models.CheckConstraint(
                condition=Q(accepted_by=None) | Q(accepted_at__isnull=False),
                name="invitation_accepted_by_needs_when",
            ),
            models.CheckConstraint(
                condition=Q(revoked_by=None) | Q(revoked_at__isnull=False),
                name="invitation_revoked_by_needs_when",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} to {self.clinic}"

    @staticmethod
    def digest(token: str) -> str:
        """Return what is kept of an invitation's token."""
        return hashlib.sha256(token.encode()).hexdigest()

    @property
    def has_expired(self) -> bool:
        """Whether its time ran out unanswered."""
        return self.expires_at <= now()


class AccountEvent(AppendOnly):
    """One line of the account log, append-only and without content.

    ``user`` is the person touched (nobody while an invitation is unanswered), ``by`` the one who
    acted (nobody for the system), ``detail`` a few plain words such as the roles given.
    """

    class Kind(models.TextChoices):
        INVITED = "invited", _("Invited")
        INVITATION_RESENT = "invitation_resent", _("Invitation sent again")
        INVITATION_REVOKED = "invitation_revoked", _("Invitation withdrawn")
        JOINED = "joined", _("Joined")
        PRACTICE_MADE = "practice_made", _("Practice set up")
        ROLES_CHANGED = "roles_changed", _("Roles changed")
        DEACTIVATED = "deactivated", _("Deactivated")
        REACTIVATED = "reactivated", _("Reactivated")
        PROFILE_CHANGED = "profile_changed", _("Name or time zone changed")
        OPERATOR_RIGHTS = "operator_rights", _("Rights on the operator's site changed")
        RESET_LINK_MAILED = "reset_link_mailed", _("A link to set a new password was mailed")
        PASSWORD_CHANGED = "password_changed", _("Password changed")
        PASSWORD_RESET = "password_reset", _("Password reset by e-mail")
        EMAIL_CHANGED = "email_changed", _("E-mail address changed")
        TWO_STEP_ON = "two_step_on", _("Two-step sign-in turned on")
        TWO_STEP_OFF = "two_step_off", _("Two-step sign-in turned off")
        RECOVERY_CODES_MADE = "recovery_codes_made", _("Two-step recovery codes made")
        EXPORTED = "exported", _("Journal exported")
        IMPORTED = "imported", _("Reflections brought in from a file")
        LEAVING_ASKED = "leaving_asked", _("Deleting the account was asked for")
        LEAVING_CANCELLED = "leaving_cancelled", _("The account is kept after all")

    kind = models.CharField(max_length=32, choices=Kind.choices)
    at = models.DateTimeField(default=now)
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
    """A mail waiting to be delivered. ``sealed`` is emptied once it was sent or given up.

    The message is encrypted under a key derived from ``SECRET_KEY``: it may hold a reset link.
    Whoever delivers it first moves ``due_at`` into the future, which is both the claim that keeps
    others off and the time of the next try should this one fail or never be heard of again.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sealed = models.BinaryField(blank=True)
    created_at = models.DateTimeField(default=now)
    due_at = models.DateTimeField(default=now)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=80, blank=True, help_text=_("The error's type only."))
    objects = OutgoingMailQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(sent_at=None, given_up_at=None) | Q(sealed=b""),
                name="outgoingmail_emptied_when_settled",
            ),
            models.CheckConstraint(
                condition=Q(sent_at=None) | Q(given_up_at=None), name="outgoingmail_one_outcome"
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(sent_at=None, given_up_at=None),
                name="outgoingmail_due",
            )
        ]

    def __str__(self) -> str:
        return f"mail {self.pk}"
