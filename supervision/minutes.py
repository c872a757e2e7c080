"""What is written about a supervision meeting: its agenda, its notes, what was agreed.

It stands inside ciphertext that both people open. Everything here is a value; each change gives
another one, and none of them loses a word of the other side.
"""

import uuid
from collections.abc import Callable, Sequence
from datetime import date
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

import msgspec
from django.utils.translation import gettext_lazy as _

from reflection.document import Change

NOTES_LIMIT = 200_000
LINE_LIMIT = 2_000
MOST_ITEMS = 100


class Owner(StrEnum):
    """Who took on an agreed action."""

    SUPERVISEE = "supervisee"
    SUPERVISOR = "supervisor"
    BOTH = "both"


class AgendaItem(msgspec.Struct, frozen=True):
    """Something to talk about: words, a shared copy, or a comment in one. ``by`` brought it.

    Of a copy only its id stands here. Its title is read from the copy, by whoever may open that.
    """

    id: UUID
    by: UUID
    text: str = ""
    share: UUID | None = None
    comment: UUID | None = None
    is_done: bool = False


class AgreedAction(msgspec.Struct, frozen=True):
    """What somebody is going to do, by a day perhaps. ``share`` leads to the reflection it is for.

    Whether it is done stands in the `Progress`: a tick changes nothing that was signed.
    """

    id: UUID
    text: str
    owner: Owner
    due_on: date | None = None
    share: UUID | None = None


class Minutes(msgspec.Struct, frozen=True):
    """Everything written about one meeting. ``notes_changed`` is which save last changed the notes.

    ``schema`` grows with the shape.
    """

    agenda: tuple[AgendaItem, ...] = ()
    notes: str = ""
    actions: tuple[AgreedAction, ...] = ()
    notes_changed: Change = Change(revision=0)
    schema: int = 1

    def item(self, pk: UUID) -> AgendaItem:
        """Return an item of the agenda. Raises `Gone`."""
        return _found(self.agenda, pk)

    def action(self, pk: UUID) -> AgreedAction:
        """Return an agreed action. Raises `Gone`."""
        return _found(self.actions, pk)

    @property
    def shares(self) -> set[UUID]:
        """The copies it refers to."""
        found = [*(one.share for one in self.agenda), *(one.share for one in self.actions)]
        return {share for share in found if share is not None}


class Done(msgspec.Struct, frozen=True):
    """Who ticked an agreed action off, and on which day."""

    by: UUID
    on: date


Progress = dict[str, Done]
Rewrite = Callable[[Minutes], Minutes]
RowT = TypeVar("RowT", AgendaItem, AgreedAction)


class Gone(Exception):
    """The item is no longer there: somebody removed it meanwhile."""


class There(Exception):
    """The copy or comment is on the agenda already, and nothing more was said about it."""


class Full(Exception):
    """There is no room for another item. Nothing was added."""


def encode(minutes: Minutes) -> bytes:
    """Return the minutes as JSON."""
    return msgspec.json.encode(minutes)


def decode(data: bytes) -> Minutes:
    """Return the minutes in ``data``. Raises ``msgspec.ValidationError`` where it holds none."""
    return msgspec.json.decode(data, type=Minutes)


def encode_progress(progress: Progress) -> bytes:
    """Return the ticks as JSON."""
    return msgspec.json.encode(progress)


def decode_progress(data: bytes) -> Progress:
    """Return the ticks in ``data``. Raises ``msgspec.ValidationError``."""
    return msgspec.json.decode(data, type=Progress)


def takes_away(before: Minutes, after: Minutes) -> bool:
    """Tell whether words of the agenda or of what was agreed are in ``after`` no more.

    What was only written on at the end is there still, and so is what was moved.
    """
    agenda = _takes_away(before.agenda, after.agenda)
    return agenda or _takes_away(before.actions, after.actions)


def _takes_away(before: Sequence[RowT], after: Sequence[RowT]) -> bool:
    left = {one.id: one.text for one in after}
    return not all(one.id in left and left[one.id].startswith(one.text) for one in before)


# --- Changes -------------------------------------------------------------------------------------


def bring(item: AgendaItem) -> Rewrite:
    """Put ``item`` at the end of the agenda, or behind what is there about its copy or comment.

    Sent twice it is added once. Raises `There`, and `Full`.
    """

    def rewrite(minutes: Minutes) -> Minutes:
        before = [one for one in minutes.agenda if _is_same_reference(one, item)]
        if any(item.text in ("", one.text) for one in before):
            raise There
        after = before[-1].id if before else None
        return msgspec.structs.replace(minutes, agenda=_put_in(minutes.agenda, item, after=after))

    return rewrite


