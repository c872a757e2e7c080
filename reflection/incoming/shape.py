"""What was read from a file that somebody brings, whatever kind of file it is."""

import re
from collections.abc import Sized
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from reflection.document import Document
from reflection.export.shape import EarlierText
from reflection.reading import opening_of, title_of

MEGABYTE = 1024 * 1024
# Said on the page before anything is sent.
MOST_UPLOADED = 48 * MEGABYTE
MOST_UNPACKED = 64 * MEGABYTE
# Longer than any novel: nobody wrote one reflection of it.
MOST_TEXT = 4 * MEGABYTE
MOST_FILES = 5_000
MOST_ENTRIES = 20_000
# Every clock on earth can show a moment between these; the calendar's own ends, not every one can.
EARLIEST, LATEST = datetime(1, 1, 3, tzinfo=UTC), datetime(9999, 12, 29, tzinfo=UTC)

# Of a journal begun longer ago than this the writer is not alive.
OLDEST = timedelta(days=366 * 100)


MOST_HALVES = 100_000  # in one file: with more, it is damaged
# Half of a sign beyond the first 65,536, as JSON and YAML write it, that lacks its other half.
_LONE_HALF = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    rb"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)


class CannotRead(Exception):
    """A file, or one thing in it, that cannot be brought in. ``why`` says it to the person."""

    def __init__(self, why: str | Promise) -> None:
        super().__init__()
        self.why = why


class TooMuch(CannotRead):
    """More than Mend takes at once: nothing of what was brought comes in."""


@dataclass(frozen=True)
class Candidate:
    """One reflection of a file. ``where`` says which; ``id`` is the one it had, if it had one.

    ``is_foreign``: another program wrote it, which does not know of finishing.
    ``is_redated`` says that its own time could not be meant, see `dated`.
    """

    where: str
    document: Document
    created_at: datetime
    updated_at: datetime
    id: UUID | None = None
    finished_at: datetime | None = None
    follow_up_on: date | None = None
    is_capture: bool = False
    revision: int = 1
    earlier: tuple[EarlierText, ...] = ()
    is_foreign: bool = False
    is_redated: bool = False

    def as_finished(self) -> "Candidate":
        """Return a foreign one as finished when it was last written; any other as it is."""
        return replace(self, finished_at=self.updated_at) if self.is_foreign else self

    @property
    def title(self) -> str:
        """What it would be called in the journal."""
        return title_of(self.document)

    @property
    def opening(self) -> str:
        """Its first words."""
        return opening_of(self.document)

    @property
    def day(self) -> date:
        """The day it would stand at."""
        return self.document.happened.occurred_on or localtime(self.created_at).date()


@dataclass(frozen=True)
class Unread:
    """Something in a file that cannot be brought in, and why."""

    where: str
    why: str | Promise


@dataclass
class Found:
    """Everything that was read. ``words`` are words to watch, ``codes`` a list of case codes.

    ``passed_over`` counts other files; ``fronts`` is how long the front matter of all is together.
    """

    candidates: list[Candidate] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    passed_over: int = 0
    fronts: int = 0

    def take(self, candidates: list[Candidate]) -> None:
        """Add ``candidates``. Raises `TooMuch` beyond what Mend takes at once."""
        self.check_room_for(candidates)
        self.candidates += candidates

    def leave_out(self, where: str, error: CannotRead) -> None:
        """Note that something cannot be brought in. Raises `TooMuch` as `take` does."""
        self.check_room_for((error,))
        self.unread.append(Unread(where, error.why))

    def check_room_for(self, more: Sized) -> None:
        """Raise `TooMuch` where ``more`` would be beyond what Mend takes at once."""
        if len(self.candidates) + len(self.unread) + len(more) > MOST_ENTRIES:
            raise TooMuch(
                _("There are more than %(most)d reflections in it. Divide it, and bring in a part.")
                % {"most": MOST_ENTRIES}
            )

    @property
    def has_lists(self) -> bool:
        """Tell whether one of the lists brings something, be there reflections or not."""
        return bool(self.words or self.codes)


def dated(candidate: Candidate) -> Candidate:
    """Return ``candidate`` as begun now where the time in its file cannot be meant.

    It would stand at one end of the journal for ever: the day one begins is changed nowhere. The
    day of the therapy session stays what the file says. What Mend exported comes as it was.
    """
    now = timezone.now()
    times = (candidate.created_at, candidate.updated_at)
    if all(timedelta(days=-1) <= now - moment <= OLDEST for moment in times):
        return candidate
    return replace(candidate, created_at=now, updated_at=now, is_redated=True)


def check_text(text: Sized) -> None:
    """Raise `CannotRead` where one text is longer than anybody wrote at one sitting."""
    if len(text) > MOST_TEXT:
        raise CannotRead(
            _("It is longer than %(most)d MB: too long for one reflection. Divide it.")
            % {"most": MOST_TEXT // MEGABYTE}
        )


def without_lone_halves(escaped: bytes) -> bytes:
    """Return JSON or YAML with the mark for what cannot be shown where half a sign was escaped.

    No text can hold half a sign, and what stands around it is worth keeping.
    """
    return _LONE_HALF.sub(rb"\\ufffd", escaped, count=MOST_HALVES)


def within_reach(moment: datetime) -> datetime:
    """Return ``moment``, or the nearest that every time zone can show."""
    return min(max(moment, EARLIEST), LATEST)
