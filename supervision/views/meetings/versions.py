"""The record of a meeting as it stood."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from reflection.document import UNREADABLE
from supervision.agenda import Laid, references_of, versions_of
from supervision.models import MeetingVersion
from supervision.opening import reader_of
from supervision.views.meetings.opened import facts_of, find_meeting, sealed_page
from vault.access import VaultRequest
from vault.decorators import unlocked_required


@require_GET
@unlocked_required
def meeting_version(request: VaultRequest, pk: UUID, revision: int) -> HttpResponse:
    """Show the record as it stood, with the signatures it has."""
    meeting = find_meeting(request, pk)
    rows = versions_of(meeting).rows
    row = next((one for one in rows if one.version.revision == revision), None)
    if row is None:
        raise Http404
    user, reader = request.user, reader_of(request.user, request.vault)
    try:
        minutes = row.version.read(meeting.data_key(reader))
    except UNREADABLE:
        return sealed_page(request, meeting)
    laid = Laid(meeting, minutes, user, references_of(minutes, user, reader))
    context = {
        **facts_of(meeting, user),
        "row": row,
        "version": row.version,
        "is_conflict": row.version.kind == MeetingVersion.Kind.CONFLICT,
        "is_present": revision == meeting.revision,
        "minutes": minutes,
        "agenda": laid.agenda(is_open=False),
        "agreed": laid.actions({}, is_open=False),
    }
    return render(request, "supervision/meeting_version.html", context)
