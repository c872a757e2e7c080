"""The first page: for a visitor what Mend is, for somebody signed in what today asks for."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import is_clinic_admin, is_clinician, places
from reflection.earlier import earlier_by
from reflection.listing import open_rows
from reflection.models import Entry, TodayChoices
from reflection.opening import read_uuid
from reflection.queries.guide import short_titles
from vault.access import VaultRequest

UNFINISHED = 5


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
    keyring = request.vault.keys_for
    waiting = open_rows(Entry.objects.today_of(request.user), keyring, short_titles())
    due = [row for row in waiting if row.entry.is_due()]
    context = {
        "due": due,
        "unfinished": [row for row in waiting if not row.entry.is_due()][:UNFINISHED],
        "earlier": earlier_by(request.user, keyring),
        "just_reminded": read_uuid(request.GET.get("reminded", "")),
    }
    return render(request, "reflection/home_today.html", context)


@require_http_methods(["GET", "POST"])
def today_choices(request: VaultRequest) -> HttpResponse:
    """Choose what Today shows of earlier days."""
    choices = TodayChoices.objects.of(request.user)
    if request.method == "POST":
        choices.shows_earlier = request.POST.get("shows_earlier") == "on"
        choices.save()
        return redirect("home")
    return render(request, "reflection/today_choices.html", {"choices": choices})
