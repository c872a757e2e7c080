"""Giving a tag another name, or taking it away, wherever one's own journal has it.

Deleted entries and earlier texts are sealed anew as well, so that bringing one back does not bring
the old tag back. When an entry was last saved stays as it was.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
from django.db import transaction

from reflection.document import UNREADABLE, Change, Document
from reflection.listing import Keyring
from reflection.models import Entry, EntryVersion
from reflection.search.kept import rewrite_searches
from reflection.search.wanted import Search
from reflection.tagging import count_in, recount_tags, same_tag
from vault.access import Locked

if TYPE_CHECKING:
    from accounts.models import User
    from vault.crypto import VaultKeys


@dataclass(frozen=True)
class Retagged:
    """How many entries were changed, and how many were left because they do not open."""

    changed: int
    left: int


def with_tag(document: Document, old: str, new: str) -> Document:
    """Return ``document`` with ``new`` in the place of ``old``; an empty ``new`` takes it away."""
    renamed = [new if same_tag(tag, old) else tag for tag in document.tags]
    tags: list[str] = []
    for tag in filter(None, renamed):
        if not any(same_tag(tag, one) for one in tags):
            tags.append(tag)
    return msgspec.structs.replace(document, tags=tuple(tags))


@transaction.atomic
def retag(*, by: "User", keys: "VaultKeys", keyring: Keyring, old: str, new: str = "") -> Retagged:
    """Put ``new`` in the place of ``old`` in everything of ``by``'s that opens, all or nothing.

    A page that was opened before and changes *what happened* gets both texts when it saves next.
    """
    left = 0
    changed: list[tuple[Entry, VaultKeys, Document]] = []
    documents: list[Document] = []
    for entry in Entry.objects.all_of(by).select_for_update().iterator(chunk_size=500):
        opened = _opened(entry, keyring, entry.vault_id)
        if opened is None:
            left += 1
            continue
        found, before = opened
        after = with_tag(before, old, new)
        if after != before:
            changed.append((entry, found, after))
        if entry.deleted_at is None:
            documents.append(after)
    versions = list(_retagged_versions(by, keyring, old, new))
    for entry, found, after in changed:
        _write(entry, found, after)
    for version in versions:
        version.save(update_fields=["body"])
    rewrite_searches(by=by, keyring=keyring, change=lambda search: _with_tag(search, old, new))
    recount_tags(by=by, keys=keys, keyring=keyring, tags=count_in(documents))
    return Retagged(len(changed), left)


def _with_tag(search: Search, old: str, new: str) -> Search | None:
    """Return a search that was kept with the new tag; None where its tag is taken away."""
    if not search.tag or not same_tag(search.tag, old):
        return search
    return msgspec.structs.replace(search, tag=new) if new else None


def _write(entry: Entry, keys: "VaultKeys", document: Document) -> None:
    revision = entry.revision + 1
    changes = {**document.changed, "happened": Change(revision)}
    document = msgspec.structs.replace(document, changed=changes)
    entry.put(keys, document, revision=revision)
    entry.save(update_fields=["body", "revision"])


def _retagged_versions(by: "User", keyring: Keyring, old: str, new: str) -> Iterator[EntryVersion]:
    """Give each earlier text that changes, sealed anew and not saved yet."""
    for version in EntryVersion.objects.all_of(by).iterator(chunk_size=500):
        opened = _opened(version, keyring, version.entry.vault_id)
        if opened is None:
            continue  # It is left as it is; its own page says that it does not open.
        keys, before = opened
        after = with_tag(before, old, new)
        if after != before:
            version.put(keys, after)
            yield version


def _opened(
    held: Entry | EntryVersion, keyring: Keyring, vault_id: uuid.UUID
) -> "tuple[VaultKeys, Document] | None":
    try:
        keys = keyring(vault_id)
        return keys, held.open(keys)
    except (Locked, *UNREADABLE):
        return None
