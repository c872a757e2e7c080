"""A first check for what may identify somebody in a text. It warns; it never blocks.

It finds what has a form of its own: addresses, numbers, full dates. Names, unusual jobs and rare
events have none, so an empty answer never means that a text is safe to share.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Kind(StrEnum):
    """What sort of identifying detail was found. Earlier ones win where two overlap."""

    EMAIL = "email"
    WEB = "web"
    NHS = "nhs"
    DATE = "date"
    PHONE = "phone"
    POSTCODE = "postcode"


NAMES: dict[Kind, Promise] = {
    Kind.EMAIL: _("an e-mail address"),
    Kind.WEB: _("a web address"),
    Kind.NHS: _("an NHS number"),
    Kind.DATE: _("a full date"),
    Kind.PHONE: _("a telephone number"),
    Kind.POSTCODE: _("a postcode"),
}
REASONS: dict[Kind, Promise] = {
    Kind.EMAIL: _("It belongs to one person, and can be searched for."),
    Kind.WEB: _("It can lead straight to a person or their workplace."),
    Kind.NHS: _("It belongs to one person for life."),
    Kind.DATE: _("With a place or an age, one day can be enough to tell who it was."),
    Kind.PHONE: _("It belongs to one person or household, and can be searched for."),
    Kind.POSTCODE: _("It narrows a home down to about fifteen doors."),
}


@dataclass(frozen=True)
class Found:
    """One detail: its kind and where it stands in the text (``text[start:end]``)."""

    kind: Kind
    text: str
    start: int
    end: int

    @property
    def name(self) -> Promise:
        """What it looks like, in words: "a postcode"."""
        return NAMES[self.kind]

    @property
    def reason(self) -> Promise:
        """Why it may identify somebody."""
        return REASONS[self.kind]


# Every repetition is bounded and every pattern is held to where a word begins, so that 200,000
# characters of anything take milliseconds.
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_YEAR = r"(?:\d{4}|['’]?\d{2})"
_NUMBER_GAP = r"[ \u00a0\u2009().\-–/]{0,3}"
_PATTERNS: dict[Kind, str] = {
    Kind.EMAIL: r"(?<![\w.+\-])[\w.+\-]{1,64}@[\w\-]{1,63}(?:\.[\w\-]{1,63}){1,8}",
    Kind.WEB: (
        r"\bhttps?://[^\s<>\"']{1,300}|\bwww\.[^\s<>\"']{1,300}"
        r"|(?<![\w@.\-])[a-z0-9][a-z0-9\-]{1,62}(?:\.[a-z0-9\-]{1,62}){0,3}"
        r"\.(?:com|org|net|uk|eu|info|io|co)\b(?:/[^\s<>\"']{0,300})?"
    ),
    Kind.NHS: r"(?<![\d+])\d{3}[ \u00a0\-]?\d{3}[ \u00a0\-]?\d{4}(?!\d)",
    Kind.DATE: (
        r"(?<![\d/.\-])\d{4}[-/.](?:0?[1-9]|1[0-2])[-/.]" + _DAY + r"(?![\d/\-])"
        r"|(?<![\d/.\-])" + _DAY + r"([-/.])(?:0?[1-9]|1[0-2])\1\d{2}(?:\d{2})?(?![\d/\-])"
        r"|(?<![\d/.\-])(?:0?[1-9]|1[0-2])/" + _DAY + r"/\d{4}(?![\d/\-])"
        r"|(?<!\w)"
        + _DAY
        + r"(?:st|nd|rd|th)?,?\s{1,3}(?:of\s{1,3})?"
        + _MONTH
        + r",?\s{1,3}"
        + _YEAR
        + r"(?!\w)"
        r"|(?<!\w)" + _MONTH + r"\s{1,3}" + _DAY + r"(?:st|nd|rd|th)?,?\s{1,3}" + _YEAR + r"(?!\w)"
    ),
    Kind.PHONE: r"(?<![\w+])(?:\+|00|\(?0)(?:" + _NUMBER_GAP + r"\d){8,14}(?!\d)",
    Kind.POSTCODE: r"(?<!\w)[a-z]{1,2}\d[a-z\d]?[ \u00a0]?\d[abd-hjlnp-uw-z]{2}(?!\w)",
}
_COMPILED = {kind: re.compile(pattern, re.IGNORECASE) for kind, pattern in _PATTERNS.items()}


def is_nhs_number(text: str) -> bool:
    """Tell whether ``text`` has ten digits of which the last is right (NHS, modulus 11)."""
    digits = [int(character) for character in text if character.isdecimal()]
    if len(digits) != 10:
        return False
    check = 11 - sum(digit * (10 - place) for place, digit in enumerate(digits[:9])) % 11
    return check != 10 and check % 11 == digits[9]


_ACCEPTS: dict[Kind, Callable[[str], bool]] = {Kind.NHS: is_nhs_number}


def find_identifiers(text: str) -> list[Found]:
    """Return what in ``text`` has the form of an identifying detail, in order, none overlapping."""
    taken: list[Found] = []
    for kind, pattern in _COMPILED.items():
        accepts = _ACCEPTS.get(kind)
        for match in pattern.finditer(text):
            words = match.group().rstrip(".,;:!?)")
            found = Found(kind, words, match.start(), match.start() + len(words))
            if accepts is None or accepts(words):
                taken.append(found)
    return _without_overlaps(taken)


def _without_overlaps(found: list[Found]) -> list[Found]:
    """Return the same in reading order; of two that overlap, the one whose kind comes first."""
    ranks = {kind: rank for rank, kind in enumerate(Kind)}
    kept: list[Found] = []
    for one in sorted(found, key=lambda one: (one.start, ranks[one.kind], -one.end)):
        if kept and one.start < kept[-1].end:
            if ranks[one.kind] < ranks[kept[-1].kind]:
                kept[-1] = one
            continue
        kept.append(one)
    return kept
