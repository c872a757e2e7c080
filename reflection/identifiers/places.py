"""Places below a state: streets, named schools and firms, towns and counties."""

import re
from collections.abc import Iterator
from functools import cache

from reflection.identifiers.kinds import Found, Kind
from reflection.identifiers.lists import phrases, words
from reflection.identifiers.tokens import Token

# Ends of a street's name that alone say street, and those that do so only behind a house number.
_STREETS = "Street|St|Road|Rd|Avenue|Ave|Lane|Crescent|Terrace|Mews|Boulevard|Blvd|Grove"
_STREETS_WITH_NUMBER = (
    _STREETS + "|Close|Drive|Dr|Court|Ct|Place|Pl|Gardens|Way|Square|Hill|Walk|Row|View|Rise|Parade"
    "|Quay|Green|Park|Ln|Fields|Wharf|Gate"
)
_STREET_WORDS = frozenset(_STREETS_WITH_NUMBER.split("|"))
_NAME = r"(?:[A-Z][\w'’\-]{1,20}\.? ){1,3}"
_ROOM = r"(?:(?:Flat|Apartment|Apt|Unit|Suite|Room|Studio)\.? \d{1,4}[A-Za-z]?,? )"
# "Ashford Road 14", but no time of day and nothing that is counted.
_NUMBER_BEHIND = (
    r"(?:,? (?:[Nn]o\.? ?|number )?\d{1,3}[A-Za-z]?(?![\w%]|[.:/\-]\d"
    r"| ?(?:am|pm|o['’]clock|times|of|people|minutes?|hours?|days?|weeks?|months?|years?|miles?)"
    r"\b))?"
)
_STREET = re.compile(
    r"(?<!\w)(?P<number>" + _ROOM + r"?\d{1,5}[A-Za-z]?,? |" + _ROOM + r")"
    + _NAME + r"(?:" + _STREETS_WITH_NUMBER + r")\b"
    r"|(?<!\w)" + _NAME + r"(?:" + _STREETS + r")\b" + _NUMBER_BEHIND
)  # fmt: skip
_NO_STREETS = frozenset(
    {"Memory", "Fast", "Slow", "Easy", "High", "One-Way", "Sesame", "Coronation"}
)
_JOINS = frozenset({"and", "of", "the", "for"})
_MOST_WORDS = 6
_IN = frozenset({"in", "near", "outside", "around"})
# Written with hyphens it is a town, whatever its first word is: «Stratford-upon-Avon».
_WITH_HYPHENS = re.compile(
    r"\b[A-Z][a-z]{1,15}-(?:by|in|le|next|on|super|under|upon)-(?:the-)?[A-Z][a-z]{1,15}\b"
)


@cache
def _in_several_words() -> re.Pattern[str]:
    names = sorted(phrases("towns_in_several_words"), key=len, reverse=True)
    return re.compile(r"\b(?=[A-Z])(?:" + "|".join(map(re.escape, names)) + r")\b")


@cache
def _certain() -> frozenset[str]:
    return words("towns") - words("towns_that_are_words")


def find_places(text: str, told: list[Token]) -> Iterator[Found]:
    """Yield the places in ``text``, whose words are ``told``; some overlap."""
    if any(word in text for word in _STREET_WORDS):
        yield from _streets(text)
    yield from _institutions(text, told)
    for pattern in (_in_several_words(), _WITH_HYPHENS):
        for match in pattern.finditer(text):
            yield Found(Kind.TOWN, match.group(), *match.span())
    for place, token in enumerate(told):
        if not token.is_capital:
            continue
        before = told[place - 1] if place else None
        following = told[place + 1] if place + 1 < len(told) else None
        if _is_town(token, before) or _is_town_by_itself(token, before, following):
            yield Found(Kind.TOWN, token.bare, token.start, token.bare_end)


def _is_town(token: Token, before: Token | None) -> bool:
    if token.bare in _certain():
        return True
    if before is None or token.begins or not token.follows_closely:
        return False
    return token.bare in words("towns_that_are_words") and before.text in _IN


def _is_town_by_itself(token: Token, before: Token | None, following: Token | None) -> bool:
    """Tell of a town that is a surname too, and no word, whether it stands as a name by itself."""
    if token.bare not in words("towns_that_are_surnames"):
        return False
    is_led = before is not None and (before.is_capital or before.bare in words("titles"))
    if is_led and not token.begins and token.gap in {" ", ". ", "\u00a0"}:
        return False
    return following is None or not (following.is_capital and following.follows_closely)


def _streets(text: str) -> Iterator[Found]:
    """Yield the streets, without the words of the sentence that a capital may have joined on."""
    for match in _STREET.finditer(text):
        end = match.end()
        start: int | None = match.start()
        if not match["number"]:
            start = _past_other_words(text, match.start(), end)
        if start is not None:
            yield Found(Kind.STREET, text[start:end], start, end)


def _past_other_words(text: str, start: int, end: int) -> int | None:
    parts = text[start:end].split(" ")
    while len(parts) > 1 and parts[0] in words("never_names") - words("institutions_parts"):
        start += len(parts.pop(0)) + 1
    if len(parts) < 2 or parts[-2] in _NO_STREETS:
        return None
    return start


def _institutions(text: str, told: list[Token]) -> Iterator[Found]:
    """Yield schools, hospitals and firms that are called something."""
    for place, token in enumerate(told):
        if token.text in words("institutions") and (first := _begins(told, place)) is not None:
            start = told[first].start
            yield Found(Kind.PLACE, text[start : token.end], start, token.end)


def _begins(told: list[Token], place: int) -> int | None:
    """Return where the name of the institution at ``place`` begins, or None if it has none."""
    first, named = None, False
    for at in range(place - 1, max(place - _MOST_WORDS, -1), -1):
        token = told[at]
        if told[at + 1].gap not in {" ", " & ", ". "}:
            break
        if token.is_capital and (
            token.text in words("institutions_parts") or token.text not in words("never_names")
        ):
            first = at
            named = named or token.text not in words("institutions_parts")
        elif token.text not in _JOINS or told[at - 1].text in words("never_names"):
            break
    return first if named else None
