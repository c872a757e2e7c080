"""The desk: what was handed to somebody, or handed out by them, as a queue.

However many copies there are, a page costs three queries: its rows with the people, how many wait
in each filter (counted no further than `MOST`), and, where there are any, the other versions of
what the page shows. One of closed copies costs a fourth: those whose end no task has noticed yet.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import TextChoices
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from reflection.listing import Position
from reflection.opening import read_uuid
from supervision.frozen import Reader
from supervision.listing import AgreementRow, Row, open_rows
from supervision.models import Agreement, Share
from supervision.queries.share import ShareQuerySet
from supervision.queries.tagged import counts_of
from supervision.rules import Role
from vault.prepared import Prepared

# A queue is read from its beginning: a page is what one can take in.
PAGE = 12
# What comes to its end within this time is said to be ending.
ENDING = timedelta(days=7)
# Nobody needs to know whether 340 or 350 wait.
MOST = 100


class Side(StrEnum):
    """Which way a copy went: to this person, from them, or past them to read along in a group."""

    RECEIVED = "received"
    GIVEN = "given"
    ALONG = "along"


class State(TextChoices):
    """What a queue can be narrowed to."""

    OPEN = "", _("All open")
    NEW = "new", _("New")
    MINE = "mine", _("Waiting for me")
    THEIRS = "theirs", _("Waiting for them")
    ENDING = "ending", _("Ending within 7 days")
    CLOSED = "closed", _("Closed")


NOTHING: Mapping[tuple[Side, State], str | Promise] = {
    (Side.RECEIVED, State.OPEN): _(
        "What supervisees hand to you appears here, until its day or until they take it back."
    ),
    (Side.RECEIVED, State.NEW): _(
        "Nothing new. You have opened everything that was handed to you."
    ),
    (Side.RECEIVED, State.MINE): _("Nobody waits for you."),
    (Side.RECEIVED, State.THEIRS): _("You wait for nobody."),
    (Side.RECEIVED, State.ENDING): _("Nothing ends within the next seven days."),
    (Side.RECEIVED, State.CLOSED): _(
        "Nothing is closed. What is taken back or runs out stays here with its receipt, unreadable."
    ),
    (Side.ALONG, State.OPEN): _(
        "What members of your groups let you read along appears here, for as long as they do."
    ),
    (Side.ALONG, State.NEW): _("Nothing new. You have opened everything you may read along."),
    (Side.ALONG, State.ENDING): _("Nothing ends within the next seven days."),
    (Side.ALONG, State.CLOSED): _(
        "Nothing is closed. What is taken back or runs out stays here, unreadable."
    ),
    (Side.GIVEN, State.OPEN): _(
        "Nothing of yours can be read by anybody else. To share, open a reflection in your journal "
        "and choose Share passages. You see exactly what your supervisor would see first."
    ),
    (Side.GIVEN, State.NEW): _("Everything you handed out has been opened."),
    (Side.GIVEN, State.MINE): _("Nobody waits for you."),
    (Side.GIVEN, State.THEIRS): _("You wait for nobody."),
    (Side.GIVEN, State.ENDING): _("Nothing ends within the next seven days."),
    (Side.GIVEN, State.CLOSED): _(
        "Nothing is closed. What you take back or what runs out stays here, for you to read."
    ),
}
_UNOPENED = _("Not opened yet")


@dataclass(frozen=True)
class Wanted:
    """Which page of which queue: read from an address, and written into one."""

    side: Side
    state: State = State.OPEN
    person: UUID | None = None
    after: Position | None = None

    @classmethod
    def read(cls, given: Mapping[str, str], *, default: Side) -> "Wanted":
        """Return what an address asks for; what makes no sense in it is left out."""
        side = Side(given["side"]) if given.get("side") in set(Side) else default
        state = given.get("state", "")
        return cls(
            side=side,
            state=State(state) if state in _offered(side) else State.OPEN,
            person=read_uuid(given.get("person", "")),
            after=Position.read(given.get("after", "")),
        )

    def address(self, **changed: Any) -> str:
        """Return the query of this page, with something ``changed``: its first page, so far."""
        wanted = {"side": self.side, "state": self.state, "person": self.person} | changed
        return "?" + urlencode({name: value for name, value in wanted.items() if value})


@dataclass(frozen=True)
class Choice:
    """A link to another queue: its words, how many are in it ("" unsaid), whether it is shown."""

    label: str | Promise
    address: str
    number: str
    is_current: bool


@dataclass(frozen=True)
class Desk:
    """One page of a queue, and the ways to the others."""

    wanted: Wanted
    sides: list[Choice]
    states: list[Choice]
    people: list[User]
    rows: list["DeskRow"]
    following: str

    @property
    def is_received(self) -> bool:
        return self.wanted.side == Side.RECEIVED

    @property
    def is_along(self) -> bool:
        return self.wanted.side == Side.ALONG

    @property
    def is_first(self) -> bool:
        """Whether the page begins where the queue does."""
        return self.wanted.after is None

    @property
    def is_narrowed(self) -> bool:
        """Whether only a part of what is open is asked for."""
        return self.wanted.state != State.OPEN or self.wanted.person is not None

    @property
    def nothing(self) -> str | Promise:
        """What to say where there is no row."""
        return NOTHING[self.wanted.side, self.wanted.state]

    @property
    def first_page(self) -> str:
        return self.wanted.address()

    @property
    def everybody(self) -> str:
        """The same queue, of all people."""
        return self.wanted.address(person=None)


class DeskRow(NamedTuple):
    """A row and the other versions that are folded under it, the newest first."""

    row: Row
    others: list[Share]


def lay_out(
    user: User, reader: Reader | None, agreements: Iterable[AgreementRow], given: Mapping[str, str]
) -> Desk:
    """Return the page of ``user``'s desk that an address asks for; ``reader`` None while locked."""
    people: dict[Side, dict[UUID, User]] = {side: {} for side in Side}
    known: dict[UUID, Agreement] = {}
    is_in_group = False
    for row in agreements:
        known[row.agreement.pk] = row.agreement
        is_in_group |= row.may_be_in_group
        if row.role in (Role.SUPERVISOR, Role.SUPERVISEE) and row.active_since:
            side = Side.RECEIVED if row.role == Role.SUPERVISOR else Side.GIVEN
            people[side][row.other.pk] = row.other
    default = Side.RECEIVED if people[Side.RECEIVED] else Side.GIVEN
    wanted = Wanted.read(given, default=default)
    shares, following = _page(user, wanted)
    for share in shares if wanted.side != Side.ALONG else ():
        share.agreement = known[share.agreement_id]
        share.supervisee = share.agreement.supervisee
        share.supervisor = share.agreement.supervisor
    sides = [side for side in (Side.RECEIVED, Side.GIVEN) if people[side]]
    sides += [Side.ALONG] if is_in_group or wanted.side == Side.ALONG else []
    numbers = _numbers(user, wanted, with_along=Side.ALONG in sides)
    return Desk(
        wanted=wanted,
        sides=_sides(wanted, sides, numbers) if len(sides) > 1 else [],
        states=_states(wanted, numbers),
        people=sorted(people[wanted.side].values(), key=User.get_full_name),
        rows=_rows(user, shares, reader),
        following=wanted.address(after=following) if following else "",
    )


