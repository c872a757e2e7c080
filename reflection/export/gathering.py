"""Gathers what one wrote, opened one after another: a few texts in memory, whatever the number."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from reflection.document import UNREADABLE, Document
from reflection.export.parts import registered
from reflection.export.shape import EarlierText, ExportedEntry, Leaf, Unreadable
from reflection.listing import open_row
from reflection.models import Entry, EntryVersion, PrivateList
from reflection.reading import STANDINGS, passages, standing_of, title_of
from vault.access import Locked

if TYPE_CHECKING:
    from accounts.models import User
    from vault.access import VaultAccess

# Ciphertexts in memory at once.
CHUNK = 100


def entries_of(
    user: "User", access: "VaultAccess", *, earlier: bool = False
) -> Iterator[ExportedEntry | Unreadable]:
    """Give ``user``'s entries, oldest first. One query; with ``earlier`` texts two."""
    texts = _Texts(user) if earlier else None
    for entry in Entry.objects.owned_by(user).oldest_first().iterator(chunk_size=CHUNK):
        row = open_row(entry, access.keys_for)
        if row.document is None:
            yield Unreadable(entry.pk, entry.created_at, "sealed" if row.is_sealed else "damaged")
            continue
        kept = texts.of(entry) if texts else []
        yield ExportedEntry(
            id=entry.pk,
            created_at=entry.created_at,
            updated_at=entry.updated_at,
            finished_at=entry.finished_at,
            follow_up_on=entry.follow_up_on,
            is_capture=entry.is_capture,
            revision=entry.revision,
            document=_plain(row.document),
            earlier=tuple(_opened(kept, entry, access)),
        )


def lists_of(user: "User", access: "VaultAccess") -> dict[str, list[Any]]:
    """Return ``user``'s own lists by their names, of every vault of theirs that opens.

    The tags are left out: each reflection has its own.
    """
    found: dict[str, list[Any]] = {}
    for row in PrivateList.objects.all_of(user):
        if row.name == PrivateList.Name.TAGS:
            continue
        try:
            items = row.open_as(access.keys_for(row.vault_id), Any)
        except (Locked, *UNREADABLE):
            continue  # Its vault is sealed, as the entries' own lines say.
        held = found.setdefault(row.name, [])
        held += [item for item in items if item not in held]
    return found


def leaves_of(user: "User", access: "VaultAccess") -> Iterator[tuple[str, Leaf]]:
    """Give everything as it is read, each with the folder it belongs to (none: the journal's)."""
    for entry in entries_of(user, access):
        yield "", leaf_of(entry)
    for part in registered():
        for item in part.items(user, access):
            yield part.folder, part.leaf(item)


def leaf_of(entry: ExportedEntry | Unreadable) -> Leaf:
    """Return an entry as it is read; of one that cannot be opened, that it is there."""
    if isinstance(entry, Unreadable):
        why = {
            "sealed": _("It is in an earlier, sealed journal. Open that first to export it."),
            "damaged": _("What is stored of it is damaged. It is kept as it is."),
        }
        said = (_moment(_("Begun %(when)s"), entry), why[entry.reason])
        return Leaf(entry.id, _("A reflection that cannot be opened"), entry.created_at, said, ())
    facts = [_moment(_("Begun %(when)s"), entry)]
    if entry.finished_at:
        facts.append(_("Finished %(when)s") % {"when": _when(entry.finished_at)})
    if entry.follow_up_on:
        facts.append(_("To look back on %(day)s") % {"day": date_format(entry.follow_up_on)})
    document = entry.document
    if standing := standing_of(document):
        facts.append(_("Where it stands: %(standing)s") % {"standing": STANDINGS[standing]})
    if document.tags:
        facts.append(_("Tags: %(tags)s") % {"tags": ", ".join(document.tags)})
    return Leaf(
        id=entry.id,
        title=title_of(document),
        begun_at=entry.created_at,
        facts=tuple(facts),
        passages=tuple(passages(document)),
        front=_front(entry),
    )


def _front(entry: ExportedEntry) -> dict[str, Any]:
    """Return what the front matter says of a reflection: only what there is to say."""
    document = entry.document
    said = {
        "case_code": document.happened.case_code,
        "tags": list(document.tags),
        "therapy_session": document.happened.occurred_on,
        "standing": standing_of(document),
        "finished": _stamp(entry.finished_at),
        "look_back_on": entry.follow_up_on,
    }
    return {name: value for name, value in said.items() if value}


def _stamp(moment: datetime | None) -> str:
    return localtime(moment).isoformat(timespec="seconds") if moment else ""


def _moment(said: str, entry: ExportedEntry | Unreadable) -> str:
    return said % {"when": _when(entry.created_at)}


def _when(moment: object) -> str:
    return date_format(localtime(moment), "j F Y, H:i")  # type: ignore[arg-type]


def _plain(document: Document) -> Document:
    """Return the document without what only saving needs."""
    return msgspec.structs.replace(document, changed={})


def _opened(kept: list[EntryVersion], entry: Entry, access: "VaultAccess") -> Iterator[EarlierText]:
    for version in kept:
        version.entry = entry
        try:
            document = version.open(access.keys_for(entry.vault_id))
        except UNREADABLE:
            continue  # A damaged earlier text does not hold up the entry, which is whole.
        yield EarlierText(
            revision=version.revision,
            saved_at=version.saved_at,
            kind=version.kind,  # type: ignore[arg-type]
            document=_plain(document),
        )


class _Texts:
    """The earlier texts of all entries, read along with them in the same order."""

    def __init__(self, user: "User") -> None:
        rows = EntryVersion.objects.of_owner(user)
        self._rows = rows.iterator(chunk_size=CHUNK)
        self._next = next(self._rows, None)

    def of(self, entry: Entry) -> list[EntryVersion]:
        """Return those of ``entry``; those of entries before it are passed over."""
        place, found = (entry.created_at, entry.pk), []
        while self._next is not None and self._place() <= place:
            if self._next.entry_id == entry.pk:
                found.append(self._next)
            self._next = next(self._rows, None)
        return found

    def _place(self) -> tuple[object, object]:
        assert self._next is not None
        return self._next.begun_at, self._next.entry_id  # type: ignore[attr-defined]
