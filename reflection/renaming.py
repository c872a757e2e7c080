"""Giving a case another code, wherever one's own journal has the old one.

Entries, deleted ones too, all their earlier texts and the latest searches are sealed anew, so that
the old word is left nowhere. When an entry was last saved stays as it was: entries of one case
could be told by it.
"""

import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
from django.db import transaction

from reflection.cases import Code, case_key, plain, rewrite_codes
from reflection.document import Document
from reflection.rereading import every_row
from reflection.rewriting import rewrite_journal
from reflection.search.kept import rewrite_searches
from reflection.search.wanted import Search
from reflection.writings import rewritten, writings
from vault.access import Keyring

if TYPE_CHECKING:
    from accounts.models import User


@dataclass(frozen=True)
class Renaming:
    """``old`` becomes ``new`` as a code; with ``in_texts`` also where it is written out, as a word.

    A word is looked for as it is spelled: *Ash* and not *ash*.
    """

    old: str
    new: str
    in_texts: bool

    def apply(self, document: Document) -> Document:
        """Return ``document`` with the new code."""
        spelled = {self.old}
        happened = document.happened
        if case_key(happened.case_code) == case_key(self.old):
            spelled.add(happened.case_code)
            happened = msgspec.structs.replace(happened, case_code=self.new)
            document = msgspec.structs.replace(document, happened=happened)
        if not self.in_texts:
            return document
        pattern = words_like(spelled)
        for writing in writings(document):
            text = pattern.sub(lambda _found: self.new, writing.text)
            if text != writing.text and writing.box != "case_code":
                document = rewritten(document, writing, text)
        kept = tuple(pattern.sub(lambda _found: self.new, one) for one in document.kept_identifiers)
        return msgspec.structs.replace(document, kept_identifiers=kept)

    def apply_to_search(self, search: Search) -> Search:
        """Return ``search`` looking for the new code: as the case, and in words as in texts."""
        if case_key(search.case_code) == case_key(self.old):
            search = msgspec.structs.replace(search, case_code=self.new)
        if not self.in_texts:
            return search
        words = words_like({self.old}).sub(lambda _found: self.new, search.words)
        return msgspec.structs.replace(search, words=words)

    def apply_to_codes(self, codes: tuple[Code, ...]) -> tuple[Code, ...]:
        """Return one's list with the new code in the old one's place, once."""
        old, new = case_key(self.old), case_key(self.new)
        found: dict[str, Code] = {}
        for code in codes:
            key = case_key(code.word)
            found.setdefault(new if key == old else key, Code(self.new) if key == old else code)
        if any(case_key(code.word) == old for code in codes):
            found[new] = Code(self.new)
        return tuple(found.values())


@dataclass(frozen=True)
class Renamed:
    """How many entries were changed, which could not be opened, how many wait in a sealed vault."""

    changed: int
    damaged: tuple[uuid.UUID, ...]
    sealed: int


@dataclass(frozen=True)
class Survey:
    """How many entries have a code, and how many say it in their texts as well, or only there."""

    coded: int
    mentioning: int


def words_like(spelled: set[str]) -> re.Pattern[str]:
    """Return what finds any of ``spelled`` standing as a word of its own."""
    longest_first = sorted((re.escape(one) for one in spelled), key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(longest_first)})(?!\w)")


def survey(user: "User", keyring: Keyring, word: str) -> Survey:
    """Count where ``user``'s journal has ``word``, as a code and in the texts."""
    pattern = words_like({word})
    coded = mentioning = 0
    for row in every_row(user, keyring):
        if row.document is None:
            continue
        coded += case_key(row.document.happened.case_code) == case_key(word)
        texts = (one.text for one in writings(row.document) if one.box != "case_code")
        mentioning += any(pattern.search(text) for text in texts)
    return Survey(coded, mentioning)


@transaction.atomic
def rename_case(*, by: "User", keyring: Keyring, renaming: Renaming) -> Renamed:
    """Carry ``renaming`` out in every entry and earlier text of ``by``'s that opens, and the lists.

    What cannot be opened is left as it is, and told of. Frozen copies stay.
    """
    done = rewrite_journal(by=by, keyring=keyring, rewrite=renaming.apply)
    rewrite_codes(by=by, keyring=keyring, change=renaming.apply_to_codes)
    rewrite_searches(by=by, keyring=keyring, change=renaming.apply_to_search)
    damaged = dict.fromkeys((*done.damaged, *done.damaged_earlier))
    return Renamed(done.changed, tuple(damaged), done.sealed)


def is_same_case(one: str, other: str) -> bool:
    """Tell whether two codes differ in spelling only."""
    return case_key(plain(one)) == case_key(plain(other))
