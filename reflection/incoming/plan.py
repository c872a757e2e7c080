"""What would come of a file: what is new, and what is here already. Nothing is overwritten."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from reflection.cases import Codes, case_key, codes_of, plain
from reflection.document import Document, encode
from reflection.identifiers.tokens import folded
from reflection.incoming.shape import Candidate, Found, Unread
from reflection.models import Entry
from reflection.rereading import every_row
from reflection.tagging import Tag, count_in
from reflection.watching import watched_by

if TYPE_CHECKING:
    from accounts.models import User
    from vault.access import Keyring
    from vault.crypto import VaultKeys

IN_BIN = _("It is among your deleted reflections. Bring it back from there.")
SAME_ID = _("It is in your journal already.")
SAME_TEXT = _("The same words are in your journal already.")
TWICE = _("It stands in the file twice.")
# Ids asked about in one query.
BATCH = 500
SHOWN = 30


@dataclass(frozen=True)
class Known:
    """A reflection that stays out because it is here already, and how."""

    candidate: Candidate
    why: str | Promise


@dataclass
class Plan:
    """What would come in (``new``), what is ``known``, what cannot be read.

    ``words`` to watch and case ``codes`` are those that are new; ``tags`` all there are then.
    ``words_left`` says, once all has come in, why the words to watch have not.
    """

    new: list[Candidate] = field(default_factory=list)
    known: list[Known] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    words_left: str | Promise = ""
    codes: list[str] = field(default_factory=list)
    passed_over: int = 0
    tags: list[Tag] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing would come in."""
        return not (self.new or self.words or self.codes)

    @property
    def foreign(self) -> int:
        """How many of the new ones another program wrote."""
        return sum(one.is_foreign for one in self.new)

    # Of each list a page shows the first, and how many more there are.
    @property
    def first_new(self) -> list[Candidate]:
        return self.new[:SHOWN]

    @property
    def more_new(self) -> int:
        return max(0, len(self.new) - SHOWN)

    @property
    def first_known(self) -> list[Known]:
        return self.known[:SHOWN]

    @property
    def more_known(self) -> int:
        return max(0, len(self.known) - SHOWN)

    @property
    def first_unread(self) -> list[Unread]:
        return self.unread[:SHOWN]

    @property
    def more_unread(self) -> int:
        return max(0, len(self.unread) - SHOWN)


def plan_for(user: "User", keys: "VaultKeys", keyring: "Keyring", found: Found) -> Plan:
    """Return what would come of ``found`` for ``user``, who has the journal open."""
    there = Entry.objects.deletion_by_id(user)
    documents = [row.document for row in every_row(user, keyring) if row.document]
    texts = {digest(document) for document in documents}
    plan = Plan(unread=found.unread, passed_over=found.passed_over)
    watched = {folded(word) for word in watched_by(user, keyring).words}
    plan.words = [word for word in found.words if folded(word) and folded(word) not in watched]
    ids: set[UUID] = set()
    for candidate in found.candidates:
        mark = digest(candidate.document)
        why: Promise | None = None
        if candidate.id in there:
            why = SAME_ID if there[candidate.id] is None else IN_BIN
        elif candidate.id in ids:
            why = TWICE
        elif mark in texts:
            why = SAME_TEXT
        if why is not None:
            plan.known.append(Known(candidate, why))
            continue
        texts.add(mark)
        if candidate.id:
            ids.add(candidate.id)
        plan.new.append(candidate)
    plan.tags = count_in([*documents, *(one.document for one in plan.new)])
    plan.codes = _new_codes(codes_of(user, keys, keyring), found.codes, plan.new)
    return plan


def _new_codes(held: Codes, listed: list[str], new: list[Candidate]) -> list[str]:
    """Return the case codes that are on no list of one's own yet, each once."""
    known = {"", *map(case_key, held.words)}
    coming: dict[str, str] = {}
    for word in (*listed, *(one.document.happened.case_code for one in new)):
        if (key := case_key(word)) not in known:
            coming.setdefault(key, plain(word))
    return list(coming.values())


def digest(document: Document) -> bytes:
    """Return what two reflections share only where they say the same in every field."""
    return sha256(encode(msgspec.structs.replace(document, changed={}))).digest()


def taken(ids: Iterable[UUID]) -> set[UUID]:
    """Return those of ``ids`` that an entry has, whoever's: such an id is not used again."""
    found: set[UUID] = set()
    for some in _batches(ids):
        found |= Entry.objects.ids_among(some)
    return found


def _batches(ids: Iterable[UUID]) -> Iterator[list[UUID]]:
    every = iter(ids)
    while some := list(islice(every, BATCH)):
        yield some
