"""What an exported journal holds, as a file: the shapes that docs/export.schema.json describes.

``VERSION`` grows when a reader of the older shape would misread the newer one. A new field that
can be left out is no new version.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from reflection.document import Document, Passage

FORMAT = "mend-journal"
VERSION = 1


class EarlierText(msgspec.Struct, frozen=True):
    """An earlier text. ``conflict``: it was written at the same time in another tab."""

    revision: int
    saved_at: datetime
    kind: Literal["earlier", "finished", "conflict"]
    document: Document


class ExportedEntry(msgspec.Struct, frozen=True):
    """One reflection. ``follow_up_on`` is the day to look back.

    ``is_capture``: nobody went on with it yet. ``earlier`` texts are there if they were asked for.
    """

    id: UUID
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None
    follow_up_on: date | None
    is_capture: bool
    revision: int
    document: Document
    earlier: tuple[EarlierText, ...] = ()


class Unreadable(msgspec.Struct, frozen=True):
    """A reflection that could not be opened: in an earlier, sealed vault, or damaged."""

    id: UUID
    created_at: datetime
    reason: Literal["sealed", "damaged"]


class Author(msgspec.Struct, frozen=True):
    """Whose journal it is."""

    name: str
    email: str
    timezone: str


class Leaf(msgspec.Struct, frozen=True):
    """One thing of an export as it is read: in a book a chapter, in a folder a file.

    ``begun_at`` says where it stands in the order; ``facts`` are short lines under its title;
    ``front`` is what a file's front matter says beside id, title and time.
    """

    id: UUID
    title: str
    begun_at: datetime
    facts: tuple[str, ...]
    passages: tuple[Passage, ...]
    front: dict[str, Any] = {}


def file_type(parts: Iterable[tuple[str, type]]) -> type[msgspec.Struct]:
    """Return the type of a whole exported file, with the lists of ``parts`` by their names."""
    fields: list[Any] = [
        ("format", Literal["mend-journal"]),
        ("version", Literal[1]),
        ("exported_at", datetime),
        ("author", Author),
        ("has_earlier_texts", bool),
        ("entries", list[ExportedEntry]),
        ("unreadable", list[Unreadable]),
        ("lists", dict[str, list[Any]]),
        *((name, list[item]) for name, item in parts),  # type: ignore[valid-type]
    ]
    return msgspec.defstruct("MendJournal", fields, frozen=True)
