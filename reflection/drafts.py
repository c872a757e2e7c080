"""What a browser kept sealed because it could not be saved: opened, and compared with what stands.

The browser seals the fields of a passage's form to the public key of its writer's vault
(static/js/seal.js), bound to the vault, the entry, the passage and the person. See ADR 014.
"""

import uuid
from dataclasses import dataclass

import msgspec
from django.http import QueryDict

from reflection.actions import Source
from reflection.document import Document
from reflection.models import Entry, EntryVersion
from vault import crypto
from vault.access import VaultAccess
from vault.crypto import CannotOpen, VaultKeys

LOOKED_AT = 50  # Earlier texts that are searched for what a draft says, newest first.


@dataclass(frozen=True)
class Draft:
    """What was typed into one passage, with the page that it was typed into."""

    entry: uuid.UUID
    passage: str
    posted: QueryDict

    @property
    def source(self) -> Source:
        """The opened page it comes from, as that page's next save would have said it."""
        return Source(
            revision=_number(self.posted.get("revision")),
            page=str(self.posted.get("page", ""))[:32],
            turn=_number(self.posted.get("turn")),
        )


def open_draft(
    *,
    access: VaultAccess,
    person: uuid.UUID,
    vault: uuid.UUID,
    entry: uuid.UUID,
    passage: str,
    sealed: bytes,
) -> Draft:
    """Return what the browser sealed. Raises ``CannotOpen``, and ``Locked`` for a sealed vault."""
    owned = next((one for one in (access.vault, *access.sealed) if one and one.pk == vault), None)
    if owned is None:
        raise CannotOpen
    private_key = access.keys_for(vault).private_key(bytes(owned.wrapped_private_key))
    context = crypto.browser_draft(vault, entry, passage, person)
    data = crypto.unpad(crypto.open_sealed(private_key, sealed, context))
    try:
        fields = msgspec.json.decode(data, type=list[tuple[str, str]])
    except msgspec.MsgspecError as error:
        raise CannotOpen from error
    posted = QueryDict(mutable=True)
    for name, value in fields:
        posted.appendlist(name, value)
    return Draft(entry, passage, posted)


def is_held(draft: Draft, entry: Entry, *, keys: VaultKeys, now: Document, mine: Document) -> bool:
    """Tell whether the journal has the draft's text: now, or among the entry's earlier texts.

    What the same page has sent since holds it too (`Source.is_overtaken`).
    """
    changed = now.changed.get(draft.passage)
    if mine == now or (changed is not None and draft.source.is_overtaken(changed)):
        return True
    versions = EntryVersion.objects.of(entry)[:LOOKED_AT]
    said = _said(mine, draft.passage)
    return any(_holds(version, keys, draft.passage, said) for version in versions)


def _holds(version: EntryVersion, keys: VaultKeys, passage: str, said: tuple[object, ...]) -> bool:
    earlier = version.open_if_whole(keys)
    # A damaged one holds nothing: the draft is offered.
    return earlier is not None and _said(earlier, passage) == said


def _said(document: Document, passage: str) -> tuple[object, ...]:
    part = getattr(document, passage)
    return (part, document.title) if passage == "happened" else (part,)


def _number(text: str | list[object] | None) -> int:
    text = text if isinstance(text, str) else ""
    return int(text) if text.isdecimal() and len(text) < 10 else 0
