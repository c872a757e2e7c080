"""The shapes in which a page is looked at."""

from typing import Literal

import pytest

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
# Both widths and both schemes, in two runs: for a test that a page is brought to by many presses.
LOOKS = pytest.mark.parametrize(("width", "scheme"), [(WIDE, "light"), (NARROW, "dark")])
