"""Mend's own addresses, and one page that keeps private text, so that the vault is tested alone."""

import json

from django.http import HttpResponse
from django.urls import path
from django.views.decorators.http import require_http_methods

from config.urls import handler400, handler403, handler404, handler500
from config.urls import urlpatterns as mend
from vault.access import VaultRequest
from vault.decorators import unlocked_required, unlocked_to_act, unlocked_to_confirm

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


@require_http_methods(["GET", "POST"])
@unlocked_required
def write(request: VaultRequest) -> HttpResponse:
    """Answer with what was posted, and prove that the keys are at hand."""
    posted = json.dumps(dict(request.POST.lists()))
    return HttpResponse(f"{request.vault.keys.vault_id} saved {posted}", content_type="text/plain")


@require_http_methods(["POST"])
@unlocked_to_act
def press(request: VaultRequest) -> HttpResponse:
    """Answer that something was done."""
    return HttpResponse("done", content_type="text/plain")


@require_http_methods(["GET", "POST"])
@unlocked_to_confirm
def confirm(request: VaultRequest) -> HttpResponse:
    """Answer that something was done, or that it is to be looked at first."""
    said = "look first" if request.vault.was_kept else "done"
    return HttpResponse(said, content_type="text/plain")


@require_http_methods(["GET", "POST"])
def unguarded(request: VaultRequest) -> HttpResponse:
    """Ask for the keys without the decorator."""
    return HttpResponse(f"{request.vault.keys.vault_id}")


urlpatterns = [
    *mend,
    path("test/write/", write),
    path("test/press/", press),
    path("test/confirm/", confirm),
    path("test/unguarded/", unguarded),
]
