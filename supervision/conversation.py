"""A share as it is read: each passage of the copy with what was written beside it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from accounts.models import User
from reflection.document import Passage
from supervision.forms import CommentForm, Lenses
from supervision.frozen import FrozenCopy, Reader
from supervision.marked import Mark, MarkedBlock, mark_passage
from supervision.models import Comment, HeldComment, Reaction, Share
from supervision.rules import Action
from supervision.said import HeldSaid, Said
from vault.crypto import CannotOpen


@dataclass(frozen=True)
class Note:
    """One comment in clear; ``said`` is None where it does not open or was removed.

    ``replies`` answer it. ``number`` is that of the words it is about, if they stand in the copy.
    ``held``: it is its author's alone yet. The rest says what the reader may do with it now, and
    what the supervisee quietly answered; ``acted_at``: when they last took its words over.
    """

    comment: Comment
    said: Said | None
    is_mine: bool
    replies: list["Note"] = field(default_factory=list)
    number: int | None = None
    held: HeldComment | None = None
    form: CommentForm | None = None
    edit_form: CommentForm | None = None
    may_remove: bool = False
    may_thank: bool = False
    may_act_on: bool = False
    reactions: frozenset[str] = frozenset()
    acted_at: datetime | None = None

    @property
    def text(self) -> str | None:
        """What it says, or None where that does not open; nothing where it was removed."""
        if self.is_removed:
            return ""
        return self.said.text if self.said else None

    @property
    def is_removed(self) -> bool:
        """Whether its author took it away."""
        return self.comment.removed_at is not None

    @property
    def quote(self) -> str:
        """The words of the copy that it is about, or nothing."""
        return self.said.anchor.words if self.said and self.said.anchor else ""

    @property
    def is_out_of_place(self) -> bool:
        """Whether it is about words that do not stand where it says."""
        return bool(self.quote) and self.number is None

    @property
    def is_thanked(self) -> bool:
        return Reaction.Kind.THANKS in self.reactions

    @property
    def has_helped(self) -> bool:
        return Reaction.Kind.HELPED in self.reactions

    @property
    def has_changed_since(self) -> bool:
        """Whether it was edited after its words were put into the plan."""
        edited_at = self.comment.edited_at
        if not (self.is_to_act_on and self.acted_at and edited_at):
            return False
        return edited_at > self.acted_at

    @property
    def is_to_act_on(self) -> bool:
        return Reaction.Kind.ACT_ON in self.reactions


@dataclass(frozen=True)
class HeldNote:
    """A held comment as its author finds it on a list; ``held`` is None where it does not open."""

    comment: HeldComment
    held: HeldSaid | None


@dataclass(frozen=True)
class Beside:
    """A passage of the copy, the threads beside it, and the form for another comment, if any."""

    passage: Passage
    blocks: list[MarkedBlock]
    threads: list[Note]
    form: CommentForm | None

    @property
    def last_notes(self) -> list[Note]:
        """Each thread's notes in order, for a plain reading."""
        return [note for thread in self.threads for note in (thread, *thread.replies)]


# --- Opening -------------------------------------------------------------------------------------


def read_comments(comments: Iterable[Comment], data_key: bytes, user: User) -> list[Note]:
    """Return the threads in the order they began. One that does not open hides no other."""
    return _in_threads(
        Note(comment, _said(comment, data_key), comment.author_id == user.pk)
        for comment in comments
    )


def read_share(share: Share, data_key: bytes, user: User) -> list[Note]:
    """Return the threads of ``share``; one query, unless its comments were fetched with it."""
    fetched = getattr(share, "_prefetched_objects_cache", {})
    comments = share.comments.all() if "comments" in fetched else share.comments.conversation()
    return read_comments(comments, data_key, user)


def read_held(user: User, reader: Reader, share: Share | None = None) -> list[HeldNote]:
    """Return what ``user`` holds back, for ``share`` or for all; one query.

    Words of a copy that an older Mend kept in it are forgotten as it is read.
    """
    waiting = HeldComment.objects.of_author(user)
    found = waiting.of_share(share) if share is not None else waiting.with_share()
    return [HeldNote(one, _held(one, reader)) for one in found]


def _in_threads(notes: Iterable[Note]) -> list[Note]:
    threads: dict[object, Note] = {}
    for note in notes:
        parent = note.comment.parent_id
        if parent in threads:
            threads[parent].replies.append(note)
        else:
            threads[note.comment.pk] = note
    return list(threads.values())


def _said(comment: Comment, data_key: bytes) -> Said | None:
    if comment.removed_at is not None:
        return None
    try:
        return comment.open(data_key)
    except CannotOpen:
        return None


def _held(comment: HeldComment, reader: Reader) -> HeldSaid | None:
    try:
        held = comment.open_as_stored(reader)
    except CannotOpen:
        return None
    if held.has_words:
        comment.forget_words(held, reader)
    return held.without_words()


# --- The page ------------------------------------------------------------------------------------


