"""An entry's earlier texts: read one beside now, and bring it back. Only ever one's own."""

import uuid
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from reflection import actions
from reflection.document import Document
from reflection.history import compare, passages_that_differ
from reflection.models import Entry, EntryVersion
from reflection.opening import open_if_whole, says_what_cannot_be_read
from reflection.reading import passages, title_of
from vault.access import VaultRequest
from vault.decorators import unlocked_required, unlocked_to_act

PAGE, CONFLICT = 20, 409


@require_GET
@unlocked_required
@says_what_cannot_be_read
def entry_history(request: VaultRequest, pk: uuid.UUID) -> HttpResponse:
    """List the texts that were put aside, newest first."""
    entry, document = open_if_whole(request, pk)
    before = request.GET.get("before", "")
    older_than = int(before) if before.isdecimal() and len(before) < 10 else None
    versions = list(EntryVersion.objects.of(entry).before(older_than)[: PAGE + 1])
    keys = request.vault.keys_for(entry.vault_id)
    context = {
        "entry": entry,
        "title": title_of(document) if document else "",
        "is_damaged": document is None,
        "rows": [
            _row(version, version.open_if_whole(keys), document) for version in versions[:PAGE]
        ],
        "following": versions[PAGE - 1].revision if len(versions) > PAGE else None,
        "is_first_page": older_than is None,
    }
    return render(request, "reflection/entry_history.html", context)


def _row(
    version: EntryVersion, earlier: Document | None, document: Document | None
) -> dict[str, Any]:
    """Return what the list says of one earlier text; what is damaged is compared with nothing."""
    return {
        "version": version,
        "is_damaged": earlier is None,
        "is_compared": None not in (earlier, document),
        "differing": passages_that_differ(earlier, document) if earlier and document else [],
    }


@require_GET
@unlocked_required
@says_what_cannot_be_read
def version_read(request: VaultRequest, pk: uuid.UUID, revision: int) -> HttpResponse:
    """Show one earlier text, and the words added and taken away since."""
    entry, document = open_if_whole(request, pk)
    version = get_object_or_404(EntryVersion.objects.of(entry), revision=revision)
    earlier = version.open_if_whole(request.vault.keys_for(entry.vault_id))
    if earlier is None:
        return _broken(request, entry, version)
    context = {
        "entry": entry,
        "version": version,
        "title": title_of(earlier),
        "is_damaged": document is None,
        "changes": compare(earlier, document) if document else [],
        "passages": passages(earlier),
    }
    return render(request, "reflection/version_read.html", context)


def _broken(request: VaultRequest, entry: Entry, version: EntryVersion) -> HttpResponse:
    context = {"entry": entry, "version": version}
    return render(request, "reflection/version_broken.html", context, status=CONFLICT)


@require_POST
@unlocked_to_act
@says_what_cannot_be_read
def version_bring_back(request: VaultRequest, pk: uuid.UUID, revision: int) -> HttpResponse:
    """Make an earlier text the current one; the current one is kept among the earlier."""
    entry, _document = open_if_whole(request, pk)
    version = get_object_or_404(EntryVersion.objects.of(entry), revision=revision)
    keys = request.vault.keys_for(entry.vault_id)
    if version.open_if_whole(keys) is None:
        return _broken(request, entry, version)
    actions.bring_back(by=request.user, keys=keys, pk=pk, revision=revision)
    return redirect("entry_read", pk=pk)
