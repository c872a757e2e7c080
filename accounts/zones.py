"""Time zones as people choose them."""

from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

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


def named(name: str) -> ZoneInfo | None:
    """Return the zone of that name; ``None``, for the installation's, where there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return None


@cache
def choices() -> list[tuple[str, str | list[tuple[str, str]]]]:
    """Return the zones to choose from, by area: ``("Europe", [("Europe/Paris", "Paris"), …])``."""
    grouped: list[tuple[str, str | list[tuple[str, str]]]] = [("UTC", "UTC")]
    for area in AREAS:
        names = sorted(name for name in known() if name.startswith(f"{area}/"))
        grouped.append((area, [(name, _city(name)) for name in names]))
    return grouped


def _city(name: str) -> str:
    return name.split("/", 1)[1].replace("_", " ").replace("/", ", ")
