"""The word lists, read once. Where each comes from stands in words/SOURCES.md."""

from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "words"


def _lines(name: str) -> list[str]:
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")]


@cache
def words(name: str) -> frozenset[str]:
    """Return the words of the list ``name``, as they are written there."""
    return frozenset(word for line in _lines(f"{name}.txt") for word in line.split())


@cache
def phrases(name: str) -> frozenset[str]:
    """Return the lines of the list ``name``."""
    return frozenset(_lines(f"{name}.txt"))
