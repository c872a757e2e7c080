"""A shared copy, or a comment in one, brought to a meeting."""

from http import HTTPStatus
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from reflection.opening import read_uuid
from supervision.agenda import refer
from supervision.forms.meeting import BringForm
from supervision.listing import open_rows
from supervision.minutes import AgendaItem, Full, There, bring
from supervision.models import Comment, Share, SupervisionMeeting
from supervision.opening import reader_of
from supervision.rules import Action
from supervision.views.meetings.opened import back_to, find_meeting
from supervision.views.meetings.record import FULL, rewrite_record
from vault.access import VaultRequest
from vault.decorators import unlocked_required


@require_http_methods(["GET", "POST"])
@unlocked_required
def meeting_bring(request: VaultRequest, pk: UUID) -> HttpResponse:
    """Put a shared copy, or a comment in one, on the agenda of a meeting of the two."""
    user = request.user
    share = Share.objects.readable_by(user).find(pk)
    if share is None or not share.agreement.allows(Action.PLAN, user):
        raise Http404
    meetings = list(
        SupervisionMeeting.objects.of_party(user)
        .under(share.agreement_id)
        .to_bring_to()
        .without_words()[:12]
    )
    comment = read_uuid(request.GET.get("comment", ""))
    choices = [(str(one.pk), _when(one)) for one in meetings]
    first = choices[0][0] if len(choices) == 1 else None
    form = BringForm(
        request.POST or None, meetings=choices, initial={"comment": comment, "meeting": first}
    )
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    if form.is_valid():
        try:
            return _bring(request, share, form)
        except Full:
            form.add_error(None, str(FULL))
    [row] = open_rows(Share.objects.among([pk]).listed(), user, reader_of(user, request.vault))
    context = {
        "share": share,
        "reference": refer({pk: row}, pk, user, comment),
        "form": form,
        "comment": comment,
        "has_meetings": bool(meetings),
        "may_plan": share.agreement.allows(Action.PLAN, user),
    }
    return render(request, "supervision/meeting_bring.html", context, status=status)


def _bring(request: VaultRequest, share: Share, form: BringForm) -> HttpResponse:
    chosen = form.cleaned_data
    meeting = find_meeting(request, UUID(chosen["meeting"]))
    item = item_about(
        request, share.pk, chosen["comment"], under=meeting.agreement_id, text=chosen["text"]
    )
    if item is None:
        raise Http404
    answer = None
    try:
        answer = rewrite_record(request, meeting, bring(item))
    except There:
        messages.info(request, _("It is on the agenda already."))
    return answer or back_to(meeting, "agenda")


def item_about(
    request: VaultRequest, share: UUID | None, comment: UUID | None, *, under: UUID, text: str = ""
) -> AgendaItem | None:
    """Return an item for a copy or a comment that the person can read, or None."""
    if share is None:
        return None
    found = Share.objects.readable_by(request.user).find(share)
    if found is None or found.agreement_id != under:
        return None
    said = Comment.objects.of_share(found).find(comment)
    return AgendaItem(
        id=uuid4(),
        by=request.user.pk,
        text=text,
        share=found.pk,
        comment=said.pk if said else None,
    )


def _when(meeting: SupervisionMeeting) -> str:
    begins = timezone.localtime(meeting.starts_at)
    return f"{date_format(begins, 'l j F Y')}, {begins:%H:%M}"
