"""A meeting's record as a page: read, changed, signed."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from reflection.document import UNREADABLE
from reflection.opening import read_number
from supervision import actions
from supervision.agenda import versions_of
from supervision.decorators import post_only
from supervision.forms.meeting import ActionForm, ItemForm
from supervision.minutes import Rewrite
from supervision.models import SupervisionMeeting
from supervision.opening import reader_of
from supervision.rules import Action, Refused
from supervision.sealing import OtherSide
from supervision.views.meetings.opened import (
    decide,
    facts_of,
    find_meeting,
    is_changing,
    open_meeting,
    sealed_page,
    signed_since,
)
from vault.access import VaultRequest
from vault.decorators import unlocked_required, unlocked_to_act

FULL = gettext_lazy("There is no room for more than a hundred of these. Nothing was added.")


@require_GET
@unlocked_required
def meeting_read(request: VaultRequest, pk: UUID) -> HttpResponse:
    """Show a meeting: its facts, agenda, notes, what was agreed, and who signed."""
    actions.see_about(by=request.user, meeting=pk)
    return record_page(request, find_meeting(request, pk))


def record_page(
    request: VaultRequest,
    meeting: SupervisionMeeting,
    *,
    item: ItemForm | None = None,
    action: ActionForm | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """Show the record; ``item`` and ``action`` are forms that were not accepted, with text."""
    user = request.user
    try:
        opened = open_meeting(request, meeting)
    except UNREADABLE:
        return sealed_page(request, meeting)
    laid, minutes = opened.laid, opened.minutes
    is_open = meeting.allows(Action.MINUTE, user) and (
        not meeting.is_signed_by_any or is_changing(request, meeting)
    )
    agenda = laid.agenda(is_open=is_open, typed=item)
    agreed = laid.actions(opened.progress, is_open=is_open, typed=action)
    other = OtherSide(meeting.agreement, user)
    kept = versions_of(meeting)
    context = {
        **facts_of(meeting, user),
        "minutes": minutes,
        "agenda": agenda,
        "agreed": agreed,
        "item_form": _unplaced(item, agenda) or ItemForm(auto_id="id_new_item_%s"),
        "action_form": _unplaced(action, agreed) or laid.action_form(auto_id="id_new_action_%s"),
        "is_open": is_open,
        "anew": is_open and meeting.is_signed_by_any,
        "may_change": meeting.allows(Action.MINUTE, user) and not is_open,
        "may_follow": meeting.allows(Action.FOLLOW, user),
        "signatures": kept.compared.signatures,
        "signed_version": kept.compared.version,
        "signed_before": kept.compared.signed_before(meeting.role_of(user)),
        "differs": kept.compared.differs,
        "versions": kept.earlier,
        "needs_seal": _needs_seal(meeting, other),
    }
    return render(request, "supervision/meeting_read.html", context, status=status)


def _unplaced(form: Any, rows: list[Any]) -> Any:
    """Return a form that was not accepted, unless it stands beside the row it is for."""
    return form if form is not None and all(row.form is not form for row in rows) else None


def _needs_seal(meeting: SupervisionMeeting, other: OtherSide) -> bool:
    """Tell whether the other side has a vault by now that this was not sealed to."""
    side = "supervisor" if other.is_supervisor else "supervisee"
    vault = other.vault
    return vault is not None and vault.pk != getattr(meeting, f"sealed_to_{side}")


def rewrite_record(
    request: VaultRequest, meeting: SupervisionMeeting, rewrite: Rewrite
) -> HttpResponse | None:
    """Change the record; return an answer only where that could not be done.

    Raises `Gone`, `Full` and `There`.
    """
    try:
        actions.rewrite_minutes(
            by=request.user,
            reader=reader_of(request.user, request.vault),
            pk=meeting.pk,
            rewrite=rewrite,
            anew="anew" in request.POST,
        )
    except Refused as refused:  # signed, ended or called off meanwhile
        return signed_since(request, meeting, refused.message)
    except UNREADABLE:
        return sealed_page(request, meeting)
    return None


@post_only("meeting_read")
@unlocked_to_act
def meeting_sign(request: VaultRequest, pk: UUID) -> HttpResponse:
    """Sign the record as it was read."""
    meeting = find_meeting(request, pk)
    reader = reader_of(request.user, request.vault)
    revision = read_number(request.POST.get("revision", ""))
    try:
        return decide(
            request,
            pk,
            lambda: actions.sign_meeting(by=request.user, reader=reader, pk=pk, revision=revision),
            _("Signed. The record is fixed as it is; a change would make a new version."),
        )
    except UNREADABLE:
        return sealed_page(request, meeting)
