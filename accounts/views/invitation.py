"""Arriving by the link in an invitation."""

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import actions
from accounts.invited import remember
from accounts.models import Invitation, User
from accounts.rules import InvitationState, Refused, invitation_state


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def invitation_accept(request: HttpRequest, token: str) -> HttpResponse:
    """Lead the invited person to signing up, or let an account holder accept."""
    invitation = Invitation.objects.with_token(token)
    state = invitation_state(invitation) if invitation else None
    if invitation is None or state is not InvitationState.OPEN:
        return _closed(request, state)
    if not request.user.is_authenticated:
        return _visitor(request, invitation)
    if not request.user.owns(invitation.email):
        return _page(request, invitation, "accounts/invitation_other.html")
    if request.method == "POST":
        return _accept(request, invitation, by=request.user)
    return _page(request, invitation, "accounts/invitation_accept.html")


def _visitor(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """Who holds the link has read the mail, and may be told that the address has an account."""
    if User.objects.with_address(invitation.email).exists():
        return _page(request, invitation, "accounts/invitation_sign_in.html")
    remember(request, invitation)
    return redirect("account_signup")


def _accept(request: HttpRequest, invitation: Invitation, *, by: User) -> HttpResponse:
    try:
        place = actions.accept_invitation(invitation=invitation, by=by)
    except Refused:
        invitation.refresh_from_db()
        return _closed(request, invitation_state(invitation))
    messages.success(request, _("Welcome to %(clinic)s.") % {"clinic": place.clinic.name})
    return redirect("home")


def _page(request: HttpRequest, invitation: Invitation, template: str) -> HttpResponse:
    return render(request, template, {"invitation": invitation})


def _closed(request: HttpRequest, state: InvitationState | None) -> HttpResponse:
    status = HTTPStatus.GONE if state else HTTPStatus.NOT_FOUND
    context = {"state": state.name.lower() if state else "unknown"}
    return render(request, "accounts/invitation_closed.html", context, status=status)
