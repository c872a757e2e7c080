"""A share as it is read: each passage of the copy with what was written beside it."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from accounts.models import User
from reflection.document import Passage
from supervision.forms import CommentForm
from supervision.frozen import FrozenCopy
from supervision.models import Comment, Share
from vault.crypto import CannotOpen


@dataclass(frozen=True)
class Note:
    """One comment in clear; ``text`` is None where it does not open. ``replies`` answer it."""

    comment: Comment
    text: str | None
    is_mine: bool
    replies: list["Note"] = field(default_factory=list)
    form: CommentForm | None = None


@dataclass(frozen=True)
class Beside:
    """A passage of the copy, the threads beside it, and the form for another comment, if any."""

    passage: Passage
    threads: list[Note]
    form: CommentForm | None

    @property
    def last_notes(self) -> list[Note]:
        """Each thread's notes in order, for a plain reading."""
        return [note for thread in self.threads for note in (thread, *thread.replies)]


def read_comments(comments: Iterable[Comment], data_key: bytes, user: User) -> list[Note]:
    """Return the threads in the order they began. One that does not open hides no other."""
    threads: dict[object, Note] = {}
    for comment in comments:
        note = Note(comment, _text(comment, data_key), comment.author_id == user.pk)
        if comment.parent_id in threads:
            threads[comment.parent_id].replies.append(note)
        else:
            threads[comment.pk] = note
    return list(threads.values())


def _text(comment: Comment, data_key: bytes) -> str | None:
    try:
        return comment.read(data_key)
    except CannotOpen:
        return None


def lay_out(
    copy: FrozenCopy,
    threads: list[Note],
    *,
    may_comment: bool,
    typed: CommentForm | None = None,
) -> list[Beside]:
    """Return the passages of ``copy``, each with its threads and, where open, its forms.

    ``typed`` is a form that was not accepted: it stands, with its text, where it was posted from.
    """

    def form_at(passage: str, parent: Comment | None) -> CommentForm | None:
        if not may_comment:
            return None
        pk = parent.pk if parent else None
        if typed is not None and typed.is_at(passage, pk):
            return typed
        place = f"{passage}-{pk.hex[:8] if pk else 'new'}"
        return CommentForm(initial={"passage": passage, "parent": pk}, auto_id=f"id_{place}_%s")

    laid = []
    for passage in copy.passages:
        beside = [
            replace(one, form=form_at(passage.slug, one.comment))
            for one in threads
            if one.comment.passage == passage.slug
        ]
        laid.append(Beside(passage, beside, form_at(passage.slug, None)))
    return laid


def read_share(share: Share, data_key: bytes, user: User) -> list[Note]:
    """Return the threads of ``share``; one query, unless its comments were fetched with it."""
    fetched = getattr(share, "_prefetched_objects_cache", {})
    comments = share.comments.all() if "comments" in fetched else share.comments.conversation()
    return read_comments(comments, data_key, user)
