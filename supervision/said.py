"""What a comment holds inside its ciphertext, and the words of the copy that it is about.

A copy is frozen, so that a place in it holds: a passage, a block of it, and from which code point
to which. The words that stood there go with the place, and both are held against each other when
it is written and whenever it is read. What is held back keeps the place alone: it is under its
author's own vault, which stays open to them when the copy does not.
"""

import re
from collections.abc import Iterable, Iterator
from typing import TypeVar
from uuid import UUID

import msgspec

from reflection.document import Label, Passage
from vault.crypto import CannotOpen

MOST_WORDS = 2_000
T = TypeVar("T")


class NotThere(ValueError):
    """The words do not stand in the passage."""


class ThereTwice(ValueError):
    """The words stand in the passage more than once."""


class Anchor(msgspec.Struct, frozen=True, omit_defaults=True):
    """Chosen words within a passage: code points ``start`` to ``end`` of one of its texts.

    That text is the block's own, or (``item``) one of its list. ``words`` is what stands there.
    """

    block: int
    start: int
    end: int
    words: str
    item: int | None = None

    def holds(self, passage: Passage) -> bool:
        """Tell whether just these words stand there in ``passage``."""
        text = text_at(passage, self.block, self.item)
        return 0 <= self.start < self.end and text[self.start : self.end] == self.words != ""

    @property
    def place(self) -> str:
        """The place as a form carries it: block.item.start.end, the item empty for a block's own
        text."""
        item = "" if self.item is None else self.item
        return f"{self.block}.{item}.{self.start}.{self.end}"


class Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where an `Anchor` is, without its words: what can be kept outside the copy."""

    block: int
    start: int
    end: int
    item: int | None = None

    def in_passage(self, passage: Passage) -> Anchor:
        """Return it with the words that stand there in ``passage``; none where there are none."""
        words = text_at(passage, self.block, self.item)[self.start : self.end]
        return Anchor(self.block, self.start, self.end, words, self.item)


class Said(msgspec.Struct, frozen=True, omit_defaults=True):
    """A comment: its text, the lens it looks through and the words it is about, if any."""

    text: str
    lens: Label | None = None
    anchor: Anchor | None = None


class HeldSaid(msgspec.Struct, frozen=True, omit_defaults=True):
    """A comment that is held back, with where it will stand: that, too, is nobody else's yet.

    As it is kept, ``place`` says which words it is about and ``said`` has no anchor: the words are
    the copy's, and are read from it while it opens.
    """

    said: Said
    passage: str
    parent: UUID | None = None
    place: Place | None = None

    @property
    def has_words(self) -> bool:
        """Whether words of the copy stand in it, as they once did in what is held."""
        return self.said.anchor is not None

    def without_words(self) -> "HeldSaid":
        """Return the same with the place of the words it is about instead of the words."""
        anchor = self.said.anchor
        if anchor is None:
            return self
        place = Place(anchor.block, anchor.start, anchor.end, anchor.item)
        said = msgspec.structs.replace(self.said, anchor=None)
        return msgspec.structs.replace(self, said=said, place=place)

    def in_copy(self, passages: Iterable[Passage]) -> "HeldSaid":
        """Return the same with the words that stand at its place in the copy of ``passages``."""
        passage = next((one for one in passages if one.slug == self.passage), None)
        if self.place is None or passage is None:
            return self
        said = msgspec.structs.replace(self.said, anchor=self.place.in_passage(passage))
        return msgspec.structs.replace(self, said=said, place=None)


def encode_said(said: Said | HeldSaid) -> bytes:
    """Return it as JSON."""
    return msgspec.json.encode(said)


def decode_said(data: bytes) -> Said:
    """Return what `encode_said` was given. Raises ``CannotOpen`` where it is no comment."""
    return _decoded(data, Said)


def decode_held(data: bytes) -> HeldSaid:
    """Return what `encode_said` was given. Raises ``CannotOpen`` where it is none."""
    return _decoded(data, HeldSaid)


def _decoded(data: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.MsgspecError as error:
        raise CannotOpen from error


# --- Words in a passage --------------------------------------------------------------------------


def text_at(passage: Passage, block: int, item: int | None) -> str:
    """Return a block's text, or one of its list; nothing where there is no such place."""
    if not 0 <= block < len(passage.blocks):
        return ""
    found = passage.blocks[block]
    if item is None:
        return found.text
    return found.items[item] if 0 <= item < len(found.items) else ""


def find_words(passage: Passage, words: str, *, near: str = "") -> Anchor:
    """Return the place in ``passage`` where ``words`` stand.

    ``near`` is an `Anchor.place` where a browser says they were chosen: it decides where they
    stand more than once, and is believed for nothing else. Spaces and line ends count as the same.
    Raises `NotThere` and `ThereTwice`.
    """
    claimed = _claimed(passage, near)
    if claimed is not None and _plain(claimed.words) == _plain(words):
        return claimed
    found = _occurrences(passage, words)
    if not found:
        raise NotThere
    if len(found) == 1:
        return found[0]
    if claimed is None:
        raise ThereTwice
    beside = [one for one in found if (one.block, one.item) == (claimed.block, claimed.item)]
    return min(beside or found, key=lambda one: abs(one.start - claimed.start))


def _claimed(passage: Passage, near: str) -> Anchor | None:
    if not re.fullmatch(r"\d{1,6}\.\d{0,6}\.\d{1,9}\.\d{1,9}", near, re.ASCII):
        return None
    block, item, start, end = near.split(".")
    place = (int(block), int(item) if item else None)
    words = text_at(passage, *place)[int(start) : int(end)]
    anchor = Anchor(place[0], int(start), int(end), words, place[1])
    return anchor if anchor.holds(passage) else None


def _plain(words: str) -> str:
    return " ".join(words.split())


def _occurrences(passage: Passage, words: str) -> list[Anchor]:
    """Return the places of the words as they are written, or else however they are cased."""
    for bare in (words, words.strip().strip("\"'“”‘’«»„")):
        if not bare.strip():
            continue
        pattern = r"\s+".join(re.escape(word) for word in bare.split())
        for flags in (0, re.IGNORECASE):
            found = [
                Anchor(block, match.start(), match.end(), match.group(), item)
                for block, item, text in _texts(passage)
                for match in re.finditer(pattern, text, flags)
            ]
            if found:
                return found
    return []


def _texts(passage: Passage) -> Iterator[tuple[int, int | None, str]]:
    for number, block in enumerate(passage.blocks):
        if block.text:
            yield number, None, block.text
        for place, item in enumerate(block.items):
            yield number, place, item
