"""Agreements: propose, read, accept, decline, end; and proposals made to an address."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import Clinic, Membership
from supervision import actions
from supervision.decorators import post_only
from supervision.forms import AcceptForm, ClinicProposalForm, ProposalForm
from supervision.joining import lets_in
from supervision.listing import AgreementRow
from supervision.models import Agreement, ConsentWording, Proposal, show_fingerprint
from supervision.rules import Action, Refused, Role
from supervision.wordings import newer_wording
from vault.access import VaultRequest
from vault.crypto import VaultKeys
from vault.decorators import unlocked_to_act


@require_http_methods(["GET", "POST"])
def agreement_new(request: VaultRequest) -> HttpResponse:
    """Propose an agreement to a colleague or to an e-mail address."""
    colleagues = Membership.objects.colleagues_of(request.user)
    form = ProposalForm(request.POST or None, places=colleagues)
    if form.is_valid():
        try:
            return _propose(request, form.cleaned_data)
        except Refused as refused:
            form.add_error(None, refused.message)
    managed = Clinic.objects.administered_by(request.user)
    return _proposal_page(request, form, "agreement_new", clinics=managed)


def _propose(request: VaultRequest, chosen: dict[str, Any]) -> HttpResponse:
    user, place, side = request.user, chosen.get("person"), chosen["side"]
    if place is None:
        proposal = actions.propose_to_address(by=user, email=chosen["email"], side=side)
        return redirect("proposal_read", pk=proposal.pk)
    is_supervisee = side == Proposal.Side.SUPERVISEE
    agreement = actions.propose_agreement(
        by=user,
        supervisee=user if is_supervisee else place.user,
        supervisor=place.user if is_supervisee else user,
        clinic=place.clinic,
        keys=_keys(request),
    )
    return redirect("agreement_read", pk=agreement.pk)


@require_http_methods(["GET", "POST"])
def agreement_new_for_clinic(request: VaultRequest, clinic: UUID) -> HttpResponse:
    """Propose an agreement for two people of a clinic one manages. Both have to accept."""
    managed = get_object_or_404(Clinic.objects.administered_by(request.user), pk=clinic)
    form = ClinicProposalForm(request.POST or None, places=Membership.objects.active_in(managed))
    if form.is_valid():
        supervisee, supervisor = form.people()
        try:
            agreement = actions.propose_agreement(
                by=request.user,
                supervisee=supervisee,
                supervisor=supervisor,
                clinic=managed,
                keys=_keys(request),
            )
        except Refused as refused:
            form.add_error(None, refused.message)
        else:
            return redirect("agreement_read", pk=agreement.pk)
    return _proposal_page(request, form, "agreement_new_for_clinic", clinic=managed)


@require_GET
def agreement_read(request: VaultRequest, pk: UUID) -> HttpResponse:
    """Show the wording, where both stand, the supervisor's key, and what can be done."""
    actions.see_about(by=request.user, agreement=pk)
    return _agreement_page(request, pk, AcceptForm())


@post_only("agreement_read")
def agreement_accept(request: VaultRequest, pk: UUID) -> HttpResponse:
    """Accept for one's own part, having ticked that one read the wording."""
    form = AcceptForm(request.POST)
    if not form.is_valid():
        return _agreement_page(request, pk, form)
    return _decide(
        request,
        pk,
        lambda: actions.accept_agreement(by=request.user, pk=pk, keys=_keys(request)),
        _("Accepted."),
    )


@post_only("agreement_read")
def agreement_decline(request: VaultRequest, pk: UUID) -> HttpResponse:
    """Decline a proposal, or take one's own back."""
    return _decide(
        request,
        pk,
        lambda: actions.decline_agreement(by=request.user, pk=pk),
        _("The proposal is closed."),
    )


