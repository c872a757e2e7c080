"""Markdown and plain text files, one reflection each."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, tzinfo
from itertools import accumulate
from typing import Any
from uuid import UUID

import msgspec
import yaml
from django.utils import timezone
from django.utils.translation import gettext as _

from reflection.cases import plain
from reflection.forms import MAX_LINE
from reflection.incoming.journals import in_parts, text_document, with_tags
from reflection.incoming.shape import (
    Candidate,
    CannotRead,
    Found,
    TooMuch,
    check_text,
    dated,
    within_reach,
    without_lone_halves,
)

# Front matter is a few lines about a text. What is larger, or goes deeper, comes in as it stands.
LONGEST_FRONT = 4_000
MOST_FRONT_EVENTS = 200
DEEPEST_FRONT = 8
# Of all files together: reading it takes a hundred times as long as reading their text.
MOST_FRONTS = 2_000_000
_FRONT = re.compile(rf"---[ \t]*\n(.{{0,{LONGEST_FRONT}}}?)\n---[ \t]*(?:\n|\Z)", re.DOTALL)
_BRACKET = re.compile(r"[\[\]{}]")
_DAY_IN_NAME = re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)")
_OWN_NAME = re.compile(r"\A\d{4}-\d{2}-\d{2}[ _-]*|[ _]*\([0-9a-f]{8}\)\Z")
_DATES = ("created", "created_at", "date", "creationdate")
# The one in C, which every common build has, is ten times as fast.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class NoFront(Exception):
    """Larger or deeper than front matter is, or such that it could unfold without end."""


# What reading YAML raises: its own errors, and those of a value that is not what its tag says.
_NO_FRONT = (
    NoFront,
    yaml.YAMLError,
    ValueError,
    LookupError,
    AttributeError,
    TypeError,
    ArithmeticError,
    RecursionError,
)


def read_markdown(found: Found, name: str, data: bytes, zone: tzinfo) -> None:
    """Add to ``found`` one file's reflection, a very long one in parts.

    Its text is what took place. Its day is the one in the front matter, or in the file's name; else
    today. Where Mend wrote the file, the front matter says more of it. Raises `CannotRead`, and
    `TooMuch`.
    """
    check_text(data)
    front, text = _parted(found, _decoded(data))
    if not text.strip():
        raise CannotRead(_("There is no text in it."))
    stated = next((front[key] for key in _DATES if front.get(key)), None)
    begun, day = _stated(stated, zone) or _named_day(name, zone) or (None, None)
    title = front.get("title")
    if not isinstance(title, str) or not title.strip():
        headed = text.lstrip().startswith("# ")
        title = "" if headed else _OWN_NAME.sub("", name.rpartition(".")[0])
    tags = front.get("tags")
    tags = map(_said, tags) if isinstance(tags, list) else _said(tags).split(",")
    moment = begun or timezone.now()
    document = text_document(text, on=day, title=title)
    candidate = Candidate(
        where=name,
        document=with_tags(document, tags),
        id=_id(front.get("id")),
        created_at=moment,
        updated_at=moment,
        is_foreign=True,
    )
    own = "mend" in front
    found.take(in_parts(_as_mend_wrote(candidate, front, zone) if own else dated(candidate)))


def _as_mend_wrote(candidate: Candidate, front: dict[str, Any], zone: tzinfo) -> Candidate:
    """Return it with what Mend says in a file's front matter, as far as that makes sense."""
    code, document = front.get("case_code"), candidate.document
    happened = msgspec.structs.replace(
        document.happened,
        case_code=plain(code) if isinstance(code, str) and len(code) <= MAX_LINE else "",
        occurred_on=_stated_day(front.get("therapy_session")),
    )
    finished = _stated(front.get("finished"), zone)
    return replace(
        candidate,
        document=msgspec.structs.replace(document, happened=happened),
        finished_at=finished[0] if finished else None,
        follow_up_on=_stated_day(front.get("look_back_on")),
        is_foreign=False,
    )


def _stated_day(stated: Any) -> date | None:
    return stated if isinstance(stated, date) and not isinstance(stated, datetime) else None


def _decoded(data: bytes) -> str:
    marked = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    try:
        return data.decode("utf-16" if marked else "utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise CannotRead(
            _("It is no text in UTF-8. Save it as UTF-8, and bring it again.")
        ) from error


def _parted(found: Found, text: str) -> tuple[dict[str, Any], str]:
    """Return a file's front matter, by names in small letters, and the text after it."""
    match = _FRONT.match(text)
    if match is None:
        return {}, text
    found.fronts += len(match[1])
    if found.fronts > MOST_FRONTS:
        raise TooMuch(
            _("There are too many lines about the texts in it. Divide it, and bring in a part.")
        )
    try:
        front = _loaded(without_lone_halves(match[1].encode()).decode())
    except _NO_FRONT:
        return {}, text  # Not front matter after all: it comes in as it stands.
    if not isinstance(front, dict):
        return {}, text
    named = {key.lower(): value for key, value in front.items() if isinstance(key, str)}
    return named, text[match.end() :]


def _loaded(front: str) -> Any:
    """Return what YAML says. Raises one of ``_NO_FRONT``."""
    _check_depth(1 if mark[0] in "[{" else -1 for mark in _BRACKET.finditer(front))
    _check_depth(_steps(front))
    return yaml.load(front, _Loader)  # noqa: S506 - a safe loader


def _check_depth(steps: Iterator[int]) -> None:
    """Raise `NoFront` where ``steps`` in (1) and out (-1) lead too deep."""
    if any(depth > DEEPEST_FRONT for depth in accumulate(steps)):
        raise NoFront


def _steps(front: str) -> Iterator[int]:
    """Give the steps into a list of YAML and out of it. Raises `NoFront` for too many.

    So too for a value that points at another, and thereby could unfold without end.
    """
    for number, event in enumerate(yaml.parse(front, Loader=_Loader)):
        if number > MOST_FRONT_EVENTS or isinstance(event, yaml.AliasEvent):
            raise NoFront
        if isinstance(event, yaml.ScalarEvent):
            event.value.encode()  # Half a sign: no text can hold it.
        is_in = isinstance(event, yaml.CollectionStartEvent)
        yield is_in - isinstance(event, yaml.CollectionEndEvent)


def _stated(stated: Any, zone: tzinfo) -> tuple[datetime, date] | None:
    """Return a stated moment, and its day as the calendar stood where it was written."""
    if isinstance(stated, str):
        try:
            stated = datetime.fromisoformat(stated.strip())
        except ValueError:
            return None
    if isinstance(stated, datetime):
        aware = stated if stated.tzinfo else stated.replace(tzinfo=zone)
        return within_reach(aware), stated.date()
    return (_noon(stated, zone), stated) if isinstance(stated, date) else None


def _named_day(name: str, zone: tzinfo) -> tuple[datetime, date] | None:
    found = _DAY_IN_NAME.search(name)
    try:
        day = date(*map(int, found.groups())) if found else None
    except ValueError:
        return None
    return (_noon(day, zone), day) if day else None


def _noon(day: date, zone: tzinfo) -> datetime:
    """Return the middle of a day of which no time is known: the same day by most clocks."""
    return within_reach(datetime.combine(day, time(12), tzinfo=zone)).astimezone(UTC)


def _said(stated: Any) -> str:
    """Return a single value in words; nothing of a list, or of a number too long to be said."""
    try:
        return str(stated) if isinstance(stated, str | int | float | date) else ""
    except ValueError:
        return ""


def _id(stated: Any) -> UUID | None:
    try:
        return UUID(_said(stated))
    except ValueError:
        return None
