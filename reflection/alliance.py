"""The four own items over time, as plain change in words: never summed, never judged."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext

from reflection.document import Alliance, Document, LookBack
from reflection.reading import ALLIANCE_ITEMS, ALLIANCE_VIEWS, day_of_look, in_order_of_days


@dataclass(frozen=True)
class Noted:
    """One number somebody put, and when that was, in words: *6 before*."""

    number: int
    when: str

    def __str__(self) -> str:
        return gettext("%(number)d %(when)s") % {"number": self.number, "when": self.when}


def noted_earlier(document: Document, look: LookBack | None = None) -> dict[str, str]:
    """Return what was put before ``look`` (or now), by ``<view>_<item>``: *was 6 before*."""
    looks = document.looking_back
    if look is not None:
        row = in_order_of_days(looks)
        looks = row[: row.index(look)]
    found = {}
    for view in ALLIANCE_VIEWS:
        for item in ALLIANCE_ITEMS:
            if numbers := list(_numbers(document, looks, view, item)):
                found[f"{view}_{item}"] = gettext("was %(numbers)s") % {
                    "numbers": _in_a_row(numbers)
                }
    return found


def changes(document: Document) -> list[tuple[Promise, list[str]]]:
    """Return each view with a sentence for each item that was noted more than once.

    The newest number comes first: *4 on 3 May, was 6 before and 3 after*. Nothing is said where no
    look back noted any: the items before and after stand beside each other already.
    """
    looks = document.looking_back
    if all(look.alliance == Alliance() for look in looks):
        return []
    found = []
    for view, title in ALLIANCE_VIEWS.items():
        sentences = []
        for item, name in ALLIANCE_ITEMS.items():
            numbers = list(_numbers(document, looks, view, item))
            if len(numbers) > 1:
                said = {"item": name, "newest": numbers[-1], "earlier": _in_a_row(numbers[:-1])}
                sentences.append(gettext("%(item)s: %(newest)s, was %(earlier)s") % said)
        if sentences:
            found.append((title, sentences))
    return found


def _numbers(
    document: Document, looks: tuple[LookBack, ...], view: str, item: str
) -> Iterator[Noted]:
    """Give each number of one item in one view, the oldest first."""
    happened = document.happened
    times = [(happened.before, gettext("before")), (happened.after, gettext("after"))]
    for look in in_order_of_days(looks):
        day = date_format(day_of_look(look), "j F Y")
        times.append((look.alliance, gettext("on %(day)s") % {"day": day}))
    for alliance, when in times:
        number = getattr(getattr(alliance, view), item)
        if number is not None:
            yield Noted(number, when)


def _in_a_row(numbers: list[Noted]) -> str:
    *most, last = [str(number) for number in numbers]
    if not most:
        return last
    return gettext("%(most)s and %(last)s") % {"most": ", ".join(most), "last": last}
