"""The neutral words that stand for a case: birds, trees and stones."""

import random
import re
from collections.abc import Iterable

# Never initials or numbers that could be a record.
_NAMES = """
Alder Ash Aspen Avocet Basalt Beech Bilberry Birch Blackthorn Bracken Chalk Clover Curlew Dipper
Dunlin Elder Fern Fieldfare Finch Flint Gannet Gneiss Godwit Goldcrest Granite Hawthorn Hazel
Heather Heron Hornbeam Jasper Juniper Kestrel Kittiwake Knot Lapwing Larch Linnet Marl Martin
Medlar Merlin Nightjar Nuthatch Oak Onyx Osprey Pipit Plover Quartz Redstart Rowan Rush
Sandstone Sedge Shale Siskin Slate Snipe Sorrel Spruce Swift Tansy Teal Thrift Tuff Twite
Wheatear Whimbrel Willow Wren Yarrow Yew
"""
CASE_CODES = tuple(_NAMES.split())
# Known as codes, but never proposed: somebody may be called so.
_ALSO_FIRST_NAMES = {
    "Ash",
    "Fern",
    "Hazel",
    "Heather",
    "Jasper",
    "Juniper",
    "Martin",
    "Merlin",
    "Rowan",
    "Willow",
}


# Up to three letters, with dots or spaces or without; five figures or more in a row.
_INITIALS = re.compile(r"(?:[^\W\d_][.\s]*){1,3}")
_RECORD = re.compile(r"\d(?:[\s./-]?\d){4}")
# The same with dots, however they are spelled; figures after initials; a year, as of a birth.
_WITH_DOTS = re.compile(r"(?:[^\W\d_]\.\s*){1,3}")
_FIGURES = re.compile(r"[\s\d./\-]+$")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")


def looks_like_initials_or_record(word: str) -> bool:
    """Tell whether a code looks like initials or a number of a record."""
    letters = [letter for letter in word if letter.isalpha()]
    cased = letters and all(letter.isupper() for letter in letters)
    return bool((cased and _INITIALS.fullmatch(word.strip())) or _RECORD.search(word))


def may_be_known(word: str) -> bool:
    """Tell whether others may know a code: initials or a record's number, with a year or not."""
    if _YEAR.search(word) or _RECORD.search(word):
        return True
    plain = _FIGURES.sub("", word.strip())
    if plain.casefold() in {name.casefold() for name in CASE_CODES}:
        return False
    if _WITH_DOTS.fullmatch(plain) or _WITH_DOTS.fullmatch(f"{plain}."):
        return True
    return looks_like_initials_or_record(plain)


def no_first_names() -> list[str]:
    """Return the neutral words that nobody is likely to be called by."""
    return [name for name in CASE_CODES if name not in _ALSO_FIRST_NAMES]


def propose(used: Iterable[str], count: int) -> list[str]:
    """Return ``count`` names at random that are not in ``used``; pairs where single ones run out.

    ``used`` may be spelled in any way. A suggestion, not a secret.
    """
    taken = {word.casefold() for word in used}
    names = no_first_names()
    free = [name for name in names if name.casefold() not in taken]
    if len(free) >= count:
        return random.sample(free, count)
    pairs = (f"{one} {other}" for one in names for other in names if one != other)
    more = [pair for pair in pairs if pair.casefold() not in taken]
    return [*free, *random.sample(more, count - len(free))]
