"""What other pages show of supervision meetings, so that ``reflection`` never imports them.

``{% copies_to_bring meeting %}`` beside an agenda, ``{% meetings_next as meetings %}`` on the
supervision page, ``{% meetings_today as meetings %}`` on the first page and
``{% entry_agreed entry %}`` where a reflection is read or looked back on.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django import template
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from accounts.models import User
from reflection.document import UNREADABLE
from reflection.models import Entry
from supervision.agenda import ActionRow, Laid, References, refer
from supervision.frame import gave
from supervision.frozen import Reader
from supervision.hours import in_hours
from supervision.listing import Row, Shown, open_rows
from supervision.minutes import Owner
from supervision.models import Share, SupervisionMeeting
from supervision.opening import reader_of
from supervision.queries.meeting import SHOWN
from supervision.rules import Action

register = template.Library()
DUE_SHOWN = 5
COMING_DUE = timedelta(days=7)
COPIES_SHOWN, COPIES_LOOKED_THROUGH = 8, 30

register.filter("hours", in_hours)
Meetings = list[tuple[SupervisionMeeting, User]]


def _with_other(meetings: Iterable[SupervisionMeeting], user: User) -> Meetings:
    return [(one, one.other_party(user)) for one in meetings]


def _next(meetings: Iterable[SupervisionMeeting], user: User) -> dict[str, Any]:
    """Return which of ``meetings``, the earliest first, are next and which wait for ``user``."""
    rows = _with_other(meetings, user)
    return {
        "planned": [row for row in rows if row[0].is_ahead][:SHOWN],
        "settle": [row for row in reversed(rows) if row[0].waits_for(user)][:SHOWN],
    }


@register.simple_tag(takes_context=True)
def meetings_next(context: Mapping[str, Any]) -> Shown:
    """Return the next meetings, what waits for this person, and the ways to the rest."""
    request = context["request"]
    meetings = SupervisionMeeting.objects.on_desk(request.user)
    shown = {**_next(meetings, request.user), "is_section": True}
    return Shown(
        waits=render_to_string("supervision/meetings_wait.html", shown, request),
        rest=render_to_string("supervision/meetings_next.html", shown, request),
    )


@register.simple_tag(takes_context=True)
def meetings_today(context: Mapping[str, Any]) -> Shown | None:
    """Return the next meetings, those that wait for this person, and what they agreed to do."""
    request = context["request"]
    user = request.user
    meetings = SupervisionMeeting.objects.of_today(user)
    shown = _next(meetings, user)
    due: list[ActionRow] = []
    if request.vault.is_unlocked:
        due = _due(meetings, user, reader_of(user, request.vault))
    if not (due or shown["planned"] or shown["settle"]):
        return None
    return Shown(
        waits=render_to_string("supervision/meetings_wait.html", shown, request),
        rest=render_to_string("supervision/meetings_today.html", {**shown, "due": due}, request),
    )


def _due(meetings: Iterable[SupervisionMeeting], user: User, reader: Reader) -> list[ActionRow]:
    """Return what ``user`` agreed to do and is due within a week or before, the earliest first.

    What has no day comes after it, until it is done: it is due whenever somebody looks.
    """
    until = timezone.localdate() + COMING_DUE
    rows = [
        row
        for row in _agreed(meetings, user, reader)
        if row.done is None
        and (row.action.due_on is None or row.action.due_on <= until)
        and row.meeting.allows(Action.FOLLOW, user)
        and row.action.owner in (Owner.BOTH, row.meeting.role_of(user).value)
    ]
    rows = sorted(rows, key=lambda row: row.action.due_on or date.max)[:DUE_SHOWN]
    return _referring(rows, user, reader)


def _referring(rows: list[ActionRow], user: User, reader: Reader) -> list[ActionRow]:
    """Return the same rows with the copies they refer to; one query, if any does."""
    wanted = {row.action.share for row in rows if row.action.share is not None}
    if not wanted:
        return rows
    shares = Share.objects.of_party(user).among(wanted).listed()
    references = {row.share.pk: row for row in open_rows(shares, user, reader)}
    return [replace(row, reference=refer(references, row.action.share, user)) for row in rows]


def _agreed(
    meetings: Iterable[SupervisionMeeting],
    user: User,
    reader: Reader,
    references: References | None = None,
) -> Iterator[ActionRow]:
    """Yield what was agreed in ``meetings``; one that does not open here hides no other."""
    for meeting in meetings:
        try:
            data_key = meeting.data_key(reader)
            minutes = meeting.read(data_key)
            progress = meeting.read_progress(data_key)
        except UNREADABLE:
            continue
        yield from Laid(meeting, minutes, user, references or {}).actions(progress, is_open=False)


@register.inclusion_tag("supervision/meeting_copies.html", takes_context=True)
def copies_to_bring(context: Mapping[str, Any], meeting: SupervisionMeeting) -> dict[str, Any]:
    """Offer the copies open between the two, but for those on the agenda of ``meeting`` already."""
    request = context["request"]
    user, reader = request.user, reader_of(request.user, request.vault)
    there = {row.item.share for row in context["agenda"] if row.item.comment is None}
    shares = Share.objects.of_party(user).open_under(meeting.agreement_id)[:COPIES_LOOKED_THROUGH]
    found = [share for share in shares if share.pk not in there][:COPIES_SHOWN]
    return {
        "rows": open_rows(found, user, reader),
        "meeting": meeting,
        "user": user,
        "csrf_token": context["csrf_token"],
    }


@register.simple_tag(takes_context=True)
def entry_agreed(context: Mapping[str, Any], entry: Entry) -> SafeString:
    """Show what was agreed in supervision about ``entry``, with its ticks; three queries at most.

    Which meeting is about which reflection stands nowhere in clear, so the meetings with whoever
    it was shared with are gone through.
    """
    request = context["request"]
    user, reader = request.user, reader_of(request.user, request.vault)
    shares: dict[UUID, Row] = {}
    if gave(request, user, entry.pk):
        shares = {one.share.pk: one for one in open_rows(_shares(entry, user), user, reader)}
    rows: list[ActionRow] = []
    if shares:
        meetings = SupervisionMeeting.objects.of_party(user).about(entry)
        found = _agreed(meetings, user, reader, shares)
        rows = [row for row in found if row.action.share in shares]
    if not rows:
        return mark_safe("")
    agreed = [(row, _may_follow(row, user)) for row in rows]
    given = {"agreed": agreed, "back": request.get_full_path()}
    return render_to_string("supervision/entry_agreed.html", given, request)


def _shares(entry: Entry, user: User) -> Iterable[Share]:
    return Share.objects.given_by(user).of_entry(entry).listed()


def _may_follow(row: ActionRow, user: User) -> bool:
    return row.meeting.allows(Action.FOLLOW, user)
