"""What was said beside a copy: comments, those still held back, and quiet answers to them."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from supervision.frozen import Reader
from supervision.models.share import Share
from supervision.queries.comment import CommentQuerySet, HeldCommentQuerySet, ReactionQuerySet
from supervision.said import HeldSaid, Said, decode_held, decode_said, encode_said
from vault import crypto

COMMENT_LIMIT = 20_000

# How long after it was sent a comment can be changed or removed by its author.
STILL_NEW = timedelta(minutes=10)
PLAIN, STRUCTURED = 1, 2


class Comment(models.Model):
    """Something either side sent beside a passage of a copy, under the share's own key.

    ``parent`` is the comment it answers; threads are one level deep. ``created_at`` is when it was
    sent. A removed one keeps its place and nothing else: ``body`` is empty. ``schema`` says whether
    the body is plain text, as it once was, or a `Said`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    share = models.ForeignKey(Share, models.CASCADE, related_name="comments")
    passage = models.CharField(max_length=20)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.RESTRICT, related_name="+")
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="replies")
    body = models.BinaryField()
    schema = models.PositiveSmallIntegerField(default=STRUCTURED)
    created_at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)
    objects = CommentQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [models.Index(fields=["share", "created_at", "id"], name="comment_in_order")]

    def __str__(self) -> str:
        return f"comment {self.pk}"

    @property
    def context(self) -> crypto.Context:
        """What the text is bound to."""
        return crypto.comment(self.pk, self.share_id, self.author_id, self.passage)

    @property
    def as_of(self) -> str:
        """When it came to say what it says: a page that was opened before shows other words."""
        return (self.edited_at or self.created_at).isoformat()

    def is_new(self, at: datetime) -> bool:
        """Tell whether its author can still change it at that moment."""
        return self.removed_at is None and at - self.created_at < STILL_NEW

    def is_where(self, other: "Comment") -> bool:
        """Tell whether both are by the same author, in the same place of the same conversation."""
        here, there = (
            (one.share_id, one.passage, one.author_id, one.parent_id) for one in (self, other)
        )
        return here == there

    def says(self, said: Said, data_key: bytes) -> bool:
        """Tell whether it says just that; one that does not open says nothing."""
        try:
            return self.open(data_key) == said
        except crypto.CannotOpen:
            return False

    def write(self, said: Said, data_key: bytes) -> None:
        """Put ``said`` in, under the share's key; the caller saves it."""
        self.schema = STRUCTURED
        self.body = crypto.encrypt_body(data_key, encode_said(said), self.context)

    def open(self, data_key: bytes) -> Said:
        """Return what it says. Raises ``CannotOpen``, also where it was removed."""
        data = crypto.decrypt_body(data_key, bytes(self.body), self.context)
        return Said(data.decode()) if self.schema == PLAIN else decode_said(data)

    def read(self, data_key: bytes) -> str:
        """Return its text. Raises ``CannotOpen``."""
        return self.open(data_key).text

    def remove(self, at: datetime) -> None:
        """Leave its place and take what it says away; the caller saves it."""
        self.body, self.removed_at = b"", at


class HeldComment(models.Model):
    """A comment that its author holds back, in their own ``vault`` and in a table of its own.

    Nothing the other side can ask for looks here, and nothing they hold opens it. In clear stand
    its author, times and the share; where in the copy it belongs is inside the ciphertext. It stays
    its author's when the share is closed and when it is gone: ``share_uid`` is what it is bound to.
    So no word of the copy stands in it: which words it is about, it says by their place.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    share = models.ForeignKey(Share, models.SET_NULL, null=True, related_name="held_comments")
    share_uid = models.UUIDField()
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="held_comments"
    )
    vault = models.ForeignKey("vault.Vault", models.CASCADE, related_name="+")
    body = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    objects = HeldCommentQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [models.Index(fields=["author", "share_uid", "created_at"], name="held_in_order")]

    def __str__(self) -> str:
        return f"held comment {self.pk}"

    @property
    def context(self) -> crypto.Context:
        """What the text is bound to."""
        return crypto.held_comment(self.pk, self.share_uid, self.author_id)

    @property
    def as_of(self) -> str:
        """When it came to say what it says, as of a `Comment`."""
        return self.updated_at.isoformat()

    def write(self, held: HeldSaid, reader: Reader) -> None:
        """Put ``held`` in without words of the copy, under the open vault of its author; the
        caller saves it."""
        self.vault = reader.vault
        data = encode_said(held.without_words())
        self.body = reader.keys.encrypt_body(data, self.context)

    def open(self, reader: Reader) -> HeldSaid:
        """Return what it says and where. Raises ``CannotOpen`` for anybody but its author."""
        return self.open_as_stored(reader).without_words()

    def open_as_stored(self, reader: Reader) -> HeldSaid:
        """Return the same as `open`, with the words that it once kept, if they were never
        forgotten. Raises ``CannotOpen``."""
        if reader.user_id != self.author_id:
            raise crypto.CannotOpen
        keys = reader.in_vault(self.vault_id).keys
        return decode_held(keys.decrypt_body(bytes(self.body), self.context))

    def forget_words(self, held: HeldSaid, reader: Reader) -> None:
        """Store ``held``, which was read from this row, without the words of the copy in it.

        Nothing happens where the row was changed meanwhile: what is written now has none.
        """
        before = bytes(self.body)
        self.write(held, reader)
        unchanged = HeldComment.objects.filter(pk=self.pk, body=before)
        unchanged.update(body=self.body, vault=self.vault)


class Reaction(models.Model):
    """A quiet answer of the supervisee's to a comment. It holds no words, and stands in clear."""

    class Kind(models.TextChoices):
        THANKS = "thanks", _("thanks")
        HELPED = "helped", _("this helped")
        ACT_ON = "act_on", _("to act on")

    comment = models.ForeignKey(Comment, models.CASCADE, related_name="reactions")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    objects = ReactionQuerySet.as_manager()

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["comment", "by", "kind"], name="reaction_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} for comment {self.comment_id}"
