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
_NAME = r"(?:[A-Z][\w'’\-]{1,20}\.? ){1,3}"
_ROOM = r"(?:(?:Flat|Apartment|Apt|Unit|Suite|Room|Studio)\.? \d{1,4}[A-Za-z]?,? )"
_STREET = re.compile(
    r"(?<!\w)(?P<number>" + _ROOM + r"?\d{1,5}[A-Za-z]?,? |" + _ROOM + r")"
    + _NAME + r"(?:" + _STREETS_WITH_NUMBER + r")\b"
    r"|(?<!\w)" + _NAME + r"(?:" + _STREETS + r")\b"
)  # fmt: skip
_NO_STREETS = frozenset(
    {"Memory", "Fast", "Slow", "Easy", "High", "One-Way", "Sesame", "Coronation"}
)
_JOINS = frozenset({"and", "of", "the", "for"})
_MOST_WORDS = 6
_IN = frozenset({"in", "near", "outside", "around"})


@cache
def _in_several_words() -> re.Pattern[str]:
    names = sorted(phrases("towns_in_several_words"), key=len, reverse=True)
    return re.compile(r"\b(?:" + "|".join(map(re.escape, names)) + r")\b")


@cache
def _certain() -> frozenset[str]:
    return words("towns") - words("towns_that_are_words")


def find_places(text: str, told: list[Token]) -> Iterator[Found]:
    """Yield the places in ``text``, whose words are ``told``; some overlap."""
    yield from _streets(text)
    yield from _institutions(text, told)
    for match in _in_several_words().finditer(text):
        yield Found(Kind.TOWN, match.group(), *match.span())
    for place, token in enumerate(told):
        before = told[place - 1] if place else None
        if token.is_capital and _is_town(token, before):
            yield Found(Kind.TOWN, token.bare, token.start, token.bare_end)


def _is_town(token: Token, before: Token | None) -> bool:
    if token.bare in _certain():
        return True
    if before is None or token.begins or not token.follows_closely:
        return False
    return token.bare in words("towns_that_are_words") and before.text in _IN


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
