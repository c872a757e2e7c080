"""The author's own words in a reflection, each with the place it stands in.

A place is a passage and a box; where the box is one of a form, it goes by the name it has there.
What the guide said, and what was chosen from it, is not among them.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from reflection.document import Document
from reflection.reading import PASSAGE_TITLES
from reflection.search.folding import fold
from reflection.search.terms import UNSPACED

# The boxes of each passage, in the order of reading, with what they are called when read.
BOXES: dict[str, dict[str, Promise]] = {
    "happened": {
        "title": _("Title"),
        "case_code": _("Case code"),
        "tags": _("Tags"),
        "took_place": _("What took place"),
        "client_words": _("The client's words"),
        "surfaced": _("How it surfaced"),
    },
    "reaction": {
        "something_else": _("Something else that went through my mind"),
        "own_words": _("In my own words"),
    },
    "looking_again": {"my_part": _("My part in it")},
    "their_side": {"their_voice": _("In their voice")},
    "repair": {"plan": _("My plan"), "words": _("Words I might use")},
}
LOOKS: dict[str, Promise] = {
    "did": _("What I did"),
    "met": _("How they met it"),
    "learned": _("What I learned"),
}
# Where nothing stands between two words, each letter counts as one; so does each such piece of a
# run of letters that is longer than any word.
_LETTER = f"[^\\W{UNSPACED}]"
_WORDS = re.compile(rf"(?=\w)[{UNSPACED}]|{_LETTER}+(?:['’\-]{_LETTER}+)*")
_LONGEST, _PIECE = 60, 5
_ANSWER = "answer_"
_LOOK = "look_"


def split_tags(text: str) -> tuple[str, ...]:
    """Return the tags in ``text``, as they stand between commas, each once."""
    found: dict[str, str] = {}
    for tag in re.split("[,،、，\n]", text):
        plain = " ".join(tag.split())
        if plain:
            found.setdefault(fold(plain), plain)
    return tuple(found.values())


def join_tags(tags: Iterable[str]) -> str:
    """Return ``tags`` in one line, as `split_tags` reads it."""
    return ", ".join(tags)


@dataclass(frozen=True)
class Writing:
    """What stands in one box."""

    passage: str
    box: str
    label: str | Promise
    text: str

    @property
    def passage_title(self) -> Promise:
        return PASSAGE_TITLES[self.passage]


def writings(document: Document) -> list[Writing]:
    """Return everything the author wrote in ``document``, in the order of reading."""
    found = [*_in_passages(document), *_in_looks(document)]
    return [writing for writing in found if writing.text.strip()]


def _in_passages(document: Document) -> Iterator[Writing]:
    for passage, boxes in BOXES.items():
        if passage == "looking_again":
            for answer in document.looking_again.answers:
                yield Writing(passage, _ANSWER + answer.prompt, answer.question, answer.text)
        for box, label in boxes.items():
            if box == "tags":
                yield Writing(passage, box, label, join_tags(document.tags))
                continue
            holder = document if box == "title" else getattr(document, passage)
            yield Writing(passage, box, label, getattr(holder, box))


def _in_looks(document: Document) -> Iterator[Writing]:
    for number, look in enumerate(document.looking_back):
        for box, label in LOOKS.items():
            yield Writing("looking_back", f"{_LOOK}{number}_{box}", label, getattr(look, box))


def count_words(texts: Iterable[str]) -> Counter[str]:
    """Return the words in ``texts`` with how often each is there."""
    return Counter(word for text in texts for word in _words(text))


def _words(text: str) -> Iterator[str]:
    for run in _WORDS.findall(text):
        if len(run) > _LONGEST:
            yield from (run[at : at + _PIECE] for at in range(0, len(run), _PIECE))
        else:
            yield run


def words_gone(before: Sequence[str], after: Sequence[str]) -> int:
    """Return how many words of ``before`` are in ``after`` no more. One that moved is not gone."""
    if len(before) == len(after) and all(map(str.startswith, after, before)):
        return 0  # Written on at the end, as mostly: nothing has to be counted.
    return (count_words(before) - count_words(after)).total()


def texts_of(document: Document, passage: str) -> list[str]:
    """Return what stands in each box of one passage, the empty ones too."""
    return [one.text for one in _in_passages(document) if one.passage == passage]


def find_writing(document: Document, passage: str, box: str) -> Writing | None:
    """Return what stands in that box, or None where there is nothing or no such box."""
    found = (one for one in writings(document) if (one.passage, one.box) == (passage, box))
    return next(found, None)


def rewritten(document: Document, writing: Writing, text: str) -> Document:
    """Return ``document`` with ``text`` in the box of ``writing``."""
    change: dict[str, Any]
    if writing.box == "title":
        change = {"title": text}
    elif writing.box == "tags":
        change = {"tags": split_tags(text)}
    elif writing.passage == "looking_back":
        change = {"looking_back": _with_look(document, writing.box, text)}
    else:
        part = getattr(document, writing.passage)
        if writing.box.startswith(_ANSWER):
            answers = tuple(
                msgspec.structs.replace(answer, text=text)
                if _ANSWER + answer.prompt == writing.box
                else answer
                for answer in part.answers
            )
            part = msgspec.structs.replace(part, answers=answers)
        else:
            part = msgspec.structs.replace(part, **{writing.box: text})
        change = {writing.passage: part}
    return msgspec.structs.replace(document, **change)


def _with_look(document: Document, box: str, text: str) -> tuple[Any, ...]:
    number, name = box.removeprefix(_LOOK).split("_", 1)
    looks = list(document.looking_back)
    looks[int(number)] = msgspec.structs.replace(looks[int(number)], **{name: text})
    return tuple(looks)
