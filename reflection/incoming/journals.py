"""Journals as JSON: Mend's own export, and Day One's."""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta, tzinfo
from typing import Any, TypeVar
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import msgspec
from django.utils.translation import gettext as _

from reflection.cases import Code, plain
from reflection.document import UNREADABLE, Alliance, Document, Happened, decode
from reflection.export.shape import FORMAT, VERSION, EarlierText
from reflection.forms import MAX_LINE, MAX_PROSE
from reflection.incoming.shape import (
    MOST_ENTRIES,
    Candidate,
    CannotRead,
    Found,
    TooMuch,
    check_text,
    dated,
    within_reach,
    without_lone_halves,
)
from reflection.tagging import LONGEST_TAG, MOST_TAGS
from reflection.typed import without_controls

# Day One puts a backslash before signs that Markdown would read, and names its pictures so.
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_PICTURE = re.compile(r"!\[[^\]\n]*\]\(dayone-moment:[^)\n]*\)")
_WRITTEN = re.compile(r"\S")
HIGHEST = 2_000_000_000
# Commas of one file: each value of a list takes memory many times its length.
MOST_VALUES = 4_000_000
LONGEST_TITLE = MAX_LINE - 20  # with room for which part of a long text it is
ItemT = TypeVar("ItemT")


class _File(msgspec.Struct):
    format: str = ""
    version: int = 0
    entries: list[msgspec.Raw] | None = None
    lists: dict[str, msgspec.Raw] = {}


class _Earlier(msgspec.Struct):
    revision: int
    saved_at: datetime
    kind: str
    document: msgspec.Raw


class _Entry(msgspec.Struct):
    id: UUID
    created_at: datetime
    updated_at: datetime
    document: msgspec.Raw
    finished_at: datetime | None = None
    follow_up_on: date | None = None
    is_capture: bool = False
    revision: int = 1
    earlier: list[_Earlier] = []


class _DayOne(msgspec.Struct, rename="camel"):
    text: str = ""
    uuid: str = ""
    creation_date: datetime | None = None
    modified_date: datetime | None = None
    time_zone: str = ""
    tags: list[str] = []


def read_json(found: Found, data: bytes, zone: tzinfo) -> None:
    """Add to ``found`` what a journal's JSON holds. Raises `CannotRead`, and `TooMuch`."""
    if data.count(b",") > MOST_VALUES:
        raise CannotRead(
            _("There is more in it than Mend takes at once. Divide it, and bring in a part.")
        )
    try:
        file = msgspec.json.decode(_plain_json(data), type=_File)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise CannotRead(_why(error)) from error
    if file.entries is None or file.format not in {"", FORMAT}:
        raise CannotRead(
            _("This JSON is no journal that Mend knows: neither its own nor Day One’s.")
        )
    if file.format == FORMAT and file.version > VERSION:
        raise CannotRead(
            _("This was exported by a newer Mend than this one. Nothing was brought in.")
        )
    found.check_room_for(file.entries)
    read = _own if file.format == FORMAT else _from_day_one
    for number, raw in enumerate(file.entries, 1):
        where = _("reflection %(number)d") % {"number": number}
        try:
            candidates = read(where, raw, zone)
        except CannotRead as error:
            found.leave_out(where, error)
        else:
            found.take(candidates)
    if watched := file.lists.get("watched"):
        found.words += _words(watched)
    if codes := file.lists.get("cases"):
        found.codes += _codes(codes)


