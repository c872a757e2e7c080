"""What was shared: the frozen copies."""

import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.days import day_said
from accounts.models import User
from reflection.reading import PASSAGE_TITLES
from supervision.chain import told
from supervision.frozen import FrozenCopy, Reader, decode_copy
from supervision.models.agreement import Agreement, ConsentWording
from supervision.models.group import GroupMembership, SupervisionGroup
from supervision.queries.share import ReaderQuerySet, ShareQuerySet
from supervision.rules import Action, Role, ShareState, may_share
from vault import crypto

NOTE_LIMIT = 5_000


def _queues(side: str) -> Iterator[models.Index]:
    """Return what the desk's lists of one side go by: each filter by an index of its own."""
    is_open = Q(revoked_at=None, expired_at=None, is_folded=False)
    is_closed = (Q(revoked_at__isnull=False) | Q(expired_at__isnull=False)) & Q(is_folded=False)
    fields = {
        "open": (["-shared_at", "-id"], is_open),
        "turn": (["turn", "-shared_at", "-id"], is_open),
        "ending": (["expires_at", "id"], is_open),
        "closed": (["-shared_at", "-id"], is_closed),
    }
    for name, (order, condition) in fields.items():
        yield models.Index(fields=[side, *order], condition=condition, name=f"{side}_{name}")


