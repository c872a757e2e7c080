"""Which name in a reflection is likely its client's: the case code is offered in its place.

It guesses, and only to suggest: who reads the suggestion decides.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from reflection.identifiers import Found, Kind
from reflection.identifiers.lists import words
from reflection.identifiers.tokens import folded

_BEFORE = re.compile(r"(\w[\w'’\-]*),?\s?\(?$")
_LONGEST_WORD = 40
_THEMSELVES = frozenset({"client", "patient"})


def may_be_client(found: Found, text: str) -> bool:
    """Tell whether a detail of ``text`` may be the client's name.

    One with a title is somebody else's, and so is one that a word of kinship leads to.
    """
    if found.kind is not Kind.NAME or found.text.split()[0].rstrip(".") in _titles():
        return False
    before = _BEFORE.search(text[max(found.start - _LONGEST_WORD, 0) : found.start])
    return before is None or folded(before[1]) not in words("kin") - _THEMSELVES


def likely_client(told: Iterable[tuple[str, Found]]) -> str:
    """Return the first word, folded, of the name that is likely the client's, or nothing.

    ``told`` are details with the text each stands in, in reading order. It is the name that is
    written most often; of several the one that comes first.
    """
    counted = Counter(first_word(found) for text, found in told if may_be_client(found, text))
    return max(counted, key=lambda word: counted[word], default="")


def first_word(found: Found) -> str:
    """Return the first word of a name as two places of it are compared."""
    return folded(found.text.split()[0])


def with_code(found: Found, text: str, *, client: str, code: str) -> Found:
    """Return the detail with the case code as its suggestion, if it is the client's name."""
    if client and may_be_client(found, text) and first_word(found) == client:
        return replace(found, suggestion=code)
    return found


def _titles() -> frozenset[str]:
    return words("titles") | words("more_titles")
