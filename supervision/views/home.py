"""The supervision page: the desk, what waits for an answer, meetings, and with whom one agreed."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from supervision.desk import lay_out
from supervision.listing import AgreementRow
from supervision.models import Agreement, Proposal
from supervision.opening import reader_of
from supervision.rules import Role
from vault.access import VaultRequest


@require_GET
def supervision_home(request: VaultRequest) -> HttpResponse:
    """Show a page of the queue that is asked for, and agreements with what to do next.

    While the vault is locked everything is there but the titles.
    """
    user = request.user
    reader = reader_of(user, request.vault) if request.vault.is_unlocked else None
    agreements = [AgreementRow(one, user) for one in Agreement.objects.on_desk(user)]
    proposals = Proposal.objects.on_desk(user)
    desk = lay_out(user, reader, agreements, request.GET)
    context = {
        "desk": desk,
        "is_first_page": desk.is_first and not desk.is_narrowed,
        "agreements": agreements,
        "proposals_to_me": [one for one in proposals if one.proposer_id != user.pk],
        "proposals_by_me": [one for one in proposals if one.proposer_id == user.pk],
        # Whoever supervises may hold comments back; those for a copy that is gone stand only there.
        "may_hold": any(row.role == Role.SUPERVISOR for row in agreements),
        "can_share": any(row.may_share for row in agreements),
    }
    return render(request, "supervision/supervision_home.html", context)
