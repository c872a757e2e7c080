"""What was agreed in a meeting, and ticking it off."""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from reflection.document import UNREADABLE
from reflection.opening import read_uuid
from supervision import actions
from supervision.decorators import post_only
from supervision.minutes import Full, Gone, agree, change_action, drop_action
from supervision.opening import reader_of
from supervision.rules import Refused
from supervision.views.meetings.opened import back_to, find_meeting, open_meeting, sealed_page
from supervision.views.meetings.record import FULL, record_page, rewrite_record
from vault.access import VaultRequest
from vault.decorators import unlocked_to_act, unlocked_to_write
from vault.kept import wanted_next


@post_only("meeting_read")
@unlocked_to_write(is_press=lambda posted: posted.get("do") == "drop")
def meeting_actions(request: VaultRequest, pk: UUID) -> HttpResponse:
    """Note what was agreed, change it, or take it out."""
    meeting = find_meeting(request, pk)
    do = request.POST.get("do", "")
    if do == "drop":
        action = read_uuid(request.POST.get("action", ""))
        if action is None:
            raise Http404
        answer = rewrite_record(request, meeting, drop_action(action))
        return answer or back_to(meeting, "agreed")
    if do not in ("add", "change"):
        raise Http404
    try:
        opened = open_meeting(request, meeting)
    except UNREADABLE:
        return sealed_page(request, meeting)
    prefix = "id_new_action_%s" if do == "add" else "id_changed_%s"
    form = opened.laid.action_form(request.POST, auto_id=prefix)
    if not form.is_valid():
        return record_page(request, meeting, action=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    before = form.cleaned_data["before"].replace("\r\n", "\n")
    rewrite = agree(form.made) if do == "add" else change_action(form.made, before=before)
    try:
        answer = rewrite_record(request, meeting, rewrite)
    except Gone:
        form.add_error("text", _(
            "This was taken out meanwhile. Your words are still here: add them anew if you like."
        ))  # fmt: skip
        return record_page(request, meeting, action=form, status=HTTPStatus.CONFLICT)
    except Full:
        form.add_error("text", str(FULL))
        return record_page(request, meeting, action=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return answer or back_to(meeting, "agreed")


@post_only("meeting_read")
@unlocked_to_act
def meeting_follow(request: VaultRequest, pk: UUID) -> HttpResponse:
    """Tick an agreed action off, or take the tick back; then go where one came from."""
    meeting = find_meeting(request, pk)
    action = read_uuid(request.POST.get("action", ""))
    if action is None:
        raise Http404
    try:
        actions.follow_action(
            by=request.user,
            reader=reader_of(request.user, request.vault),
            pk=pk,
            action=action,
            is_done=request.POST.get("do") == "done",
        )
    except UNREADABLE:
        return sealed_page(request, meeting)
    except Gone:
        messages.warning(request, _("That was taken out of what was agreed meanwhile."))
    except Refused as refused:
        messages.warning(request, refused.message)
    back = wanted_next(request)
    return redirect(back) if back else back_to(meeting, "agreed")
