"""The other side's key: comparing it, and sealing to the vault they have now."""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from supervision import actions
from supervision.decorators import post_only
from supervision.forms.meeting import PlanForm, read_fingerprint
from supervision.opening import reader_of
from supervision.rules import Refused
from supervision.sealing import OtherSide
from supervision.views.meetings.opened import find_meeting
from vault.access import VaultRequest
from vault.decorators import unlocked_to_act


@post_only("meeting_read")
@unlocked_to_act
def meeting_seal_anew(request: VaultRequest, pk: UUID) -> HttpResponse:
    """Seal what was written to the vault the other side has now."""
    meeting = find_meeting(request, pk)
    other = OtherSide(meeting.agreement, request.user)
    try:
        actions.seal_meetings_anew(
            by=request.user,
            reader=reader_of(request.user, request.vault),
            agreement=meeting.agreement_id,
            key_confirmed=read_fingerprint(request.POST.get("key_confirmed", "")),
        )
    except actions.KeyUnknown as refused:
        return key_page(request, other, refused.message)
    except Refused as refused:
        messages.warning(request, refused.message)
    else:
        said = _("%(name)s can open what you two wrote about your meetings again.")
        messages.success(request, said % {"name": other.person.get_full_name()})
    return redirect("meeting_read", pk=pk)


def key_page(
    request: VaultRequest,
    other: OtherSide,
    message: str,
    *,
    form: PlanForm | None = None,
    action: str = "",
) -> HttpResponse:
    """Ask for the other side's key to be compared; the form's own choices come along."""
    left_out = {"csrfmiddlewaretoken", "key_confirmed"}
    fields = [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name not in left_out
    ]
    context = {
        "other": other,
        "standing": other.standing(request.vault.keys),
        "message": message,
        "fields": fields,
        "asked_before": "key_confirmed" in request.POST,
        "action": action or request.get_full_path(),
        "value": other.key.hex(),
    }
    status = HTTPStatus.CONFLICT
    return render(request, "supervision/meeting_key.html", context, status=status)
