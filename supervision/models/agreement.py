"""Who supervises whom: agreements, proposals by e-mail, and the wordings both consent to."""

import base64
import hashlib
import uuid
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from supervision.queries.agreement import AgreementQuerySet, ProposalQuerySet, WordingQuerySet
from supervision.rules import (
    Action,
    AgreementState,
    ProposalState,
    Role,
    may_agreement,
    may_proposal,
)
from vault import crypto
from vault.crypto import VaultKeys
from vault.models import Vault


def show_fingerprint(fingerprint: bytes) -> str:
    """Return a key's fingerprint as two people compare it: 8 groups of 4 letters and digits.

    160 of its bits: nobody finds another key that shows the same.
    """
    letters = base64.b32encode(fingerprint[:20]).decode()
    return " ".join(letters[at : at + 4] for at in range(0, len(letters), 4))


def words_hash(text: str) -> str:
    """Return the SHA-256, in hexadecimal digits, of a wording's text in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()


class ConsentWording(models.Model):
    """A text that people consent to, kept in every version that was ever shown.

    A version that was loaded never changes: other words are a new version.
    """

    AGREEMENT = "agreement"
    SHARE = "share"
    # Instead of it where members of a group read along.
    SHARE_IN_GROUP = "share-group"
    GROUP = "group"

    slug = models.SlugField(max_length=40)
    version = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=120)
    text = models.TextField(help_text=_("Paragraphs, with an empty line between them."))
    objects = WordingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["slug", "version"], name="wording_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.slug}, version {self.version}"

    def natural_key(self) -> tuple[str, int]:
        """Return what a fixture knows it by."""
        return (self.slug, self.version)

    @property
    def consented(self) -> dict[str, Any]:
        """What a line of the record says of the words somebody consented to."""
        return {"wording": [self.slug, self.version], "wording_sha256": words_hash(self.text)}


class Agreement(models.Model):
    """A supervisor and a supervisee, from the proposal to the end.

    Somebody proposes: one of the two, who thereby accepts, or an admin of their ``clinic``. It is
    active once both accepted, until either declines or ends it. ``key_pin`` remembers the
    supervisor's public key under the supervisee's vault ``pinned_in``, so that a share can never
    be sealed to another key unasked. ``pinned_at`` stays should the pin be lost: then the key
    counts as changed, not as new. ``closed_seen_at``: the other of the two has been told
    that it was declined or ended.
    """

    PIN = ("key_pin", "pinned_in", "pinned_at")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    supervisee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="agreements_as_supervisee"
    )
    # People are deactivated, not deleted. Should one be, what others share with them must go first.
    supervisor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.RESTRICT, related_name="agreements_as_supervisor"
    )
    clinic = models.ForeignKey("accounts.Clinic", models.SET_NULL, null=True, related_name="+")
    wording = models.ForeignKey(ConsentWording, models.PROTECT, related_name="+")
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    proposed_at = models.DateTimeField(default=timezone.now)
    supervisee_accepted_at = models.DateTimeField(null=True)
    supervisor_accepted_at = models.DateTimeField(null=True)
    declined_at = models.DateTimeField(null=True)
    declined_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.RESTRICT, null=True, related_name="+"
    )
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.RESTRICT, null=True, related_name="+"
    )
    closed_seen_at = models.DateTimeField(null=True)
    key_pin = models.BinaryField(max_length=32, null=True)
    pinned_in = models.UUIDField(null=True)
    pinned_at = models.DateTimeField(null=True)
    objects = AgreementQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(supervisee=F("supervisor")), name="agreement_not_with_oneself"
            ),
            models.UniqueConstraint(
                fields=["supervisee", "supervisor"],
                condition=Q(declined_at=None, ended_at=None),
                name="agreement_one_open_per_pair",
            ),
            models.CheckConstraint(
                condition=Q(declined_at=None, declined_by=None)
                | Q(declined_at__isnull=False, declined_by__isnull=False),
                name="agreement_declined_by_and_when",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by=None)
                | Q(
                    ended_at__isnull=False,
                    ended_by__isnull=False,
                    supervisee_accepted_at__isnull=False,
                    supervisor_accepted_at__isnull=False,
                ),
                name="agreement_ended_by_and_when",
            ),
            models.CheckConstraint(
                condition=Q(declined_at=None)
                | Q(supervisee_accepted_at=None)
                | Q(supervisor_accepted_at=None),
                name="agreement_declined_before_active",
            ),
            models.CheckConstraint(
                condition=Q(key_pin=None, pinned_in=None)
                | Q(key_pin__isnull=False, pinned_in__isnull=False),
                name="agreement_pin_and_its_vault",
            ),
            models.CheckConstraint(
                condition=Q(key_pin=None) | Q(pinned_at__isnull=False),
                name="agreement_pin_and_when",
            ),
        ]

    def __str__(self) -> str:
        return f"agreement {self.pk}"

    @property
    def state(self) -> AgreementState:
        """Where it stands now."""
        if self.declined_at is not None:
            return AgreementState.DECLINED
        if self.ended_at is not None:
            return AgreementState.ENDED
        return {
            (True, True): AgreementState.ACTIVE,
            (True, False): AgreementState.AWAITING_SUPERVISOR,
            (False, True): AgreementState.AWAITING_SUPERVISEE,
            (False, False): AgreementState.AWAITING_BOTH,
        }[bool(self.supervisee_accepted_at), bool(self.supervisor_accepted_at)]

    @property
    def closed_at(self) -> datetime | None:
        """When it was declined or ended, or None while it is open."""
        return self.declined_at or self.ended_at

    def is_news_for(self, user: User) -> bool:
        """Whether the other of the two closed it and ``user`` has not been told."""
        if self.closed_seen_at is not None or user.pk not in (
            self.supervisee_id,
            self.supervisor_id,
        ):
            return False
        declined = self.declined_at is not None and self.proposed_by_id == user.pk
        closer = self.ended_by_id if self.ended_at else self.declined_by_id
        return (self.ended_at is not None or declined) and closer != user.pk

    def role_of(self, user: User) -> Role:
        """Return what ``user`` is to this agreement."""
        if user.pk == self.supervisee_id:
            return Role.SUPERVISEE
        if user.pk == self.supervisor_id:
            return Role.SUPERVISOR
        return Role.PROPOSER if user.pk == self.proposed_by_id else Role.OUTSIDER

    def allows(self, action: Action, user: User) -> bool:
        """Tell whether ``user`` may do ``action`` now."""
        return may_agreement(action, self.state, self.role_of(user))

    def other_party(self, user: User) -> User:
        """Return the one of the two who is not ``user``."""
        return self.supervisor if user.pk == self.supervisee_id else self.supervisee

    @property
    def supervisor_vault(self) -> Vault | None:
        """The supervisor's vault that can be sealed to, if there is one.

        Costs a query unless the row came from `of_supervisee`.
        """
        ready: list[Vault] | None = getattr(self.supervisor, "ready_vaults", None)
        if ready is None:
            ready = list(Vault.objects.ready().filter(user=self.supervisor))
        return ready[0] if ready else None

    @property
    def supervisor_key(self) -> bytes:
        """The fingerprint of the supervisor's public key as it is now; empty without a vault."""
        if hasattr(self, "ready_key"):  # as `of_today` gives it
            public_key = self.ready_key
        else:
            vault = self.supervisor_vault
            public_key = vault.public_key if vault else None
        return crypto.fingerprint(bytes(public_key)) if public_key else b""

    def why_not_shareable(self) -> str:
        """Return, in a sentence to the supervisee, why nothing can be shared under it now.

        Empty where sharing is open.
        """
        facts = {
            "name": self.supervisor.get_full_name(),
            "day": date_format(timezone.localtime(self.closed_at)) if self.closed_at else "",
        }
        if self.closed_at is not None:
            said = _("Your agreement with %(name)s ended on %(day)s.")
        elif self.state != AgreementState.ACTIVE:
            said = _("Your agreement with %(name)s waits until both of you have accepted it.")
        elif not self.supervisor.is_active:
            said = _("The account of %(name)s is not active, so nothing can be shared with them.")
        elif self.supervisor_vault is None:
            said = _(
                "%(name)s has no vault yet, and a copy can only be sealed to one. They set it up "
                "when they next sign in; then you can share."
            )
        else:
            return ""
        return said % facts

    def pin(self, keys: VaultKeys, fingerprint: bytes) -> None:
        """Remember the supervisor's ``fingerprint`` under the supervisee's keys; not saved yet."""
        self.key_pin = keys.pin(fingerprint, crypto.key_pin(self.pk, self.supervisor_id))
        self.pinned_in = keys.vault_id
        self.pinned_at = timezone.now()

    def key_standing(self, keys: VaultKeys | None) -> str:
        """Return what is known of the supervisor's key; "" where it cannot be told.

        It can be told with the supervisee's open ``keys`` and where the supervisor has a vault:
        "known", "changed" (another was remembered, or what was remembered is gone), "elsewhere"
        (one was remembered in another vault of the supervisee's) or "new".
        """
        key = self.supervisor_key
        if keys is None or not key:
            return ""
        if self.knows_key(keys, key):
            return "known"
        if self.pinned_at is None:
            return "new"
        return "changed" if self.pinned_in in (None, keys.vault_id) else "elsewhere"

    def knows_key(self, keys: VaultKeys, fingerprint: bytes) -> bool:
        """Tell whether ``fingerprint`` is the one remembered under the supervisee's ``keys``."""
        if self.key_pin is None or self.pinned_in != keys.vault_id:
            return False
        context = crypto.key_pin(self.pk, self.supervisor_id)
        return keys.check_pin(bytes(self.key_pin), fingerprint, context)


