"""What could stand in a detail's place."""

import re
import zlib
from collections.abc import Collection
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reflection.codes import no_first_names
from reflection.identifiers.kinds import Found, Kind
from reflection.identifiers.lists import words
from reflection.identifiers.tokens import folded

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS_A_MONTH = 30
_DAYS_A_YEAR = 365
_NUMBER = re.compile(r"\d+|ninety[\w\-]*|(?:a|one) hundred(?: and \w+)?", re.IGNORECASE)

_WITH_WHEN = re.compile(r"(.+?) (?:next|last|this|in) \w+\.?$", re.IGNORECASE)
# What is called so before it: "a number" would be said twice.
_CALLED = re.compile(
    r"(?:number|address|e-?mail|postcode|code|phone|mobile|telephone|tel|fax|ref(?:erence)?)s?"
    r"(?:\s{1,2}(?:is|was|are|were))?\s{0,2}[:=(]?\s{0,2}$",
    re.IGNORECASE,
)
_LONGEST_CALL = 40


def suggest(found: Found, text: str, *, taken: Collection[str], today: date) -> str:
    """Return what to put in place of ``found`` in ``text``, so that the sentence still reads.

    ``taken`` are the folded words of its text and of names that may stand, none of which is given
    to somebody else.
    """
    if found.kind is Kind.NAME:
        return _for_name(found, taken)
    if found.kind is Kind.WORD:
        return _for_name(found, taken) if is_given_a_code(found) else _("something")
    if found.kind is Kind.DATE:
        return _ago(found.text, today)
    if found.kind is Kind.AGE:
        return _for_age(found.text)
    if _CALLED.search(text[max(found.start - _LONGEST_CALL, 0) : found.start]):
        return _("(left out)")
    return {
        Kind.EMAIL: _("an e-mail address"),
        Kind.WEB: _("a web page"),
        Kind.IP: _("a network address"),
        Kind.NHS: _("a number"),
        Kind.INSURANCE: _("a number"),
        Kind.ACCOUNT: _("a number"),
        Kind.RECORD: _("a number"),
        Kind.PHONE: _("a number"),
        Kind.BIRTH: _("a day in that year"),
        Kind.STREET: _("an address"),
        Kind.POSTCODE: _("an address"),
        Kind.PLATE: _("a car"),
        Kind.PLACE: _("a place they know"),
        Kind.TOWN: _("the city"),
    }[found.kind]


def is_given_a_code(found: Found) -> bool:
    """Tell whether a neutral word is suggested for it: a name without a profession's title."""
    if found.kind is Kind.WORD:
        return found.text[:1].isupper()
    return found.kind is Kind.NAME and not _by_profession(found.text)


def _for_name(found: Found, taken: Collection[str]) -> str:
    return _by_profession(found.text) or neutral_word(key_of(found), taken)


def key_of(found: Found) -> str:
    """Return what two places of one name have in common: its first word, folded, no title."""
    if found.kind is Kind.WORD:
        return folded(found.text)
    parts = found.text.split()
    return folded(next((part for part in parts if not is_title(part)), parts[0]))


def is_title(word: str) -> bool:
    """Tell whether a word of a name says what somebody is and not who: "Mrs", "Dr."."""
    return word.rstrip(".") in words("titles") | words("more_titles")


def _by_profession(name: str) -> str:
    title = name.split(maxsplit=1)[0].rstrip(".")
    if title in {"Dr", "Prof", "Professor"}:
        return _("the doctor")
    if title in {"Nurse", "Judge", "Inspector", "Constable"}:
        return (
            _("the officer") if title in {"Inspector", "Constable"} else _("the ") + title.lower()
        )
    return ""


def neutral_word(key: str, taken: Collection[str]) -> str:
    """Return a neutral word for a folded name: the same each time, and none that is taken."""
    names = no_first_names()
    first = zlib.crc32(key.encode()) % len(names)
    codes = [*names[first:], *names[:first]]
    return next((code for code in codes if folded(code) not in taken), codes[0])


def _for_age(text: str) -> str:
    if re.search(r"years?-old", text):
        return _("very old")
    if when := _WITH_WHEN.match(text):
        text = when[1]
    return _NUMBER.sub(_("over 89"), text, count=1)


def _ago(text: str, today: date) -> str:
    """Return roughly how long ago (or ahead) the day in ``text`` is."""
    when = read_date(text)
    if when is None:
        return _("a day some time ago")
    days = (today - when).days
    if days < -_DAYS_A_MONTH:
        return _("a day later on")
    if days < 2 * _DAYS_A_MONTH:
        return _("a day around now")
    if days < _DAYS_A_YEAR - _DAYS_A_MONTH:
        return _("a day some months ago")
    years = max(round(days / _DAYS_A_YEAR), 1)
    return ngettext("a day about a year ago", "a day about %(years)d years ago", years) % {
        "years": years
    }


def read_date(text: str) -> date | None:
    """Return the day that a full date in ``text`` names, or None; day before month if unclear."""
    numbers = [int(number) for number in re.findall(r"\d+", text)]
    month = re.search("|".join(_MONTHS), text.casefold())
    if month and len(numbers) == 2:
        day, year = numbers
        numbers = [day, _MONTHS.index(month.group()) + 1, year]
    if len(numbers) != 3:
        return None
    if numbers[0] > 31:
        numbers.reverse()
    day, number, year = numbers
    if number > 12:
        day, number = number, day
    try:
        return date(year if year > 99 else year + (2000 if year < 50 else 1900), number, day)
    except ValueError:
        return None
