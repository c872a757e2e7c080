"""An entry's earlier texts: what each said, and the words added and taken away since."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Literal, NamedTuple

from django.utils.translation import gettext, ngettext
from rapidfuzz.distance import LCSseq

from reflection.bringing_back import PART_TITLES
from reflection.document import Block, Document, Passage
from reflection.reading import PASSAGE_TITLES, passages
from reflection.writings import count_words, join_tags

# Beyond this many words on both sides together, the two texts are shown whole: finding what
# changed word by word would take longer than reading them.
MOST_WORDS = 8000

# Each word with the blanks after it; before the first stands one of no letters, for the blanks
# that a text begins with.
_WORDS = re.compile(r"(\A|\S+)(\s*)")


@dataclass(frozen=True)
class Piece:
    """Some words of a comparison: the same in both, taken away since, or added since."""

    kind: Literal["same", "gone", "added"]
    text: str


@dataclass(frozen=True)
class ChangedBlock:
    """One block of a passage that is not the same in the two texts."""

    passage: str
    label: str
    pieces: tuple[Piece, ...]


def compare(earlier: Document, later: Document) -> list[ChangedBlock]:
    """Return the blocks that differ, passage by passage, each with its words compared."""
    return compare_passages(
        passages(earlier),
        passages(later),
        (gettext("Title"), earlier.title, later.title),
        (gettext("Tags"), join_tags(earlier.tags), join_tags(later.tags)),
    )


def compare_passages(
    earlier: Iterable[Passage], later: Iterable[Passage], *of_the_whole: tuple[str, str, str]
) -> list[ChangedBlock]:
    """Return the blocks that differ, after what differs of the whole: its name, earlier, later."""
    old, new = _by_place(earlier), _by_place(later)
    found = [
        ChangedBlock(
            passage=place.title,
            label=place.label,
            pieces=tuple(words_changed(old.get(place, ""), new.get(place, ""))),
        )
        for place in sorted({*old, *new}, key=_reading_order(old, new))
        if old.get(place, "") != new.get(place, "")
    ]
    changed = [
        ChangedBlock(passage=name, label="", pieces=tuple(words_changed(before, after)))
        for name, before, after in of_the_whole
        if before != after
    ]
    return [*changed, *found]


def passages_that_differ(earlier: Document, later: Document) -> list[str]:
    """Return what is not the same in the two texts, each with how much was added and taken away.

    Title and tags come first, then the passages. Words are counted and not lined up: one that
    only moved counts as neither, and neither does a full stop.
    """
    before, after = _texts_by_part(earlier), _texts_by_part(later)
    titles = [*map(str, PART_TITLES.values())]
    return [
        _with_numbers(title, count_words(before.get(title, ())), count_words(after.get(title, ())))
        for title in titles
        if before.get(title) != after.get(title)
    ]


def _texts_by_part(document: Document) -> dict[str, list[str]]:
    """Return the texts of what holds something, by what it is called."""
    parts = {gettext("Title"): [document.title], gettext("Tags"): [join_tags(document.tags)]}
    for part in passages(document):
        parts[part.title] = [text for block in part.blocks for text in (block.text, *block.items)]
    return parts


def _with_numbers(title: str, old: Counter[str], new: Counter[str]) -> str:
    added, gone = (new - old).total(), (old - new).total()
    said = [
        ngettext("%(number)d word added since", "%(number)d words added since", added)
        % {"number": added},
        ngettext("%(number)d taken away", "%(number)d taken away", gone) % {"number": gone},
    ]
    shown = ", ".join(one for one, number in zip(said, (added, gone), strict=True) if number)
    return gettext("%(part)s (%(numbers)s)") % {"part": title, "numbers": shown} if shown else title


class _Place(NamedTuple):
    """Where a block stands: its passage's slug and title, and its label."""

    slug: str
    title: str
    label: str


def _reading_order(*texts: dict[_Place, str]) -> Callable[[_Place], tuple[int, int]]:
    """Return a key that sorts by passage, and within one as the later text has it."""
    slugs = [*PASSAGE_TITLES]
    within = {place: number for text in texts for number, place in enumerate(text)}
    return lambda place: (slugs.index(place.slug), within[place])


def words_changed(old: str, new: str) -> Iterator[Piece]:
    """Give ``old`` and ``new`` as one run of words: kept, taken away, added.

    As many words are kept as can be; blanks and line breaks count where they differ.
    """
    ours, theirs = _WORDS.findall(old), _WORDS.findall(new)
    if len(ours) + len(theirs) > MOST_WORDS + 2:  # with the two that stand first
        yield from (Piece("gone", old), Piece("added", new))
        return
    same, gone, added = "", "", ""
    at = new_at = 0
    kept = _kept([word for word, _blanks in ours], [word for word, _blanks in theirs])
    for here, there in [*kept, (len(ours), len(theirs))]:
        gone += "".join(word + blanks for word, blanks in ours[at:here])
        added += "".join(word + blanks for word, blanks in theirs[new_at:there])
        before, gone, added, after = _narrowed(gone, added)
        if gone or added:
            yield from _pieces(same + before, gone, added)
            same = after
        else:
            same += before + after
        if here < len(ours):
            same += ours[here][0]
            gone, added = ours[here][1], theirs[there][1]
        at, new_at = here + 1, there + 1
    yield from _pieces(same, "", "")


def _narrowed(gone: str, added: str) -> tuple[str, str, str, str]:
    """Return a change without the blanks that are the same at both its ends: they come apart."""
    head = _blanks_shared(gone, added)
    before, gone, added = gone[:head], gone[head:], added[head:]
    tail = _blanks_shared(gone[::-1], added[::-1])
    after = gone[len(gone) - tail :]
    return before, gone.removesuffix(after), added.removesuffix(after), after


def _blanks_shared(gone: str, added: str) -> int:
    """Return how many blanks both begin with."""
    pairs = zip(gone, added, strict=False)
    return len([*takewhile(lambda pair: pair[0].isspace() and pair[0] == pair[1], pairs)])


def _pieces(same: str, gone: str, added: str) -> Iterator[Piece]:
    if same:
        yield Piece("same", same)
    if gone:
        yield Piece("gone", gone)
    if added:
        yield Piece("added", added)


def _kept(ours: Sequence[str], theirs: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Give the places, in both, of the words that are kept: as many as can be in one order."""
    for step in LCSseq.opcodes(ours, theirs):
        if step.tag == "equal":
            src, dest = range(step.src_start, step.src_end), range(step.dest_start, step.dest_end)
            yield from zip(src, dest, strict=True)


def _by_place(parts: Iterable[Passage]) -> dict[_Place, str]:
    """Return each block's text by its place. A label met twice in a passage is numbered."""
    found: dict[_Place, str] = {}
    for part in parts:
        for block in part.blocks:
            place, times = _Place(part.slug, part.title, block.label), 1
            while place in found:
                times += 1
                place = place._replace(label=f"{block.label} ({times})")
            found[place] = _text(block)
    return found


def _text(block: Block) -> str:
    return block.text or "\n".join(block.items)
