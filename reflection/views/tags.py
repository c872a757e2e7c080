"""One's own tags: which there are, renamed, taken away."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from reflection.forms import RetagForm
from reflection.rereading import every_row
from reflection.retagging import Retagged, retag
from reflection.tagging import count_in, recount_tags
from vault.access import VaultRequest
from vault.decorators import unlocked_to_write

UNPROCESSABLE = 422


@require_http_methods(["GET", "POST"])
@unlocked_to_write(is_press=lambda posted: "remove" in posted)
def journal_tags(request: VaultRequest) -> HttpResponse:
    """Show one's tags, as the journal itself has them; rename one or take it away everywhere."""
    form = RetagForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        done = retag(
            by=request.user,
            keys=request.vault.keys,
            keyring=request.vault.keys_for,
            old=form.cleaned_data["old"],
            new=form.cleaned_data["new"],
        )
        messages.success(request, _said(done))
        return redirect("journal_tags")
    documents = [row.document for row in every_row(request.user, request.vault.keys_for)]
    tags = count_in(documents)
    recount_tags(
        by=request.user, keys=request.vault.keys, keyring=request.vault.keys_for, tags=tags
    )
    context = {"form": form, "tags": tags, "unread": documents.count(None)}
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, "reflection/journal_tags.html", context, status=status)


def _said(done: Retagged) -> str:
    """Return what was done, without the tag: messages wait in a cookie or a table, in clear."""
    said = ngettext(
        "Done in %(number)d reflection.", "Done in %(number)d reflections.", done.changed
    ) % {"number": done.changed}
    if not done.left:
        return said
    left = ngettext(
        "%(number)d that does not open was left as it is.",
        "%(number)d that do not open were left as they are.",
        done.left,
    ) % {"number": done.left}
    return f"{said} {left}"
