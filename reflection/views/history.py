"""An entry's earlier texts: read one beside now, and bring it back. Only ever one's own."""

import uuid
from collections import Counter
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from reflection import actions
from reflection.bringing_back import (
    PART_TITLES,
    keeps_what_came_since,
    parts_that_differ,
    parts_to_bring,
)
from reflection.document import Document
from reflection.history import compare, passages_that_differ
from reflection.models import Entry, EntryVersion
from reflection.opening import open_if_whole, says_what_cannot_be_read
from reflection.reading import passages, title_of
from vault.access import VaultRequest
from vault.crypto import VaultKeys
from vault.decorators import unlocked_required, unlocked_to_act

PAGE, CONFLICT = 20, 409
# In a reflection's address: the revision that was put aside for what was brought back just now.
BROUGHT_BACK = "brought-back"


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
        "rows": _rows(versions[:PAGE], keys, document),
        "following": versions[PAGE - 1].revision if len(versions) > PAGE else None,
        "is_first_page": older_than is None,
    }
    return render(request, "reflection/entry_history.html", context)


def _rows(
    versions: list[EntryVersion], keys: VaultKeys, document: Document | None
) -> list[dict[str, Any]]:
    """Return what the list says of each earlier text; what is damaged is compared with nothing.

    ``changed_next`` is what was changed in the text after it, where that is another than now. A
    late text never stood there, so nothing was changed in it.
    """
    minutes = Counter(_minute(version) for version in versions)
    rows: list[dict[str, Any]] = []
    following: Document | None = None
    for version in versions:
        earlier = version.open_if_whole(keys)
        is_late = version.kind == EntryVersion.Kind.CONFLICT
        rows.append(
            {
                "version": version,
                "shows_seconds": minutes[_minute(version)] > 1,
                "is_damaged": earlier is None,
                "is_compared": None not in (earlier, document),
                "differing": _differing(earlier, document),
                "changed_next": [] if is_late else _differing(earlier, following),
            }
        )
        following = following if is_late else earlier
    return rows


def _differing(earlier: Document | None, later: Document | None) -> list[str]:
    return passages_that_differ(earlier, later) if earlier and later else []


def _minute(version: EntryVersion) -> datetime:
    return version.saved_at.replace(second=0, microsecond=0)


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
        "changed_parts": _changed_parts(earlier, document) if document else [],
        "parts_to_bring": parts_to_bring(earlier, document) if document else [],
        "keeps_since": document is not None and keeps_what_came_since(earlier, document),
        "passages": passages(earlier),
    }
    return render(request, "reflection/version_read.html", context)


def _changed_parts(earlier: Document, document: Document) -> list[dict[str, Any]]:
    """Return what differs, by what can be brought back by itself."""
    changes = compare(earlier, document)
    parts = (
        {"slug": slug, "title": title, "changes": [one for one in changes if one.passage == title]}
        for slug, title in PART_TITLES.items()
    )
    return [part for part in parts if part["changes"]]


def _broken(request: VaultRequest, entry: Entry, version: EntryVersion) -> HttpResponse:
    context = {"entry": entry, "version": version}
    return render(request, "reflection/version_broken.html", context, status=CONFLICT)


@require_POST
@unlocked_to_act
@says_what_cannot_be_read
def version_bring_back(request: VaultRequest, pk: uuid.UUID, revision: int) -> HttpResponse:
    """Make an earlier text, or one part of it, current; what stood there is kept."""
    entry, _document = open_if_whole(request, pk)
    version = get_object_or_404(EntryVersion.objects.of(entry), revision=revision)
    keys = request.vault.keys_for(entry.vault_id)
    if version.open_if_whole(keys) is None:
        return _broken(request, entry, version)
    chosen = request.POST.get("part", "")
    now = actions.bring_back(
        by=request.user,
        keys=keys,
        pk=pk,
        revision=revision,
        parts=[part for part in PART_TITLES if chosen in ("", part)],
        undoes=request.POST.get("do") == "undo",
    )
    if now.revision == entry.revision:
        return redirect("entry_read", pk=pk)
    return redirect(f"{reverse('entry_read', args=[pk])}?{BROUGHT_BACK}={now.revision - 1}")


def just_brought_back(
    request: VaultRequest, entry: Entry, document: Document
) -> dict[str, Any] | None:
    """Return what was brought back just now, if nothing was written since: the names of its parts.

    ``revision`` is that of the text that was put aside for it; where it does not open, no parts.
    """
    if request.GET.get(BROUGHT_BACK) != str(entry.revision - 1):
        return None
    version = EntryVersion.objects.of(entry).first()
    if version is None or version.revision != entry.revision - 1:
        return None
    before = version.open_if_whole(request.vault.keys_for(entry.vault_id))
    parts = parts_that_differ(before, document) if before else []
    return {"revision": version.revision, "parts": [str(PART_TITLES[part]) for part in parts]}
