"""The notes of a meeting, which save themselves."""

from http import HTTPStatus
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from reflection.actions import Source
from reflection.document import UNREADABLE
from reflection.drafts import opened_page, sealing
from reflection.opening import read_number
from supervision import actions
from supervision.forms.meeting import NotesForm
from supervision.models import SupervisionMeeting
from supervision.opening import reader_of
from supervision.rules import Action, Refused
from supervision.views.meetings.opened import (
    Opened,
    back_to,
    facts_of,
    find_meeting,
    is_changing,
    open_meeting,
    sealed_page,
    signed_since,
)
from vault.access import VaultRequest
from vault.decorators import unlocked_required
from vault.kept import wants_json


@require_http_methods(["GET", "POST"])
@unlocked_required
def meeting_notes(request: VaultRequest, pk: UUID) -> HttpResponseBase:
    """Write the notes. They save themselves; two texts written at once are both kept."""
    meeting = find_meeting(request, pk)
    if request.method == "GET":
        return _notes_begun(request, meeting)
    form = NotesForm(request.POST)
    if not form.is_valid():
        if wants_json(request):
            said = {"error": "invalid", "fields": form.errors}
            return JsonResponse(said, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        return _notes_page(request, meeting, form)
    try:
        written = actions.write_notes(
            by=request.user,
            reader=reader_of(request.user, request.vault),
            pk=meeting.pk,
            text=form.cleaned_data["notes"],
            source=_source(request),
            anew="anew" in request.POST,
        )
    except Refused as refused:
        return signed_since(request, meeting, refused.message)
    except UNREADABLE:
        return sealed_page(request, meeting)
    return _notes_written(request, written)


def _notes_begun(request: VaultRequest, meeting: SupervisionMeeting) -> HttpResponse:
    if not meeting.allows(Action.MINUTE, request.user):
        return redirect("meeting_read", pk=meeting.pk)
    try:
        opened = open_meeting(request, meeting)
    except UNREADABLE:
        return sealed_page(request, meeting)
    form = NotesForm(initial={"notes": opened.minutes.notes})
    return _notes_page(request, meeting, form, opened)


def _notes_written(request: VaultRequest, written: actions.Written) -> HttpResponse:
    meeting = written.meeting
    if written.mine is not None:
        return _notes_conflict(request, written)
    if wants_json(request):
        return JsonResponse(
            {
                "state": "saved",
                "revision": meeting.revision,
                "saved_at": timezone.now().isoformat(),
                "action": None,
                "written": [],
            }
        )
    return back_to(meeting, "notes")


def _notes_conflict(request: VaultRequest, written: actions.Written) -> HttpResponse:
    """Answer notes that came too late with both texts. Both are kept, whatever is chosen next."""
    if wants_json(request):
        said = _("The notes were also changed elsewhere. Both texts are kept.")
        return JsonResponse({"error": "conflict", "message": said}, status=HTTPStatus.CONFLICT)
    theirs, mine = written.minutes.notes, written.mine or ""
    context = {
        "meeting": written.meeting,
        "theirs": theirs,
        "mine": mine,
        "both": f"{theirs.rstrip()}\n\n{mine}" if theirs.strip() else mine,
    }
    return render(request, "supervision/meeting_conflict.html", context, status=HTTPStatus.CONFLICT)


def _notes_page(
    request: VaultRequest,
    meeting: SupervisionMeeting,
    form: NotesForm,
    opened: Opened | None = None,
) -> HttpResponse:
    page = opened_page(request)
    context = {
        **facts_of(meeting, request.user),
        "form": form,
        "revision": request.POST.get("revision") or meeting.revision,
        "page": page,
        "sealing": sealing(request, meeting.pk, "meeting", page),
        "turn": request.POST.get("turn") or 0,
        "anew": is_changing(request, meeting),
        "agenda": opened.laid.agenda(is_open=False) if opened else [],
        "csrf_cookie_name": settings.CSRF_COOKIE_NAME,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "supervision/meeting_notes.html", context, status=status)


def _source(request: VaultRequest) -> Source:
    """Return which opened page a save comes from, by what the page says of itself."""
    return Source(
        revision=read_number(request.POST.get("revision", "")),
        page=request.POST.get("page", "")[:32],
        turn=read_number(request.POST.get("turn", "")),
    )
