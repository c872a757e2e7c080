"""What the insights take from each entry, gathered in one pass."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from django.utils import timezone

from reflection.document import Alliance, Document, Items
from reflection.listing import Row
from reflection.reading import day_of, day_of_look, is_likely, standing_of, title_of
from reflection.rereading import every_row
from vault.access import Keyring

if TYPE_CHECKING:
    from accounts.models import User

# Where a look back says one of these, the rupture was spoken of with the client by then.
RAISED = frozenset({"raised", "partly", "repaired", "not_repaired"})

SPANS = (3, 6, 12)


@dataclass(frozen=True)
class Noted:
    """One entry, as far as the insights go. ``raised_after`` counts days, if both are known."""

    pk: uuid.UUID
    title: str
    day: date
    thoughts: tuple[tuple[str, str], ...]
    feelings: tuple[tuple[str, str], ...]
    strategies: tuple[tuple[str, str], ...]
    strain: int | None
    standing: str
    raised_after: int | None
    before: Alliance
    after: Alliance
    later: Alliance


@dataclass
class Journal:
    """What was noted, the oldest day first; how many entries could not be read."""

    noted: list[Noted] = field(default_factory=list)
    damaged: int = 0
    sealed: int = 0

    @property
    def has_false_alarms(self) -> bool:
        return any(one.standing == "false_alarm" for one in self.noted)


def gather(user: "User", keyring: Keyring, *, months: int | None) -> Journal:
    """Return what ``user`` noted in the last ``months``, or ever.

    Entries go by the day of the therapy session (see `day_of`). Captures that nobody went on with
    are left out. One query.
    """
    since = _months_ago(months) if months else date.min
    journal = Journal()
    for row in every_row(user, keyring):
        if row.is_sealed:
            journal.sealed += 1
        elif row.document is None:
            journal.damaged += 1
        elif not row.entry.is_capture:
            noted = _noted(row, row.document)
            if noted.day >= since:
                journal.noted.append(noted)
    journal.noted.sort(key=lambda one: (one.day, str(one.pk)))
    return journal


def _months_ago(months: int) -> date:
    """Return the first day of the month with which a span of ``months``, this one too, begins."""
    today = timezone.localdate()
    year, month = divmod(today.year * 12 + today.month - months, 12)
    return date(year, month + 1, 1)


def _noted(row: Row, document: Document) -> Noted:
    happened, reaction = document.happened, document.reaction
    return Noted(
        pk=row.entry.pk,
        title=title_of(document),
        day=day_of(document, row.entry.created_at),
        thoughts=tuple((label.slug, label.text) for label in reaction.patterns),
        feelings=tuple((label.slug, label.text) for label in reaction.feelings),
        strategies=tuple((one.slug, one.title) for one in document.repair.strategies),
        strain=happened.strain,
        standing=standing_of(document),
        raised_after=_raised_after(document),
        before=happened.before,
        after=happened.after,
        later=_latest(look.alliance for look in document.looking_back),
    )


def _raised_after(document: Document) -> int | None:
    """Return the days from the therapy session to the first look back that says it was raised."""
    occurred_on = document.happened.occurred_on
    days = (day_of_look(look) for look in document.looking_back if look.standing in RAISED)
    first = min(days, default=None)
    if occurred_on is None or first is None or not is_likely(occurred_on, seen_from=first):
        return None
    return max((first - occurred_on).days, 0)


def _latest(alliances: Iterable[Alliance]) -> Alliance:
    """Return the alliance of several looks back, each item as it was noted last."""
    views: dict[str, dict[str, int]] = {"mine": {}, "guess": {}, "said": {}}
    for alliance in alliances:
        for view, items in views.items():
            noted: Items = getattr(alliance, view)
            for item in ("goals", "tasks", "bond", "strain"):
                value = getattr(noted, item)
                if value is not None:
                    items[item] = value
    return Alliance(**{view: Items(**items) for view, items in views.items()})
