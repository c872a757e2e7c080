"""What two people want to talk about."""

from collections.abc import Callable
from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _

from reflection.opening import read_uuid
from supervision.decorators import post_only
from supervision.forms.meeting import ItemForm
from supervision.minutes import Full, Gone, Rewrite, bring, drop, move, reword, tick
from supervision.models import SupervisionMeeting
from supervision.views.meetings.opened import back_to, find_meeting
from supervision.views.meetings.record import FULL, record_page, rewrite_record
from vault.access import VaultRequest
from vault.decorators import unlocked_to_write


@post_only("meeting_read")
@unlocked_to_write(is_press=lambda posted: posted.get("do") not in ("add", "reword"))
def meeting_agenda(request: VaultRequest, pk: UUID) -> HttpResponse:
    """Add to the agenda, reword, tick, move or take off an item."""
    meeting = find_meeting(request, pk)
    do = request.POST.get("do", "")
    if do in ("add", "reword"):
        return _write_item(request, meeting, do)
    item = read_uuid(request.POST.get("item", ""))
    changes: dict[str, Callable[[UUID], Rewrite]] = {
        "tick": lambda pk: tick(pk, is_done=True),
        "untick": lambda pk: tick(pk, is_done=False),
        "up": lambda pk: move(pk, by=-1),
        "down": lambda pk: move(pk, by=1),
        "drop": drop,
    }
    if do not in changes or item is None:
        raise Http404
    try:
        answer = rewrite_record(request, meeting, changes[do](item))
    except Gone:
        messages.warning(request, _("That item was taken off the agenda meanwhile."))
        answer = None
    return answer or back_to(meeting, "agenda")


def _write_item(request: VaultRequest, meeting: SupervisionMeeting, do: str) -> HttpResponse:
    prefix = "id_new_item_%s" if do == "add" else "id_reworded_%s"
    form = ItemForm(request.POST, auto_id=prefix)
    if not form.is_valid():
        return record_page(request, meeting, item=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    chosen = form.cleaned_data
    rewrite = bring(form.made_by(request.user))
    if do == "reword":
        before = chosen["before"].replace("\r\n", "\n")
        rewrite = reword(chosen["item"], chosen["text"], before=before, by=request.user.pk)
    try:
        answer = rewrite_record(request, meeting, rewrite)
    except Gone:
        form.add_error("text", _(
            "That item was taken off the agenda meanwhile. Your words are still here: add them "
            "anew if you like."
        ))  # fmt: skip
        return record_page(request, meeting, item=form, status=HTTPStatus.CONFLICT)
    except Full:
        form.add_error("text", str(FULL))
        return record_page(request, meeting, item=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return answer or back_to(meeting, "agenda")
