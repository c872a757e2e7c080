"""Going through all one wrote, opened one after another: for search, cases, insights, export."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from reflection.listing import Row, each_row
from reflection.models import Entry
from vault.access import Keyring

if TYPE_CHECKING:
    from accounts.models import User
    from reflection.queries.journal import EntryQuerySet

# Ciphertexts in memory at once.
CHUNK = 500


def every_row(
    user: "User", keyring: Keyring, *, entries: "EntryQuerySet | None" = None
) -> Iterator[Row]:
    """Give ``user``'s entries (or those of ``entries``) one by one, opened, newest first.

    One query. An entry that cannot be opened is given too, without its document.
    """
    found = Entry.objects.owned_by(user) if entries is None else entries
    yield from each_row(found.newest_first().iterator(chunk_size=CHUNK), keyring)
