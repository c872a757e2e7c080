"""What the journal's pages show of supervision, so that ``reflection`` never imports it.

``{% share_chip entry %}`` in a list, ``{% entry_shares entry %}`` and ``{% told_steps … %}`` on a
reflection's page, ``{% supervision_today as conversation %}`` on the first page,
``{% proposed_for_two %}`` on the clinic's.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID

from django import template
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe

from accounts.access import number_of
from accounts.jinja import draw
from accounts.models import User
from reflection.document import AgreedStep, Document
from reflection.drafts import sealing
from reflection.models import Entry
from reflection.opening import read_uuid
from supervision.along import ReadAlong, who_read_along
from supervision.conversation import Note, read_share
from supervision.forms import CommentForm, LateForm
from supervision.frame import gave
from supervision.frozen import Reader
from supervision.listing import AgreementRow, Row, Shown, open_rows
from supervision.models import Agreement, Proposal, Share, ShareEvent, SupervisionGroup
from supervision.opening import reader_of
from supervision.queries.share import TODAY, ShareEventQuerySet
from supervision.rules import Action, Role
from supervision.steps import ToldStep
from supervision.steps import told_steps as tell_steps
from vault.crypto import CannotOpen

register = template.Library()
_OPENED = ShareEvent.Kind.OPENED
_CACHE = "_supervision_shares"
_LISTS = ("rows", "due", "unfinished")


def share_counts(entries: Iterable[UUID], request: HttpRequest) -> dict[UUID, list[Share]]:
    """Return the live shares of the asker's entries by entry, the latest to each supervisor.

    One query, however many entries; none where every page knows that they never shared any.
    """
    found: dict[UUID, list[Share]] = {}
    if not number_of(request, "gave"):
        return found
    for share in Share.objects.latest_live_of(entries, request.user):  # type: ignore[arg-type]
        found.setdefault(share.entry_uid, []).append(share)
    return found


@register.simple_tag(takes_context=True)
def share_chip(context: Mapping[str, Any], entry: Entry) -> SafeString:
    """Say with whom passages of ``entry`` are shared now.

    The first chip of a page asks for all entries of the page's lists at once.
    """
    request: HttpRequest = context["request"]
    known: dict[UUID, list[Share]] | None = getattr(request, _CACHE, None)
    if known is None or entry.pk not in known:
        wanted = {entry.pk, *_entries_of_page(context)}
        shared = share_counts(wanted, request)
        known = {pk: shared.get(pk, []) for pk in wanted}
        setattr(request, _CACHE, known)
    if not known[entry.pk]:
        return mark_safe("")
    return render_to_string("supervision/share_chip.html", {"shares": known[entry.pk]})


@register.simple_tag(takes_context=True)
def share_chips(context: Mapping[str, Any]) -> dict[UUID, SafeString]:
    """Return what `share_chip` says of each entry of the page's lists, where it says anything."""
    if not number_of(context["request"], "gave"):
        return {}
    entries = {row.entry for name in _LISTS for row in context.get(name) or ()}
    said = {entry.pk: share_chip(context, entry) for entry in entries}
    return {pk: chip for pk, chip in said.items() if chip}


@register.simple_tag
def share_rows(rows: Iterable[tuple[Row, list[Share]]] | Iterable[Row]) -> SafeString:
    """Draw ``rows`` of a list, each alone or with the versions folded under it."""
    given = [row if isinstance(row, tuple) else (row, ()) for row in rows]
    return draw("shares.jinja", {"rows": given})


def _entries_of_page(context: Mapping[str, Any]) -> set[UUID]:
    rows = (row for name in _LISTS for row in context.get(name) or ())
    return {row.entry.pk for row in rows if hasattr(row, "entry")}


@dataclass(frozen=True)
class PassageThreads:
    """What was said beside one passage of a copy."""

    title: str | Promise
    threads: list[Note]