def _plain_json(data: bytes) -> bytes:
    """Return a file's JSON without the mark of its encoding, and with whole signs only."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    if b"\\ud" not in data and b"\\uD" not in data:
        return data
    # A backslash that stands for itself begins no escape.
    return without_lone_halves(data.replace(rb"\\", rb"\u005c"))


def _why(error: Exception) -> str:
    if "truncated" in str(error):
        return _(
            "This file ends in the middle: it is not whole. Nothing was brought in. Copy or "
            "download it again."
        )
    return _("This file is not the JSON of a journal, or is damaged. Nothing was brought in.")


def _own(where: str, raw: msgspec.Raw, zone: tzinfo) -> list[Candidate]:
    """Return a reflection that Mend exported, checked as if somebody had typed it."""
    try:
        entry = msgspec.json.decode(raw, type=_Entry)
        document = _checked(decode(bytes(entry.document)), zone)
        earlier = tuple(
            EarlierText(
                one.revision,
                _aware(one.saved_at, zone),
                one.kind,  # type: ignore[arg-type]
                _checked(decode(bytes(one.document)), zone),
            )
            for one in entry.earlier
        )
    except (*UNREADABLE, RecursionError, KeyError, TypeError) as error:
        raise CannotRead(_("It is damaged, or not as Mend writes it.")) from error
    numbers = [one.revision for one in earlier]
    revision = max([entry.revision, *numbers])
    kinds = {one.kind for one in earlier} - {"earlier", "finished", "conflict"}
    if len(set(numbers)) < len(numbers) or min([revision, *numbers]) < 1 or kinds:
        raise CannotRead(_("Its earlier texts are damaged, or not as Mend writes them."))
    if revision > HIGHEST:
        raise CannotRead(_("It is damaged, or not as Mend writes it."))
    candidate = Candidate(
        where=where,
        document=document,
        id=entry.id,
        created_at=_aware(entry.created_at, zone),
        updated_at=_aware(entry.updated_at, zone),
        finished_at=_aware(entry.finished_at, zone) if entry.finished_at else None,
        follow_up_on=entry.follow_up_on,
        is_capture=entry.is_capture and entry.finished_at is None,
        revision=revision,
        earlier=earlier,
    )
    return [candidate]


def _from_day_one(where: str, raw: msgspec.Raw, zone: tzinfo) -> list[Candidate]:
    """Return an entry of Day One's: its text as what took place, on its day over there."""
    try:
        entry = msgspec.json.decode(raw, type=_DayOne)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise CannotRead(_("It is damaged, or not as Day One writes it.")) from error
    if entry.creation_date is None:
        raise CannotRead(_("It has no date."))
    check_text(entry.text)
    text = _ESCAPED.sub(r"\1", _PICTURE.sub(_("[picture]"), entry.text))
    if not text.strip():
        raise CannotRead(_("There is no text in it."))
    begun = _aware(entry.creation_date, zone)
    document = text_document(text, on=_day(entry.creation_date, entry.time_zone, zone))
    return in_parts(
        dated(
            Candidate(
                where=where,
                document=with_tags(document, entry.tags),
                id=_id(entry.uuid),
                created_at=begun,
                updated_at=_aware(entry.modified_date, zone) if entry.modified_date else begun,
                is_foreign=True,
            )
        )
    )


def in_parts(candidate: Candidate) -> list[Candidate]:
    """Return it alone or, where its text is longer than a box holds, as several in a row.

    They are numbered in their titles, and stand one after another at its time. Their ids follow
    from its own: brought in again, they are known.
    """
    happened = candidate.document.happened
    texts = _parted(happened.took_place)
    if len(texts) == 1:
        return [candidate]
    title, parts = candidate.title, []
    for number, text in enumerate(texts):
        said = {"title": title, "number": number + 1, "of": len(texts)}
        document = msgspec.structs.replace(
            candidate.document,
            title=_("%(title)s (%(number)d of %(of)d)") % said,
            happened=msgspec.structs.replace(happened, took_place=text),
        )
        own = uuid5(candidate.id, str(number)) if candidate.id and number else candidate.id
        begun = candidate.created_at + timedelta(microseconds=number)
        parts.append(replace(candidate, document=document, id=own, created_at=begun))
    return parts


def _parted(text: str) -> list[str]:
    """Return ``text`` in parts that a box holds: cut between paragraphs, lines or words, if any."""
    parts, begin = [], 0
    while len(text) - begin > MAX_PROSE:
        middle, end = begin + MAX_PROSE // 2, begin + MAX_PROSE
        cuts = (text.rfind(gap, middle, end) for gap in ("\n\n", "\n", " "))
        cut = next((cut for cut in cuts if cut > 0), end)
        parts.append(text[begin:cut].rstrip())
        written = _WRITTEN.search(text, cut)
        begin = written.start() if written else len(text)
    return [*parts, text[begin:]]


