"""A clinic's people, for its admins. Nothing that anybody writes is anywhere near these pages."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import actions
from accounts.access import SignedInRequest
from accounts.forms.people import InvitationForm, RolesForm
from accounts.models import Clinic, Invitation, Membership
from accounts.rules import PlaceAct, Refused, place_acts, place_state

PEOPLE_A_PAGE = 50


@require_safe
def clinic_home(request: SignedInRequest) -> HttpResponse:
    """Lead to the one clinic the person manages, or let them choose among several."""
    clinics = list(Clinic.objects.administered_by(request.user))
    if not clinics:
        raise Http404
    if len(clinics) == 1:
        return redirect("clinic_people", pk=clinics[0].pk)
    return render(request, "accounts/clinic_choose.html", {"clinics": clinics})


@require_safe
def clinic_people(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """List the clinic's people and its unanswered invitations."""
    clinic = get_object_or_404(Clinic.objects.administered_by(request.user), pk=pk)
    people = Paginator(Membership.objects.listed(clinic), PEOPLE_A_PAGE)
    context = {
        "clinic": clinic,
        "page": people.get_page(request.GET.get("page")),
        "invitations": Invitation.objects.listed(clinic),
    }
    return render(request, "accounts/clinic_people.html", context)


@require_http_methods(["GET", "POST"])
def clinic_invite(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Invite somebody by mail."""
    clinic = get_object_or_404(Clinic.objects.administered_by(request.user), pk=pk)
    form = InvitationForm(request.POST or None, initial={"is_clinician": True})
    if request.method == "POST" and form.is_valid():
        try:
            invitation = actions.invite(clinic=clinic, by=request.user, **form.cleaned_data)
        except actions.AlreadyHere as here:
            form.add_error("email", _already_here(here.place))
        else:
            said = _("An invitation is on its way to %(email)s.") % {"email": invitation.email}
            messages.success(request, said)
            return redirect("clinic_people", pk=clinic.pk)
    context = {"clinic": clinic, "form": form}
    return render(request, "accounts/clinic_invite.html", context)


def _already_here(place: Membership) -> str:
    if place.is_current:
        return _("%(name)s belongs to this clinic already.") % {"name": place.user}
    return _("%(name)s was here before. Reactivate them from the list of people instead.") % {
        "name": place.user
    }


@require_POST
def clinic_invitation_resend(request: SignedInRequest, pk: UUID, invitation: UUID) -> HttpResponse:
    """Mail an unanswered invitation again, with a fresh link."""
    found = _invitation(request, pk, invitation)
    try:
        actions.resend_invitation(invitation=found, by=request.user)
    except Refused:
        return _nothing_changed(request, pk)
    said = _("A fresh link is on its way to %(email)s. The earlier one no longer works.")
    messages.success(request, said % {"email": found.email})
    return redirect("clinic_people", pk=pk)


@require_POST
def clinic_invitation_revoke(request: SignedInRequest, pk: UUID, invitation: UUID) -> HttpResponse:
    """Withdraw an unanswered invitation."""
    found = _invitation(request, pk, invitation)
    try:
        actions.revoke_invitation(invitation=found, by=request.user)
    except Refused:
        return _nothing_changed(request, pk)
    said = _("The invitation to %(email)s was withdrawn; its link no longer works.")
    messages.success(request, said % {"email": found.email})
    return redirect("clinic_people", pk=pk)


@require_http_methods(["GET", "POST"])
def clinic_person(request: SignedInRequest, pk: UUID, place: int) -> HttpResponse:
    """Show one person's place in the clinic, and change their roles."""
    found = _place(request, pk, place)
    acts = place_acts(found, by=request.user)
    form = RolesForm(request.POST or None, place=found, acts=acts)
    if request.method == "POST" and form.is_valid():
        try:
            found = actions.change_roles(place=found, by=request.user, **form.cleaned_data)
        except Refused:
            return _nothing_changed(request, pk)
        messages.success(request, _("Roles saved for %(name)s.") % {"name": found.user})
        gave_it_up = found.user_id == request.user.pk and not found.is_admin
        return redirect("home") if gave_it_up else redirect("clinic_people", pk=pk)
    return render(request, "accounts/clinic_person.html", _person_context(request, found, form))


def _person_context(request: SignedInRequest, place: Membership, form: RolesForm) -> dict[str, Any]:
    acts = place_acts(place, by=request.user)
    return {
        "clinic": place.clinic,
        "place": place,
        "form": form,
        "state": place_state(place, by=request.user).name.lower(),
        "may_change_roles": PlaceAct.SET_CLINICIAN in acts,
        "may_deactivate": PlaceAct.DEACTIVATE in acts,
        "may_reactivate": PlaceAct.REACTIVATE in acts,
    }


@require_POST
def clinic_person_deactivate(request: SignedInRequest, pk: UUID, place: int) -> HttpResponse:
    """End somebody's place in the clinic."""
    found = _place(request, pk, place)
    try:
        actions.deactivate(place=found, by=request.user)
    except Refused:
        return _nothing_changed(request, pk)
    messages.success(request, _("%(name)s was deactivated.") % {"name": found.user})
    return redirect("clinic_people", pk=pk)


@require_POST
def clinic_person_reactivate(request: SignedInRequest, pk: UUID, place: int) -> HttpResponse:
    """Give somebody's place in the clinic back."""
    found = _place(request, pk, place)
    try:
        actions.reactivate(place=found, by=request.user)
    except Refused:
        return _nothing_changed(request, pk)
    messages.success(request, _("%(name)s can sign in again.") % {"name": found.user})
    return redirect("clinic_people", pk=pk)


def _place(request: SignedInRequest, clinic: UUID, place: int) -> Membership:
    places = Membership.objects.administered_by(request.user).select_related("user", "clinic")
    return get_object_or_404(places, clinic=clinic, pk=place)


def _invitation(request: SignedInRequest, clinic: UUID, invitation: UUID) -> Invitation:
    invitations = Invitation.objects.administered_by(request.user)
    return get_object_or_404(invitations, clinic=clinic, pk=invitation)


def _nothing_changed(request: SignedInRequest, clinic: UUID) -> HttpResponse:
    said = _("Nothing was changed: this had been settled in the meantime, or is not open to you.")
    messages.warning(request, said)
    return redirect("clinic_people", pk=clinic)
