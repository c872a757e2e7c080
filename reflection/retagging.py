"""Giving a tag another name, or taking it away, wherever one's own journal has it.

Deleted entries and earlier texts are sealed anew as well, so that bringing one back does not bring
the old tag back. When an entry was last saved stays as it was.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
from django.db import transaction

from reflection.document import Document
from reflection.models import Entry
from reflection.rewriting import rewrite_journal
from reflection.search.kept import rewrite_searches
from reflection.search.wanted import Search
from reflection.tagging import count_in, recount_tags, same_tag
from vault.access import Keyring

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
    documents: list[Document] = []

    def see(entry: Entry, document: Document) -> None:
        if entry.deleted_at is None:
            documents.append(document)

    done = rewrite_journal(
        by=by, keyring=keyring, rewrite=lambda document: with_tag(document, old, new), see=see
    )
    rewrite_searches(by=by, keyring=keyring, change=lambda search: _with_tag(search, old, new))
    recount_tags(by=by, keys=keys, keyring=keyring, tags=count_in(documents))
    return Retagged(done.changed, done.sealed + len(done.damaged))


def _with_tag(search: Search, old: str, new: str) -> Search | None:
    """Return a search that was kept with the new tag; None where its tag is taken away."""
    if not search.tag or not same_tag(search.tag, old):
        return search
    return msgspec.structs.replace(search, tag=new) if new else None
