"""A passage of a copy with the words marked that somebody commented on, as HTML.

The text of each paragraph stands in one element that says at which code point it begins
(``data-at``) and holds nothing but that text: a browser finds a place in the copy by counting.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple
from uuid import UUID

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from reflection.document import Passage
from supervision.said import Anchor

_GAP = re.compile(r"\n{2,}")


class Mark(NamedTuple):
    """Words that a comment is about, and the number the two go by on the page."""

    comment: UUID
    number: int
    anchor: Anchor


@dataclass(frozen=True)
class MarkedText:
    """One text of a passage. ``place`` begins its `Anchor.place`; ``html`` is its paragraphs."""

    place: str
    html: SafeString


@dataclass(frozen=True)
class MarkedBlock:
    """A block of a passage as it is read, with its marks."""

    label: str
    style: str
    text: MarkedText | None
    items: list[MarkedText]


def mark_passage(passage: Passage, marks: Iterable[Mark]) -> list[MarkedBlock]:
    """Return the blocks of ``passage`` with the words of each mark marked and numbered."""
    by_text: dict[tuple[int, int | None], list[Mark]] = {}
    for mark in marks:
        by_text.setdefault((mark.anchor.block, mark.anchor.item), []).append(mark)

    def marked(block: int, item: int | None, text: str, tag: str) -> MarkedText:
        html = mark_text(text, by_text.get((block, item), []), tag)
        return MarkedText(f"{block}.{'' if item is None else item}", html)

    return [
        MarkedBlock(
            label=block.label,
            style=block.style,
            text=marked(number, None, block.text, "p") if block.text else None,
            items=[marked(number, at, item, "span") for at, item in enumerate(block.items)],
        )
        for number, block in enumerate(passage.blocks)
    ]


def mark_text(text: str, marks: list[Mark], tag: str = "p") -> SafeString:
    """Return ``text`` in paragraphs of ``tag``, everything in it escaped, its marks in place."""
    parts = []
    for start, end in _paragraphs(text):
        inner = mark_safe("".join(_marked(text, start, end, marks)))  # noqa: S308 - escaped there
        parts.append(format_html('<{} data-at="{}" dir="auto">{}</{}>', tag, start, inner, tag))
    return mark_safe("".join(parts))  # noqa: S308 - each made by format_html


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for gap in _GAP.finditer(text):
        if gap.start() > start:
            yield start, gap.start()
        start = gap.end()
    if start < len(text):
        yield start, len(text)


def _marked(text: str, start: int, end: int, marks: list[Mark]) -> Iterator[str]:
    """Give the pieces of one paragraph: marked words, words between, and links to the notes."""
    here = [mark for mark in marks if mark.anchor.start < end and mark.anchor.end > start]
    edges = {start, end}
    for mark in here:
        edges |= {max(start, mark.anchor.start), min(end, mark.anchor.end)}
    ordered = sorted(edges)
    for left, right in pairwise(ordered):
        depth = sum(one.anchor.start <= left and one.anchor.end >= right for one in here)
        words = escape(text[left:right])
        if depth:
            yield format_html('<mark class="of-note{}">', " deep" if depth > 1 else "")
        yield words
        if depth:
            yield "</mark>"
        for mark in here:
            if _ends_at(mark, right, end, text):
                yield _link(mark)


def _ends_at(mark: Mark, right: int, end: int, text: str) -> bool:
    """Tell whether the mark's last words end here: a gap behind a paragraph belongs to it."""
    last = mark.anchor.end
    return last == right or (right == end < last and not text[end:last].strip("\n"))


def _link(mark: Mark) -> SafeString:
    says = _("To comment %(number)d") % {"number": mark.number}
    return format_html(
        '<a class="to-note" id="words-{0}" href="#comment-{0}" data-number="{1}" '
        'aria-label="{2}"></a>',
        mark.comment,
        mark.number,
        says,
    )