# --- Parts ---------------------------------------------------------------------------------------


def _offered(side: Side) -> list[State]:
    """Return what a side's queue can be narrowed to. Whose turn it is, is between the two."""
    of_the_two = (State.MINE, State.THEIRS) if side == Side.ALONG else ()
    return [state for state in State if state not in of_the_two]


def _handed(user: User, side: Side, person: UUID | None) -> ShareQuerySet:
    every = Share.objects.given_by(user) if side == Side.GIVEN else Share.objects.given_to(user)
    return every.with_person(person) if person else every


def _queue(user: User, wanted: Wanted, now: datetime | None = None) -> ShareQuerySet:
    """Return all of one queue in its order, as it is ``now``.

    A supervisor is not shown what is hidden with its deleted entry: to them it is not there.
    """
    if wanted.side == Side.ALONG:
        return _queue_along(user, wanted, now)
    handed = _handed(user, wanted.side, wanted.person)
    mine, theirs = Share.Turn.SUPERVISEE, Share.Turn.SUPERVISOR
    if wanted.side == Side.RECEIVED:
        mine, theirs = theirs, mine
    turns = {State.NEW: Share.Turn.NEW, State.MINE: mine, State.THEIRS: theirs}
    if wanted.state == State.CLOSED:
        return handed.closed().newest_first()
    if wanted.state == State.ENDING:
        return handed.live_in_order(now).ending_within(ENDING, now)
    if wanted.state in turns:
        return handed.live_in_order(now).at_turn(turns[wanted.state]).newest_first()
    # Whoever handed it out sees what is hidden with its deleted reflection too.
    handed = handed.live_in_order(now) if wanted.side == Side.RECEIVED else handed.running(now)
    return handed.in_queue().newest_first()


