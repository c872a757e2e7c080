"""One's own words to watch: read, added to, taken from. They stand in clear nowhere."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from reflection.document import UNREADABLE
from reflection.findings import Allowance
from reflection.identifiers.tokens import folded
from reflection.models import PrivateList
from vault.access import Keyring, Locked

if TYPE_CHECKING:
    from accounts.models import User
    from vault.access import VaultRequest
    from vault.crypto import VaultKeys

MAX_WORDS = 300
WATCHED = PrivateList.Name.WATCHED


class TooMany(Exception):
    """The list is full; nothing was added."""


@dataclass(frozen=True)
class Watched:
    """The words, in the order of the alphabet, of what opens.

    ``is_sealed``: a part waits in an earlier vault. ``is_damaged``: a part no longer opens at all.
    """

    words: tuple[str, ...]
    is_sealed: bool = False
    is_damaged: bool = False


def watched_by(user: "User", keyring: Keyring) -> Watched:
    """Return ``user``'s words to watch, of every vault of theirs that opens."""
    found: dict[str, str] = {}
    is_sealed = is_damaged = False  # The page says so; the rest of the list still serves.
    for row in PrivateList.objects.read_by(user, WATCHED):
        try:
            words = row.open(keyring(row.vault_id))
        except Locked:
            is_sealed = True
            continue
        except UNREADABLE:
            is_damaged = True
            continue
        found.update({folded(word): word for word in words})
    return Watched(tuple(found[key] for key in sorted(found)), is_sealed, is_damaged)


def allowance_of(request: "VaultRequest") -> Allowance:
    """Return what the person who asks is asked about. Raises ``Locked``."""
    watched = watched_by(request.user, request.vault.keys_for)
    return Allowance(
        watched=watched.words,
        known=(request.user.get_full_name(),),
        is_partial=watched.is_sealed or watched.is_damaged,
    )


@transaction.atomic
def watch_words(*, by: "User", keys: "VaultKeys", words: Iterable[str]) -> None:
    """Add ``words`` to ``by``'s list. Raises `TooMany`; for a damaged list what `UNREADABLE` names.

    Nothing is added then.
    """
    row = (
        PrivateList.objects.owned_by(by, WATCHED).select_for_update().in_vault(keys.vault_id)
    ) or PrivateList(vault_id=keys.vault_id, name=WATCHED)
    held = row.open(keys) if row.pk else ()
    known = {folded(word) for word in held}
    added = tuple({folded(word): word for word in words if folded(word) not in known}.values())
    if len(held) + len(added) > MAX_WORDS:
        raise TooMany
    if added:
        row.put(keys, (*held, *added))
        row.save()


@transaction.atomic
def unwatch_word(*, by: "User", keyring: Keyring, word: str) -> None:
    """Take ``word`` from ``by``'s list, in every vault of theirs that opens."""
    for row in PrivateList.objects.owned_by(by, WATCHED).select_for_update():
        try:
            keys = keyring(row.vault_id)
            held = row.open(keys)
        except (Locked, *UNREADABLE):
            continue  # What does not open here is not shown here either.
        left = tuple(one for one in held if folded(one) != folded(word))
        if left != held:
            row.put(keys, left)
            row.save(update_fields=["body", "updated_at"])


@transaction.atomic
def begin_anew(*, by: "User", keyring: Keyring) -> None:
    """Drop those of ``by``'s lists that are damaged; what waits in a sealed vault stays."""
    for row in PrivateList.objects.owned_by(by, WATCHED).select_for_update():
        try:
            row.open(keyring(row.vault_id))
        except Locked:
            continue
        except UNREADABLE:
            row.delete()