@post_only("agreement_read")
def agreement_end(request: VaultRequest, pk: UUID) -> HttpResponse:
    """End an agreement at once, and with it everything shared under it."""
    return _decide(
        request,
        pk,
        lambda: actions.end_agreement(by=request.user, pk=pk),
        _(
            "The agreement has ended, and everything shared under it was taken back. The records "
            "of your meetings stay readable by both of you."
        ),
    )


@post_only("agreement_read")
def agreement_seen(request: VaultRequest, pk: UUID) -> HttpResponse:
    """Note that one knows of the end of an agreement, so that it is told no more."""
    get_object_or_404(Agreement.objects.visible_to(request.user), pk=pk)
    actions.see_closed(by=request.user, pk=pk)
    return redirect("home")


@post_only("agreement_read")
@unlocked_to_act
def agreement_confirm_key(request: VaultRequest, pk: UUID) -> HttpResponseBase:
    """Remember the supervisor's key, which the supervisee says they compared."""
    shown = _read_hex(request.POST.get("key_confirmed", ""))
    if not shown:
        get_object_or_404(Agreement.objects.visible_to(request.user), pk=pk)
        messages.warning(request, _("Nothing was remembered. Tick the box once you compared it."))
        return redirect("agreement_read", pk=pk)
    return _decide(
        request,
        pk,
        lambda: actions.confirm_key(
            by=request.user, pk=pk, keys=request.vault.keys, fingerprint=shown
        ),
        _("Remembered. Should it ever change, sharing stops and asks you first."),
    )


@require_http_methods(["GET", "POST"])
def agreement_take_back(request: VaultRequest, pk: UUID) -> HttpResponse:
    """Take back everything shared under an agreement, after asking once."""
    seen = Agreement.objects.visible_to(request.user).with_people()
    agreement = get_object_or_404(seen, pk=pk)
    if not agreement.allows(Action.REVOKE_ALL, request.user):
        return redirect("agreement_read", pk=pk)
    name = agreement.supervisor.get_full_name()
    if request.method == "POST":
        try:
            taken = actions.take_back_everything(by=request.user, pk=pk)
        except Refused as refused:
            messages.warning(request, refused.message)
            return redirect("agreement_read", pk=pk)
        said = ngettext(
            "%(number)d copy was taken back. %(name)s cannot open it any more.",
            "%(number)d copies were taken back. %(name)s cannot open them any more.",
            taken,
        )
        messages.success(request, said % {"number": taken, "name": name})
        return redirect("record_read", pk=pk)
    context = {
        "agreement": agreement,
        "name": name,
        "shares": agreement.shares.unrevoked().to_take_back(),
    }
    return render(request, "supervision/agreement_take_back.html", context)


def _agreement_page(request: VaultRequest, pk: UUID, form: AcceptForm) -> HttpResponse:
    """Return the page of an agreement. Whoever reads of its end there has been told of it."""
    agreement = get_object_or_404(Agreement.objects.visible_to(request.user).with_people(), pk=pk)
    if agreement.is_news_for(request.user):
        actions.see_closed(by=request.user, pk=pk)
    row = AgreementRow(agreement, request.user)
    is_party = row.role in (Role.SUPERVISEE, Role.SUPERVISOR)
    key = agreement.supervisor_key if is_party else b""
    keys = _keys(request) if row.role == Role.SUPERVISEE else None
    standing = agreement.key_standing(keys)
    may_confirm = agreement.allows(Action.CONFIRM_KEY, request.user)
    current = ConsentWording.objects.current(ConsentWording.AGREEMENT)
    context = {
        "row": row,
        "agreement": agreement,
        "form": form,
        "is_supervisee": row.role == Role.SUPERVISEE,
        "is_supervisor": row.role == Role.SUPERVISOR,
        "is_open": agreement.closed_at is None,
        "key": show_fingerprint(key) if key else "",
        "key_value": key.hex(),
        "key_standing": standing,
        "asks_for_key": may_confirm and standing in ("new", "changed", "elsewhere"),
        "may_check": agreement.allows(Action.CHECK_RECORD, request.user),
        "may_take_back": agreement.allows(Action.REVOKE_ALL, request.user),
        "newer": newer_wording(agreement.wording, current),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "supervision/agreement_read.html", context, status=status)