class Share(models.Model):
    """A frozen copy of chosen passages, and with its lines in the record the consent receipt.

    ``body`` is the `FrozenCopy` under the share's own key; that key is wrapped under the
    supervisee's ``vault`` and, while the share is live, sealed to the supervisor's. Closing a
    share deletes the sealed key: the database refuses to keep both. ``entry_uid`` stays when the
    entry is gone, because the copy is bound to it. ``content_hash`` is over the ciphertext.
    ``expiry_told_at``: the supervisee was written to that its time runs out soon;
    ``expiry_seen_at``: they said that it may.

    What a list says of a copy is kept in its own row, in the transaction that changes it, so that
    a list reads a page of rows and no more (`supervision.actions.standing`): ``opened_at``, when
    the supervisor first opened it; ``comment_count``, ``last_comment_at`` and ``last_word``, whose
    the last comment is; ``is_folded``: another version of the same reflection stands for this one.
    Comments that are held back are in none of these.
    """

    class Purpose(models.TextChoices):
        LISTEN = "listen", _("listen")
        QUESTION = "question", _("ask questions")
        ADVISE = "advise", _("give advice")
        RISK = "risk", _("look at the risk together")

    class Attestation(models.TextChoices):
        CONTRACT = (
            "contract",
            _("My client has agreed that I take our work to supervision."),
        )
        ASKED = "asked", _("I asked my client about sharing this, and they agreed.")
        OTHER_BASIS = "other_basis", _("My client was not asked; I rely on another legal basis.")
        NOT_IDENTIFIABLE = "not_identifiable", _("Nothing here could identify a client.")
        UNSETTLED = "unsettled", _("I am not sure, and want to talk about that too.")

    class Turn(models.TextChoices):
        """Whose move it is; ``NEW``: the supervisor has not opened it."""

        NEW = "new", _("new")
        SUPERVISOR = "supervisor", _("the supervisor's")
        SUPERVISEE = "supervisee", _("the supervisee's")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    agreement = models.ForeignKey(Agreement, models.CASCADE, related_name="shares")
    entry = models.ForeignKey("reflection.Entry", models.SET_NULL, null=True, related_name="shares")
    entry_uid = models.UUIDField()
    entry_revision = models.PositiveIntegerField()
    supervisee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="shares_given"
    )
    supervisor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.RESTRICT, related_name="shares_received"
    )
    vault = models.ForeignKey("vault.Vault", models.CASCADE, related_name="+")
    sealed_to = models.UUIDField(help_text=_("The supervisor's vault when it was shared."))
    version = models.PositiveIntegerField()
    # The group some of whose members read along, if any.
    group = models.ForeignKey(SupervisionGroup, models.SET_NULL, null=True, related_name="shares")
    passages = models.JSONField()
    body = models.BinaryField()
    key_supervisee = models.BinaryField()
    key_supervisor = models.BinaryField(null=True)
    content_hash = models.CharField(max_length=64)
    purpose = models.CharField(max_length=12, choices=Purpose.choices)
    wording = models.ForeignKey(ConsentWording, models.PROTECT, related_name="+")
    identifiers_found = models.JSONField(default=dict)
    identifiers_checked_at = models.DateTimeField()
    attestation = models.CharField(max_length=20, choices=Attestation.choices)
    shared_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.RESTRICT, null=True, related_name="+"
    )
    expired_at = models.DateTimeField(null=True)
    expiry_told_at = models.DateTimeField(null=True)
    expiry_seen_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)
    comment_count = models.PositiveIntegerField(default=0)
    last_comment_at = models.DateTimeField(null=True)
    last_word = models.CharField(
        max_length=10,
        blank=True,
        choices=[(side.value, side.value) for side in (Role.SUPERVISEE, Role.SUPERVISOR)],
    )
    turn = models.GeneratedField(
        expression=Case(
            When(last_word="supervisor", then=Value("supervisee")),
            When(opened_at=None, then=Value("new")),
            default=Value("supervisor"),
        ),
        output_field=models.CharField(max_length=10, choices=Turn.choices),
        db_persist=True,
    )
    is_folded = models.BooleanField(default=False)
    objects = ShareQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["entry_uid", "supervisor", "version"], name="share_version_once"
            ),
            models.CheckConstraint(
                condition=Q(revoked_at=None, revoked_by=None)
                | Q(revoked_at__isnull=False, revoked_by__isnull=False),
                name="share_revoked_by_and_when",
            ),
            models.CheckConstraint(
                condition=Q(revoked_at=None) | Q(expired_at=None), name="share_closed_once"
            ),
            models.CheckConstraint(
                condition=Q(revoked_at=None, expired_at=None, key_supervisor__isnull=False)
                | Q(revoked_at__isnull=False, key_supervisor=None)
                | Q(expired_at__isnull=False, key_supervisor=None),
                name="share_sealed_key_only_while_open",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("shared_at")), name="share_expires_after_shared"
            ),
        ]
        indexes = [
            models.Index(fields=["supervisor", "-shared_at", "-id"], name="share_received"),
            models.Index(fields=["supervisee", "-shared_at", "-id"], name="share_given"),
            models.Index(
                fields=["expires_at"],
                condition=Q(revoked_at=None, expired_at=None),
                name="share_expiring",
            ),
            *_queues("supervisor"),
            *_queues("supervisee"),
            models.Index(
                fields=["supervisor", "supervisee", "-shared_at", "-id"],
                condition=Q(is_folded=False),
                name="share_between",
            ),
        ]

    def __str__(self) -> str:
        return f"share {self.pk}"

    @property
    def state(self) -> ShareState:
        """Where it stands on the server's clock, whether or not a task has noticed yet.

        Looks at the agreement and the entry: select them with it.
        """
        if self.revoked_at is not None or self.agreement.ended_at is not None:
            return ShareState.REVOKED
        if self.expired_at is not None or self.expires_at <= timezone.now():
            return ShareState.EXPIRED
        return ShareState.LIVE if self.has_entry else ShareState.WITHOUT_ENTRY

    @property
    def has_entry(self) -> bool:
        """Whether its reflection is there, and not deleted. Looks at the entry."""
        return self.entry is not None and self.entry.deleted_at is None

    @property
    def is_live(self) -> bool:
        """Whether the supervisor can read it now."""
        return self.state == ShareState.LIVE

    @property
    def is_forgotten(self) -> bool:
        """Whether the supervisor's sealed key is deleted; the database holds the two together."""
        return self.revoked_at is not None or self.expired_at is not None

    @property
    def family(self) -> tuple[uuid.UUID, uuid.UUID]:
        """What all versions of a reflection to the same supervisor have in common."""
        return self.entry_uid, self.supervisor_id

    @property
    def is_superseded(self) -> bool:
        """Whether its supervisor can read a newer version too."""
        return self.is_folded and not self.is_forgotten

    @property
    def closed_at(self) -> datetime | None:
        """When it was taken back or ran out, or None while it is open or hidden with its entry."""
        moments = {
            ShareState.REVOKED: self.revoked_at or self.agreement.ended_at,
            ShareState.EXPIRED: self.expired_at or self.expires_at,
        }
        return moments.get(self.state)

    @property
    def standing_said(self) -> str:
        """Where it stands, in a few words to its author."""
        state = self.state
        if state == ShareState.LIVE:
            return gettext("Until %s.") % day_said(self.expires_at)
        if state == ShareState.WITHOUT_ENTRY:
            return gettext("Hidden while the reflection is deleted.")
        said = gettext("Taken back %s.") if state == ShareState.REVOKED else gettext("Expired %s.")
        return said % (day_said(self.closed_at) if self.closed_at else "")

    def closed_because(self, user: User) -> str:
        """Return, in a sentence to ``user``, why it no longer opens for its supervisor."""
        facts = {
            "name": self.supervisee.get_full_name(),
            "day": date_format(timezone.localtime(self.closed_at)) if self.closed_at else "",
        }
        is_author = user.pk == self.supervisee_id
        reading = (
            None if user.pk in (self.supervisee_id, self.supervisor_id) else self.reading(user.pk)
        )
        if reading is not None and reading.removed_at and not reading.went_with_share:
            return reading.why_removed(self)
        if self.agreement.ended_at is not None:
            return _("The supervision agreement ended on %(day)s, and this was taken back.") % facts
        if self.state == ShareState.REVOKED:
            said = _("You took this back on %(day)s."), _("%(name)s took this back on %(day)s.")
        elif self.state == ShareState.EXPIRED:
            said = (
                _("The time you set for this was over on %(day)s."),
                _("The time %(name)s set for this was over on %(day)s."),
            )
        else:
            said = (
                _("You deleted the reflection this was copied from."),
                _("%(name)s put away the reflection this was copied from."),
            )
        return said[0 if is_author else 1] % facts

    @property
    def passage_titles(self) -> list[str | Promise]:
        """The titles of what was shared, which say nothing of what was written."""
        return [PASSAGE_TITLES.get(slug, slug) for slug in self.passages]

    @property
    def identifiers_count(self) -> int:
        """How many identifying details the check found before it was shared."""
        return sum(self.identifiers_found.values())

    def role_of(self, user: User) -> Role:
        """Return what ``user`` is to this share."""
        if user.pk == self.supervisee_id:
            return Role.SUPERVISEE
        if user.pk == self.supervisor_id:
            return Role.SUPERVISOR
        reading = self.reading(user.pk)
        # What was closed with the whole share was read along until then: `state` says the rest.
        is_reader = reading and (reading.removed_at is None or reading.went_with_share)
        return Role.MEMBER if is_reader else Role.OUTSIDER

    def reading(self, person: uuid.UUID) -> "ShareReader | None":
        """Return how ``person`` reads, or once read, along; None where they never did.

        Costs one query for somebody who is not one of the two, unless it came `with_reading_of`.
        """
        fetched: list[ShareReader] | None = getattr(self, "own_readings", None)
        if fetched is not None:
            return next((one for one in fetched if one.person_id == person), None)
        known: dict[uuid.UUID, ShareReader | None] = self.__dict__.setdefault("_readings", {})
        if person not in known:
            known[person] = ShareReader.objects.of_share(self).by_person(person)
        return known[person]

    def side_of(self, person: uuid.UUID) -> Role:
        """Return which of the two sides the person of that id is."""
        return Role.SUPERVISEE if person == self.supervisee_id else Role.SUPERVISOR

    def allows(self, action: Action, user: User) -> bool:
        """Tell whether ``user`` may do ``action`` now.

        What is to act on goes into the reflection's plan: a copy that is closed, whose state says
        nothing of its reflection, is open to that only while there is one.
        """
        if action == Action.ACT_ON and not self.has_entry:
            return False
        return may_share(action, self.state, self.role_of(user))

    def other_party(self, user: User) -> User:
        """Return the one of the two who is not ``user``."""
        return self.supervisor if user.pk == self.supervisee_id else self.supervisee

    @property
    def receipt_facts(self) -> dict[str, Any]:
        """What was consented to, as the record holds it from the first line on. No content.

        Looks at the wording: select it with the share.
        """
        in_group = {"group": str(self.group_id)} if self.group_id else {}
        return in_group | {
            **self.wording.consented,
            "supervisee": str(self.supervisee_id),
            "supervisor": str(self.supervisor_id),
            "entry": str(self.entry_uid),
            "revision": self.entry_revision,
            "version": self.version,
            "passages": list(self.passages),
            "purpose": str(self.purpose),
            "attestation": str(self.attestation),
            "identifiers_found": dict(self.identifiers_found),
            "identifiers_checked_at": told(self.identifiers_checked_at),
            "shared_at": told(self.shared_at),
            "expires_at": told(self.expires_at),
            "content_hash": self.content_hash,
            "sealed_to": str(self.sealed_to),
        }

    @property
    def body_context(self) -> crypto.Context:
        """What the frozen copy is bound to."""
        return crypto.share_body(
            self.pk, self.entry_uid, self.supervisee_id, self.supervisor_id, self.version
        )

    def data_key(self, reader: Reader) -> bytes:
        """Return the share's own key, as ``reader`` holds it. Raises ``CannotOpen``.

        The supervisee unwraps it with their vault, the supervisor unseals it with their private
        key, and so does a member of the group who reads along. Nobody else has a way, and neither
        have those two once the share is closed.
        """
        if reader.user_id == self.supervisee_id:
            keys = reader.in_vault(self.vault_id).keys
            return keys.unwrap(bytes(self.key_supervisee), crypto.share_key(self.pk, self.vault_id))
        if reader.user_id != self.supervisor_id:
            row = self.reading(reader.user_id)
            if row is None:
                raise crypto.CannotOpen
            return row.data_key(reader)
        if self.key_supervisor is None:
            raise crypto.CannotOpen
        private_key = reader.in_vault(self.sealed_to).private_key
        context = crypto.sealed_share_key(self.pk, self.supervisor_id)
        return crypto.open_sealed(private_key, bytes(self.key_supervisor), context)

    def open(self, reader: Reader) -> FrozenCopy:
        """Return the frozen copy. Raises ``CannotOpen`` where ``reader`` cannot open it."""
        return self.open_with(self.data_key(reader))

    def open_with(self, data_key: bytes) -> FrozenCopy:
        """Return the frozen copy under the share's own key. Raises ``CannotOpen``."""
        return decode_copy(crypto.decrypt_body(data_key, bytes(self.body), self.body_context))


