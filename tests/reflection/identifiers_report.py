"""How well the check tells details apart, on the sentences labelled in identifiers.yaml.

``python -m tests.reflection.identifiers_report`` writes the figures into docs/identifiers.md.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from reflection.identifiers import Kind, find_identifiers

LABELLED = Path(__file__).parent / "identifiers.yaml"
DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "identifiers.md"
BEGINS, ENDS = "<!-- measured -->", "<!-- end of measured -->"
_MARK = re.compile(r"\[(?P<kind>\w+):(?P<text>[^\]]+)\]")


@dataclass(frozen=True)
class Label:
    """A detail of ``kind`` at ``start`` to ``end``."""

    kind: Kind
    start: int
    end: int


@dataclass(frozen=True)
class Sentence:
    """A sentence and what somebody marked in it."""

    text: str
    labels: frozenset[Label]


@dataclass(frozen=True)
class Counts:
    """How many were found as they were marked, how many missed, and how many finds were none."""

    found: int = 0
    missed: int = 0
    wrong: int = 0

    @property
    def recall(self) -> float:
        """The part of what was marked that was found."""
        return self.found / (self.found + self.missed)

    @property
    def precision(self) -> float:
        """The part of what was found that was marked."""
        return self.found / (self.found + self.wrong)


def read(marked: str) -> Sentence:
    """Return the sentence without its marks, and the marks as labels."""
    text, labels, last = "", set(), 0
    for match in _MARK.finditer(marked):
        text += marked[last : match.start()]
        labels.add(Label(Kind(match["kind"]), len(text), len(text) + len(match["text"])))
        text += match["text"]
        last = match.end()
    return Sentence(text + marked[last:], frozenset(labels))


@cache
def labelled() -> dict[str, list[Sentence]]:
    """Return the labelled sentences of each part."""
    parts = yaml.safe_load(LABELLED.read_text(encoding="utf-8"))
    return {part: [read(marked) for marked in sentences] for part, sentences in parts.items()}


@cache
def measured() -> dict[str, dict[Kind, Counts]]:
    """Return the counts of each part and kind. A find counts only if kind and both ends fit."""
    return {part: _counted(sentences) for part, sentences in labelled().items()}


def _counted(sentences: Iterable[Sentence]) -> dict[Kind, Counts]:
    found: Counter[Kind] = Counter()
    missed: Counter[Kind] = Counter()
    wrong: Counter[Kind] = Counter()
    for sentence in sentences:
        finds = {Label(one.kind, one.start, one.end) for one in find_identifiers(sentence.text)}
        found.update(one.kind for one in finds & sentence.labels)
        missed.update(one.kind for one in sentence.labels - finds)
        wrong.update(one.kind for one in finds - sentence.labels)
    kinds = [kind for kind in Kind if found[kind] + missed[kind] + wrong[kind]]
    return {kind: Counts(found[kind], missed[kind], wrong[kind]) for kind in kinds}


def total(counts: dict[Kind, Counts]) -> Counts:
    """Return the sum over the kinds."""
    every = list(counts.values())
    return Counts(
        sum(one.found for one in every),
        sum(one.missed for one in every),
        sum(one.wrong for one in every),
    )


def tables() -> str:
    """Return the figures as Markdown: overall, then by kind over the two parts not tuned on."""
    rows = [
        "| part | sentences | of them with nothing | details | recall | precision |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for part, sentences in labelled().items():
        one = total(measured()[part])
        empty = sum(not sentence.labels for sentence in sentences)
        rows.append(
            f"| {part} | {len(sentences)} | {empty} | {one.found + one.missed} "
            f"| {_share(one.found, one.missed)} | {_share(one.found, one.wrong)} |"
        )
    rows += ["", "| kind | " + " | ".join(f"{part}" for part in labelled()) + " |"]
    rows.append("|---|" + "--:|" * len(labelled()))
    for kind in Kind:
        if kind is not Kind.WORD:
            cells = [_cell(measured()[part].get(kind, Counts())) for part in labelled()]
            rows.append(f"| {kind.value} | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def _share(part: int, rest: int) -> str:
    return f"{100 * part / (part + rest):.0f} %"


def _cell(counts: Counts) -> str:
    if not counts.found + counts.missed + counts.wrong:
        return "–"
    wrong = f", {counts.wrong} wrong" if counts.wrong else ""
    return f"{counts.found} of {counts.found + counts.missed}{wrong}"


def write() -> None:
    """Put the figures into the documentation."""
    text = DOCUMENT.read_text(encoding="utf-8")
    before, rest = text.split(BEGINS)
    after = rest.split(ENDS)[1]
    DOCUMENT.write_text(f"{before}{BEGINS}\n\n{tables()}\n\n{ENDS}{after}", encoding="utf-8")


if __name__ == "__main__":
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings_test")
    django.setup()
    write()
