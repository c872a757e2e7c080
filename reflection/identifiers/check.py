"""The check itself: every rule over one text, the more certain kind where two overlap."""

from bisect import bisect
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from functools import cached_property

from django.utils import timezone

from reflection.identifiers.kinds import Found, Kind
from reflection.identifiers.names import find_names
from reflection.identifiers.numbers import find_forms
from reflection.identifiers.places import find_places
from reflection.identifiers.suggestions import suggest
from reflection.identifiers.tokens import tokens
from reflection.identifiers.watched import find_watched

_RANKS = {kind: rank for rank, kind in enumerate(Kind)}


def find_identifiers(
    text: str,
    *,
    watched: Iterable[str] = (),
    known: Iterable[str] = (),
    today: date | None = None,
) -> list[Found]:
    """Return what in ``text`` may identify somebody, in order, none overlapping.

    ``watched`` is the person's own list of words. ``known`` are names that may stand: their own,
    their supervisor's, a case code's. ``today`` is what "a year ago" counts from.
    """
    if not text.strip():
        return []
    told = tokens(text)
    may_stand = _Words(known)
    found = _without_overlaps(
        [
            *find_watched(text, watched),
            *find_forms(text),
            *find_places(text, told),
            *find_names(text, told, may_stand),
        ]
    )
    if not found:
        return []
    day = today or timezone.localdate()
    taken = {token.key for token in told} | may_stand.keys
    return [replace(one, suggestion=suggest(one, text, taken=taken, today=day)) for one in found]


class _Words:
    """The words of names, compared as `folded`; taken apart once one is looked for."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = names

    def __contains__(self, key: object) -> bool:
        return key in self.keys

    @cached_property
    def keys(self) -> set[str]:
        return {word.key for name in self._names for word in tokens(name)}


def _without_overlaps(found: list[Found]) -> list[Found]:
    """Return the same in reading order; of two that overlap, the one whose kind comes first."""
    kept: list[Found] = []
    starts: list[int] = []
    for one in sorted(found, key=lambda one: (_RANKS[one.kind], one.start - one.end, one.start)):
        place = bisect(starts, one.start)
        is_free_before = place == 0 or kept[place - 1].end <= one.start
        if is_free_before and (place == len(kept) or one.end <= kept[place].start):
            kept.insert(place, one)
            starts.insert(place, one.start)
    return kept
