"""The journal: entries and their earlier texts. Everything written is inside ciphertext."""

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from reflection.document import UNREADABLE, Document, decode, encode
from reflection.queries.journal import EntryQuerySet, EntryVersionQuerySet
from vault import crypto

if TYPE_CHECKING:
    from vault.crypto import VaultKeys


class Entry(models.Model):
    """One reflection of one clinician.

    ``key`` is the entry's own data key, wrapped under its owner's vault; ``body`` is the
    `Document`, encrypted under that key and bound to (entry, vault, revision). In clear stand only
    the owner, times, the revision, whether it is finished, and the day to look back.

    ``is_capture`` says that it was captured in one box and nobody went on with it yet;
    ``expires_at`` that such a capture is removed for good then, unless it is kept before.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="entries")
    vault = models.ForeignKey("vault.Vault", models.CASCADE, related_name="+")
    key = models.BinaryField()
    body = models.BinaryField()
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    follow_up_on = models.DateField(_("day to look back"), null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    is_capture = models.BooleanField(default=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    objects = EntryQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["owner", "-created_at", "-id"], name="entry_newest_first"),
            models.Index(fields=["owner", "follow_up_on"], name="entry_follow_up"),
            models.Index(fields=["deleted_at"], name="entry_deleted"),
            models.Index(
                fields=["expires_at"],
                name="entry_expires",
                condition=models.Q(expires_at__isnull=False),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(revision__gte=1), name="entry_revision_positive"
            ),
            models.CheckConstraint(
                condition=models.Q(expires_at=None) | models.Q(is_capture=True),
                name="entry_expires_only_as_capture",
            ),
            models.CheckConstraint(
                condition=models.Q(is_capture=False) | models.Q(finished_at=None),
                name="entry_capture_is_unfinished",
            ),
        ]

    def __str__(self) -> str:
        return f"entry {self.pk}"

    def data_key(self, keys: "VaultKeys") -> bytes:
        """Return the entry's own key. Raises ``CannotOpen`` under another vault's keys."""
        return keys.unwrap(bytes(self.key), crypto.entry_key(self.pk, self.vault_id))

    def open(self, keys: "VaultKeys") -> Document:
        """Return what was written. Raises ``CannotOpen`` where the ciphertext is not this entry's.

        One entry costs a few microseconds; see docs/security.md for what the key binds.
        """
        context = crypto.entry_body(self.pk, self.vault_id, self.revision)
        return decode(crypto.decrypt_body(self.data_key(keys), bytes(self.body), context))

    def put(self, keys: "VaultKeys", document: Document, *, revision: int) -> None:
        """Make ``document`` its text at ``revision``. It is not saved yet."""
        context = crypto.entry_body(self.pk, self.vault_id, revision)
        self.body = crypto.encrypt_body(self.data_key(keys), encode(document), context)
        self.revision = revision

    def keep(self) -> None:
        """Take away its time to go, if it has one. It stays a capture to go on with."""
        if self.expires_at is not None:
            self.expires_at = None
            self.save(update_fields=["expires_at"])

    def go_on(self) -> None:
        """Make a reflection of a capture: it was gone on with, and never goes by itself."""
        if self.is_capture:
            self.is_capture, self.expires_at = False, None
            self.save(update_fields=["is_capture", "expires_at"])

    def is_due(self) -> bool:
        """Tell whether the day to look back has come."""
        return self.follow_up_on is not None and self.follow_up_on <= timezone.localdate()


class EntryVersion(models.Model):
    """An earlier text of an entry: its old ciphertext, moved here as it was.

    ``conflict`` marks a text that a second tab sent too late: it never was the current one.
    """

    class Kind(models.TextChoices):
        EARLIER = "earlier", _("earlier text")
        FINISHED = "finished", _("finished")
        CONFLICT = "conflict", _("written at the same time in another tab")

    entry = models.ForeignKey(Entry, models.CASCADE, related_name="versions")
    revision = models.PositiveIntegerField()
    body = models.BinaryField()
    kind = models.CharField(max_length=16, choices=Kind.choices, default=Kind.EARLIER)
    saved_at = models.DateTimeField(default=timezone.now)
    objects = EntryVersionQuerySet.as_manager()

    class Meta:
        ordering = ["-revision"]
        constraints = [
            models.UniqueConstraint(fields=["entry", "revision"], name="version_once_per_revision")
        ]

    def __str__(self) -> str:
        return f"revision {self.revision} of entry {self.entry_id}"

    def put(self, keys: "VaultKeys", document: Document) -> None:
        """Make ``document`` that earlier text, at the same revision. It is not saved yet."""
        context = crypto.entry_body(self.entry_id, self.entry.vault_id, self.revision)
        self.body = crypto.encrypt_body(self.entry.data_key(keys), encode(document), context)

    def open(self, keys: "VaultKeys") -> Document:
        """Return that earlier text. Raises ``CannotOpen``."""
        context = crypto.entry_body(self.entry_id, self.entry.vault_id, self.revision)
        return decode(crypto.decrypt_body(self.entry.data_key(keys), bytes(self.body), context))

    def open_if_whole(self, keys: "VaultKeys") -> Document | None:
        """Return that earlier text, or None where it is damaged: one that is hinders nothing."""
        try:
            return self.open(keys)
        except UNREADABLE:
            return None
