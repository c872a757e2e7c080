"""Words of a text with what stands around them: what the rules for names and places look at."""

import re
import unicodedata
from typing import NamedTuple

_LETTERS = r"(?:[^\W\d_]++|[\u0300-\u036f]++)++"
_WORD = re.compile(_LETTERS + r"(?:['’\-]" + _LETTERS + r")*+")
_ENDS_SENTENCE = frozenset('.!?…:;\n"“”«»*#•')
_POSSESSIVE = ("'s", "’s", "'S", "’S")


def folded(text: str) -> str:
    """Return ``text`` without accents and case, so that «José» and «JOSE» are one."""
    if text.isascii():  # as most words are, which have no accents to be taken apart
        return text.casefold()
    apart = unicodedata.normalize("NFKD", text.replace("’", "'"))
    plain = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return plain.casefold()


class Token(NamedTuple):
    """A word of ``text`` at ``start`` to ``end``; ``begins`` says that a sentence begins with it.

    ``gap`` is what stands between it and the word before. ``bare`` is the word without a
    possessive: "Sarah" of "Sarah's". ``is_capital``: it is written like a name, a capital and then
    something that is none.
    """

    text: str
    start: int
    end: int
    gap: str
    begins: bool
    bare: str
    is_capital: bool

    @property
    def key(self) -> str:
        """The bare word as the lists have it."""
        return folded(self.bare)

    @property
    def bare_end(self) -> int:
        return self.start + len(self.bare)

    @property
    def is_possessive(self) -> bool:
        return self.bare != self.text

    @property
    def is_initial(self) -> bool:
        return len(self.text) == 1 and self.text.isupper() and self.text != "I"

    @property
    def follows_closely(self) -> bool:
        """Whether nothing but one space stands before it."""
        return self.gap in {" ", "\u00a0"}


def tokens(text: str) -> list[Token]:
    """Return the words of ``text`` in order."""
    found: list[Token] = []
    before = 0
    for match in _WORD.finditer(text):
        start, end = match.span()
        gap = text[before:start]
        begins = before == 0 or (gap != " " and not _ENDS_SENTENCE.isdisjoint(gap))
        word = match.group()
        bare = word[:-2] if word.endswith(_POSSESSIVE) else word
        is_capital = word[0].isupper() and not (len(bare) > 1 and bare.isupper())
        found.append(Token(word, start, end, gap, begins, bare, is_capital))
        before = end
    return found
