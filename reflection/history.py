"""An entry's earlier texts: what each said, and the words added and taken away since."""

import difflib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from django.utils.translation import gettext, ngettext

from reflection.document import Block, Document, Passage
from reflection.reading import PASSAGE_TITLES, passages
from reflection.writings import count_words, join_tags

# Beyond this many words on both sides together, the two texts are shown whole: finding what
# changed word by word would take longer than reading them.
MOST_WORDS = 8000

_WORDS = re.compile(r"\S+|\s+")


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
    titles = (gettext("Title"), gettext("Tags"), *map(str, PASSAGE_TITLES.values()))
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
    """Give ``old`` and ``new`` as one run of words: kept, taken away, added."""
    ours, theirs = _WORDS.findall(old), _WORDS.findall(new)
    if len(ours) + len(theirs) > 2 * MOST_WORDS:
        yield from (Piece("gone", old), Piece("added", new))
        return
    matcher = difflib.SequenceMatcher(None, ours, theirs, autojunk=False)
    gone, added = "", ""
    for tag, start, end, new_start, new_end in matcher.get_opcodes():
        before, after = "".join(ours[start:end]), "".join(theirs[new_start:new_end])
        # A space between two changes is not a word that was kept: both are one change.
        if tag == "equal" and (before.strip() or not gone + added):
            yield from _change(gone, added)
            yield Piece("same", before)
            gone, added = "", ""
        else:
            gone, added = gone + before, added + after
    yield from _change(gone, added)


def _change(gone: str, added: str) -> Iterator[Piece]:
    if gone:
        yield Piece("gone", gone)
    if added:
        yield Piece("added", added)


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
