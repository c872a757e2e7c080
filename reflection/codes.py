"""The neutral words that stand for a case: birds, trees and stones."""

import random
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


def propose(used: Iterable[str], count: int) -> list[str]:
    """Return ``count`` names at random that are not in ``used``; pairs where single ones run out.

    ``used`` may be spelled in any way. A suggestion, not a secret.
    """
    taken = {word.casefold() for word in used}
    names = [name for name in CASE_CODES if name not in _ALSO_FIRST_NAMES]
    free = [name for name in names if name.casefold() not in taken]
    if len(free) >= count:
        return random.sample(free, count)
    pairs = (f"{one} {other}" for one in names for other in names if one != other)
    more = [pair for pair in pairs if pair.casefold() not in taken]
    return [*free, *random.sample(more, count - len(free))]