def _queue_along(user: User, wanted: Wanted, now: datetime | None) -> ShareQuerySet:
    """Return the same of what ``user`` reads along: each version by itself, as it was given.

    Which version stands for others is the supervisor's business: a member knows those they read.
    """
    if wanted.state == State.CLOSED:
        found = Share.objects.once_read_along_by(user, now).newest_first()
    elif wanted.state == State.NEW:
        found = Share.objects.read_along_by(user, now).unopened_along_by(user)
    elif wanted.state == State.ENDING:
        found = Share.objects.read_along_by(user, now).running_out(ENDING, now)
    else:
        found = Share.objects.read_along_by(user, now).newest_first()
    return found.with_person(wanted.person) if wanted.person else found


def paged(user: User, wanted: Wanted, now: datetime | None = None) -> ShareQuerySet:
    """Return what follows the place in the queue that ``wanted`` names, in order."""
    queue = _queue(user, wanted, now)
    # Of what is read along nobody else knows the people, and how they read it comes with it.
    is_along = wanted.side == Side.ALONG
    queue = queue.with_people().with_reading_of(user) if is_along else queue.for_desk()
    if (after := wanted.after) is None:
        return queue
    go_on = queue.ending_after if wanted.state == State.ENDING else queue.older_than
    return go_on(after.created_at, after.pk)


def _page(user: User, wanted: Wanted) -> tuple[list[Share], Position | None]:
    """Return the shares of a page, and where the next begins (None at the end)."""
    if wanted.side == Side.ALONG:
        found = list(paged(user, wanted)[: PAGE + 1])
    else:
        shape = (wanted.side, wanted.state, wanted.person is not None, wanted.after is not None)
        found = _ready_page(*shape, PAGE + 1)(**_values(user, wanted))
        if wanted.state == State.CLOSED:
            found = sorted([*found, *_run_out(user, wanted)], key=_newest, reverse=True)[: PAGE + 1]
    if len(found) <= PAGE:
        return found, None
    last = found[PAGE - 1]
    is_ending = wanted.state == State.ENDING
    return found[:PAGE], Position(last.expires_at if is_ending else last.shared_at, last.pk)


def _run_out(user: User, wanted: Wanted) -> ShareQuerySet:
    """Return what belongs on a page of closed ones though no task has closed it yet: few, if any.

    Asked apart, because what is closed is read by an index of its own.
    """
    queue = _handed(user, wanted.side, wanted.person).run_out().newest_first().for_desk()
    after = wanted.after
    return (queue.older_than(after.created_at, after.pk) if after else queue)[: PAGE + 1]


def _newest(share: Share) -> tuple[datetime, UUID]:
    return share.shared_at, share.pk


@cache
def _ready_page(
    side: Side, state: State, narrowed: bool, goes_on: bool, number: int
) -> "Prepared[Share]":
    """Return what `_page` asks for a page of this kind, compiled once."""

    def build(user: UUID, now: datetime, person: UUID, at: datetime, pk: UUID, **_: Any) -> Any:
        after = Position(at, pk) if goes_on else None
        wanted = Wanted(side, state, person if narrowed else None, after)
        return paged(User(pk=user), wanted, now)[:number]

    return Prepared(build, **_EXAMPLES)


