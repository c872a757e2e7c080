"""The first page: for a visitor what Mend is, for somebody signed in what today asks for."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from accounts.access import is_clinic_admin, is_clinician, places
from reflection.listing import open_rows
from reflection.models import Entry
from reflection.queries.guide import short_titles
from vault.access import VaultRequest


@require_GET
@login_not_required
def home(request: VaultRequest) -> HttpResponse:
    """Show the visitor's page, or today's. An admin who keeps no journal goes to the clinic."""
    if not request.user.is_authenticated:
        return render(request, "reflection/home_visitor.html")
    if is_clinic_admin(request) and not is_clinician(request):
        return redirect("clinic_home")
    if request.user.is_staff and not places(request):
        return redirect("admin:index")
    if request.vault.state == "none":
        return redirect("vault_setup")
    if not request.vault.is_unlocked:
        return render(request, "reflection/home_today.html", {"locked": True})
    owned, keyring = Entry.objects.owned_by(request.user), request.vault.keys_for
    due = open_rows(owned.due(), keyring)
    due_ids = {row.entry.pk for row in due}
    unfinished = open_rows(owned.unfinished(), keyring, short_titles())
    context = {
        "due": due,
        "unfinished": [row for row in unfinished if row.entry.pk not in due_ids],
    }
    return render(request, "reflection/home_today.html", context)