class ShareReader(models.Model):
    """A member of a group who reads a copy along, with the copy's key sealed to them.

    The row stays when the key is gone, to say why: taken back by the author, by a place in the
    group that ended, or because the copy was closed. The database refuses to keep a key then.
    """

    class Because(models.TextChoices):
        OPEN = "", _("reads along")
        TAKEN_BACK = "taken_back", _("taken back from them")
        PLACE_ENDED = "place_ended", _("they are no longer in the group")
        CLOSED = "closed", _("the copy was closed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    share = models.ForeignKey(Share, models.CASCADE, related_name="readers")
    membership = models.ForeignKey(GroupMembership, models.CASCADE, related_name="readings")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="readings")
    sealed_to = models.UUIDField(help_text=_("The member's vault when it was shared."))
    key = models.BinaryField(null=True)
    given_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)
    because = models.CharField(
        max_length=12, choices=Because.choices, blank=True, default=Because.OPEN
    )
    objects = ReaderQuerySet.as_manager()

    class Meta:
        ordering = ["person__name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["share", "person"], name="share_reader_once"),
            models.CheckConstraint(
                condition=Q(removed_at=None, because="", key__isnull=False)
                | (Q(removed_at__isnull=False, key=None) & ~Q(because="")),
                name="share_reader_key_only_while_reading",
            ),
        ]

    def __str__(self) -> str:
        return f"reader {self.pk}"

    @property
    def went_with_share(self) -> bool:
        """Whether they read along until the copy itself was closed."""
        return self.because == self.Because.CLOSED

    @property
    def context(self) -> crypto.Context:
        """What the sealed key is bound to."""
        return crypto.reader_share_key(self.share_id, self.person_id)

    def seal(self, public_key: bytes, data_key: bytes) -> None:
        """Put the copy's key in, sealed to the member's public key; the caller saves it."""
        self.key = crypto.seal(public_key, data_key, self.context)

    def data_key(self, reader: Reader) -> bytes:
        """Return the copy's key for ``reader``. Raises ``CannotOpen`` for anybody else."""
        if reader.user_id != self.person_id or self.key is None:
            raise crypto.CannotOpen
        private_key = reader.in_vault(self.sealed_to).private_key
        return crypto.open_sealed(private_key, bytes(self.key), self.context)

    def why_removed(self, share: Share) -> str:
        """Return, in a sentence to the member, why ``share`` no longer opens for them."""
        facts = {
            "name": share.supervisee.get_full_name(),
            "day": date_format(timezone.localtime(self.removed_at)) if self.removed_at else "",
        }
        if self.because == self.Because.TAKEN_BACK:
            said = _("%(name)s took this back from you on %(day)s.")
        else:
            said = _("Your place in the group ended on %(day)s, and with it your key to this.")
        return str(said) % facts
