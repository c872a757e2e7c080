"""A text that a browser kept sealed, because it could not be saved: look at it, keep it or not."""

import uuid
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from reflection import actions
from reflection.actions import AlreadyBegun, Conflict
from reflection.document import Document
from reflection.drafts import Draft, is_held, open_draft
from reflection.forms import PASSAGE_FORMS, LineField, PassageForm, ProseField
from reflection.history import compare
from reflection.models import Entry
from reflection.opening import open_entry, read_uuid, says_what_cannot_be_read
from reflection.queries.guide import guide
from reflection.reading import PASSAGE_TITLES, passages
from reflection.views.journal import conflicted
from vault.access import Locked, VaultRequest
from vault.crypto import CannotOpen
from vault.decorators import unlocked_required
from vault.kept import wants_json

UNPROCESSABLE = 422


@require_http_methods(["GET", "POST"])
@unlocked_required
@says_what_cannot_be_read
def draft_read(request: VaultRequest) -> HttpResponse:
    """Open a sealed draft: tell a script what is known of it, show it, or keep it.

    Discarding is the browser's affair: nothing of a draft is on the server.
    """
    if request.method == "GET":
        return redirect("journal_list")
    ids = [read_uuid(request.POST.get(name, "")) for name in ("vault", "entry")]
    passage = request.POST.get("passage", "")
    if None in ids or passage not in PASSAGE_FORMS:
        return HttpResponseBadRequest(_("This is no draft of Mend's. Nothing was changed."))
    try:
        draft = open_draft(
            access=request.vault,
            person=request.user.pk,
            vault=ids[0] or uuid.UUID(int=0),
            entry=ids[1] or uuid.UUID(int=0),
            passage=passage,
            sealed=_bytes(request.POST.get("sealed", "")),
        )
    except (CannotOpen, Locked):
        return _cannot_open(request)
    return _opened(request, draft)


def _bytes(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def _cannot_open(request: VaultRequest) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"state": "sealed"})
    return render(request, "reflection/draft_sealed.html", _carried(request), status=409)


def _opened(request: VaultRequest, draft: Draft) -> HttpResponse:
    entry, document = _standing(request, draft)
    form = _form(draft, entry, document)
    is_valid = form.is_valid()
    mine = form.rewrite(document) if is_valid else document
    keys = request.vault.keys_for(entry.vault_id)
    held = is_valid and is_held(draft, entry, keys=keys, now=document, mine=mine)
    if wants_json(request):
        return JsonResponse({"state": "kept" if held else "unsaved"})
    if request.POST.get("do") == "keep" and is_valid:
        return _keep(request, draft, entry, form)
    context = _carried(request) | {
        "entry": entry,
        "is_new": entry._state.adding,
        "is_deleted": entry.pk != draft.entry,
        "passage_title": PASSAGE_TITLES[draft.passage],
        "changes": compare(document, mine),
        "is_held": held,
        "passages": passages(mine, only=[draft.passage]) if is_valid else [],
        "is_valid": is_valid,
        "loose": _loose(draft, form),
    }
    return render(
        request, "reflection/draft_read.html", context, status=200 if is_valid else UNPROCESSABLE
    )


def _standing(request: VaultRequest, draft: Draft) -> tuple[Entry, Document]:
    """Return the entry as it stands, an empty one where none was ever saved.

    For one that is in the bin an empty one stands in, always the same: kept twice, it is one.
    """
    pk = draft.entry
    if Entry.objects.deleted_by(request.user).has(pk):
        pk = uuid.uuid5(pk, draft.source.page)
    try:
        return open_entry(request, pk)
    except Http404:
        vault_id = request.vault.keys.vault_id
        return Entry(pk=pk, owner=request.user, vault_id=vault_id, revision=0), Document()


def _form(draft: Draft, entry: Entry, document: Document) -> PassageForm:
    given: dict[str, Any] = {"document": document, "guide": guide()}
    if draft.passage == "repair":
        given["follow_up_on"] = entry.follow_up_on
    return PASSAGE_FORMS[draft.passage](draft.posted, **given)


def _keep(request: VaultRequest, draft: Draft, entry: Entry, form: PassageForm) -> HttpResponse:
    """Save the draft as its own page would have; a later text is never overwritten."""
    if entry._state.adding:
        try:
            entry = actions.begin_entry(
                by=request.user,
                keys=request.vault.keys,
                document=form.rewrite(Document()),
                pk=entry.pk,
                source=draft.source,
            )
        except AlreadyBegun:  # A second press of the button.
            entry, _document = open_entry(request, entry.pk)
        return redirect("entry_write", pk=entry.pk, passage=draft.passage)
    outcome = actions.save_passage(
        by=request.user,
        keys=request.vault.keys_for(entry.vault_id),
        pk=entry.pk,
        passage=draft.passage,
        rewrite=form.rewrite,
        source=draft.source,
        keeps_standing=True,
        follow_up_on=form.next_look_back,
        sets_follow_up=form.sets_look_back,
    )
    if isinstance(outcome, Conflict):
        return conflicted(request, outcome, form)
    return redirect("entry_write", pk=entry.pk, passage=draft.passage)


def _loose(draft: Draft, form: PassageForm) -> list[tuple[str, str]]:
    """Return texts that would not be saved with the rest: of boxes that are too full, or gone."""
    boxes = {
        name for name, field in form.fields.items() if isinstance(field, ProseField | LineField)
    }
    found = []
    for name in draft.posted:
        text = str(draft.posted.get(name, ""))
        if name in boxes and name in form.errors:
            found.append((str(form.fields[name].label), text))
        elif name not in form.fields and name.startswith("answer_") and text.strip():
            found.append((_("An answer whose question is no longer chosen"), text))
    return found


def _carried(request: VaultRequest) -> dict[str, Any]:
    """Return what the page posts again, and the name the browser keeps the draft under."""
    names = ("vault", "entry", "passage", "page", "sealed")
    fields = {name: request.POST.get(name, "") for name in names}
    parts = (str(request.user.pk), fields["entry"], fields["passage"], fields["page"])
    return {"fields": fields, "name": ":".join(("mend-draft", *parts))}