@dataclass(frozen=True)
class EntryShare:
    """A share on its reflection's page, with its conversation by passage where it opens."""

    share: Share
    passages: list[PassageThreads]
    may_revoke: bool
    is_superseded: bool
    readers: list[ReadAlong]


@dataclass(frozen=True)
class LogLine:
    """A line of the record about one of a reflection's copies: whose copy, and which version."""

    line: ShareEvent
    to: str
    version: int


@register.simple_tag(takes_context=True)
def entry_shares(context: Mapping[str, Any], entry: Entry) -> SafeString:
    """Show what was shared of ``entry``, with whom, and what was said about it.

    And with whom it is never shared.
    """
    request = context["request"]
    never = draw("never_shared.jinja", {"entry": entry, "barred": _barred(context)})
    if not gave(request, request.user, entry.pk):
        return never
    shares = list(Share.objects.of_entry_with_comments(entry, request.user))
    given = {"entry": entry, **_shown(shares, request.user, reader_of(request.user, request.vault))}
    return render_to_string("supervision/entry_shares.html", given, request) + never


def _shown(shares: list[Share], user: User, reader: Reader) -> dict[str, Any]:
    log = _log_of(shares)
    along = who_read_along(one.line for one in reversed(log))
    shown = [
        EntryShare(
            share,
            _threads(share, user, reader),
            share.allows(Action.REVOKE, user),
            is_superseded=share.is_live and _is_superseded(share, shares),
            readers=[one for one in along if one.share == share.pk],
        )
        for share in shares
    ]
    return {
        "shares": shown,
        "log": log,
        "opened": next((one.line for one in log if _is_read_by_another(one.line, user)), None),
    }


def _is_read_by_another(line: ShareEvent, user: User) -> bool:
    """Tell whether it is an opening that ``user`` would not know of without the line."""
    return line.kind == _OPENED and line.by_id != user.pk


def _is_superseded(share: Share, shares: list[Share]) -> bool:
    return any(
        other.supervisor_id == share.supervisor_id
        and other.version > share.version
        and other.is_live
        for other in shares
    )


def _log_of(shares: list[Share]) -> list[LogLine]:
    """Return what happened to all of ``shares``, the newest first; one query."""
    known = {share.pk: share for share in shares}
    if not known:
        return []
    lines: ShareEventQuerySet = ShareEvent.objects.of_shares(known)
    return [
        LogLine(line, share.supervisor.get_full_name(), share.version)
        for line in lines
        if line.share_id and (share := known.get(line.share_id))
    ]


def _barred(context: Mapping[str, Any]) -> str:
    """Return the names of those the page's reflection is barred from; a query only if any are."""
    document = getattr(context.get("row"), "document", None)
    if document is None or not document.barred:
        return ""
    return ", ".join(one.get_full_name() for one in User.objects.among(document.barred))


@register.simple_tag(takes_context=True)
def comment_sealing(context: Mapping[str, Any], form: CommentForm, share: Share) -> SafeString:
    """Return what a comment's form tells its script, so that what is typed can be kept sealed.

    The page is the comment's own id: a form shown again with what was typed has the same.
    """
    page = str(form["comment"].value() or "")
    told = sealing(context["request"], share.pk, f"comment.{form.place}", page)
    return told.attributes if told else mark_safe("")


@register.simple_tag(takes_context=True)
def comment_sealed(
    context: Mapping[str, Any], form: CommentForm | LateForm, share: Share
) -> SafeString:
    """Return under which name this browser keeps the same words, so that they are not offered too.

    Nothing is sealed anew: what is kept has all that was typed, and this page the text alone.
    """
    page = str(form["comment"].value() or "")
    told = sealing(context["request"], share.pk, f"comment.{form.place}", page)
    return told.naming if told and form.place else mark_safe("")


