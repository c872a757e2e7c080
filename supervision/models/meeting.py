"""Supervision meetings: when, how long, in which form, and (sealed to both) what was written."""

import hashlib
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from supervision.frozen import Reader
from supervision.minutes import Minutes, Progress, decode, decode_progress
from supervision.models.agreement import Agreement
from supervision.queries.meeting import MeetingQuerySet, SignatureQuerySet, VersionQuerySet
from supervision.rules import Action, MeetingState, Role, may_meeting
from vault import crypto
from vault.append_only import AppendOnly

SHORTEST, LONGEST = 5, 12 * 60


class Format(models.TextChoices):
    """In which form two people met."""

    IN_PERSON = "in_person", _("in person")
    VIDEO = "video", _("by video")
    TELEPHONE = "telephone", _("by telephone")
    WRITING = "writing", _("in writing")


@dataclass(frozen=True)
class Facts:
    """What stands of a meeting in clear: when it began, its minutes, its form. No content."""

    starts_at: datetime
    duration: int
    format: str

    @property
    def ends_at(self) -> datetime:
        """When it is over, whatever the clocks do meanwhile."""
        return self.starts_at.astimezone(UTC) + timedelta(minutes=self.duration)


class _Facts(models.Model):
    """The columns of `Facts`."""

    starts_at = models.DateTimeField()
    duration = models.PositiveSmallIntegerField(help_text=_("In minutes."))
    format = models.CharField(max_length=12, choices=Format.choices)

    class Meta:
        abstract = True

    @property
    def facts(self) -> Facts:
        """When, how long, in which form."""
        return Facts(self.starts_at, self.duration, self.format)

    @property
    def ends_at(self) -> datetime:
        """When it is over."""
        return self.facts.ends_at


def digest_of(meeting: "SupervisionMeeting", revision: int, facts: Facts, body: bytes) -> str:
    """Return SHA-256, in hex, over facts, people and ciphertext of ``meeting`` at ``revision``.

    It is what a signature fixes. Not over the words: a hash of those could be guessed at (ADR 010).
    Looks at the agreement: select it with the meeting.
    """
    agreement = meeting.agreement
    moment = facts.starts_at.astimezone(UTC).isoformat(timespec="microseconds")
    fields = (
        meeting.pk.bytes,
        agreement.pk.bytes,
        agreement.supervisee_id.bytes,
        agreement.supervisor_id.bytes,
        str(revision).encode(),
        moment.encode(),
        str(facts.duration).encode(),
        facts.format.encode(),
        body,
    )
    return hashlib.sha256(bytes(crypto.Context("mend/1/meeting-record", fields))).hexdigest()


class SupervisionMeeting(_Facts):
    """A meeting of supervisee and supervisor, from the plan to both signatures.

    ``body`` holds the `Minutes` under the meeting's own key, which is sealed to the public key of
    each of the two; ``sealed_to_…`` are the vaults those keys belong to. ``revision`` counts the
    changes of words and facts; a signature is one of a revision, and ``…_signed_at`` say that the
    present one has it. ``progress`` are the ticks beside agreed actions, which no signature covers.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    agreement = models.ForeignKey(Agreement, models.CASCADE, related_name="meetings")
    planned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    revision = models.PositiveIntegerField(default=1)
    body = models.BinaryField()
    progress = models.BinaryField(null=True)
    progress_turn = models.PositiveIntegerField(default=0)
    key_supervisee = models.BinaryField()
    key_supervisor = models.BinaryField()
    sealed_to_supervisee = models.UUIDField()
    sealed_to_supervisor = models.UUIDField()
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    held_at = models.DateTimeField(null=True, help_text=_("When somebody said it took place."))
    called_off_at = models.DateTimeField(null=True)
    supervisee_signed_at = models.DateTimeField(null=True)
    supervisor_signed_at = models.DateTimeField(null=True)
    objects = MeetingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(duration__gte=SHORTEST, duration__lte=LONGEST),
                name="meeting_of_a_likely_length",
            ),
            models.CheckConstraint(
                condition=Q(held_at=None) | Q(called_off_at=None), name="meeting_held_or_called_off"
            ),
            models.CheckConstraint(
                condition=Q(held_at__isnull=False)
                | Q(supervisee_signed_at=None, supervisor_signed_at=None),
                name="meeting_signed_once_held",
            ),
            models.UniqueConstraint(
                fields=["agreement", "starts_at"],
                condition=Q(called_off_at=None),
                name="meeting_one_at_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["agreement", "-starts_at", "-id"], name="meeting_in_order"),
        ]

    def __str__(self) -> str:
        return f"supervision meeting {self.pk}"

    @property
    def state(self) -> MeetingState:
        """Where it stands now."""
        if self.called_off_at is not None:
            return MeetingState.CALLED_OFF
        if self.held_at is None:
            return MeetingState.PLANNED
        return {
            (True, True): MeetingState.SIGNED,
            (True, False): MeetingState.SIGNED_BY_SUPERVISEE,
            (False, True): MeetingState.SIGNED_BY_SUPERVISOR,
            (False, False): MeetingState.HELD,
        }[bool(self.supervisee_signed_at), bool(self.supervisor_signed_at)]

    @property
    def is_signed_by_any(self) -> bool:
        """Whether somebody signed it as it is."""
        return bool(self.supervisee_signed_at or self.supervisor_signed_at)

    @property
    def digest(self) -> str:
        """What a signature of the record, as it is stored now, would fix."""
        return digest_of(self, self.revision, self.facts, bytes(self.body))

    @property
    def has_begun(self) -> bool:
        """Whether its time has come."""
        return self.starts_at <= timezone.now()

    def waits_for(self, user: User) -> bool:
        """Tell whether it is over and not said to have taken place, or ``user`` may sign it.

        The same as `to_settle` asks of the database.
        """
        if self.held_at is not None:
            return self.allows(Action.SIGN, user)
        is_over = self.starts_at < timezone.now() - timedelta(hours=12)
        return is_over and self.allows(Action.TOOK_PLACE, user)

    @property
    def is_ahead(self) -> bool:
        """Whether it is planned, and not over for long."""
        is_late = self.starts_at < timezone.now() - timedelta(hours=12)
        ended = self.agreement.ended_at is not None
        return self.state == MeetingState.PLANNED and not is_late and not ended

    def role_of(self, user: User) -> Role:
        """Return what ``user`` is to this meeting: a proposer of the agreement is an outsider."""
        role = self.agreement.role_of(user)
        return role if role in (Role.SUPERVISEE, Role.SUPERVISOR) else Role.OUTSIDER

    def allows(self, action: Action, user: User) -> bool:
        """Tell whether ``user`` may do ``action`` now. Looks at the agreement: select it with it.

        What began after the agreement had ended was no meeting under it.
        """
        ended_at = self.agreement.ended_at
        if action == Action.TOOK_PLACE and ended_at is not None and self.starts_at > ended_at:
            return False
        role, has_ended = self.role_of(user), ended_at is not None
        return may_meeting(action, self.state, role, has_ended=has_ended)

    def other_party(self, user: User) -> User:
        """Return the one of the two who is not ``user``."""
        return self.agreement.other_party(user)

    def body_context(self, revision: int | None = None) -> crypto.Context:
        """What the minutes are bound to, at the present revision or another."""
        return crypto.meeting_body(self.pk, self.agreement_id, revision or self.revision)

    def data_key(self, reader: Reader) -> bytes:
        """Return the meeting's own key, as ``reader`` holds it. Raises ``CannotOpen``."""
        sealed = {
            self.agreement.supervisee_id: (self.key_supervisee, self.sealed_to_supervisee),
            self.agreement.supervisor_id: (self.key_supervisor, self.sealed_to_supervisor),
        }
        if reader.user_id not in sealed:
            raise crypto.CannotOpen
        blob, vault_id = sealed[reader.user_id]
        context = crypto.sealed_meeting_key(self.pk, reader.user_id)
        return crypto.open_sealed(reader.in_vault(vault_id).private_key, bytes(blob), context)

    def read(self, data_key: bytes) -> Minutes:
        """Return what was written. Raises ``CannotOpen`` and ``msgspec.MsgspecError``."""
        return decode(crypto.decrypt_body(data_key, bytes(self.body), self.body_context()))

    def read_progress(self, data_key: bytes) -> Progress:
        """Return which agreed actions are done. Raises as `read` does."""
        if self.progress is None:
            return {}
        context = crypto.meeting_progress(self.pk, self.progress_turn)
        return decode_progress(crypto.decrypt_body(data_key, bytes(self.progress), context))


