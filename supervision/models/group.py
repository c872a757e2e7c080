"""Supervision in a group: who belongs to it, and how members know each other's keys."""

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from supervision.models.agreement import Agreement, ConsentWording, show_fingerprint
from supervision.queries.group import GroupQuerySet, PinQuerySet, PlaceQuerySet
from supervision.rules import Action, PlaceState, Role, may_place
from vault import crypto
from vault.crypto import VaultKeys
from vault.models import Vault

NAME_LIMIT = 40


class SupervisionGroup(models.Model):
    """One supervisor and several of their supervisees, who may read along in what one chooses.

    It shares nothing by itself. ``name`` stands in clear and everybody in it sees it; the form says
    so. ``ended_at``: it is over, and everything shared in it was taken back.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=NAME_LIMIT)
    supervisor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.RESTRICT, related_name="groups_led"
    )
    wording = models.ForeignKey(ConsentWording, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    objects = GroupQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["supervisor", "-made_at"], name="group_led")]

    def __str__(self) -> str:
        return f"group {self.pk}"

    @property
    def is_open(self) -> bool:
        """Whether it has not ended."""
        return self.ended_at is None


class GroupMembership(models.Model):
    """Somebody's place in a group, from the invitation to its end. Coming back is a new place.

    It rests on their own ``agreement`` with the group's supervisor and ends with it. ``outcome``
    says how it came to an end.
    """

    class Outcome(models.TextChoices):
        OPEN = "", _("open")
        DECLINED = "declined", _("declined")
        TAKEN_BACK = "taken_back", _("invitation taken back")
        LEFT = "left", _("left")
        REMOVED = "removed", _("taken out by the supervisor")
        GROUP_ENDED = "group_ended", _("the group ended")
        AGREEMENT_ENDED = "agreement_ended", _("the agreement with the supervisor ended")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    group = models.ForeignKey(SupervisionGroup, models.CASCADE, related_name="memberships")
    agreement = models.ForeignKey(Agreement, models.CASCADE, related_name="group_memberships")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="group_memberships"
    )
    invited_at = models.DateTimeField(default=timezone.now)
    accepted_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    outcome = models.CharField(
        max_length=16, choices=Outcome.choices, blank=True, default=Outcome.OPEN
    )
    objects = PlaceQuerySet.as_manager()

    class Meta:
        ordering = ["person__name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["group", "person"],
                condition=Q(closed_at=None),
                name="group_place_one_open",
            ),
            models.CheckConstraint(
                condition=Q(outcome="", closed_at=None)
                | (~Q(outcome="") & Q(closed_at__isnull=False)),
                name="group_place_outcome_and_when",
            ),
        ]

    def __str__(self) -> str:
        return f"place {self.pk}"

    @property
    def state(self) -> PlaceState:
        """Where it stands."""
        if self.closed_at is not None:
            return PlaceState.LEFT if self.accepted_at else PlaceState.DECLINED
        return PlaceState.MEMBER if self.accepted_at else PlaceState.INVITED

    @property
    def is_member(self) -> bool:
        """Whether they accepted and the place is still open."""
        return self.state == PlaceState.MEMBER

    def role_of(self, user: User) -> Role:
        """Return what ``user`` is to this place. Looks at the group: select it with the place."""
        if user.pk == self.person_id:
            return Role.MEMBER
        return Role.SUPERVISOR if user.pk == self.group.supervisor_id else Role.OUTSIDER

    def allows(self, action: Action, user: User) -> bool:
        """Tell whether ``user`` may do ``action`` with it now."""
        return may_place(action, self.state, self.role_of(user))

    def close(self, outcome: Outcome, at: datetime) -> None:
        """Note how it came to an end; the caller saves it."""
        self.outcome, self.closed_at = outcome, at

    @property
    def vault(self) -> Vault | None:
        """The person's vault that can be sealed to, if there is one.

        Costs a query unless the row came from `with_vaults`.
        """
        ready: list[Vault] | None = getattr(self.person, "ready_vaults", None)
        if ready is None:
            ready = list(Vault.objects.ready().filter(user=self.person_id))
        return ready[0] if ready else None

    @property
    def key(self) -> bytes:
        """The fingerprint of their public key as it is now; empty without a vault."""
        vault = self.vault
        return crypto.fingerprint(bytes(vault.public_key)) if vault else b""

    @property
    def shown_key(self) -> str:
        """Their key as two people compare it; nothing without a vault."""
        return show_fingerprint(self.key) if self.key else ""

    def why_not_readable(self) -> str:
        """Return, in a sentence to a fellow member, why they cannot read along now.

        Empty where they can.
        """
        name = {"name": self.person.get_full_name()}
        if not self.person.is_active:
            said = _("The account of %(name)s is not active, so they cannot read along.")
        elif self.vault is None:
            said = _(
                "%(name)s has no vault yet, and a copy can only be sealed to one. They set it up "
                "when they next sign in."
            )
        else:
            return ""
        return str(said) % name


class GroupPin(models.Model):
    """A fellow member's public key as ``owner`` knows it: a MAC under the owner's vault.

    ``pinned_in`` is that vault. The supervisor's key is known by the agreement's own pin.
    """

    group = models.ForeignKey(SupervisionGroup, models.CASCADE, related_name="pins")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    mac = models.BinaryField(max_length=32)
    pinned_in = models.UUIDField()
    pinned_at = models.DateTimeField(default=timezone.now)
    objects = PinQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["group", "owner", "person"], name="group_pin_once")
        ]

    def __str__(self) -> str:
        return f"pin {self.pk} of group {self.group_id}"

    def holds(self, keys: VaultKeys, fingerprint: bytes) -> bool:
        """Tell whether ``fingerprint`` is the one remembered under the owner's ``keys``."""
        if self.pinned_in != keys.vault_id or not fingerprint:
            return False
        context = crypto.group_key_pin(self.group_id, self.person_id)
        return keys.check_pin(bytes(self.mac), fingerprint, context)

    def standing(self, keys: VaultKeys, fingerprint: bytes) -> str:
        """Return "known", "changed" or "elsewhere", as `Agreement.key_standing` has it."""
        if self.holds(keys, fingerprint):
            return "known"
        return "changed" if self.pinned_in == keys.vault_id else "elsewhere"
