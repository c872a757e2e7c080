"""Details that may identify somebody: found while one writes, replaced, kept; words to watch."""

import uuid

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from reflection import actions
from reflection.document import UNREADABLE
from reflection.findings import by_box, findings, with_kept, with_replaced
from reflection.forms import WatchForm
from reflection.opening import open_entry, says_what_cannot_be_read
from reflection.watching import (
    TooMany,
    allowance_of,
    begin_anew,
    unwatch_word,
    watch_words,
    watched_by,
)
from reflection.writings import BOXES
from vault.access import VaultRequest
from vault.decorators import unlocked_to_write
from vault.kept import wants_json

UNPROCESSABLE = 422
# In a reflection's address: its page lists what may identify somebody from the beginning.
DETAILS = "details"
LONGEST_KEPT = 500  # The longest web address that is found has fewer characters.


def details_of(pk: uuid.UUID) -> str:
    """Return the address of a reflection that is read with its identifying details listed."""
    return f"{reverse('entry_read', args=[pk])}?{DETAILS}=shown#identifiers"


@require_http_methods(["GET", "POST"])
@unlocked_to_write(is_press=lambda posted: posted.get("do") == "keep")
@says_what_cannot_be_read
def entry_identifiers(request: VaultRequest, pk: uuid.UUID) -> HttpResponse:
    """Tell what was found in one passage or in all (to a script), or keep or replace a detail."""
    entry, document = open_entry(request, pk)
    allowance = allowance_of(request)
    if request.method == "POST":
        if request.POST.get("do") == "keep":
            _keep(request, pk, entry.vault_id)
        elif request.POST.get("do") == "replace":
            _replace(request, pk, entry.vault_id)
        entry, document = open_entry(request, pk)
    passage = request.POST.get("passage") or request.GET.get("passage", "")
    if wants_json(request):
        found = findings(document, allowance, passage=passage) if passage in BOXES else []
        return JsonResponse({"findings": by_box(found)})
    if request.method == "GET" and passage == "all":
        context = {"entry": entry, "findings": findings(document, allowance)}
        return render(request, "reflection/identifiers.html", context)
    if request.POST.get("back") == "capture_list":
        return redirect(f"{reverse('capture_list')}?captured={pk}#identifiers")
    return redirect(details_of(pk))


def _keep(request: VaultRequest, pk: uuid.UUID, vault_id: uuid.UUID) -> None:
    text = request.POST.get("text", "")
    actions.settle_identifier(
        by=request.user,
        keys=request.vault.keys_for(vault_id),
        pk=pk,
        passage=None,
        rewrite=lambda document: (
            with_kept(document, text) if 0 < len(text) <= LONGEST_KEPT else document
        ),
    )


def _replace(request: VaultRequest, pk: uuid.UUID, vault_id: uuid.UUID) -> None:
    passage = request.POST.get("passage", "")
    actions.settle_identifier(
        by=request.user,
        keys=request.vault.keys_for(vault_id),
        pk=pk,
        passage=passage,
        rewrite=lambda document: with_replaced(
            document,
            allowance_of(request),
            passage=passage,
            box=request.POST.get("box", ""),
            text=request.POST.get("text", ""),
            replacement=request.POST.get("replacement", ""),
        ),
    )


@require_http_methods(["GET", "POST"])
@unlocked_to_write(is_press=lambda posted: "remove" in posted or "anew" in posted)
def journal_words(request: VaultRequest) -> HttpResponse:
    """Show one's words to watch; add some, take one away, begin a damaged list anew."""
    form = WatchForm(request.POST if "words" in request.POST else None)
    if "remove" in request.POST:
        unwatch_word(by=request.user, keyring=request.vault.keys_for, word=request.POST["remove"])
        return redirect("journal_words")
    if "anew" in request.POST:
        begin_anew(by=request.user, keyring=request.vault.keys_for)
        return redirect("journal_words")
    if form.is_valid():
        try:
            watch_words(by=request.user, keys=request.vault.keys, words=form.cleaned_data["words"])
            return redirect("journal_words")
        except TooMany:
            form.add_error(
                "words",
                _("The list is full. Nothing was lost: take some words away, then add these."),
            )
        except UNREADABLE:
            form.add_error(
                "words",
                _("Your list cannot be opened. Begin it anew, as said above, then add these."),
            )
    context = {"form": form, "watched": watched_by(request.user, request.vault.keys_for)}
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, "reflection/identifiers_words.html", context, status=status)
