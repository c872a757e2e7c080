"""Time zones as people choose them."""

from functools import cache
from zoneinfo import available_timezones

AREAS = (
    "Africa",
    "America",
    "Antarctica",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
)


@cache
def known() -> frozenset[str]:
    """Return every name this system understands."""
    return frozenset(available_timezones())


@cache
def groups() -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """Return the zones to choose from, by area: ``("Europe", (("Europe/Paris", "Paris"), …))``."""
    grouped = []
    for area in AREAS:
        names = sorted(name for name in known() if name.startswith(f"{area}/"))
        grouped.append((area, tuple((name, _city(name)) for name in names)))
    return tuple(grouped)


def _city(name: str) -> str:
    return name.split("/", 1)[1].replace("_", " ").replace("/", ", ")
