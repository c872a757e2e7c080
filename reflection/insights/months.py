"""Columns of time: months while there are few, else quarters, else years."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _

MOST_COLUMNS = 12


@dataclass(frozen=True)
class Columns:
    """Columns of so many ``months`` each, the first beginning with month number ``first``.

    Where ``is_cut``, what lies before the first is in it.
    """

    first: int
    count: int
    months: int
    is_cut: bool = False

    def of(self, day: date) -> int:
        """Return the number of the column that ``day`` falls into, from 0."""
        return max((_number(day) - self.first) // self.months, 0)

    def begins(self, column: int) -> date:
        """Return the first day of a column."""
        year, month = divmod(self.first + column * self.months, 12)
        return date(year, month + 1, 1)

    def short(self, column: int) -> str:
        """Return what stands under a column."""
        day = self.begins(column)
        if self.months == 12 or (day.month == 1 and column):
            return str(day.year)
        return date_format(day, "M")

    def name(self, column: int) -> str:
        """Return a column's name in words."""
        day = self.begins(column)
        if self.months == 12:
            is_first = self.is_cut and column == 0
            return _("to %(year)d") % {"year": day.year} if is_first else str(day.year)
        if self.months == 1:
            return date_format(day, "F Y")
        last = self.begins(column + 1).toordinal() - 1
        return _("%(first)s to %(last)s") % {
            "first": date_format(day, "F"),
            "last": date_format(date.fromordinal(last), "F Y"),
        }


def columns_for(days: Sequence[date]) -> Columns:
    """Return columns that hold all of ``days`` (at least one), no more than twelve."""
    low, high = _number(min(days)), _number(max(days))
    for months in (1, 3, 12):
        first = low - low % months
        count = (high - first) // months + 1
        if count <= MOST_COLUMNS:
            return Columns(first, count, months)
    first = high - high % 12 - (MOST_COLUMNS - 1) * 12
    return Columns(first, MOST_COLUMNS, 12, is_cut=True)


def span_in_words(days: Sequence[date]) -> str:
    """Return from which month to which ``days`` (at least one) go."""
    first, last = min(days), max(days)
    until = date_format(last, "F Y")
    if (first.year, first.month) == (last.year, last.month):
        return _("In %(month)s") % {"month": until}
    since = date_format(first, "F" if first.year == last.year else "F Y")
    return _("Between %(since)s and %(until)s") % {"since": since, "until": until}


def _number(day: date) -> int:
    return day.year * 12 + day.month - 1
