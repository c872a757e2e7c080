"""Questions asked of comments. What is held back stands in a table only its author is shown."""

import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from accounts.models import User
    from supervision.models import Comment, HeldComment, Reaction, Share  # noqa: F401 - a base


class CommentQuerySet(models.QuerySet["Comment"]):
    def conversation(self) -> "CommentQuerySet":
        """Return the comments in the order they were sent, each with its author."""
        return self.select_related("author").order_by("created_at", "id")

    def find(self, pk: uuid.UUID | None) -> "Comment | None":
        """Return the one with that id, or None."""
        return self.filter(pk=pk).first() if pk else None

    def to_supervisee(self, user: "User", pks: Iterable[uuid.UUID]) -> "CommentQuerySet":
        """Return those of these ids beside what ``user`` shared, each with its share."""
        found = self.filter(pk__in=list(pks), share__supervisee=user)
        return found.select_related("share__agreement", "share__entry").defer(
            "share__entry__body", "share__entry__key"
        )

    def of_share(self, share: "Share") -> "CommentQuerySet":
        """Return those beside that copy."""
        return self.filter(share=share)

    def beside(self, share: uuid.UUID) -> "CommentQuerySet":
        """Return those beside the copy of that id."""
        return self.filter(share=share)

    def by(self, user: "User") -> "CommentQuerySet":
        """Return those that ``user`` wrote."""
        return self.filter(author=user)

    def by_the_two(self, share: "Share") -> "CommentQuerySet":
        """Return those by its supervisee and its supervisor, not those of who reads along."""
        return self.filter(author__in=[share.supervisee_id, share.supervisor_id])

    def count_and_last(self) -> "tuple[int, Comment | None]":
        """Return how many there are that were not removed, and the last of them."""
        standing = self.filter(removed_at=None)
        return standing.count(), standing.order_by("created_at", "id").last()

    def thread_of(self, share: "Share", pk: uuid.UUID | None) -> "Comment | None":
        """Return the comment that begins the thread ``pk`` is in, or None where there is none."""
        found = self.filter(share=share, pk=pk).select_related("parent").first() if pk else None
        return found.parent or found if found else None

    def is_answered(self, comment: "Comment") -> bool:
        """Tell whether somebody else wrote in its thread after it."""
        thread = self.filter(share=comment.share_id, created_at__gte=comment.created_at)
        begun = comment.parent_id or comment.pk
        return thread.filter(parent=begun).exclude(author=comment.author_id).exists()


class HeldCommentQuerySet(models.QuerySet["HeldComment"]):
    def of_author(self, user: "User") -> "HeldCommentQuerySet":
        """Return what ``user`` holds back: nobody is ever shown another's."""
        return self.filter(author=user).order_by("created_at", "id")

    def of_share(self, share: "Share") -> "HeldCommentQuerySet":
        """Return those for that copy."""
        return self.filter(share_uid=share.pk)

    def with_share(self) -> "HeldCommentQuerySet":
        """Return the same, each with its share and whose that is, without what is in it."""
        wanted = ("share__supervisee", "share__agreement", "share__entry")
        return self.select_related(*wanted).defer(
            "share__body",
            "share__key_supervisee",
            "share__key_supervisor",
            "share__entry__body",
            "share__entry__key",
        )

    def find(self, pk: uuid.UUID | None) -> "HeldComment | None":
        """Return the one with that id, or None."""
        return self.filter(pk=pk).first() if pk else None


class ReactionQuerySet(models.QuerySet["Reaction"]):
    def of_share(self, share: "Share") -> "ReactionQuerySet":
        """Return every reaction to a comment beside that copy."""
        return self.filter(comment__share=share)
