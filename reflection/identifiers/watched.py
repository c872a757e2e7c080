"""One's own list of words to watch, found whatever their accents and case."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator

from reflection.identifiers.kinds import Found, Kind
from reflection.identifiers.tokens import folded

# Two letters may be one to the eye («e» and an accent): a word takes its accents along.
_WORD = re.compile(r"\w[\w\u0300-\u036f]*")
_WIDEST_GAP = 3


def find_watched(text: str, watched: Iterable[str]) -> Iterator[Found]:
    """Yield where the words or phrases in ``watched`` stand in ``text``, on word boundaries."""
    phrases: dict[str, list[list[str]]] = defaultdict(list)
    for phrase in watched:
        parts = _parts(phrase)
        if parts:
            phrases[parts[0]].append(parts)
    if not phrases:
        return
    matches = list(_WORD.finditer(text))
    keys = [folded(match.group()) for match in matches]
    for place, key in enumerate(keys):
        lengths = [
            len(parts) for parts in phrases.get(key, ()) if _stands(parts, place, keys, matches)
        ]
        if lengths:
            start, end = matches[place].start(), matches[place + max(lengths) - 1].end()
            yield Found(Kind.WORD, text[start:end], start, end)


def _parts(phrase: str) -> list[str]:
    return [folded(word) for word in _WORD.findall(unicodedata.normalize("NFC", phrase))]


def _stands(parts: list[str], place: int, keys: list[str], matches: list[re.Match[str]]) -> bool:
    last = place + len(parts) - 1
    if keys[place : last + 1] != parts:
        return False
    pairs = zip(matches[place:last], matches[place + 1 : last + 1], strict=True)
    return all(after.start() - before.end() <= _WIDEST_GAP for before, after in pairs)