@dataclass
class Conversation:
    """Lays a copy out with everything beside it, for one reader at one time.

    ``typed`` is a form that was not accepted: it stands, with its text, where it was posted from.
    """

    share: Share
    copy: FrozenCopy
    data_key: bytes
    user: User
    held: Sequence[HeldNote] = ()
    lenses: Lenses = field(default_factory=Lenses)
    typed: CommentForm | None = None
    at: datetime = field(default_factory=timezone.now)

    def lay_out(self) -> list[Beside]:
        """Return the passages, each with its threads and, where open, its forms. Two queries."""
        self.may = {action: self.share.allows(action, self.user) for action in Action}
        self._look_for_reactions()
        notes = read_share(self.share, self.data_key, self.user)
        threads = self._with_held(notes)
        marks = self._marks(threads)
        return [
            Beside(
                passage=passage,
                blocks=mark_passage(passage, marks.get(passage.slug, ())),
                threads=[
                    self._thread(one, marks)
                    for one in threads
                    if one.comment.passage == passage.slug
                ],
                form=self._form(f"new-{passage.slug}", passage.slug),
            )
            for passage in self.copy.passages
        ]

    def _look_for_reactions(self) -> None:
        found: dict[UUID, set[str]] = {}
        self.acted_at: dict[UUID, datetime] = {}
        for one in Reaction.objects.of_share(self.share):
            found.setdefault(one.comment_id, set()).add(one.kind)
            if one.kind == Reaction.Kind.ACT_ON:
                self.acted_at[one.comment_id] = one.at
        self.reactions = {pk: frozenset(kinds) for pk, kinds in found.items()}

    def _with_held(self, threads: list[Note]) -> list[Note]:
        """Put what is held where it will stand once it is sent: it is the reader's own."""
        by_pk = {one.comment.pk: one for one in threads}
        for one in self.held:
            if one.held is None:
                continue
            as_sent = Comment(
                pk=one.comment.pk,
                share=self.share,
                passage=one.held.passage,
                author=self.user,
                parent_id=one.held.parent,
                created_at=one.comment.created_at,
            )
            said = one.held.in_copy(self.copy.passages).said
            note = Note(as_sent, said, is_mine=True, held=one.comment)
            thread = by_pk.get(one.held.parent) if one.held.parent else None
            if thread is not None:
                thread.replies.append(note)
            else:
                threads.append(note)
        return threads

    def _marks(self, threads: list[Note]) -> dict[str, list[Mark]]:
        """Return the marks by passage, numbered through the copy in the order of reading.

        What is held is numbered after what was sent, so that both sides say the same numbers.
        """
        passages = {passage.slug: passage for passage in self.copy.passages}
        order = list(passages)
        found = []
        for note in (one for thread in threads for one in (thread, *thread.replies)):
            anchor = note.said.anchor if note.said else None
            passage = passages.get(note.comment.passage)
            if anchor is not None and passage is not None and anchor.holds(passage):
                item = -1 if anchor.item is None else anchor.item
                place = (order.index(passage.slug), anchor.block, item, anchor.start, anchor.end)
                key = (int(note.held is not None), *place)
                found.append((key, note.comment.pk, anchor, passage.slug))
        marks: dict[str, list[Mark]] = {}
        for number, (_key, pk, anchor, slug) in enumerate(sorted(found, key=_place_of), start=1):
            marks.setdefault(slug, []).append(Mark(pk, number, anchor))
        return marks

    def _thread(self, thread: Note, marks: dict[str, list[Mark]]) -> Note:
        numbers = {mark.comment: mark.number for mark in marks.get(thread.comment.passage, ())}
        notes = [thread, *thread.replies]
        last_of_others = max(
            (at for at, one in enumerate(notes) if not one.is_mine and not one.held), default=-1
        )
        whole = [
            self._note(one, numbers.get(one.comment.pk), is_answered=at < last_of_others)
            for at, one in enumerate(notes)
        ]
        form = None
        # Where all that stood in it was removed there is nothing to answer.
        if not thread.held and any(not one.is_removed for one in notes):
            form = self._form(f"answer-{thread.comment.pk.hex}", thread.comment.passage, thread)
        return replace(whole[0], replies=whole[1:], form=form)

    def _note(self, note: Note, number: int | None, *, is_answered: bool) -> Note:
        comment = note.comment
        if note.held:
            return replace(note, number=number, edit_form=self._held_form(note))
        is_own_new = note.is_mine and comment.is_new(self.at) and note.said is not None
        answers_them = not note.is_mine and note.said is not None
        return replace(
            note,
            number=number,
            edit_form=self._edit_form(note) if is_own_new and self.may[Action.EDIT] else None,
            may_remove=is_own_new and not is_answered and self.may[Action.REMOVE],
            may_thank=answers_them and self.may[Action.THANK],
            may_act_on=answers_them and self.may[Action.ACT_ON],
            reactions=frozenset()
            if note.is_removed
            else self.reactions.get(comment.pk, frozenset()),
            acted_at=self.acted_at.get(comment.pk),
        )

    def _form(self, place: str, passage: str, thread: Note | None = None) -> CommentForm | None:
        if not self.may[Action.REPLY if thread else Action.COMMENT]:
            return None
        if self._is_typed(place):
            return self.typed
        initial = {"passage": passage, "parent": thread.comment.pk if thread else None}
        return CommentForm(
            initial=initial, place=place, passages=self.copy.passages, lenses=self.lenses
        )

    def _held_form(self, note: Note) -> CommentForm | None:
        place = f"held-{note.comment.pk.hex}"
        if self._is_typed(place) or note.said is None:
            return self.typed
        if note.held is None or not self.may[Action.HOLD]:
            return None
        return CommentForm.holding(
            note.said,
            place=place,
            passage=note.comment.passage,
            before=note.held.as_of,
            passages=self.copy.passages,
            lenses=None if note.comment.parent_id else self.lenses,
        )

    def _edit_form(self, note: Note) -> CommentForm | None:
        place = f"edit-{note.comment.pk.hex}"
        if self._is_typed(place) or note.said is None:
            return self.typed
        return CommentForm.holding(
            note.said, place=place, passage=note.comment.passage, before=note.comment.as_of
        )

    def _is_typed(self, place: str) -> bool:
        return self.typed is not None and self.typed.place == place


def _place_of(found: tuple[tuple[int, ...], UUID, object, str]) -> tuple[tuple[int, ...], str]:
    return found[0], str(found[1])
