"""What was read from a file that somebody brings, whatever kind of file it is."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.timezone import localtime

from reflection.document import Document
from reflection.export.shape import EarlierText
from reflection.reading import opening_of, title_of

MEGABYTE = 1024 * 1024
# Said on the page before anything is sent.
MOST_UPLOADED = 48 * MEGABYTE
MOST_UNPACKED = 96 * MEGABYTE
MOST_FILES = 5_000
MOST_ENTRIES = 20_000
# Every clock on earth can show a moment between these; the calendar's own ends, not every one can.
EARLIEST, LATEST = datetime(1, 1, 3, tzinfo=UTC), datetime(9999, 12, 29, tzinfo=UTC)

# Of a journal begun longer ago than this the writer is not alive.
OLDEST = timedelta(days=366 * 100)


class CannotRead(Exception):
    """A file, or one thing in it, that cannot be brought in. ``why`` says it to the person."""

    def __init__(self, why: str | Promise) -> None:
        super().__init__()
        self.why = why


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

    ``passed_over`` counts other files.
    """

    candidates: list[Candidate] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    passed_over: int = 0

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


def within_reach(moment: datetime) -> datetime:
    """Return ``moment``, or the nearest that every time zone can show."""
    return min(max(moment, EARLIEST), LATEST)
