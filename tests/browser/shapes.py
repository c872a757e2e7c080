"""The shapes in which a page is looked at."""

from typing import Literal

HEIGHT = 900
WIDE, NARROW = 1360, 390
Scheme = Literal["light", "dark"]
# Every width in every scheme.
SHAPES: tuple[tuple[int, Scheme], ...] = (
    (WIDE, "light"),
    (WIDE, "dark"),
    (NARROW, "light"),
    (NARROW, "dark"),
)
