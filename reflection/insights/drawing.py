"""Drawings of few shapes, in whole units of a picture 360 wide, coloured by classes alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

WIDTH = 360
LINE = 17  # from one line of text to the next
BAR = 12


@dataclass(frozen=True)
class Shape:
    """A rectangle, circle, line or text. What ``a`` to ``d`` are depends on which."""

    kind: str
    look: str
    a: int
    b: int
    c: int = 0
    d: int = 0
    text: str = ""


@dataclass
class Drawing:
    """A picture, drawn from the top down; ``height`` grows with what is put into it."""

    height: int = 0
    shapes: list[Shape] = field(default_factory=list)

    def rect(self, look: str, x: int, y: int, width: int, height: int) -> None:
        self.shapes.append(Shape("rect", look, x, y, width, height))

    def circle(self, look: str, x: int, y: int, radius: int) -> None:
        self.shapes.append(Shape("circle", look, x, y, radius))

    def line(self, look: str, x1: int, y1: int, x2: int, y2: int) -> None:
        self.shapes.append(Shape("line", look, x1, y1, x2, y2))

    def text(self, look: str, x: int, y: int, text: str) -> None:
        """Put ``text`` with its baseline at ``y``; the look says from where it runs."""
        self.shapes.append(Shape("text", look, x, y, text=text))

    def heading(self, text: str) -> None:
        """Put a line of text under what is there."""
        self.height += LINE + 3
        self.text("label", 0, self.height, text)

    def bar(self, parts: Sequence[tuple[str, int]], *, most: int, said: str) -> None:
        """Put a bar under what is there, of ``parts`` (look, number), and say it in words."""
        top, x = self.height + 5, 0
        for look, number in parts:
            width = round(number * WIDTH / most) if most else 0
            if number:
                self.rect(look, x, top, max(width - 1, 3), BAR)
            x += width
        self.height = top + BAR + LINE
        self.text("said", 0, self.height - 1, said)
        self.height += 6


@dataclass(frozen=True)
class EntryLink:
    """A cell that leads to an entry."""

    title: str
    pk: UUID


@dataclass(frozen=True)
class Table:
    """The same in figures. A cell may be an `EntryLink`."""

    heads: Sequence[str]
    rows: Sequence[Sequence[object]]


@dataclass(frozen=True)
class Key:
    """What a colour of a drawing stands for."""

    look: str
    name: str


@dataclass(frozen=True)
class Chart:
    """One insight: a title, a sentence, the drawing and the table, or that there is too little.

    ``number`` is how many entries have what it is made of.
    """

    slug: str
    title: str
    number: int
    sentence: str = ""
    drawing: Drawing | None = None
    table: Table | None = None
    keys: Sequence[Key] = ()
    note: str = ""

    @property
    def has_enough(self) -> bool:
        return self.drawing is not None


def spread(values: Iterable[int], columns: int) -> list[int]:
    """Return the middles of ``columns`` columns side by side, for each of ``values``."""
    return [round((value + 0.5) * WIDTH / columns) for value in values]
