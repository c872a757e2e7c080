"""Which wording somebody accepted, and what reads differently in a newer one."""

from dataclasses import dataclass

from reflection.history import Piece, words_changed
from supervision.models import ConsentWording


@dataclass(frozen=True)
class NewerWording:
    """A wording that is in use now, with the words that have changed since another version."""

    wording: ConsentWording
    pieces: list[Piece]


def newer_wording(accepted: ConsentWording, current: ConsentWording) -> NewerWording | None:
    """Return ``current`` compared with what was accepted, or None where that is the newest."""
    if current.version <= accepted.version:
        return None
    return NewerWording(current, list(words_changed(accepted.text, current.text)))
