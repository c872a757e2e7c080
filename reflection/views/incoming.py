"""Bringing reflections in from a file: choose it, look at what would come of it, say yes."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from reflection.incoming import actions
from reflection.incoming.actions import Gone
from reflection.incoming.plan import Plan, plan_for
from reflection.incoming.reading import read_files
from reflection.incoming.shape import (
    MEGABYTE,
    MOST_ENTRIES,
    MOST_FILES,
    MOST_UNPACKED,
    MOST_UPLOADED,
    CannotRead,
)
from reflection.opening import read_uuid
from reflection.uploads import is_too_large, uploads_in_memory
from vault.access import VaultRequest
from vault.decorators import unlocked_required

UNPROCESSABLE = 422


@require_http_methods(["GET", "POST"])
@uploads_in_memory(MOST_UPLOADED)
def journal_import(request: HttpRequest) -> HttpResponseBase:
    """Ask for files, show what would come of them, and bring that in."""
    access: VaultRequest = request  # type: ignore[assignment]
    if request.method == "POST" and access.vault.state == "locked":
        messages.info(
            request,
            _("Your vault had locked. Nothing was brought in, and nothing was lost: your file is "
              "where it was. Choose it again."),
        )  # fmt: skip
        return redirect(f"{reverse('vault_unlock')}?{urlencode({'next': request.path})}")
    return _import(access)


@unlocked_required
def _import(request: VaultRequest) -> HttpResponse:
    step, pk = request.POST.get("step", ""), read_uuid(request.POST.get("incoming", ""))
    if pk is not None and step == "confirm":
        return _confirmed(request, pk)
    if pk is not None and step == "discard":
        actions.throw_away(by=request.user, pk=pk)
        messages.success(request, _("Nothing was brought in."))
        return redirect("journal_import")
    return _looked_at(request) if request.method == "POST" else _page(request)


def _looked_at(request: VaultRequest) -> HttpResponse:
    files = [(one.name or "", one.read()) for one in request.FILES.getlist("files")]
    if is_too_large(request):
        said = _("That is more than %(most)d MB. Nothing was brought in. Divide it, or pack it.")
        return _page(request, error=said % {"most": MOST_UPLOADED // MEGABYTE})
    if not files:
        return _page(request, error=_("Choose a file first."))
    try:
        plan = _plan(request, files)
    except CannotRead as error:
        return _page(request, error=str(error.why))
    waiting = None if plan.is_empty else actions.put_aside(keys=request.vault.keys, files=files)
    context = {"plan": plan, "incoming": waiting}
    return render(request, "reflection/journal_import_preview.html", context)


def _plan(request: VaultRequest, files: list[tuple[str, bytes]]) -> Plan:
    found = read_files(files, timezone.get_current_timezone())
    return plan_for(request.user, request.vault.keys, request.vault.keys_for, found)


def _confirmed(request: VaultRequest, pk: UUID) -> HttpResponse:
    try:
        plan = actions.bring_in(
            by=request.user,
            keys=request.vault.keys,
            keyring=request.vault.keys_for,
            pk=pk,
            finish="finished" in request.POST,
        )
    except Gone:
        said = _(
            "This file no longer waits: it was brought in already, or its hour was over. Nothing "
            "was brought in just now. Look at your journal, or choose the file again."
        )
        return _page(request, error=said)
    if plan.words_left:
        messages.warning(request, str(plan.words_left))
    if said := _brought_in(plan):
        messages.success(request, said)
    return redirect("journal_list")


def _brought_in(plan: Plan) -> str:
    """Return what has come in, in words; nothing where nothing has."""
    if number := len(plan.new):
        said = ngettext(
            "%(number)d reflection was brought in.",
            "%(number)d reflections were brought in.",
            number,
        )
        return said % {"number": number}
    if plan.words_left:
        return _("Your case codes were brought in.") if plan.codes else ""
    return _("Your case codes and words to watch were brought in.")


def _page(request: VaultRequest, *, error: str = "") -> HttpResponse:
    context = {
        "error": error,
        "most_uploaded": MOST_UPLOADED // MEGABYTE,
        "most_unpacked": MOST_UNPACKED // MEGABYTE,
        "most_files": MOST_FILES,
        "most_entries": MOST_ENTRIES,
    }
    status = UNPROCESSABLE if error else 200
    return render(request, "reflection/journal_import.html", context, status=status)
