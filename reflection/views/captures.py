"""Captures: one box between two sessions, and the list of those to finish. Only ever one's own."""

import uuid
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from reflection import actions
from reflection.actions import AlreadyBegun
from reflection.cases import codes_of
from reflection.drafts import sealing
from reflection.findings import doubt_about_code, findings
from reflection.forms import CaptureForm
from reflection.listing import open_rows
from reflection.models import Entry
from reflection.opening import open_entry, read_uuid, says_what_cannot_be_read
from reflection.views.journal import just_deleted_by
from reflection.watching import allowance_of
from vault.access import VaultRequest
from vault.decorators import unlocked_required, unlocked_to_act

UNPROCESSABLE = 422
SHOWN = 200


@require_http_methods(["GET", "POST"])
@unlocked_required
@says_what_cannot_be_read
def journal_capture(request: VaultRequest) -> HttpResponse:
    """Capture a moment in one box: it becomes a draft to finish later."""
    codes = codes_of(request.user, request.vault.keys, request.vault.keys_for)
    case = read_uuid(request.GET.get("case", ""))
    initial = {
        "entry": uuid.uuid4(),
        "case_code": codes.find(case, request.vault.keys) if case else None,
    }
    form = CaptureForm(request.POST or None, initial=initial, codes=codes.words)
    if request.method == "POST" and form.is_valid():
        pk = _captured(request, form)
        return redirect(f"{reverse('capture_list')}?captured={pk}")
    status = UNPROCESSABLE if form.is_bound else 200
    entry = read_uuid(str(form["entry"].value())) or uuid.uuid4()
    context = {"form": form, "sealing": sealing(request, entry, "capture", entry.hex)}
    return render(request, "reflection/journal_capture.html", context, status=status)


def _captured(request: VaultRequest, form: CaptureForm) -> uuid.UUID:
    """Save what was captured; return its id. Pressed twice it is one.

    Other words from the same page, gone back to after saving, are a capture of their own.
    """
    given: dict[str, Any] = {
        "by": request.user,
        "keys": request.vault.keys,
        "document": form.document(),
        "is_capture": True,
        "expires_at": form.expires_at,
    }
    pk: uuid.UUID = form.cleaned_data["entry"]
    try:
        return actions.begin_entry(**given, pk=pk).pk
    except AlreadyBegun:
        _entry, document = open_entry(request, pk)
        if document.happened == form.document().happened:
            return pk
        return actions.begin_entry(**given).pk


@require_GET
@unlocked_required
def capture_list(request: VaultRequest) -> HttpResponse:
    """Show the captures nobody went on with: those first that go by themselves."""
    entries = Entry.objects.owned_by(request.user).captures()[: SHOWN + 1]
    rows = open_rows(entries, request.vault.keys_for)
    captured = read_uuid(request.GET.get("captured", ""))
    just_captured = next((row for row in rows if row.entry.pk == captured), None)
    document = just_captured.document if just_captured else None
    context = {
        "rows": rows[:SHOWN],
        "has_more": len(rows) > SHOWN,
        "just_captured": just_captured,
        "findings": findings(document, allowance_of(request)) if document else [],
        "doubt_about_code": doubt_about_code(document) if document else "",
        "just_kept": "kept" in request.GET,
        "just_deleted": just_deleted_by(request),
    }
    return render(request, "reflection/capture_list.html", context)


@require_POST
@unlocked_to_act
def capture_keep(request: VaultRequest, pk: uuid.UUID) -> HttpResponse:
    """Keep a capture that would go by itself."""
    get_object_or_404(Entry.objects.owned_by(request.user), pk=pk)
    actions.keep_capture(by=request.user, pk=pk)
    if request.POST.get("back") == "entry":
        return redirect("entry_read", pk=pk)
    return redirect(f"{reverse('capture_list')}?kept")
