"""Folding: what makes «Übertragung» and «ubertragung», «ὁδός» and «ΟΔΟΣ» the same to a search.

Every character is folded by itself: compatibility forms and accents are taken apart (NFKD), the
marks taken away, capitals made small (full case folding), and the few letters and quotation marks
that Unicode does not take apart are made plain. So the fold of a text is the folds of its
characters, one after the other, wherever it is cut.
"""

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from itertools import repeat

_ASCII = bytes(range(128))

# Letters with a stroke, ligatures and the dotless i are letters of their own to Unicode.
_PLAIN = str.maketrans(
    {
        **dict(zip("øłđħŧıəðĸŋ", "oldhtiedkn", strict=True)),
        **dict(zip("æœþ", ("ae", "oe", "th"), strict=True)),
        **dict.fromkeys("‘’‚‛‹›ʼ′`´", "'"),
        **dict.fromkeys("“”„‟«»″", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
    }
)


def _fold_character(character: str) -> str:
    if unicodedata.category(character) == "Cc":
        return character if character.isspace() else " "
    plain = character.translate(_PLAIN)
    small = _unmarked(_unmarked(plain).casefold()).translate(_PLAIN)
    return "".join(one for one in small if unicodedata.category(one) != "Cf")


def _unmarked(text: str) -> str:
    """Return ``text`` taken apart, without what only ever stands on another character."""
    apart = unicodedata.normalize("NFKD", text)
    return "".join(character for character in apart if not unicodedata.combining(character))


class _Folds(dict[int, str]):
    """Each character's fold, found at its first use. It grows with an alphabet, not with texts."""

    def __missing__(self, code: int) -> str:
        found = self[code] = _fold_character(chr(code))
        return found


_FOLDS = _Folds()


def fold(text: str) -> str:
    """Return ``text`` folded, for comparing."""
    return text.translate(_FOLDS)


def fold_with_places(text: str) -> tuple[str, Sequence[int]]:
    """Return ``text`` folded, and for each place in it, and its end, the place in ``text``."""
    folded = fold(text)
    lengths = [len(_FOLDS[code]) for code in map(ord, set(text))]
    if all(length == 1 for length in lengths):
        return folded, range(len(text) + 1)
    places = [
        place
        for place, character in enumerate(text)
        for place in repeat(place, len(_FOLDS[ord(character)]))
    ]
    return folded, [*places, len(text)]


def pretest(
    needles: Iterable[str], *, begins: tuple[bytes, ...] = (b"",)
) -> Callable[[bytes], bool]:
    """Return what tells of JSON in UTF-8 whether the texts in it may hold all of some ``needles``.

    It says no only where they do not, and only of what begins as one of ``begins``. It may say yes
    where they do not: a name of the JSON's own is as good to it as a text. Needles, of which there
    is one at least, are folded, and without quotation marks, backslashes and white space, the only
    characters of a folded text that JSON may write in another way.
    """
    wanted = sorted(set(needles), key=len, reverse=True)
    longest, *others = [needle.encode() for needle in wanted]
    folded = _Folder(wanted)

    # Asked of each of ten thousand texts: nothing is looked up in it that need not be.
    def may_hold(raw: bytes) -> bool:
        small = raw.lower()
        if not small.isascii():
            small = folded(small)
        if longest not in small:
            return not raw.startswith(begins)
        return all(needle in small for needle in others) or not raw.startswith(begins)

    return may_hold


class _Folder:
    """Folds of small JSON what makes a difference to finding some needles, and no more."""

    def __init__(self, needles: Iterable[str]) -> None:
        self._letters = frozenset("".join(needles))
        self._matters: dict[str, tuple[bytes, bytes]] = {}
        # Characters that folding leaves alone, or makes into something that is not looked for.
        self._harmless: set[str] = set()

    def __call__(self, small: bytes) -> bytes:
        rest = small.translate(None, _ASCII).decode()
        if self._harmless.issuperset(rest):
            return small
        for character in set(rest) - self._harmless:
            if character not in self._matters:
                folded = _FOLDS[ord(character)]
                changes = folded != character
                if not changes or (folded and self._letters.isdisjoint(folded)):
                    self._harmless.add(character)
                    continue
                self._matters[character] = (character.encode(), folded.encode())
            small = small.replace(*self._matters[character])
        return small
