"""What was typed into the search box, and where a text has it."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from reflection.search.folding import fold, fold_with_places

# In these scripts nothing stands between two words, so that a word may begin anywhere.
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\U00020000-\U0003ffff"
)
_LETTER = f"[^\\W{UNSPACED}]"
_WANTED = re.compile(r'"([^"]*)"|([^\s"]+)')
_AT_THE_EDGES = ".,;:!?()[]{}*…"
_JSON_MAY_ESCAPE = re.compile(r'["\\]+')


@dataclass(frozen=True)
class Term:
    """Some words that must stand one after the other, folded.

    ``is_exact``: they were typed in quotation marks, and the last is not the beginning of a longer
    word.
    """

    words: tuple[str, ...]
    is_exact: bool = False

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What finds it in a folded text."""
        first, last = self.words[0][0], self.words[-1][-1]
        begins = f"(?<!{_LETTER})" if re.match(_LETTER, first) else ""
        ends = f"(?!{_LETTER})" if self.is_exact and re.match(_LETTER, last) else ""
        return re.compile(begins + r"\s+".join(map(re.escape, self.words)) + ends)

    @property
    def needles(self) -> list[str]:
        """What must stand in the JSON of any document that holds it: see `Pretest`."""
        pieces = (piece for word in self.words for piece in _JSON_MAY_ESCAPE.split(word))
        return [piece for piece in pieces if piece]


def read_terms(typed: str) -> tuple[Term, ...]:
    """Return the terms in what was typed, each once: words, and phrases in quotation marks."""
    found = []
    for match in _WANTED.finditer(fold(typed)):
        phrase, word = match.groups()
        if phrase is not None:
            words = tuple(phrase.split())
        else:
            words = (word.strip(_AT_THE_EDGES) or word,)
        if words:
            found.append(Term(words, is_exact=phrase is not None))
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True)
class Piece:
    """Some of a text: found, or around it."""

    text: str
    is_found: bool = False


@dataclass
class Folded:
    """A text with its fold, to look for terms in."""

    text: str
    _pair: tuple[str, Sequence[int]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._pair = fold_with_places(self.text)

    def holds(self, term: Term) -> bool:
        return term.pattern.search(self._pair[0]) is not None

    def spans(self, terms: Iterable[Term]) -> list[tuple[int, int]]:
        """Return where the terms stand in the text, in order, joined where they overlap."""
        folded, places = self._pair
        found = sorted(
            (places[match.start()], self._with_marks(places[match.end() - 1] + 1))
            for term in terms
            for match in term.pattern.finditer(folded)
        )
        joined: list[tuple[int, int]] = []
        for start, end in found:
            if joined and start <= joined[-1][1]:
                joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
            else:
                joined.append((start, end))
        return joined

    def _with_marks(self, end: int) -> int:
        """Return ``end`` behind the accents that stand on the last letter by themselves."""
        while end < len(self.text) and not fold(self.text[end]):
            end += 1
        return end


def marked(text: str, spans: Sequence[tuple[int, int]]) -> list[Piece]:
    """Return ``text`` in pieces, those at ``spans`` marked as found."""
    pieces, at = [], 0
    for start, end in spans:
        pieces += [Piece(text[at:start]), Piece(text[start:end], is_found=True)]
        at = end
    pieces.append(Piece(text[at:]))
    return [piece for piece in pieces if piece.text]


def excerpt(text: str, spans: Sequence[tuple[int, int]], *, around: int) -> list[Piece]:
    """Return the first find with some ``around`` characters on each side, cut between words."""
    start = _cut_before(text, spans[0][0] - around, spans[0][0])
    end = _cut_after(text, spans[0][1] + around, spans[0][1])
    end = max([end, *(stop for begin, stop in spans if begin < end)])
    within = [(begin - start, stop - start) for begin, stop in spans if stop <= end]
    pieces = marked(text[start:end], within)
    before = [Piece("…")] if start > 0 else []
    after = [Piece("…")] if end < len(text) else []
    return [*before, *pieces, *after]


def _cut_before(text: str, at: int, find: int) -> int:
    if at <= 0:
        return 0
    space = re.compile(r"\s").search(text, at, find)
    return space.end() if space else at


def _cut_after(text: str, at: int, find: int) -> int:
    if at >= len(text):
        return len(text)
    spaces = [match.start() for match in re.compile(r"\s").finditer(text, find, at)]
    return spaces[-1] if spaces else at
