"""Changing something wherever one's own journal has it: in entries, deleted ones too, and in all
their earlier texts.

What changes is sealed anew, so that the old is left nowhere. When an entry was last saved stays as
it was: those that were changed together could be told by it.
"""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from reflection.actions import Rewrite
from reflection.document import PASSAGES, UNREADABLE, Change, Document
from reflection.models import Entry, EntryVersion
from reflection.rereading import CHUNK
from vault.access import Keyring, Locked

if TYPE_CHECKING:
    from accounts.models import User
    from vault.crypto import VaultKeys


@dataclass(frozen=True)
class Rewritten:
    """How many entries were changed, and what was left as it is.

    ``sealed`` entries wait in a sealed vault, ``damaged`` ones do not open; those of
    ``damaged_earlier`` have an earlier text that does not.
    """

    changed: int
    sealed: int
    damaged: tuple[uuid.UUID, ...]
    damaged_earlier: tuple[uuid.UUID, ...]


def rewrite_journal(
    *,
    by: "User",
    keyring: Keyring,
    rewrite: Rewrite,
    see: Callable[[Entry, Document], None] = lambda _entry, _document: None,
) -> Rewritten:
    """Carry ``rewrite`` out in everything of ``by``'s that opens; ``see`` what entries then say.

    To be called in a transaction, so that it is all or nothing. A page that was opened before gets
    both texts when it saves next: an entry's passages that were changed say so.
    """
    sealed, damaged, damaged_earlier = 0, list[uuid.UUID](), list[uuid.UUID]()
    changed: list[tuple[Entry, VaultKeys, Document, Document]] = []
    for entry in Entry.objects.all_of(by).select_for_update().iterator(chunk_size=CHUNK):
        try:
            keys = keyring(entry.vault_id)
            before = entry.open(keys)
        except Locked:
            sealed += 1
            continue
        except UNREADABLE:
            damaged.append(entry.pk)
            continue
        after = rewrite(before)
        see(entry, after)
        if after != before:
            changed.append((entry, keys, before, after))
    versions = list(_versions(by, keyring, rewrite, damaged_earlier))
    for entry, keys, before, after in changed:
        _write(entry, keys, before, after)
    for version in versions:
        version.save(update_fields=["body"])
    return Rewritten(len(changed), sealed, tuple(damaged), tuple(damaged_earlier))


def _versions(
    by: "User", keyring: Keyring, rewrite: Rewrite, damaged: list[uuid.UUID]
) -> Iterator[EntryVersion]:
    """Give each earlier text that changes, sealed anew; note the entries of those damaged."""
    for version in EntryVersion.objects.all_of(by).iterator(chunk_size=CHUNK):
        try:
            keys = keyring(version.entry.vault_id)
            before = version.open(keys)
        except Locked:
            continue  # Counted with its entry.
        except UNREADABLE:
            damaged.append(version.entry_id)
            continue
        after = rewrite(before)
        if after != before:
            version.put(keys, after)
            yield version


def _write(entry: Entry, keys: "VaultKeys", before: Document, after: Document) -> None:
    revision = entry.revision + 1
    changes = {slug: Change(revision) for slug in _passages_changed(before, after)}
    after = msgspec.structs.replace(after, changed={**after.changed, **changes})
    entry.put(keys, after, revision=revision)
    entry.save(update_fields=["body", "revision"])


def _passages_changed(before: Document, after: Document) -> list[str]:
    """Return the slugs of the passages that differ; title and tags stand with *what happened*."""
    slugs = (*PASSAGES, "looking_back")
    found = [slug for slug in slugs if getattr(before, slug) != getattr(after, slug)]
    of_the_whole = (before.title, before.tags) != (after.title, after.tags)
    return ["happened", *found] if of_the_whole else found
