"""Receipts and records: what was consented to and what happened since; taking a copy back."""

import csv
import json
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from supervision import actions
from supervision.chain import LABEL, canonical, told
from supervision.checking import check_record
from supervision.decorators import post_only
from supervision.listing import AgreementRow
from supervision.models import Agreement, Share, ShareEvent
from supervision.rules import Action
from vault.access import VaultRequest

RECIPE = (
    "Each line's hash is SHA-256, in hexadecimal, of the line as JSON in UTF-8 with its keys "
    "sorted and without spaces. A line's 'previous' is the hash of the line before; the first "
    "one's is 64 zeros. Change anything in any line, and every hash from there on is another."
)


@post_only("share_read")
def share_revoke(request: VaultRequest, pk: UUID) -> HttpResponse:
    """Take a share back at once. It needs no unlocked vault."""
    get_object_or_404(Share.objects.given_by(request.user), pk=pk)
    share = actions.revoke_share(by=request.user, pk=pk)
    said = _("%(name)s cannot open it any more. What was read cannot be unread.")
    messages.success(request, said % {"name": share.supervisor.get_full_name()})
    return redirect("share_receipt", pk=pk)


@post_only("share_receipt")
def share_take_from_one(request: VaultRequest, pk: UUID, person: UUID) -> HttpResponse:
    """Take a share back from one member who reads along; all others keep it."""
    get_object_or_404(Share.objects.given_by(request.user), pk=pk)
    share = actions.take_from_one(by=request.user, pk=pk, person=person)
    reader = get_object_or_404(share.readers.with_people(), person=person)
    said = _("%(name)s cannot open it any more. What was read cannot be unread.")
    messages.success(request, said % {"name": reader.person.get_full_name()})
    return redirect("share_receipt", pk=pk)


@post_only("share_receipt")
def share_see_ending(request: VaultRequest, pk: UUID) -> HttpResponse:
    """Let a copy's time run out without being told of it again."""
    get_object_or_404(Share.objects.given_by(request.user), pk=pk)
    actions.see_ending(by=request.user, pk=pk)
    return redirect("home")


@require_GET
def share_receipt(request: VaultRequest, pk: UUID) -> HttpResponse:
    """Show who consented to what, and what happened since. Nothing that was written is in it."""
    share = _known(request, pk)
    readers = share.readers.with_people() if share.group_id else []
    is_author = share.supervisee_id == request.user.pk
    others = Share.objects.given_by(share.supervisee).other_versions(share)
    events = list(share.events.log())
    context = {
        "share": share,
        "events": events,
        "extensions": [line for line in events if line.extended_until],
        "may_extend": share.allows(Action.EXTEND, request.user),
        "is_author": is_author,
        "may_read": share.allows(Action.READ, request.user),
        "may_revoke": share.allows(Action.REVOKE, request.user),
        "readers": readers,
        "may_take_from_one": share.allows(Action.TAKE_FROM_ONE, request.user),
        "may_export": share.agreement.allows(Action.EXPORT_RECORD, request.user),
        "may_share": share.entry_id and share.agreement.allows(Action.SHARE, request.user),
        "others": others if is_author else [],
        "is_superseded": any(other.version > share.version for other in others),
    }
    return render(request, "supervision/share_receipt.html", context)


@require_GET
def share_receipt_export(request: VaultRequest, pk: UUID) -> HttpResponse:
    """Hand out one receipt, with the lines of the record about it, as JSON without content."""
    share = _known(request, pk)
    if not share.agreement.allows(Action.EXPORT_RECORD, request.user):
        raise Http404
    told_of = _told_of(share.agreement, share.events.log())
    return _download(told_of, f"receipt-{share.pk}.json")


@require_GET
def record_read(request: VaultRequest, pk: UUID) -> HttpResponse:
    """Check the record of an agreement, and say in plain words what that shows."""
    agreement = _agreement(request, pk)
    if not agreement.allows(Action.CHECK_RECORD, request.user):
        return redirect("agreement_read", pk=pk)
    checked = check_record(agreement)
    if not checked.is_whole:
        actions.note_record_failed(agreement)
    noted = request.GET.get("noted", "").strip()
    context = {
        "row": AgreementRow(agreement, request.user),
        "agreement": agreement,
        "checked": checked,
        "noted": noted,
        "noted_line": checked.line_with(noted) if noted else None,
        "may_export": agreement.allows(Action.EXPORT_RECORD, request.user),
    }
    status = HTTPStatus.OK if checked.is_whole else HTTPStatus.CONFLICT
    return render(request, "supervision/record_read.html", context, status=status)


@require_GET
def record_export(request: VaultRequest, pk: UUID, form: str) -> HttpResponse:
    """Hand out an agreement's whole record, as ``form``: JSON or CSV, without content."""
    agreement = _agreement(request, pk)
    if not agreement.allows(Action.EXPORT_RECORD, request.user):
        raise Http404
    lines = agreement.record.lines.log()
    if form == "csv":
        return _as_csv(lines, f"record-{pk}.csv")
    return _download(_told_of(agreement, lines), f"record-{pk}.json")


# --- Parts ---------------------------------------------------------------------------------------


def _known(request: VaultRequest, pk: UUID) -> Share:
    share = get_object_or_404(Share.objects.known_to(request.user), pk=pk)
    if not share.allows(Action.READ_RECEIPT, request.user):
        raise Http404
    return share


def _agreement(request: VaultRequest, pk: UUID) -> Agreement:
    seen = Agreement.objects.visible_to(request.user).with_people()
    return get_object_or_404(seen.select_related("record"), pk=pk)


def _told_of(agreement: Agreement, lines: Iterable[ShareEvent]) -> dict[str, Any]:
    """Return lines of a record with all that is needed to check them without Mend."""
    lines = list(lines)
    people = {
        str(person.pk): person.get_full_name()
        for person in (
            agreement.supervisee,
            agreement.supervisor,
            *(one.about for one in lines if one.about),
        )
    }
    return {
        "label": LABEL,
        "recipe": RECIPE,
        "people": people,
        "length": agreement.record.length,
        "head": agreement.record.head,
        "lines": [{"line": one.line, "hash": one.hash, "says": one.words} for one in lines],
    }


def _download(told_of: dict[str, Any], name: str) -> HttpResponse:
    body = json.dumps(told_of, indent=2, ensure_ascii=False)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(body, content_type="application/json; charset=utf-8", headers=headers)


def _as_csv(lines: Iterable[ShareEvent], name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    answer = HttpResponse(content_type="text/csv; charset=utf-8", headers=headers)
    sheet = csv.writer(answer)
    sheet.writerow(["number", "at", "kind", "by", "says", "share", "facts", "previous", "hash"])
    for one in lines:
        sheet.writerow(
            [
                one.number,
                told(one.at),
                one.kind,
                _cell(one.by.get_full_name() if one.by else ""),
                _cell(one.words),
                one.share_uid or "",
                canonical(one.facts).decode(),
                one.previous,
                one.hash,
            ]
        )
    return answer


def _cell(text: str) -> str:
    """Return ``text`` so that no spreadsheet takes a name for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
