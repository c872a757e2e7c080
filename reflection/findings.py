"""What in a reflection may identify somebody: each detail once a box, without those kept."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import msgspec
from django.utils.translation import gettext

from reflection.codes import may_be_known
from reflection.document import Document
from reflection.identifiers import Found, find_identifiers
from reflection.identifiers.suggestions import is_given_a_code
from reflection.identifiers.tokens import folded
from reflection.stand_ins import StandIns
from reflection.writings import Writing, find_writing, rewritten, writings

# How much is shown of what stands before and after a detail, in characters.
AROUND = 40


@dataclass(frozen=True)
class Allowance:
    """What one person is asked about: their words to watch, and names that may stand.

    ``is_partial``: some of their words to watch do not open now, and are asked about by nobody.
    """

    watched: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    is_partial: bool = False

    def beside(self, document: Document, *names: str) -> "Allowance":
        """Return it with ``names`` that may stand too, and the document's case code."""
        known = (*self.known, case_code_of(document), *names)
        return Allowance(self.watched, known, self.is_partial)


@dataclass(frozen=True)
class Finding:
    """A detail in one box, with every place it has there (``places`` are in reading order)."""

    writing: Writing
    places: list[Found] = field(default_factory=list)

    @property
    def found(self) -> Found:
        return self.places[0]

    @property
    def before(self) -> str:
        """A few words before its first place."""
        text = self.writing.text[: self.found.start]
        cut = text[-AROUND:]
        return cut if cut == text else "…" + cut.partition(" ")[2]

    @property
    def after(self) -> str:
        """A few words after its first place."""
        text = self.writing.text[self.found.end :]
        cut = text[:AROUND]
        return cut if cut == text else cut.rpartition(" ")[0] + "…"

    def with_stand_ins(self, stand_ins: StandIns) -> "Finding":
        """Return it with what stands for that name in the whole reflection as its suggestion."""
        text = self.writing.text
        return Finding(self.writing, [stand_ins.suggest(place, text) for place in self.places])

    def as_json(self) -> dict[str, Any]:
        """Return it as the page's script reads it."""
        return {
            "text": self.found.text,
            "kind": self.found.kind.value,
            "name": str(self.found.name),
            "reason": str(self.found.reason),
            "suggestion": self.found.suggestion,
        }


def findings(
    document: Document, allowance: Allowance, *, passage: str | None = None
) -> list[Finding]:
    """Return what is not kept yet, of the whole document or of one passage, in reading order.

    A name is given the same word in every passage, and the client's the case code.
    """
    kept = {folded(text) for text in document.kept_identifiers}
    beside = allowance.beside(document)

    @cache
    def found_in(writing: Writing) -> tuple[Finding, ...]:
        return tuple(_in(writing, beside))

    told = [
        finding
        for writing in writings(document)
        if passage in {None, writing.passage}
        for finding in found_in(writing)
        if folded(finding.found.text) not in kept
    ]
    if not any(is_given_a_code(finding.found) for finding in told):
        return told
    stand_ins = _stand_ins(document, found_in)
    return [finding.with_stand_ins(stand_ins) for finding in told]


def stand_ins_of(document: Document, allowance: Allowance) -> StandIns:
    """Return what stands for whom in ``document``: who is meant, the whole of it tells."""
    beside = allowance.beside(document)
    return _stand_ins(document, lambda writing: _in(writing, beside))


def _stand_ins(document: Document, found_in: Callable[[Writing], Iterable[Finding]]) -> StandIns:
    told = [
        (writing, place)
        for writing in writings(document)
        for finding in found_in(writing)
        for place in finding.places
    ]
    return StandIns(document, told, code=case_code_of(document))


def case_code_of(document: Document) -> str:
    """Return the case code as a name that may stand, or nothing where it looks like a real one."""
    code = document.happened.case_code
    return "" if _looks_real(code) else code


def doubt_about_code(document: Document) -> str:
    """Return a question about a case code that others may know, or an empty string."""
    code = document.happened.case_code
    if not _looks_real(code):
        return ""
    asked = gettext(
        "“%(code)s” looks like initials, a number, a date or a name, which others may know. It is "
        "kept as you typed it. A made-up one, such as a bird’s or a stone’s name, tells nobody "
        "anything."
    )
    return asked % {"code": code}


def _looks_real(code: str) -> bool:
    return may_be_known(code) or bool(find_identifiers(code))


def _in(writing: Writing, allowance: Allowance) -> Iterable[Finding]:
    grouped: dict[str, Finding] = {}
    for found in find_identifiers(writing.text, watched=allowance.watched, known=allowance.known):
        grouped.setdefault(folded(found.text), Finding(writing)).places.append(found)
    return grouped.values()


def by_box(found: Iterable[Finding]) -> dict[str, list[dict[str, Any]]]:
    """Return the findings of one passage by the box they stand in, for the page's script."""
    boxes: dict[str, list[dict[str, Any]]] = {}
    for finding in found:
        boxes.setdefault(finding.writing.box, []).append(finding.as_json())
    return boxes


def with_kept(document: Document, text: str) -> Document:
    """Return ``document`` with the detail ``text`` kept knowingly."""
    if text in document.kept_identifiers:
        return document
    kept = (*document.kept_identifiers, text)
    return msgspec.structs.replace(document, kept_identifiers=kept)


def with_replaced(
    document: Document,
    allowance: Allowance,
    *,
    passage: str,
    box: str,
    text: str,
    replacement: str,
) -> Document:
    """Return ``document`` with ``replacement`` wherever the detail ``text`` stands in that box.

    Where it stands there no more, the same document.
    """
    writing = find_writing(document, passage, box)
    if writing is None:
        return document
    beside = allowance.beside(document)
    changed = replaced(writing.text, beside, wanted=text, replacement=replacement)
    return rewritten(document, writing, changed) if changed != writing.text else document


def replaced(text: str, allowance: Allowance, *, wanted: str, replacement: str) -> str:
    """Return ``text`` with ``replacement`` wherever the detail ``wanted`` stands in it."""
    found = find_identifiers(text, watched=allowance.watched, known=allowance.known)
    for one in reversed(found):
        if folded(one.text) == folded(wanted):
            text = text[: one.start] + replacement + text[one.end :]
    return text
