"""One meeting as this browser can open it, and the answers where it cannot be changed."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from supervision.agenda import Laid, references_of
from supervision.minutes import Minutes, Progress
from supervision.models import SupervisionMeeting
from supervision.opening import reader_of
from supervision.rules import Action, MeetingState, Refused
from supervision.signed import compare
from vault.access import VaultRequest
from vault.kept import kept_fields, wants_json


@dataclass(frozen=True)
class Opened:
    """A meeting with what is in it, as this browser can open it."""

    meeting: SupervisionMeeting
    minutes: Minutes
    progress: Progress
    laid: Laid


def find_meeting(request: VaultRequest, pk: UUID) -> SupervisionMeeting:
    """Return one's meeting. Raises ``Http404`` to everybody else, whoever they are."""
    found = SupervisionMeeting.objects.of_party(request.user).with_vaults()
    return get_object_or_404(found, pk=pk)


def open_meeting(request: VaultRequest, meeting: SupervisionMeeting) -> Opened:
    """Return the meeting with its minutes. Raises what ``UNREADABLE`` names."""
    user, reader = request.user, reader_of(request.user, request.vault)
    data_key = meeting.data_key(reader)
    minutes = meeting.read(data_key)
    laid = Laid(meeting, minutes, user, references_of(minutes, user, reader))
    return Opened(meeting, minutes, meeting.read_progress(data_key), laid)


def facts_of(meeting: SupervisionMeeting, user: Any) -> dict[str, Any]:
    """Return what every page of a meeting says of it, and what can be done."""
    return {
        "meeting": meeting,
        "other": meeting.other_party(user),
        "is_supervisee": user.pk == meeting.agreement.supervisee_id,
        "has_ended": meeting.agreement.ended_at is not None,
        "is_called_off": meeting.state == MeetingState.CALLED_OFF,
        "is_signed": meeting.state == MeetingState.SIGNED,
        "may_move": meeting.allows(Action.MOVE, user),
        "may_call_off": meeting.allows(Action.CALL_OFF, user),
        "may_say_held": meeting.allows(Action.TOOK_PLACE, user) and meeting.has_begun,
        "may_sign": meeting.allows(Action.SIGN, user),
    }


def is_changing(request: VaultRequest, meeting: SupervisionMeeting) -> bool:
    """Tell whether somebody said that they want to change what is signed."""
    asked = "change" in request.GET or "anew" in request.POST
    return meeting.is_signed_by_any and asked


def sealed_page(request: VaultRequest, meeting: SupervisionMeeting) -> HttpResponse:
    """Show what is known of a meeting whose words do not open here; what was typed comes back."""
    texts = [one.value for one in kept_fields(request, {}) if one.is_text]
    [compared] = compare([meeting])
    context = {
        **facts_of(meeting, request.user),
        "texts": texts,
        "differs": compared.differs,
        "signed_version": compared.version,
    }
    status = HTTPStatus.CONFLICT
    return render(request, "supervision/meeting_sealed.html", context, status=status)


def signed_since(request: VaultRequest, meeting: SupervisionMeeting, because: str) -> HttpResponse:
    """Hand back what was posted, and ask whether a new version is meant."""
    if wants_json(request):
        return JsonResponse({"error": "conflict", "message": because}, status=HTTPStatus.CONFLICT)
    context = {
        "meeting": meeting,
        "because": because,
        "may_go_on": meeting.allows(Action.MINUTE, request.user),
        "fields": kept_fields(request, {"notes": _("Notes")}),
        "action": request.get_full_path(),
    }
    return render(request, "supervision/meeting_kept.html", context, status=HTTPStatus.CONFLICT)


def decide(request: VaultRequest, pk: UUID, act: Callable[[], object], done: str) -> HttpResponse:
    """Do ``act``, say that it is ``done`` or why it was not, and go to the meeting."""
    try:
        act()
    except Refused as refused:
        messages.warning(request, refused.message)
    else:
        messages.success(request, done)
    return redirect("meeting_read", pk=pk)


def back_to(meeting: SupervisionMeeting, place: str) -> HttpResponse:
    """Lead to a ``place`` on the meeting's page."""
    return redirect(f"{reverse('meeting_read', args=[meeting.pk])}#{place}")
