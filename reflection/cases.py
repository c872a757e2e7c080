"""Case codes: one's own list of them, found without opening the journal.

The list is sealed like the journal. It is brought up to date as entries are saved, so that a
page which offers the codes decrypts one row. Two spellings that differ in capitals or spaces only
are one code. An address names a case by a MAC of its code: it says nothing without the vault.
"""

import unicodedata
import uuid
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
from django.db import IntegrityError, transaction

from reflection.document import UNREADABLE
from reflection.models import Entry, PrivateList
from vault import crypto
from vault.access import Keyring, Locked

if TYPE_CHECKING:
    from accounts.models import User
    from vault.crypto import VaultKeys

CASES = PrivateList.Name.CASES


class Code(msgspec.Struct, frozen=True, omit_defaults=True):
    """One code of the list. ``only`` is the entry that brought it, while no other has it.

    So a word that was saved half typed goes again when its entry has the whole one.
    """

    word: str
    only: str = ""


@dataclass(frozen=True)
class Codes:
    """One's codes, in the order of the alphabet. ``is_whole`` is False where a list is damaged."""

    words: tuple[str, ...]
    is_whole: bool = True

    def find(self, case: uuid.UUID, keys: "VaultKeys") -> str | None:
        """Return the code that ``case`` stands for in addresses, or None."""
        return next((word for word in self.words if case_id(keys, word) == case), None)

    def like(self, word: str) -> str | None:
        """Return the code that is ``word`` but for capitals and spaces, or None."""
        return next((one for one in self.words if case_key(one) == case_key(word)), None)


def plain(word: str) -> str:
    """Return a code with single spaces: it stands on one line."""
    return " ".join(word.split())


def case_key(word: str) -> str:
    """Return what two spellings of one code have in common."""
    folded = unicodedata.normalize("NFKC", plain(word)).casefold()
    return unicodedata.normalize("NFKC", folded)


def case_id(keys: "VaultKeys", word: str) -> uuid.UUID:
    """Return the id by which a case goes in addresses. Without the vault it says nothing."""
    mac = keys.pin(case_key(word).encode(), crypto.case_id(keys.vault_id))
    return uuid.UUID(bytes=mac[:16])


def codes_of(user: "User", keys: "VaultKeys", keyring: Keyring) -> Codes:
    """Return ``user``'s codes. The first time, they are gathered from the journal."""
    rows = PrivateList.objects.read_by(user, CASES)
    if all(row.vault_id != keys.vault_id for row in rows):
        rows.append(_gathered(keys))
    found: dict[str, str] = {}
    is_whole = True
    for row in rows:
        try:
            codes = row.open_as(keyring(row.vault_id), Code)
        except Locked:
            continue  # Its entries do not open here either.
        except UNREADABLE:
            is_whole = False
            continue
        found.update({case_key(code.word): code.word for code in codes})
    return Codes(tuple(found[key] for key in sorted(found)), is_whole)


def note_code(*, entry: Entry, keys: "VaultKeys", before: str, after: str) -> None:
    """Bring the list up to date with an entry whose code was ``before`` and is now ``after``.

    ``keys`` are those of the entry's vault. To be called in the transaction that saves the entry,
    which a damaged list does not hinder.
    """
    if case_key(before) == case_key(after):
        return
    with transaction.atomic():
        row = _locked_row(keys)
        if row is None:
            _gathered(keys, also=after)
            return
        try:
            codes = row.open_as(keys, Code)
        except UNREADABLE:
            return  # The page of cases says so, and makes the list anew.
        noted = _noted(codes, entry=str(entry.pk), before=before, after=after)
        if noted != codes:
            row.put(keys, noted)
            row.save(update_fields=["body", "updated_at"])


def _noted(codes: tuple[Code, ...], *, entry: str, before: str, after: str) -> tuple[Code, ...]:
    gone, come = case_key(before), case_key(after)
    noted = []
    for code in codes:
        key = case_key(code.word)
        if key == gone and code.only == entry:
            continue
        noted.append(Code(code.word) if key == come and code.only != entry else code)
    if come and all(case_key(code.word) != come for code in noted):
        noted.append(Code(plain(after), only=entry))
    return tuple(noted)


def _locked_row(keys: "VaultKeys") -> PrivateList | None:
    return PrivateList.objects.listed(CASES).select_for_update().in_vault(keys.vault_id)


def _gathered(keys: "VaultKeys", *, also: str = "") -> PrivateList:
    """Make the list of one vault from the entries that open under it, and ``also``."""
    row = PrivateList(vault_id=keys.vault_id, name=CASES)
    row.put(keys, _joined([], [*_codes_in_journal(keys), also]))
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:  # another request was quicker by a moment
        return PrivateList.objects.listed(CASES).get(vault_id=keys.vault_id)
    return row


def _codes_in_journal(keys: "VaultKeys") -> Iterable[str]:
    for entry in Entry.objects.in_vault(keys.vault_id).iterator(chunk_size=500):
        try:
            yield entry.open(keys).happened.case_code
        except UNREADABLE:
            continue


def _joined(codes: Iterable[Code], words: Iterable[str]) -> tuple[Code, ...]:
    """Return ``codes`` and those of ``words`` that are not among them."""
    found = {case_key(code.word): code for code in codes}
    for word in words:
        if case_key(word):
            found.setdefault(case_key(word), Code(plain(word)))
    return tuple(found.values())


@transaction.atomic
def add_codes(*, keys: "VaultKeys", words: Iterable[str]) -> None:
    """Put ``words`` on the list of an open vault, where they are not. Raises ``CannotOpen``."""
    row = _locked_row(keys)
    if row is None:
        row = _gathered(keys)
    codes = row.open_as(keys, Code)
    joined = _joined(codes, words)
    if joined != codes:
        row.put(keys, joined)
        row.save(update_fields=["body", "updated_at"])


def note_codes(*, keys: "VaultKeys", words: Iterable[str]) -> None:
    """Put ``words`` on the list, where they are not. A damaged list is left alone.

    The page of cases says that it is, and makes it anew.
    """
    with suppress(*UNREADABLE):
        add_codes(keys=keys, words=words)


@transaction.atomic
def take_code(*, by: "User", keyring: Keyring, word: str) -> None:
    """Take ``word`` from ``by``'s lists. Entries that have it keep it."""
    rewrite_codes(
        by=by,
        keyring=keyring,
        change=lambda codes: tuple(code for code in codes if case_key(code.word) != case_key(word)),
    )


@transaction.atomic
def rewrite_codes(
    *, by: "User", keyring: Keyring, change: Callable[[tuple[Code, ...]], tuple[Code, ...]]
) -> None:
    """Change ``by``'s lists, in every vault of theirs that opens; a damaged one is left alone."""
    for row in PrivateList.objects.owned_by(by, CASES).select_for_update():
        try:
            keys = keyring(row.vault_id)
            codes = row.open_as(keys, Code)
        except (Locked, *UNREADABLE):
            continue  # What does not open here is not shown here either.
        changed = change(codes)
        if changed != codes:
            row.put(keys, changed)
            row.save(update_fields=["body", "updated_at"])


@transaction.atomic
def gather_anew(*, by: "User", keyring: Keyring) -> None:
    """Make each of ``by``'s damaged lists anew from the entries of its vault."""
    for row in PrivateList.objects.owned_by(by, CASES).select_for_update():
        try:
            keys = keyring(row.vault_id)
        except Locked:
            continue
        try:
            row.open_as(keys, Code)
        except UNREADABLE:
            row.put(keys, _joined([], _codes_in_journal(keys)))
            row.save(update_fields=["body", "updated_at"])
