"""The supervision page: what was shared with me, what I shared, and with whom I agreed."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from reflection.listing import Position
from supervision.listing import AgreementRow, page_of
from supervision.models import Agreement, Proposal, Share
from supervision.opening import reader_of
from vault.access import VaultRequest


@require_GET
def supervision_home(request: VaultRequest) -> HttpResponse:
    """Show the newest shares of both directions, and agreements with what to do next.

    While the vault is locked everything is there but the titles.
    """
    user = request.user
    reader = reader_of(user, request.vault) if request.vault.is_unlocked else None
    received, more_received = page_of(
        Share.objects.received_by(user),
        user,
        reader,
        after=Position.read(request.GET.get("received_after", "")),
    )
    given, more_given = page_of(
        Share.objects.given_by(user),
        user,
        reader,
        after=Position.read(request.GET.get("given_after", "")),
    )
    agreements = [AgreementRow(one, user) for one in Agreement.objects.listed(user)]
    context = {
        "received": received,
        "more_received": more_received,
        "given": given,
        "more_given": more_given,
        "is_first_page": not {"received_after", "given_after"} & request.GET.keys(),
        "agreements": agreements,
        "proposals_to_me": Proposal.objects.addressed_to(user),
        "proposals_by_me": Proposal.objects.made_by(user).shown(),
        "can_share": any(row.may_share for row in agreements),
    }
    return render(request, "supervision/supervision_home.html", context)
