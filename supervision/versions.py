"""Sharing a reflection again: what the same supervisor got before, and what has changed since."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from reflection.document import UNREADABLE
from reflection.history import ChangedBlock, compare_passages
from supervision.frozen import FrozenCopy, Reader
from supervision.models import Share


@dataclass(frozen=True)
class EarlierCopy:
    """The last copy a supervisor got of a reflection, beside one that would be the next.

    ``changes`` is None where the earlier one does not open in this vault.
    """

    share: Share
    changes: list[ChangedBlock] | None


def earlier_copy(shares: Iterable[Share], copy: FrozenCopy, reader: Reader) -> EarlierCopy | None:
    """Return what ``copy`` follows: the latest of ``shares`` that is live, or else the latest."""
    known = sorted(shares, key=lambda share: (share.is_live, share.version))
    if not known:
        return None
    last = known[-1]
    try:
        return EarlierCopy(last, compare_copies(last.open(reader), copy))
    except UNREADABLE:
        return EarlierCopy(last, None)


def compare_copies(earlier: FrozenCopy, later: FrozenCopy) -> list[ChangedBlock]:
    """Return the blocks that differ between two frozen copies, the title and the note first."""
    return compare_passages(
        earlier.passages,
        later.passages,
        (_("Title"), earlier.title, later.title),
        (_("What I would like help with"), earlier.note, later.note),
    )
