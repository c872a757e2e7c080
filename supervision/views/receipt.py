"""Receipts and records: what was consented to and what happened since; taking a copy back."""

import json
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from reflection.export.pdf import CannotTypeset
from supervision import actions
from supervision.checking import CheckedRecord, check_record
from supervision.decorators import post_only
from supervision.listing import AgreementRow
from supervision.models import Agreement, Share
from supervision.receipt_pages import receipt_sheet, record_sheet
from supervision.receipts import as_csv, told_of
from supervision.rules import Action
from vault.access import VaultRequest

NOT_SET = gettext_lazy(
    "The PDF could not be set this time. Take the JSON, which holds the same, or try again."
)


@post_only("share_read")
def share_revoke(request: VaultRequest, pk: UUID) -> HttpResponse:
    """Take a share back at once. It needs no unlocked vault."""
    get_object_or_404(Share.objects.given_by(request.user), pk=pk)
    share = actions.revoke_share(by=request.user, pk=pk)
    said = _("%(name)s cannot open it any more. What was read cannot be unread.")
    if share.group_id:
        said = _(
            "%(name)s and those who read along cannot open it any more. What was read cannot be "
            "unread."
        )
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
    actions.see_end_of(by=request.user, share=pk)
    return _receipt_page(request, share)


@require_GET
def share_receipt_export(request: VaultRequest, pk: UUID, form: str) -> HttpResponse:
    """Hand out one receipt, with the lines of the record about it, as ``form``, without content."""
    share = _known(request, pk)
    if not share.agreement.allows(Action.EXPORT_RECORD, request.user):
        raise Http404
    if form == "json":
        return _json(told_of(share.agreement, share.events.log()), f"receipt-{pk}.json")
    try:
        pdf = receipt_sheet(request.user, share).as_pdf()
    except CannotTypeset:
        return _receipt_page(request, share, trouble=NOT_SET)
    return _file(pdf, "application/pdf", f"receipt-{pk}.pdf")


@require_GET
def record_read(request: VaultRequest, pk: UUID) -> HttpResponse:
    """Check the record of an agreement, and say in plain words what that shows."""
    agreement = _agreement(request, pk)
    if not agreement.allows(Action.CHECK_RECORD, request.user):
        return redirect("agreement_read", pk=pk)
    return _record_page(request, agreement, _checked(agreement))


@require_GET
def record_export(request: VaultRequest, pk: UUID, form: str) -> HttpResponse:
    """Hand out an agreement's whole record, as ``form``: JSON, CSV or PDF, without content."""
    agreement = _agreement(request, pk)
    if not agreement.allows(Action.EXPORT_RECORD, request.user):
        raise Http404
    if form == "pdf":
        return _record_pdf(request, agreement)
    lines = agreement.record.lines.log()
    if form == "csv":
        return _file(as_csv(lines), "text/csv; charset=utf-8", f"record-{pk}.csv")
    return _json(told_of(agreement, lines), f"record-{pk}.json")


def _record_pdf(request: VaultRequest, agreement: Agreement) -> HttpResponse:
    checked = _checked(agreement)
    try:
        pdf = record_sheet(request.user, agreement, checked).as_pdf()
    except CannotTypeset:
        return _record_page(request, agreement, checked, trouble=NOT_SET)
    return _file(pdf, "application/pdf", f"record-{agreement.pk}.pdf")


# --- Parts ---------------------------------------------------------------------------------------


def _known(request: VaultRequest, pk: UUID) -> Share:
    share = get_object_or_404(Share.objects.known_to(request.user), pk=pk)
    if not share.allows(Action.READ_RECEIPT, request.user):
        raise Http404
    return share


def _agreement(request: VaultRequest, pk: UUID) -> Agreement:
    seen = Agreement.objects.visible_to(request.user).with_people()
    return get_object_or_404(seen.select_related("record"), pk=pk)


def _checked(agreement: Agreement) -> CheckedRecord:
    """Return the record, checked just now; both are told if it is not as it was made."""
    checked = check_record(agreement)
    if not checked.is_whole:
        actions.note_record_failed(agreement)
    return checked


def _receipt_page(
    request: VaultRequest, share: Share, *, trouble: str | Promise = ""
) -> HttpResponse:
    readers = share.readers.with_people() if share.group_id else []
    is_author = share.supervisee_id == request.user.pk
    others = Share.objects.given_by(share.supervisee).other_versions(share)
    events = list(share.events.log())
    context = {
        "share": share,
        "trouble": trouble,
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
    status = HTTPStatus.SERVICE_UNAVAILABLE if trouble else HTTPStatus.OK
    return render(request, "supervision/share_receipt.html", context, status=status)


def _record_page(
    request: VaultRequest,
    agreement: Agreement,
    checked: CheckedRecord,
    *,
    trouble: str | Promise = "",
) -> HttpResponse:
    noted = request.GET.get("noted", "").strip()
    context = {
        "row": AgreementRow(agreement, request.user),
        "agreement": agreement,
        "trouble": trouble,
        "checked": checked,
        "noted": noted,
        "noted_line": checked.line_with(noted) if noted else None,
        "may_export": agreement.allows(Action.EXPORT_RECORD, request.user),
    }
    status = HTTPStatus.OK if checked.is_whole else HTTPStatus.CONFLICT
    status = HTTPStatus.SERVICE_UNAVAILABLE if trouble else status
    return render(request, "supervision/record_read.html", context, status=status)


def _json(told: dict[str, Any], name: str) -> HttpResponse:
    body = json.dumps(told, indent=2, ensure_ascii=False)
    return _file(body, "application/json; charset=utf-8", name)


def _file(body: str | bytes, kind: str, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(body, content_type=kind, headers=headers)
