"""Details that may identify somebody, on the preview of a copy: replaced there, or kept knowingly.

A detail in a box of the reflection is replaced in the reflection, one in the note in the note.
What is kept is kept in this copy alone: the page carries it along until the copy is shared.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from django.http import QueryDict
from django.utils.formats import date_format
from django.utils.functional import Promise

from reflection.document import Document
from reflection.identifiers import Found
from reflection.identifiers.tokens import folded
from reflection.stand_ins import StandIns
from reflection.writings import writings
from supervision.frozen import Finding, without_day

NOTE = "note"


@dataclass(frozen=True)
class Detail:
    """A detail in one part of the copy, however often it stands there.

    ``passage`` and ``box`` say where the author can change it; no ``box``, where it stands in none
    of theirs. ``is_day``: it is the day of the therapy session, which the copy can do without.
    ``replacement`` is what is proposed.
    """

    found: Found
    where: str | Promise
    passage: str
    box: str
    replacement: str
    count: int = 1
    is_kept: bool = False
    is_day: bool = False


def details_of(
    findings: Collection[Finding], document: Document, posted: QueryDict, stand_ins: StandIns
) -> list[Detail]:
    """Return what was found, each once in a part, with what was ``posted`` about it before."""
    kept = {folded(text) for text in posted.getlist("kept")}
    typed = {(one.passage, one.box, folded(one.text)): one.typed for one in _posted(posted)}
    held: dict[tuple[str, str, str], Detail] = {}
    for one in findings:
        box = _box(one, document)
        key = (one.passage, box, folded(one.found.text))
        if key in held:
            held[key] = replace(held[key], count=held[key].count + 1)
            continue
        found = stand_ins.suggest(one.found, one.text)
        held[key] = Detail(
            found=found,
            where=one.where,
            passage=one.passage,
            box=box,
            replacement=typed.get(key, found.suggestion),
            is_kept=folded(found.text) in kept,
            is_day=not box and _is_day(one, document),
        )
    return list(held.values())


def _is_day(finding: Finding, document: Document) -> bool:
    day = document.happened.occurred_on
    return (
        finding.passage == "happened"
        and day is not None
        and finding.text.endswith(date_format(day))
        and without_day(document) != document
    )


def _box(finding: Finding, document: Document) -> str:
    if finding.passage == NOTE:
        return NOTE
    if finding.passage == "title":
        return "title" if document.title else ""
    found = (
        one.box
        for one in writings(document)
        if one.passage == finding.passage and one.text == finding.text
    )
    return next(found, "")


@dataclass(frozen=True)
class Pressed:
    """A detail as a page posts it, with what was ``typed`` to stand in its place."""

    passage: str
    box: str
    text: str
    typed: str

    @property
    def home(self) -> str:
        """The passage whose box it is: the title belongs to *what happened*."""
        return "happened" if self.passage == "title" else self.passage


def pressed(posted: QueryDict, button: str) -> Pressed | None:
    """Return the detail whose ``button`` was pressed, or None."""
    return _read(posted, posted.get(button, "")) if button in posted else None


def _posted(posted: QueryDict) -> Iterator[Pressed]:
    for name in posted:
        if name.startswith("text_") and (one := _read(posted, name.removeprefix("text_"))):
            yield one


def _read(posted: QueryDict, number: str) -> Pressed | None:
    text = posted.get(f"text_{number}", "")
    if not text:
        return None
    passage, box, typed = (
        posted.get(f"{name}_{number}", "") for name in ("passage", "box", "replacement")
    )
    return Pressed(passage, box, text, typed)