class Proposal(models.Model):
    """An agreement proposed to an e-mail address, which may or may not be anybody's here.

    It becomes an `Agreement` when whoever owns the address accepts it. Until they answer, the
    proposer sees the same whether there is such an account or not.
    """

    class Outcome(models.TextChoices):
        OPEN = "", _("waiting for an answer")
        ACCEPTED = "accepted", _("accepted")
        DECLINED = "declined", _("declined")
        TAKEN_BACK = "taken_back", _("taken back")

    class Side(models.TextChoices):
        SUPERVISEE = "supervisee", _("supervisee")
        SUPERVISOR = "supervisor", _("supervisor")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    proposer = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="proposals")
    proposer_side = models.CharField(max_length=12, choices=Side.choices)
    email = models.EmailField(_("e-mail address"))
    wording = models.ForeignKey(ConsentWording, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(default=timezone.now)
    outcome = models.CharField(
        max_length=12, choices=Outcome.choices, blank=True, default=Outcome.OPEN
    )
    closed_at = models.DateTimeField(null=True)
    agreement = models.OneToOneField(Agreement, models.SET_NULL, null=True, related_name="proposal")
    objects = ProposalQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["proposer", "email", "proposer_side"],
                condition=Q(outcome=""),
                name="proposal_one_open_per_address",
            ),
            models.CheckConstraint(
                condition=Q(outcome="", closed_at=None)
                | (~Q(outcome="") & Q(closed_at__isnull=False)),
                name="proposal_outcome_and_when",
            ),
        ]

    def __str__(self) -> str:
        return f"proposal {self.pk}"

    @property
    def state(self) -> ProposalState:
        """Where it stands now."""
        return ProposalState(self.outcome or ProposalState.WAITING)

    @property
    def is_open(self) -> bool:
        """Whether it waits for an answer."""
        return self.state == ProposalState.WAITING

    def role_of(self, user: User) -> Role:
        """Return what ``user`` is to this proposal; of a second address one query tells."""
        if user.pk == self.proposer_id:
            return Role.PROPOSER
        is_theirs = self.email == user.email.lower() or (
            user.emailaddress_set.filter(email=self.email, verified=True).exists()
        )
        return Role.ADDRESSEE if is_theirs else Role.OUTSIDER

    def allows(self, action: Action, user: User) -> bool:
        """Tell whether ``user`` may do ``action`` now."""
        return may_proposal(action, self.state, self.role_of(user))

    @property
    def answerer_side(self) -> str:
        """What the one who is asked would be."""
        sides = self.Side
        mine = self.proposer_side == sides.SUPERVISEE
        return sides.SUPERVISOR if mine else sides.SUPERVISEE