@register.simple_tag(takes_context=True)
def begun_from(context: Mapping[str, Any], document: Document | None) -> SafeString:
    """Say that a reflection was begun while reading a copy, if its writer can still read that."""
    share_id = read_uuid(document.begun_from) if document and document.begun_from else None
    if share_id is None:
        return mark_safe("")
    share = Share.objects.readable_by(context["request"].user).find(share_id)
    return render_to_string("supervision/begun_from.html", {"share": share})


@register.simple_tag(takes_context=True)
def told_steps(context: Mapping[str, Any], steps: Sequence[AgreedStep]) -> list[ToldStep]:
    """Return the steps of a plan, each with what became of the comment it was copied from."""
    request = context["request"]
    if not steps:
        return []
    return tell_steps(steps, request.user, reader_of(request.user, request.vault))


def _threads(share: Share, user: User, reader: Reader) -> list[PassageThreads]:
    """Return the conversation by passage; nothing where ``reader`` cannot open the share."""
    try:
        threads = read_share(share, share.data_key(reader), user)
    except CannotOpen:
        return []
    return [
        PassageThreads(title, [one for one in threads if one.comment.passage == slug])
        for slug, title in zip(share.passages, share.passage_titles, strict=True)
    ]


@dataclass(frozen=True)
class Today:
    """What supervision asks of somebody today, and what they have not been told yet."""

    agreements: list[AgreementRow]
    proposals: list[Proposal]
    unread: list[Row]
    unanswered: list[Row]
    proposed: list[AgreementRow]
    closed: list[AgreementRow]
    keys_changed: list[AgreementRow]
    ending: list[Share]
    groups: list[SupervisionGroup]

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))


@register.simple_tag(takes_context=True)
def supervision_today(context: Mapping[str, Any]) -> Shown | None:
    """Return what waits: agreements to answer, copies to read, comments to answer; or nothing."""
    request = context["request"]
    user = request.user
    reader = reader_of(user, request.vault) if request.vault.is_unlocked else None
    rows = [AgreementRow(one, user) for one in Agreement.objects.of_today(user)]
    waiting = Share.objects.of_today(user)
    today = Today(
        agreements=[row for row in rows if row.may_accept],
        proposals=Proposal.objects.of_today(user),
        unread=open_rows(_that_wait(waiting, "unread"), user, reader),
        unanswered=open_rows(_that_wait(waiting, "unanswered")[:TODAY], user, reader),
        proposed=[row for row in rows if row.role == Role.PROPOSER],
        closed=[row for row in rows if row.agreement.is_news_for(user)],
        keys_changed=[row for row in rows if reader and _key_changed(row, reader)],
        ending=_that_wait(waiting, "ending"),
        groups=SupervisionGroup.objects.of_today(user),
    )
    if not today:
        return None
    return Shown(
        waits=render_to_string("supervision/today_waits.html", {"today": today}, request),
        rest=render_to_string("supervision/today.html", {"today": today}, request),
    )


def _that_wait(shares: list[Share], why: str) -> list[Share]:
    """Return those of today's ``shares`` that wait for this reason, in the order they are shown."""
    found = [share for share in shares if getattr(share, "waits") == why]  # noqa: B009
    if why == "ending":
        return sorted(found, key=lambda share: share.expires_at)
    return sorted(found, key=lambda share: share.shared_at, reverse=True)


@register.inclusion_tag("supervision/proposed_for_two.html", takes_context=True)
def proposed_for_two(context: Mapping[str, Any]) -> dict[str, Any]:
    """Show the agreements the clinic's admin proposed for two others, while they wait."""
    user = context["request"].user
    waiting = Agreement.objects.proposed_for_others(user).with_people()
    return {"proposed": [AgreementRow(one, user) for one in waiting]}


def _key_changed(row: AgreementRow, reader: Reader) -> bool:
    """Whether the supervisor has another key than the one this supervisee knew."""
    if not row.may_share or not row.agreement.supervisor.is_active:
        return False
    return row.agreement.key_standing(reader.keys) == "changed"
