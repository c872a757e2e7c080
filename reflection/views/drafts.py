"""A text that a browser kept sealed, because it was not saved: look at it, keep it or not."""

import uuid
from typing import Any

from django.http import HttpResponse, HttpResponseBadRequest, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from reflection.drafts import Draft, Found, Place, find_place, open_draft
from reflection.opening import read_uuid, says_what_cannot_be_read
from vault.access import Locked, VaultRequest
from vault.crypto import CannotOpen
from vault.decorators import unlocked_required
from vault.kept import wants_json

UNPROCESSABLE = 422


@require_http_methods(["GET", "POST"])
@unlocked_required
@says_what_cannot_be_read
def draft_read(request: VaultRequest) -> HttpResponseBase:
    """Open a sealed draft: tell a script what is known of it, show it, or keep it.

    Discarding is the browser's affair: nothing of a draft is on the server.
    """
    if request.method == "GET":
        return redirect("home")
    ids = [read_uuid(request.POST.get(name, "")) for name in ("vault", "entry")]
    name = request.POST.get("passage", "")
    place = find_place(name)
    if None in ids or place is None:
        return HttpResponseBadRequest(_("This is no draft of Mend’s. Nothing was changed."))
    try:
        draft = open_draft(
            access=request.vault,
            person=request.user.pk,
            vault=ids[0] or uuid.UUID(int=0),
            thing=ids[1] or uuid.UUID(int=0),
            place=name,
            sealed=_bytes(request.POST.get("sealed", "")),
        )
    except (CannotOpen, Locked):
        return _cannot_open(request)
    return _opened(request, place, draft)


def _bytes(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def _cannot_open(request: VaultRequest) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"state": "sealed"})
    context = _carried(request) | {"back": "/"}
    return render(request, "reflection/draft_sealed.html", context, status=409)


def _opened(request: VaultRequest, place: Place, draft: Draft) -> HttpResponseBase:
    found = place.look(request, draft)
    if wants_json(request):
        return JsonResponse({"state": "kept" if found.is_held else "unsaved"})
    if request.POST.get("do") == "keep" and found.keep:
        return place.keep(request, draft)
    return _page(request, found)


def _page(request: VaultRequest, found: Found) -> HttpResponse:
    context = _carried(request) | {"found": found, "back": found.back}
    status = 200 if found.is_valid else UNPROCESSABLE
    return render(request, "reflection/draft_read.html", context, status=status)


def _carried(request: VaultRequest) -> dict[str, Any]:
    """Return what the page posts again, and the name the browser keeps the draft under."""
    names = ("vault", "entry", "passage", "page", "sealed")
    fields = {name: request.POST.get(name, "") for name in names}
    parts = (str(request.user.pk), fields["entry"], fields["passage"], fields["page"])
    return {"fields": fields, "name": ":".join(("mend-draft", *parts))}
