"""On this day: what one wrote a year ago, or more, or three months ago. One line on Today."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext, ngettext

from reflection.listing import Row, open_row
from reflection.models import Entry
from vault.access import Keyring

if TYPE_CHECKING:
    from accounts.models import User

# How far back, in months, the nearest year first; three months only where no year has anything.
DISTANCES = (*(12 * years for years in range(1, 11)), 3)

Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Earlier:
    """An entry of one's own from this day so many ``months`` ago."""

    row: Row
    months: int

    @property
    def when(self) -> str:
        """Say how long ago it was."""
        years = self.months // 12
        if not years:
            return gettext("Three months ago")
        return ngettext("A year ago today", "%(years)d years ago today", years) % {"years": years}


def days_like(today: date, months: int) -> tuple[date, date] | None:
    """Return the first and last day that ``today`` stands for ``months`` ago, or None.

    Mostly they are one. The last day of a month stands for all days that the earlier month has
    beyond it, so that what was written on a 29 February or a 31st comes back too, and once.
    """
    year, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    if year < 1:
        return None
    length = monthrange(year, month + 1)[1]
    is_last = today.day == monthrange(today.year, today.month)[1]
    last = length if is_last else today.day
    if not today.day <= last <= length:
        return None
    return date(year, month + 1, today.day), date(year, month + 1, last)


def earlier_by(user: "User", keyring: Keyring) -> Earlier | None:
    """Return what ``user`` wrote on an earlier day like today, unless they want none of it.

    One query, and no more than the one row is opened.
    """
    today = timezone.localdate()
    spans = {months: _span(*days) for months in DISTANCES if (days := days_like(today, months))}
    found = Entry.objects.owned_by(user).recalled(list(spans.values())).first()
    if found is None:
        return None
    row = open_row(found, keyring)
    if row.document is None:
        return None  # The journal's list says that it does not open; Today need not.
    for months, (start, end) in spans.items():
        if start <= found.created_at < end:
            return Earlier(row, months)
    return None


def _span(first: date, last: date) -> Span:
    """Return from the start of ``first`` to the end of ``last``, by the clock of who asks."""
    return _midnight(first), _midnight(last + timedelta(days=1))


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
