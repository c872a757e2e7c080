"""An entry's earlier texts: read one beside now, and bring it back. Only ever one's own."""

import uuid

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from reflection import actions
from reflection.history import compare, passages_that_differ
from reflection.models import EntryVersion
from reflection.opening import open_entry, says_what_cannot_be_read
from reflection.reading import passages, title_of
from vault.access import VaultRequest
from vault.decorators import unlocked_required, unlocked_to_act

PAGE = 20


@require_GET
@unlocked_required
@says_what_cannot_be_read
def entry_history(request: VaultRequest, pk: uuid.UUID) -> HttpResponse:
    """List the texts that were put aside, newest first."""
    entry, document = open_entry(request, pk)
    before = request.GET.get("before", "")
    older_than = int(before) if before.isdecimal() and len(before) < 10 else None
    versions = list(EntryVersion.objects.of(entry).before(older_than)[: PAGE + 1])
    keys = request.vault.keys_for(entry.vault_id)
    context = {
        "entry": entry,
        "title": title_of(document),
        "rows": [
            (version, passages_that_differ(version.open(keys), document))
            for version in versions[:PAGE]
        ],
        "following": versions[PAGE - 1].revision if len(versions) > PAGE else None,
        "is_first_page": older_than is None,
    }
    return render(request, "reflection/entry_history.html", context)


@require_GET
@unlocked_required
@says_what_cannot_be_read
def version_read(request: VaultRequest, pk: uuid.UUID, revision: int) -> HttpResponse:
    """Show one earlier text, and the words added and taken away since."""
    entry, document = open_entry(request, pk)
    version = get_object_or_404(EntryVersion.objects.of(entry), revision=revision)
    earlier = version.open(request.vault.keys_for(entry.vault_id))
    context = {
        "entry": entry,
        "version": version,
        "title": title_of(earlier),
        "changes": compare(earlier, document),
        "passages": passages(earlier),
    }
    return render(request, "reflection/version_read.html", context)


@require_POST
@unlocked_to_act
@says_what_cannot_be_read
def version_bring_back(request: VaultRequest, pk: uuid.UUID, revision: int) -> HttpResponse:
    """Make an earlier text the current one; the current one is kept among the earlier."""
    entry, _ = open_entry(request, pk)
    get_object_or_404(EntryVersion.objects.of(entry), revision=revision)
    keys = request.vault.keys_for(entry.vault_id)
    actions.bring_back(by=request.user, keys=keys, pk=pk, revision=revision)
    return redirect("entry_read", pk=pk)
