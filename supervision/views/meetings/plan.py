"""Planning a meeting, moving it, calling it off, saying that it took place."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from reflection.document import UNREADABLE
from reflection.opening import read_uuid
from supervision import actions
from supervision.decorators import post_only
from supervision.forms.meeting import FactsForm, PlanForm
from supervision.minutes import Minutes
from supervision.models import Agreement, SupervisionMeeting
from supervision.opening import reader_of
from supervision.rules import Action, Refused
from supervision.views.meetings.bringing import item_about
from supervision.views.meetings.keys import key_page
from supervision.views.meetings.opened import (
    decide,
    find_meeting,
    is_changing,
    sealed_page,
    signed_since,
)
from vault.access import VaultRequest
from vault.decorators import is_first_look, unlocked_required, unlocked_to_confirm


@require_http_methods(["GET", "POST"])
@unlocked_required
def meeting_new(request: VaultRequest) -> HttpResponse:
    """Plan a meeting, perhaps begun from a shared copy or a comment."""
    user = request.user
    agreements = list(Agreement.objects.to_meet_under(user))
    asked = read_uuid(request.GET.get("with", ""))
    today = timezone.localdate()
    given = {"agreement": str(asked)} if asked else {}
    form = PlanForm(
        request.POST or None,
        agreements=agreements,
        user=user,
        initial={
            "day": today,
            "share": read_uuid(request.GET.get("share", "")),
            "comment": read_uuid(request.GET.get("comment", "")),
            **given,
        },
    )
    if form.is_valid():
        try:
            return _plan(request, form)
        except actions.KeyUnknown as refused:
            return key_page(request, form.other, refused.message, form=form)
        except Refused as refused:
            form.add_error(None, refused.message)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "supervision/meeting_new.html", {"form": form}, status=status)


def _plan(request: VaultRequest, form: PlanForm) -> HttpResponse:
    chosen = form.cleaned_data
    agreement = form.other.agreement
    item = item_about(request, chosen["share"], chosen["comment"], under=agreement.pk)
    meeting = actions.plan_meeting(
        by=request.user,
        reader=reader_of(request.user, request.vault),
        agreement=agreement.pk,
        facts=form.facts,
        form=chosen["meeting"],
        key_confirmed=form.confirmed_key,
        minutes=Minutes(agenda=(item,)) if item else None,
    )
    return redirect("meeting_read", pk=meeting.pk)


@require_http_methods(["GET", "POST"])
@unlocked_to_confirm
def meeting_move(request: VaultRequest, pk: UUID) -> HttpResponse:
    """Change day, time, length or form. What the form was made of comes along with it."""
    meeting = find_meeting(request, pk)
    if not meeting.allows(Action.MOVE, request.user):
        raise Http404
    before = _before(request, meeting)
    form = FactsForm(request.POST or None, initial=FactsForm.initial_of(meeting.facts))
    if form.is_valid() and not is_first_look(request):
        try:
            actions.move_meeting(
                by=request.user,
                reader=reader_of(request.user, request.vault),
                pk=pk,
                facts=form.facts,
                before=before,
                anew="anew" in request.POST,
            )
        except actions.SignedAlready as refused:
            return signed_since(request, meeting, refused.message)
        except actions.Moved as refused:
            meeting.refresh_from_db()
            form = FactsForm(initial=FactsForm.initial_of(meeting.facts))
            return _move_page(request, meeting, form, refused.message)
        except UNREADABLE:
            return sealed_page(request, meeting)
        except Refused as refused:
            form.add_error(None, refused.message)
        else:
            return redirect("meeting_read", pk=pk)
    return _move_page(request, meeting, form)


def _before(request: VaultRequest, meeting: SupervisionMeeting) -> Any:
    """Return the facts the form was made of: the present ones unless they have moved since."""
    sent = request.POST.get("before", "")
    is_same = not sent or sent == _told(meeting)
    return meeting.facts if is_same else None


def _told(meeting: SupervisionMeeting) -> str:
    return f"{meeting.starts_at.isoformat()} {meeting.duration} {meeting.format}"


def _move_page(
    request: VaultRequest, meeting: SupervisionMeeting, form: FactsForm, because: str = ""
) -> HttpResponse:
    context = {
        "meeting": meeting,
        "form": form,
        "before": _told(meeting),
        "because": because,
        "anew": is_changing(request, meeting),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    status = HTTPStatus.CONFLICT if because else status
    return render(request, "supervision/meeting_move.html", context, status=status)


@post_only("meeting_read")
def meeting_call_off(request: VaultRequest, pk: UUID) -> HttpResponse:
    """Call a meeting off. What was written stays."""
    find_meeting(request, pk)
    done = _("Called off. What was written for it is kept.")
    return decide(request, pk, lambda: actions.call_off_meeting(by=request.user, pk=pk), done)


@post_only("meeting_read")
def meeting_took_place(request: VaultRequest, pk: UUID) -> HttpResponse:
    """Say that a meeting took place; from then on it counts, and can be signed."""
    find_meeting(request, pk)
    done = _("It took place, and counts among your hours. Now it can be signed.")
    return decide(
        request, pk, lambda: actions.note_meeting_took_place(by=request.user, pk=pk), done
    )
