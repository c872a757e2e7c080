"""What the journal's pages show of supervision, so that ``reflection`` never imports it.

``{% share_chip entry %}`` in a list, ``{% entry_shares entry %}`` on a reflection's page,
``{% supervision_today as conversation %}`` on the first page.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import template
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe

from accounts.models import User
from reflection.models import Entry
from supervision.conversation import Note, read_share
from supervision.frozen import Reader
from supervision.listing import AgreementRow, Row, open_rows
from supervision.models import Agreement, Proposal, Share
from supervision.opening import reader_of
from supervision.rules import Action
from vault.crypto import CannotOpen

register = template.Library()
_CACHE = "_supervision_shares"
_LISTS = ("rows", "due", "unfinished")
TODAY = 5


def share_counts(entries: Iterable[UUID], user: User) -> dict[UUID, list[Share]]:
    """Return the live shares of ``user``'s entries by entry, the latest to each supervisor.

    One query, however many entries.
    """
    found: dict[UUID, list[Share]] = {}
    for share in Share.objects.latest_live_of(entries, user):
        found.setdefault(share.entry_uid, []).append(share)
    return found


@register.inclusion_tag("supervision/share_chip.html", takes_context=True)
def share_chip(context: Mapping[str, Any], entry: Entry) -> dict[str, Any]:
    """Say with whom passages of ``entry`` are shared now.

    The first chip of a page asks for all entries of the page's lists at once.
    """
    request: HttpRequest = context["request"]
    known: dict[UUID, list[Share]] | None = getattr(request, _CACHE, None)
    if known is None or entry.pk not in known:
        wanted = {entry.pk, *_entries_of_page(context)}
        shared = share_counts(wanted, request.user)  # type: ignore[arg-type]
        known = {pk: shared.get(pk, []) for pk in wanted}
        setattr(request, _CACHE, known)
    return {"shares": known[entry.pk]}


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


@register.inclusion_tag("supervision/entry_shares.html", takes_context=True)
def entry_shares(context: Mapping[str, Any], entry: Entry) -> dict[str, Any]:
    """Show what was shared of ``entry``, with whom, and what was said about it."""
    request = context["request"]
    user, reader = request.user, reader_of(request.user, request.vault)
    shown = [
        EntryShare(share, _threads(share, user, reader), share.allows(Action.REVOKE, user))
        for share in Share.objects.of_entry_with_comments(entry, user)
    ]
    return {"shares": shown, "entry": entry, "csrf_token": context["csrf_token"]}


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
    """What supervision asks of somebody today."""

    agreements: list[AgreementRow]
    proposals: list[Proposal]
    unread: list[Row]
    unanswered: list[Row]

    def __bool__(self) -> bool:
        return bool(self.agreements or self.proposals or self.unread or self.unanswered)


@register.simple_tag(takes_context=True)
def supervision_today(context: Mapping[str, Any]) -> SafeString:
    """Return what waits: agreements to answer, copies to read, comments to answer; or nothing."""
    request = context["request"]
    user = request.user
    reader = reader_of(user, request.vault) if request.vault.is_unlocked else None
    agreements = Agreement.objects.waiting_for(user).with_people()
    unread = Share.objects.received_by(user).unread_by(user)
    unanswered = Share.objects.of_party(user).live().unanswered_by(user)
    today = Today(
        agreements=[AgreementRow(one, user) for one in agreements],
        proposals=list(Proposal.objects.addressed_to(user)),
        unread=open_rows(unread[:TODAY], user, reader),
        unanswered=open_rows(unanswered[:TODAY], user, reader),
    )
    if not today:
        return mark_safe("")
    return render_to_string("supervision/today.html", {"today": today}, request=request)