def _decide(
    request: VaultRequest, pk: UUID, decide: Callable[[], Agreement], done: str
) -> HttpResponse:
    get_object_or_404(Agreement.objects.visible_to(request.user), pk=pk)
    try:
        agreement = decide()
    except Refused as refused:
        messages.warning(request, refused.message)
        return redirect("agreement_read", pk=pk)
    messages.success(request, done)
    is_party = agreement.role_of(request.user) in (Role.SUPERVISEE, Role.SUPERVISOR)
    return redirect("agreement_read", pk=pk) if is_party else redirect("supervision_home")


# --- Proposals to an address ---------------------------------------------------------------------


@require_GET
def proposal_read(request: VaultRequest, pk: UUID) -> HttpResponse:
    """Show a proposal to its proposer, or to whoever has the address it went to."""
    actions.see_about(by=request.user, proposal=pk)
    return _proposal_answer_page(request, pk, AcceptForm())


@post_only("proposal_read")
def proposal_accept(request: VaultRequest, pk: UUID) -> HttpResponse:
    """Accept a proposal made to one's address: the agreement is active at once."""
    get_object_or_404(Proposal.objects.addressed_to(request.user), pk=pk)
    form = AcceptForm(request.POST)
    if not form.is_valid():
        return _proposal_answer_page(request, pk, form)
    try:
        agreement = actions.accept_proposal(by=request.user, pk=pk, keys=_keys(request))
    except Refused as refused:
        messages.warning(request, refused.message)
        return redirect("supervision_home")
    messages.success(request, _("Accepted."))
    return redirect("agreement_read", pk=agreement.pk)


def _proposal_answer_page(request: VaultRequest, pk: UUID, form: AcceptForm) -> HttpResponse:
    proposal = get_object_or_404(Proposal.objects.visible_to(request.user), pk=pk)
    current = ConsentWording.objects.current(ConsentWording.AGREEMENT)
    context = {
        "proposal": proposal,
        "form": form,
        "wording": proposal.wording,
        "newer": newer_wording(proposal.wording, current),
        "is_mine": proposal.proposer_id == request.user.pk,
        "lets_in": lets_in(proposal),
        "would_supervise": proposal.answerer_side == Proposal.Side.SUPERVISOR,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "supervision/proposal_read.html", context, status=status)


@post_only("proposal_read")
def proposal_decline(request: VaultRequest, pk: UUID) -> HttpResponse:
    """Decline a proposal made to one's address."""
    get_object_or_404(Proposal.objects.addressed_to(request.user), pk=pk)
    return _close_proposal(request, actions.decline_proposal, pk)


@post_only("proposal_read")
def proposal_take_back(request: VaultRequest, pk: UUID) -> HttpResponse:
    """Take one's own proposal back."""
    get_object_or_404(Proposal.objects.made_by(request.user), pk=pk)
    return _close_proposal(request, actions.take_back_proposal, pk)


def _close_proposal(
    request: VaultRequest, close: Callable[..., Proposal], pk: UUID
) -> HttpResponse:
    try:
        close(by=request.user, pk=pk)
    except Refused as refused:
        messages.warning(request, refused.message)
    else:
        messages.success(request, _("The proposal is closed."))
    return redirect("supervision_home")


# --- Parts ---------------------------------------------------------------------------------------


def _proposal_page(
    request: VaultRequest, form: ProposalForm | ClinicProposalForm, name: str, **context: Any
) -> HttpResponse:
    wording = ConsentWording.objects.current(ConsentWording.AGREEMENT)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    context |= {"form": form, "wording": wording}
    return render(request, f"supervision/{name}.html", context, status=status)


def _keys(request: VaultRequest) -> VaultKeys | None:
    """Return the person's keys where the vault happens to be open: nothing here requires it."""
    return request.vault.keys if request.vault.is_unlocked else None


def _read_hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""