@cache
def _ready_numbers(side: Side, narrowed: bool, with_along: bool) -> "Prepared[tuple[str, int]]":
    """Return what `_numbers` asks, compiled once."""

    def build(user: UUID, now: datetime, person: UUID, **_: Any) -> Any:
        shown = person if narrowed else None
        queues = (
            (f"{one}-{state}", _queue(User(pk=user), Wanted(one, state, shown), now))
            for one, state in _counted(side, with_along=with_along)
        )
        return counts_of(Share.objects.all(), MOST, *queues)

    return Prepared(build, **_EXAMPLES)


_NOW = datetime(2001, 2, 3, tzinfo=UTC)
_EXAMPLES = {
    "user": UUID(int=1),
    "person": UUID(int=2),
    "now": _NOW,
    "until": _NOW + ENDING,
    "at": datetime(2001, 3, 4, tzinfo=UTC),
    "pk": UUID(int=3),
}


def _values(user: User, wanted: Wanted) -> dict[str, Any]:
    """Return the true values in the places of `_EXAMPLES`."""
    now, after = timezone.now(), wanted.after
    return {
        "user": user.pk,
        "person": wanted.person,
        "now": now,
        "until": now + ENDING,
        "at": after and after.created_at,
        "pk": after and after.pk,
    }


def _rows(user: User, shares: list[Share], reader: Reader | None) -> list[DeskRow]:
    """Return a row for each share, with the versions under it that its reader may know."""
    others: dict[tuple[UUID, UUID], list[Share]] = {}
    again = [share for share in shares if share.version > 1 and _is_one_of_two(share, user)]
    for one in Share.objects.folded_beside(again) if again else ():
        if one.supervisee_id == user.pk or not one.is_forgotten:
            others.setdefault(one.family, []).append(one)
    return [
        DeskRow(row, others.get(row.share.family, [])) for row in open_rows(shares, user, reader)
    ]


def _is_one_of_two(share: Share, user: User) -> bool:
    return user.pk in (share.supervisee_id, share.supervisor_id)


def _numbers(user: User, wanted: Wanted, *, with_along: bool) -> Counter[tuple[Side, State]]:
    """Return how many are in each queue a number is said of, counted up to `MOST`; one query."""
    ready = _ready_numbers(wanted.side, wanted.person is not None, with_along)
    found = Counter(dict(ready(**_values(user, wanted))))
    counted = _counted(wanted.side, with_along=with_along)
    return Counter({(side, state): found[f"{side}-{state}"] for side, state in counted})


def _counted(shown: Side, *, with_along: bool) -> list[tuple[Side, State]]:
    """Return the queues that a number is said of on a page of ``shown``."""
    unsaid = (State.OPEN, State.CLOSED)
    said: list[tuple[Side, State]] = [
        (shown, state) for state in _offered(shown) if state not in unsaid
    ]
    others = [side for side in Side if side != shown and (side != Side.ALONG or with_along)]
    return said + [
        (side, state)
        for side in others
        for state in (State.NEW, State.MINE)
        if state in _offered(side)
    ]


def _said(number: int) -> str:
    return f"{MOST - 1}+" if number >= MOST else str(number or "")


def _sides(wanted: Wanted, sides: list[Side], numbers: Counter[tuple[Side, State]]) -> list[Choice]:
    """Return the ways a copy can go, each with how much in it waits for this person."""
    waiting = {
        Side.RECEIVED: numbers[Side.RECEIVED, State.NEW] + numbers[Side.RECEIVED, State.MINE],
        Side.GIVEN: numbers[Side.GIVEN, State.MINE],
        Side.ALONG: numbers[Side.ALONG, State.NEW],
    }
    labels = {
        Side.RECEIVED: _("Handed to me"),
        Side.GIVEN: _("Handed out by me"),
        Side.ALONG: _("Read along"),
    }
    return [
        Choice(labels[side], Wanted(side).address(), _said(waiting[side]), side == wanted.side)
        for side in sides
    ]


def _states(wanted: Wanted, numbers: Counter[tuple[Side, State]]) -> list[Choice]:
    return [
        Choice(
            _UNOPENED if (wanted.side, state) == (Side.GIVEN, State.NEW) else state.label,
            wanted.address(state=state.value),
            _said(numbers[wanted.side, state]),
            state == wanted.state,
        )
        for state in _offered(wanted.side)
    ]
