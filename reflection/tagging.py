"""Tags of one's own: which there are, so that a page can offer them; renamed, taken away.

The list of tags stands in ciphertext beside the journal, each with the number of entries that have
it, and follows every save. `recount_tags` makes it true again from the journal itself.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import msgspec
from django.db import IntegrityError, transaction

from reflection.document import UNREADABLE, Document
from reflection.models import PrivateList
from reflection.search.folding import fold
from vault.access import Keyring, Locked

if TYPE_CHECKING:
    from accounts.models import User
    from vault.crypto import VaultKeys

TAGS = PrivateList.Name.TAGS
MOST_TAGS = 12
LONGEST_TAG = 40
# As many as a page offers; the rarest beyond them are not forgotten by their entries.
MOST_KEPT = 500


def same_tag(one: str, other: str) -> bool:
    """Tell whether two tags differ in no more than capitals, accents and spaces."""
    return fold(one).split() == fold(other).split()


class Tag(msgspec.Struct, frozen=True):
    """A tag and how many entries have it."""

    name: str
    count: int


def tags_of(user: "User", keyring: "Keyring") -> list[Tag]:
    """Return ``user``'s tags in the order of the alphabet, of every vault that opens."""
    held: Counter[str] = Counter()
    for row in PrivateList.objects.read_by(user, TAGS):
        try:
            held.update(_read(row, keyring(row.vault_id)))
        except (Locked, *UNREADABLE):
            continue  # They are suggestions; the entries have their tags all the same.
    return _sorted(held)


def count_in(documents: Iterable[Document | None]) -> list[Tag]:
    """Return the tags that stand in ``documents``, in the order of the alphabet."""
    held: Counter[str] = Counter()
    for document in documents:
        held.update(document.tags if document else ())
    return _sorted(held)


@transaction.atomic
def note_tags(*, keys: "VaultKeys", before: Iterable[str] = (), after: Iterable[str] = ()) -> None:
    """Note that an entry of the vault of ``keys`` had the tags ``before`` and now has ``after``.

    It asks the database nothing where they are the same.
    """
    gone, new = set(before) - set(after), set(after) - set(before)
    if not gone and not new:
        return
    row = _locked_row(keys)
    try:
        held = _read(row, keys)
    except UNREADABLE:
        held = Counter()  # Suggestions only: `recount_tags` makes them whole again.
    held.subtract(gone)
    held.update(new)
    _put(row, keys, held)


def _locked_row(keys: "VaultKeys") -> PrivateList:
    """Return the list of that vault, made first if there is none, and locked."""
    lists = PrivateList.objects.listed(TAGS).select_for_update()
    row = lists.in_vault(keys.vault_id)
    if row is None:
        row = PrivateList(vault_id=keys.vault_id, name=TAGS)
        row.put(keys, ())
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError:  # another request was quicker by a moment
            row = lists.get(vault_id=keys.vault_id)
    return row


@transaction.atomic
def recount_tags(*, by: "User", keys: "VaultKeys", keyring: "Keyring", tags: Iterable[Tag]) -> None:
    """Make ``tags``, as counted in all the entries that open, the list."""
    if list(tags) == tags_of(by, keyring):
        return
    own = _locked_row(keys)
    for row in PrivateList.objects.owned_by(by, TAGS):
        if row.pk != own.pk and _opens(row, keyring):
            row.delete()  # Its entries were counted too.
    _put(own, keys, Counter({tag.name: tag.count for tag in tags}))


def _opens(row: PrivateList, keyring: "Keyring") -> bool:
    try:
        keyring(row.vault_id)
    except (Locked, *UNREADABLE):
        return False
    return True


def _put(row: PrivateList, keys: "VaultKeys", held: Counter[str]) -> None:
    kept = [Tag(name, count) for name, count in held.most_common(MOST_KEPT) if count > 0]
    row.put(keys, kept)
    row.save(update_fields=["body", "updated_at"])


def _read(row: PrivateList, keys: "VaultKeys") -> Counter[str]:
    return Counter({tag.name: tag.count for tag in row.open_as(keys, Tag)})


def _sorted(held: Mapping[str, int]) -> list[Tag]:
    return [Tag(name, held[name]) for name in sorted(held, key=lambda tag: (fold(tag), tag))]