def text_document(text: str, *, on: date | None, title: str = "") -> Document:
    """Return a reflection of a bare text: its first heading is the title, if it has no other."""
    text = without_controls(text.replace("\r\n", "\n")).strip("\n")
    first, _end, rest = text.partition("\n")
    if first.startswith("# ") and title in {"", first[2:].strip()}:
        title, text = first[2:].strip(), rest.strip("\n")
    title = " ".join(title.split())
    if len(title) > LONGEST_TITLE:
        title, text = "", f"{title}\n\n{text}"
    return Document(title=title, happened=Happened(took_place=text, occurred_on=on))


def with_tags(document: Document, tags: Iterable[str]) -> Document:
    """Return the document with ``tags``, each once and of one line."""
    plain = dict.fromkeys(" ".join(tag.split())[:LONGEST_TAG].strip() for tag in tags)
    return msgspec.structs.replace(document, tags=tuple(tag for tag in plain if tag)[:MOST_TAGS])


def check_lengths(document: Document) -> None:
    """Raise `CannotRead` where a text is longer than a box holds: it could not be saved again."""

    def texts(value: Any) -> Any:
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            for one in value.values():
                yield from texts(one)
        elif isinstance(value, list | tuple):
            for one in value:
                yield from texts(one)

    if any(len(text) > MAX_PROSE for text in texts(msgspec.to_builtins(document))):
        raise CannotRead(
            _("A text in it is longer than the %(most)d characters that a box holds.")
            % {"most": MAX_PROSE}
        )


def _checked(document: Document, zone: tzinfo) -> Document:
    """Return a document from outside as one that could have been written here."""
    check_lengths(document)
    strain = document.happened.strain
    if strain is not None and not 0 <= strain <= 5:
        raise CannotRead(_("A number in it is out of its range."))
    looks = document.looking_back
    for alliance in (
        document.happened.before,
        document.happened.after,
        *(look.alliance for look in looks),
    ):
        _check_items(alliance)
    timed = tuple(
        msgspec.structs.replace(look, noted_at=_aware(look.noted_at, zone)) for look in looks
    )
    return with_tags(
        msgspec.structs.replace(document, looking_back=timed, changed={}), document.tags
    )


def _check_items(alliance: Alliance) -> None:
    views = (alliance.mine, alliance.guess, alliance.said)
    numbers = [number for view in views for number in msgspec.structs.astuple(view)]
    if any(number is not None and not 0 <= number <= 10 for number in numbers):
        raise CannotRead(_("A number in it is out of its range."))


def _aware(moment: datetime, zone: tzinfo) -> datetime:
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return within_reach(moment)


def _day(moment: datetime, name: str, zone: tzinfo) -> date:
    """Return the day it was where it was written: time zones are kept."""
    try:
        there = ZoneInfo(name) if name else zone
    except (OSError, ValueError):  # no such zone here
        there = zone
    return _aware(moment, there).astimezone(there).date()


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _words(raw: msgspec.Raw) -> list[str]:
    return [word for word in _items(raw, str) if len(word) <= MAX_LINE]


def _codes(raw: msgspec.Raw) -> list[str]:
    """Return the case codes of a list, those put aside for later too."""
    words = [plain(code.word) for code in _items(raw, Code)]
    return [word for word in words if word and len(word) <= MAX_LINE]


def _items(raw: msgspec.Raw, kind: type[ItemT]) -> Iterator[ItemT]:
    """Give the items of a list that are of that kind: one that is not keeps out no other."""
    try:
        items = msgspec.json.decode(raw, type=list[Any])
    except msgspec.MsgspecError:
        return
    if len(items) > MOST_ENTRIES:
        raise TooMuch(
            _("One of its lists has more than %(most)d words. Nothing was brought in.")
            % {"most": MOST_ENTRIES}
        )
    for item in items:
        with suppress(msgspec.ValidationError):
            yield msgspec.convert(item, type=kind)
