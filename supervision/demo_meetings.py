"""The demo's supervision meetings: what ``meetings.yaml`` tells, done through the real actions."""

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from accounts.models import User
from reflection.actions import Source
from reflection.demo import told_day, told_moment, unwrapped
from supervision.actions.meeting import (
    follow_action,
    note_meeting_took_place,
    plan_meeting,
    rewrite_minutes,
    sign_meeting,
    write_notes,
)
from supervision.frozen import Reader
from supervision.minutes import AgendaItem, AgreedAction, Owner, Rewrite, agree, bring
from supervision.models import Agreement, Facts, Format, Share, SupervisionMeeting
from supervision.sealing import OtherSide


class _Told(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the file says; a misspelt field is refused rather than lost."""


class ItemTold(_Told, frozen=True):
    """An item of the agenda: words, a shared entry by its file's name, or both."""

    by: str
    text: str = ""
    entry: str = ""
    done: bool = False


class ActionTold(_Told, frozen=True):
    """Something agreed; ``done`` is when it was ticked off."""

    text: str
    owner: Owner
    entry: str = ""
    due: str = ""
    done: str = ""


class SignatureTold(_Told, frozen=True):
    """Who signed, and when."""

    by: str
    at: str


class MeetingTold(_Told, frozen=True):
    """A meeting, and what became of it; without ``held`` it is still planned."""

    supervisee: str
    supervisor: str
    planned_by: str
    planned: str
    starts: str
    duration: int
    format: Format
    agenda: tuple[ItemTold, ...] = ()
    notes: str = ""
    actions: tuple[ActionTold, ...] = ()
    held: str = ""
    signed: tuple[SignatureTold, ...] = ()


class MeetingsTold(_Told, frozen=True):
    """``meetings.yaml``."""

    meetings: tuple[MeetingTold, ...]


@dataclass(frozen=True)
class Cast:
    """Who and what the meetings are about, as far as the story has come."""

    users: Callable[[str], User]
    readers: Callable[[str], Reader]
    agreements: Mapping[tuple[str, str], Agreement]
    shares: Mapping[str, Share]
    today: date
    zone: ZoneInfo


@dataclass
class DemoMeeting:
    """One meeting on its way into the database."""

    told: MeetingTold
    cast: Cast
    meeting: SupervisionMeeting = field(init=False)

    def steps(self) -> Iterator[tuple[datetime, Callable[[], object]]]:
        """Yield what happened, each with its moment."""
        yield self._at(self.told.planned), self._plan
        written = self._at(self.told.held or self.told.planned)
        yield written, self._write
        if self.told.held:
            yield written, self._hold
        for number, action in enumerate(self.told.actions):
            if action.done:
                at = self._at(action.done)
                yield at, partial(self._tick, number, at.date())
        for signature in self.told.signed:
            yield self._at(signature.at), partial(self._sign, signature.by)

    def _at(self, told: str) -> datetime:
        return told_moment(told, self.cast.today, self.cast.zone)

    def _plan(self) -> None:
        told, cast = self.told, self.cast
        by = cast.users(told.planned_by)
        agreement = cast.agreements[told.supervisee, told.supervisor]
        self.meeting = plan_meeting(
            by=by,
            reader=cast.readers(told.planned_by),
            agreement=agreement.pk,
            facts=Facts(self._at(told.starts), told.duration, told.format),
            key_confirmed=OtherSide(agreement, by).key,
        )

    def _write(self) -> None:
        for item in self.told.agenda:
            self._rewrite(item.by, bring(self._item(item)))
        writer = self.told.supervisee
        if self.told.notes:
            write_notes(
                by=self.cast.users(writer),
                reader=self.cast.readers(writer),
                pk=self.meeting.pk,
                text=unwrapped(self.told.notes),
                source=Source(revision=0),
            )
        for action in self.told.actions:
            self._rewrite(writer, agree(self._action(action)))

    def _rewrite(self, by: str, rewrite: Rewrite) -> None:
        rewrite_minutes(
            by=self.cast.users(by),
            reader=self.cast.readers(by),
            pk=self.meeting.pk,
            rewrite=rewrite,
        )

    def _item(self, told: ItemTold) -> AgendaItem:
        return AgendaItem(
            id=uuid.uuid4(),
            by=self.cast.users(told.by).pk,
            text=unwrapped(told.text),
            share=self.cast.shares[told.entry].pk if told.entry else None,
            is_done=told.done,
        )

    def _action(self, told: ActionTold) -> AgreedAction:
        return AgreedAction(
            id=uuid.uuid4(),
            text=unwrapped(told.text),
            owner=told.owner,
            due_on=told_day(told.due, self.cast.today) if told.due else None,
            share=self.cast.shares[told.entry].pk if told.entry else None,
        )

    def _hold(self) -> None:
        by = self.cast.users(self.told.planned_by)
        note_meeting_took_place(by=by, pk=self.meeting.pk)

    def _tick(self, number: int, on: date) -> None:
        by = self.told.supervisee
        reader = self.cast.readers(by)
        self.meeting.refresh_from_db()
        action = self.meeting.read(self.meeting.data_key(reader)).actions[number]
        follow_action(
            by=self.cast.users(by),
            reader=reader,
            pk=self.meeting.pk,
            action=action.id,
            is_done=True,
            on=on,
        )

    def _sign(self, by: str) -> None:
        self.meeting.refresh_from_db()
        sign_meeting(
            by=self.cast.users(by),
            reader=self.cast.readers(by),
            pk=self.meeting.pk,
            revision=self.meeting.revision,
        )


def read_meetings(folder: Path) -> tuple[MeetingTold, ...]:
    """Return the meetings told in ``folder``."""
    data = (folder / "meetings.yaml").read_bytes()
    return msgspec.yaml.decode(data, type=MeetingsTold).meetings


def meeting_steps(
    told: tuple[MeetingTold, ...], cast: Cast
) -> Iterator[tuple[datetime, Callable[[], object]]]:
    """Yield every step of these meetings with its moment, in no order."""
    for one in told:
        yield from DemoMeeting(one, cast).steps()
