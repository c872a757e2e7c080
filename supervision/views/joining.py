"""Arriving by the link in a proposal's mail."""

from http import HTTPStatus

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.invited import remember_admission
from accounts.models import User
from supervision.joining import RanOut, Unknown, admission_by, proposal_by
from supervision.models import Proposal


@login_not_required
@never_cache
@require_GET
def proposal_join(request: HttpRequest, token: str) -> HttpResponse:
    """Lead whoever holds the link to the proposal: straight, by signing in, or by signing up."""
    try:
        proposal = proposal_by(token)
    except RanOut:
        return _page(request, "ran_out", HTTPStatus.GONE)
    except Unknown:
        return _page(request, "unknown", HTTPStatus.NOT_FOUND)
    if proposal is None:
        return _page(request, "closed", HTTPStatus.GONE)
    if not request.user.is_authenticated:
        return _visitor(request, token, proposal)
    if not request.user.owns(proposal.email):
        return _page(request, "other", proposal=proposal)
    return redirect("proposal_read", pk=proposal.pk)


def _visitor(request: HttpRequest, token: str, proposal: Proposal) -> HttpResponse:
    """Who holds the link has read the mail, and may be told that the address has an account."""
    if User.objects.with_address(proposal.email).exists():
        return _page(request, "sign_in", proposal=proposal)
    if (admission := admission_by(token)) is not None:
        remember_admission(request, token, admission)
    return redirect("account_signup")


def _page(
    request: HttpRequest,
    state: str,
    status: HTTPStatus = HTTPStatus.OK,
    proposal: Proposal | None = None,
) -> HttpResponse:
    context = {"state": state, "proposal": proposal}
    return render(request, "supervision/proposal_join.html", context, status=status)