class MeetingVersion(_Facts, AppendOnly):
    """What a meeting's record was at one revision: words and facts, as they stood then.

    Kept when it was signed, and when it could otherwise be lost to a change. A `CONFLICT` is a
    text of the notes that came late; it never was the record.
    """

    class Kind(models.TextChoices):
        EARLIER = "earlier", _("put aside by a change")
        SIGNED = "signed", _("signed")
        CONFLICT = "conflict", _("came late; another text stood already")

    meeting = models.ForeignKey(SupervisionMeeting, models.CASCADE, related_name="versions")
    revision = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=Kind.choices)
    body = models.BinaryField()
    saved_at = models.DateTimeField(default=timezone.now)
    objects = VersionQuerySet.as_manager()

    class Meta:
        ordering = ["-revision"]
        constraints = [
            models.UniqueConstraint(fields=["meeting", "revision"], name="meeting_version_once")
        ]

    def __str__(self) -> str:
        return f"revision {self.revision} of meeting {self.meeting_id}"

    def read(self, data_key: bytes) -> Minutes:
        """Return what was written. Raises ``CannotOpen`` and ``msgspec.MsgspecError``."""
        context = self.meeting.body_context(self.revision)
        return decode(crypto.decrypt_body(data_key, bytes(self.body), context))

    @property
    def digest(self) -> str:
        """What a signature of this version fixes."""
        return digest_of(self.meeting, self.revision, self.facts, bytes(self.body))


class Signature(AppendOnly):
    """One person's yes to one version of a meeting's record. Whatever comes later, it stays."""

    class Side(models.TextChoices):
        SUPERVISEE = "supervisee", _("supervisee")
        SUPERVISOR = "supervisor", _("supervisor")

    version = models.ForeignKey(MeetingVersion, models.CASCADE, related_name="signatures")
    side = models.CharField(max_length=12, choices=Side.choices)
    signer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    signed_at = models.DateTimeField(default=timezone.now)
    digest = models.CharField(max_length=64)
    objects = SignatureQuerySet.as_manager()

    class Meta:
        ordering = ["signed_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["version", "side"], name="meeting_signed_once_a_side")
        ]

    def __str__(self) -> str:
        return f"signed by the {self.side} at {self.signed_at:%Y-%m-%d %H:%M}"


class SuperviseePin(models.Model):
    """The supervisee's public key as their supervisor knows it, a MAC under the supervisor's vault.

    The supervisee knows the supervisor's by ``Agreement.key_pin``. ``pinned_in`` is the vault.
    """

    agreement = models.OneToOneField(Agreement, models.CASCADE, related_name="supervisee_pin")
    mac = models.BinaryField(max_length=32)
    pinned_in = models.UUIDField()
    pinned_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"pin of {self.agreement_id}"
