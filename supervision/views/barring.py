"""Barring people from a reflection: it is never shared with them, and they are not told."""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.models import User
from reflection.opening import open_entry, says_what_cannot_be_read
from reflection.reading import title_of
from supervision import actions
from supervision.forms import BarForm
from supervision.models import Agreement, GroupMembership
from vault.access import VaultRequest
from vault.decorators import is_first_look, unlocked_to_confirm


@require_http_methods(["GET", "POST"])
@unlocked_to_confirm
@says_what_cannot_be_read
def entry_barred(request: VaultRequest, pk: UUID) -> HttpResponseBase:
    """Choose whom a reflection is never shared with, and read whom else one can ask."""
    entry, document = open_entry(request, pk)
    agreements = Agreement.objects.of_supervisee(request.user).undeclined()
    posted = request.POST if request.method == "POST" else None
    form = BarForm(
        posted,
        agreements=agreements,
        fellows=GroupMembership.objects.fellows_of(request.user),
        barred=User.objects.among(document.barred),
    )
    if form.is_valid() and not is_first_look(request):
        taken = actions.bar_people(
            by=request.user,
            keys=request.vault.keys_for(entry.vault_id),
            pk=pk,
            barred=form.chosen(),
        )
        messages.success(request, _said(taken))
        return redirect("entry_read", pk=pk)
    context = {"entry": entry, "title": title_of(document), "form": form}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "supervision/entry_barred.html", context, status=status)


def _said(taken: int) -> str:
    if not taken:
        return _("Noted. Nobody is told.")
    said = ngettext(
        "Noted, and %(number)d copy was taken back.",
        "Noted, and %(number)d copies were taken back.",
        taken,
    )
    return said % {"number": taken}