def reword(pk: UUID, text: str, *, before: str, by: UUID) -> Rewrite:
    """Give an item other words. If it no longer reads as ``before``, both wordings are kept.

    The later one then follows as an item of its own. Raises `Gone` and `Full`.
    """

    def rewrite(minutes: Minutes) -> Minutes:
        now = minutes.item(pk)
        if now.text in (before, text):
            changed = msgspec.structs.replace(now, text=text)
            return msgspec.structs.replace(minutes, agenda=_put(minutes.agenda, changed))
        mine = AgendaItem(id=uuid.uuid4(), by=by, text=text)
        return msgspec.structs.replace(minutes, agenda=_added(minutes.agenda, mine, after=pk))

    return rewrite


def tick(pk: UUID, *, is_done: bool) -> Rewrite:
    """Mark an item as talked about, or not. Raises `Gone`."""

    def rewrite(minutes: Minutes) -> Minutes:
        changed = msgspec.structs.replace(minutes.item(pk), is_done=is_done)
        return msgspec.structs.replace(minutes, agenda=_put(minutes.agenda, changed))

    return rewrite


def move(pk: UUID, *, by: int) -> Rewrite:
    """Move an item up (-1) or down (1); at the end of the list it stays. Raises `Gone`."""

    def rewrite(minutes: Minutes) -> Minutes:
        rows = list(minutes.agenda)
        at = rows.index(minutes.item(pk))
        to = min(max(at + by, 0), len(rows) - 1)
        rows.insert(to, rows.pop(at))
        return msgspec.structs.replace(minutes, agenda=tuple(rows))

    return rewrite


def drop(pk: UUID) -> Rewrite:
    """Take an item off the agenda. One that is off already stays off."""

    def rewrite(minutes: Minutes) -> Minutes:
        left = tuple(one for one in minutes.agenda if one.id != pk)
        return msgspec.structs.replace(minutes, agenda=left)

    return rewrite


def agree(action: AgreedAction) -> Rewrite:
    """Add an agreed action. Sent twice it is added once. Raises `Full`."""

    def rewrite(minutes: Minutes) -> Minutes:
        return msgspec.structs.replace(minutes, actions=_put_in(minutes.actions, action))

    return rewrite


def change_action(action: AgreedAction, *, before: str) -> Rewrite:
    """Change an agreed action. If its words are no longer ``before``, both are kept.

    Raises `Gone` and `Full`.
    """

    def rewrite(minutes: Minutes) -> Minutes:
        now = minutes.action(action.id)
        if now.text in (before, action.text):
            return msgspec.structs.replace(minutes, actions=_put(minutes.actions, action))
        mine = msgspec.structs.replace(action, id=uuid.uuid4())
        added = _added(minutes.actions, mine, after=action.id)
        return msgspec.structs.replace(minutes, actions=added)

    return rewrite


def drop_action(pk: UUID) -> Rewrite:
    """Take an agreed action out. One that is gone already stays gone."""

    def rewrite(minutes: Minutes) -> Minutes:
        left = tuple(one for one in minutes.actions if one.id != pk)
        return msgspec.structs.replace(minutes, actions=left)

    return rewrite


def _found(rows: Sequence[RowT], pk: UUID) -> RowT:
    for row in rows:
        if row.id == pk:
            return row
    raise Gone


def _put(rows: Sequence[RowT], changed: RowT) -> tuple[RowT, ...]:
    return tuple(changed if row.id == changed.id else row for row in rows)


def _added(rows: Sequence[RowT], row: RowT, *, after: UUID | None = None) -> tuple[RowT, ...]:
    if len(rows) >= MOST_ITEMS:
        raise Full
    made = list(rows)
    ids = [one.id for one in made]
    made.insert(ids.index(after) + 1 if after in ids else len(made), row)
    return tuple(made)


def _put_in(rows: Sequence[RowT], row: RowT, *, after: UUID | None = None) -> tuple[RowT, ...]:
    """Add a new ``row``. Sent again it is there once; other words under its id are another row."""
    if all(one.id != row.id for one in rows):
        return _added(rows, row, after=after)
    if any(_says_the_same(one, row) for one in rows):
        return tuple(rows)
    return _added(rows, msgspec.structs.replace(row, id=uuid.uuid4()), after=row.id)


def _says_the_same(one: RowT, other: RowT) -> bool:
    names = set(one.__struct_fields__) - {"id", "is_done"}
    return all(getattr(one, name) == getattr(other, name) for name in names)


def _is_same_reference(one: AgendaItem, other: AgendaItem) -> bool:
    return other.share is not None and (one.share, one.comment) == (other.share, other.comment)


OWNER_WORDS = {
    Owner.SUPERVISEE: _("the supervisee"),
    Owner.SUPERVISOR: _("the supervisor"),
    Owner.BOTH: _("both"),
}
