"""Steps from supervision in one's plan for repair: tick one, or take it out."""

import uuid

from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from reflection import agreed
from reflection.opening import open_entry, says_what_cannot_be_read
from vault.access import VaultRequest
from vault.decorators import unlocked_to_act


@require_http_methods(["GET", "POST"])
@unlocked_to_act
@says_what_cannot_be_read
def entry_steps(request: VaultRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Tick an agreed step, or take it out of the plan. A ``GET`` is led to the reflection."""
    entry, _document = open_entry(request, pk)
    source = request.POST.get("source", "")
    keys = request.vault.keys_for(entry.vault_id)
    if request.POST.get("do") == "remove":
        agreed.remove_step(by=request.user, keys=keys, pk=pk, source=source)
    elif request.POST.get("do") in ("done", "undone"):
        is_done = request.POST["do"] == "done"
        agreed.tick_step(by=request.user, keys=keys, pk=pk, source=source, is_done=is_done)
    return redirect(f"{reverse('entry_read', args=[pk])}#repair")
