"""The frozen copy: what is inside a share, how it is made, and who can open it."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from reflection.document import Document, Passage
from reflection.findings import Allowance
from reflection.identifiers import Found, Kind, find_identifiers
from reflection.reading import NEVER_NAMED, passages, written
from vault import crypto
from vault.crypto import CannotOpen, VaultKeys
from vault.models import Vault


class FrozenCopy(msgspec.Struct, frozen=True):
    """Everything a supervisor can read of a reflection, and nothing else of it.

    ``note`` is what the supervisee would like help with. ``has_more`` says that other passages
    hold something and were kept private. ``schema`` grows with the shape.
    """

    title: str
    passages: tuple[Passage, ...]
    note: str = ""
    has_more: bool = False
    schema: int = 1

    @property
    def slugs(self) -> list[str]:
        """The passages that are in it."""
        return [passage.slug for passage in self.passages]


def freeze(document: Document, *, only: Iterable[str], note: str = "") -> FrozenCopy:
    """Return the copy of the passages in ``only`` that hold something.

    An entry without a title goes by its case code, but only where that is shared anyway.
    """
    wanted = set(only)
    every = passages(document)
    chosen = tuple(passage for passage in every if passage.slug in wanted)
    case_code = document.happened.case_code if "happened" in wanted else ""
    return FrozenCopy(
        title=document.title or case_code or str(NEVER_NAMED),
        passages=chosen,
        note=note,
        has_more=len(chosen) < len(every),
    )


def without_day(document: Document) -> Document:
    """Return ``document`` without the day of the therapy session, if anything else happened."""
    happened = msgspec.structs.replace(document.happened, occurred_on=None)
    without = msgspec.structs.replace(document, happened=happened)
    return without if "happened" in written(without) else document


def is_day_left_out(copy: FrozenCopy, document: Document) -> bool:
    """Tell whether ``copy``, made earlier, has no day of the session, though ``document`` has one.

    Where the copy has another day, that was put right since, and not left out.
    """
    happened = (passage for passage in copy.passages if passage.slug == "happened")
    facts = [item for passage in happened for block in passage.blocks for item in block.items]
    return (
        "happened" in copy.slugs
        and without_day(document) != document
        and not any(one.kind == Kind.DATE for fact in facts for one in find_identifiers(fact))
    )


def encode_copy(copy: FrozenCopy) -> bytes:
    """Return the copy as JSON; the same copy gives the same bytes."""
    return msgspec.json.encode(copy)


def decode_copy(data: bytes) -> FrozenCopy:
    """Return the copy in ``data``. Raises ``msgspec.ValidationError`` where it is none."""
    return msgspec.json.decode(data, type=FrozenCopy)


@dataclass(frozen=True)
class Finding:
    """Something in a copy that may identify a person, and the part of the copy it stands in.

    ``passage`` is the part's name (``title`` and ``note`` are no passages), ``text`` all of it.
    """

    found: Found
    where: str | Promise
    passage: str = ""
    text: str = ""


def check_identifiers(copy: FrozenCopy, allowance: Allowance) -> list[Finding]:
    """Return what may identify somebody in the copy's own words, in reading order.

    ``allowance`` is what its author is asked about. Details they kept knowingly in their journal
    are told again: there they were for no other eyes. The guide's labels and questions are not
    the author's words and are left out.
    """
    parts: list[tuple[str | Promise, str, str]] = [
        (_("the title"), "title", copy.title),
        (_("what you would like help with"), "note", copy.note),
    ]
    for passage in copy.passages:
        for block in passage.blocks:
            texts = (block.text, *block.items)
            parts += [(passage.title, passage.slug, text) for text in texts]
    return [
        Finding(found, where, name, text)
        for where, name, text in parts
        for found in find_identifiers(text, watched=allowance.watched, known=allowance.known)
    ]


def count_kinds(findings: Iterable[Finding]) -> dict[str, int]:
    """Return how many details of each kind were found: what a receipt says of the check."""
    return dict(Counter(one.found.kind.value for one in findings))


class ReaderTerms(msgspec.Struct, frozen=True):
    """A member of a group who is to read along, by their ``place``, and the key it is sealed to.

    ``key`` and ``key_confirmed`` as in `Terms`.
    """

    place: UUID
    person: UUID
    key: bytes
    key_confirmed: bool


class Terms(msgspec.Struct, frozen=True):
    """Everything that somebody agrees to when they share: what a preview is bound to.

    ``key`` is the fingerprint of the supervisor's public key, ``wording`` the row's id, ``until``
    the last day. ``key_confirmed``: they say that they compared the key with the supervisor.
    ``found`` counts, by kind, the details the preview asked about. ``readers`` are the members of
    one group who read along.
    """

    share: UUID
    entry: UUID
    revision: int
    agreement: UUID
    key: bytes
    key_confirmed: bool
    purpose: str
    until: date
    attestation: str
    wording: int
    copy: FrozenCopy
    found: dict[str, int]
    readers: tuple[ReaderTerms, ...] = ()

    def seal(self, keys: VaultKeys) -> bytes:
        """Return a MAC over all of it under the supervisee's keys: what a preview carries."""
        return keys.pin(msgspec.json.encode(self), self._context)

    def is_sealed_by(self, seal: bytes, keys: VaultKeys) -> bool:
        """Tell whether ``seal`` was made over just these terms, down to the last letter."""
        return keys.check_pin(seal, msgspec.json.encode(self), self._context)

    @property
    def _context(self) -> crypto.Context:
        return crypto.share_preview(self.share, self.entry, self.revision)


@dataclass(frozen=True)
class Reader:
    """A person with their vault open: what they hold to open copies with.

    ``earlier`` gives a sealed vault of theirs that is joined to this one, with its keys, or None.
    """

    user_id: UUID
    vault: Vault
    keys: VaultKeys
    earlier: Callable[[UUID], tuple[Vault, VaultKeys] | None] = lambda vault_id: None

    @cached_property
    def private_key(self) -> X25519PrivateKey:
        """The private half of the vault's key pair. Raises ``CannotOpen``."""
        return self.keys.private_key(bytes(self.vault.wrapped_private_key))

    def in_vault(self, vault_id: UUID) -> "Reader":
        """Return the same person as they are in that vault of theirs. Raises ``CannotOpen``."""
        if vault_id == self.vault.pk:
            return self
        found = self.earlier(vault_id)
        if found is None:
            raise CannotOpen
        return Reader(self.user_id, *found)
