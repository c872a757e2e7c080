"""The latest searches, sealed like the journal.

What was looked for stands in no address: an answer's address holds a token, and the search it
stands for is here. So going back, or loading the page again, shows the same search.
"""

import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec
from django.db import IntegrityError, transaction

from reflection.document import UNREADABLE
from reflection.models import PrivateList
from reflection.search.wanted import Search
from vault.access import Keyring, Locked

if TYPE_CHECKING:
    from accounts.models import User
    from vault.crypto import VaultKeys

SEARCHES = PrivateList.Name.SEARCHES
KEPT = 10


class Kept(msgspec.Struct, frozen=True):
    """A search with the token it goes by in addresses."""

    token: str
    search: Search


def latest_searches(keys: "VaultKeys") -> list[Kept]:
    """Return the searches that are kept in the active vault, the latest first."""
    row = PrivateList.objects.held_in(keys.vault_id, SEARCHES)
    return _read(row, keys) if row is not None else []


def find_search(keys: "VaultKeys", token: str) -> Search | None:
    """Return the search that goes by ``token``, or None where it is kept no longer."""
    return next((kept.search for kept in latest_searches(keys) if kept.token == token), None)


@transaction.atomic
def keep_search(*, keys: "VaultKeys", search: Search) -> str:
    """Keep ``search`` as the latest, in place of the oldest if need be; return its token."""
    lists = PrivateList.objects.listed(SEARCHES).select_for_update()
    row = lists.in_vault(keys.vault_id) or PrivateList(vault_id=keys.vault_id, name=SEARCHES)
    held = _read(row, keys) if row.pk else []
    kept = next((one for one in held if one.search == search), None)
    kept = kept or Kept(secrets.token_hex(8), search)
    row.put(keys, [kept, *(one for one in held if one != kept)][:KEPT])
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:  # another request was quicker by a moment
        return keep_search(keys=keys, search=search)
    return kept.token


def forget_searches(*, keys: "VaultKeys") -> None:
    """Remove every search that is kept."""
    PrivateList.objects.listed(SEARCHES).remove_from_vault(keys.vault_id)


def rewrite_searches(
    *, by: "User", keyring: Keyring, change: Callable[[Search], Search | None]
) -> None:
    """Change what ``by`` has looked for, in every vault of theirs that opens; None drops one.

    Searches that become the same are kept once, as the latest of them; each keeps its address. A
    damaged list is left alone. To be called in the transaction that changes the journal.
    """
    for row in PrivateList.objects.owned_by(by, SEARCHES).select_for_update():
        try:
            keys = keyring(row.vault_id)
            held = row.open_as(keys, Kept)
        except (Locked, *UNREADABLE):
            continue  # What does not open here is not shown here either.
        changed: dict[Search, Kept] = {}
        for one in held:
            search = change(one.search)
            if search is not None:
                changed.setdefault(search, Kept(one.token, search))
        if tuple(changed.values()) != held:
            row.put(keys, list(changed.values()))
            row.save(update_fields=["body", "updated_at"])


def _read(row: PrivateList, keys: "VaultKeys") -> list[Kept]:
    try:
        return list(row.open_as(keys, Kept))
    except UNREADABLE:
        return []  # Nothing that was written is lost with them; the next search begins anew.
