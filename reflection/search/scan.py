"""Going through the journal for a search: newest first, no further than a page needs.

Ten thousand entries are read at close to what fetching and decrypting them costs. So no `Entry` is
made of a row and no `Document` of a plaintext that cannot be an answer; see `Wanted.pretest`.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db.models import CharField
from django.db.models.functions import Cast

from reflection.document import UNREADABLE, Document, decode
from reflection.listing import Opener, Position, Row
from reflection.models import Entry
from reflection.queries.guide import short_titles
from reflection.reading import title_of
from reflection.search.terms import Folded, Piece, Term, excerpt, marked
from reflection.search.wanted import Wanted, searched
from reflection.sharing import shared_by
from reflection.writings import Writing
from vault.access import Keyring, Locked
from vault.crypto import CannotOpen

if TYPE_CHECKING:
    from accounts.models import User
    from reflection.queries.journal import EntryQuerySet

PAGE = 20
CHUNK = 500
AROUND = 70
MOST_FINDS = 3


@dataclass(frozen=True)
class Find:
    """Some words of one box of an entry, with what was looked for marked.

    ``slug`` is its passage's, where the reflection is read.
    """

    slug: str
    passage: str
    label: str
    pieces: list[Piece]


@dataclass(frozen=True)
class Hit:
    """An entry that answers, with where. ``more`` counts further boxes with something found."""

    row: Row
    title: list[Piece]
    finds: list[Find]
    more: int

    @property
    def entry(self) -> Entry:
        return self.row.entry


@dataclass
class Results:
    """One page of a search.

    ``damaged`` are the entries met that could not be opened, ``sealed`` counts those that wait in
    an earlier vault. ``following`` is where the next page begins; None when all has been searched.
    """

    hits: list[Hit] = field(default_factory=list)
    damaged: list[Entry] = field(default_factory=list)
    sealed: int = 0
    following: Position | None = None

    @property
    def rows(self) -> list[Row]:
        return [hit.row for hit in self.hits]


@dataclass
class _Met:
    """What was met on the way, by id, in order."""

    found: dict[uuid.UUID, Document] = field(default_factory=dict)
    damaged: list[uuid.UUID] = field(default_factory=list)
    sealed: int = 0
    is_whole: bool = True


def search_journal(
    user: "User", keyring: Keyring, wanted: Wanted, *, after: Position | None = None
) -> Results:
    """Return a page of ``user``'s entries that answer ``wanted``, newest first, from ``after`` on.

    A constant number of queries. Nothing but the entries of the page stays in memory.
    """
    met = _met(_candidates(user, wanted, after), keyring, wanted)
    entries = Entry.objects.owned_by(user).without_text([*met.found, *met.damaged])
    results = Results(
        damaged=[entries[pk] for pk in met.damaged if pk in entries], sealed=met.sealed
    )
    titles = short_titles() if met.found else {}
    for pk, document in met.found.items():
        if pk in entries:
            row = Row(entries[pk], document, short_titles=titles)
            results.hits.append(_hit(row, document, wanted.terms))
    if not met.is_whole and results.hits:
        last = results.hits[-1].entry
        results.following = Position(last.created_at, last.pk)
    return results


def _candidates(user: "User", wanted: Wanted, after: Position | None) -> "EntryQuerySet":
    """Return what the database can tell by itself: the filters on what stands in clear."""
    found = Entry.objects.owned_by(user).newest_first()
    if after is not None:
        found = found.older_than(after.created_at, after.pk)
    if wanted.search.finished:
        found = found.that_are_finished(finished=wanted.search.finished == "yes")
    if wanted.search.shared:
        found = found.in_any_of(shared_by(user), inside=wanted.search.shared == "yes")
    return found


def _met(candidates: "EntryQuerySet", keyring: Keyring, wanted: Wanted) -> _Met:
    met = _Met()
    # Ids as text: ten thousand UUIDs take longer to make than what they are needed for.
    known: dict[str, Opener | None] = {}
    columns = ["id_as_text", "vault_as_text", "revision", "key", "body"]
    candidates = candidates.annotate(
        id_as_text=Cast("id", CharField()), vault_as_text=Cast("vault_id", CharField())
    )
    if wanted.search.asks_for_days:
        columns.append("created_at")
    may_answer = wanted.pretest()
    for number, vault, revision, key, body, *times in candidates.values_list(*columns).iterator(
        chunk_size=CHUNK
    ):
        if vault not in known:
            known[vault] = _opener(keyring, uuid.UUID(vault))
        opened = known[vault]
        if opened is None:
            met.sealed += 1
            continue
        try:
            raw = opened(bytes.fromhex(number.replace("-", "")), revision, key, body)
            if not may_answer(raw):
                continue
            document = decode(raw)
        except UNREADABLE:
            met.damaged.append(
                uuid.UUID(number)
            )  # The page names it; the rest is searched all the same.
            continue
        if wanted.is_answered_by(document, *times):
            if len(met.found) == PAGE:
                met.is_whole = False
                break
            met.found[uuid.UUID(number)] = document
    return met


def _opener(keyring: Keyring, vault_id: uuid.UUID) -> Opener | None:
    try:
        return keyring(vault_id).entry_opener()
    except (Locked, CannotOpen):
        return None  # It is counted, and the page says what opens it.


def _hit(row: Row, document: Document, terms: tuple[Term, ...]) -> Hit:
    title = title_of(document)
    found = list(_found(document, terms)) if terms else []
    finds = _best(found, terms)
    return Hit(
        row=row,
        title=marked(title, Folded(title).spans(terms)),
        finds=finds,
        more=len(found) - len(finds),
    )


def _found(document: Document, terms: tuple[Term, ...]) -> Iterator[tuple[Writing, Folded]]:
    """Give the boxes that hold a term. The title is not among them: it stands above."""
    for writing in searched(document):
        text = Folded(writing.text)
        if writing.box != "title" and any(text.holds(term) for term in terms):
            yield writing, text


def _best(found: list[tuple[Writing, Folded]], terms: tuple[Term, ...]) -> list[Find]:
    """Return excerpts of a few boxes, in the order of reading; if can be, of every term."""
    new, known = [], set[Term]()
    for number, (_writing, text) in enumerate(found):
        held = {term for term in terms if text.holds(term)}
        if held - known:
            new.append(number)
            known |= held
    others = [number for number in range(len(found)) if number not in new]
    shown = sorted([*new, *others][:MOST_FINDS])
    return [_find(*found[number], terms) for number in shown]


def _find(writing: Writing, text: Folded, terms: tuple[Term, ...]) -> Find:
    pieces = excerpt(writing.text, text.spans(terms), around=AROUND)
    return Find(writing.passage, str(writing.passage_title), str(writing.label), pieces)
