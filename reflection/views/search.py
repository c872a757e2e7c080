"""Searching one's own journal. What is looked for comes by POST and stands in no address."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from reflection.cases import codes_of
from reflection.listing import Position
from reflection.queries.guide import guide
from reflection.search.form import SearchForm
from reflection.search.kept import find_search, forget_searches, keep_search, latest_searches
from reflection.search.scan import search_journal
from reflection.search.wanted import Search, Wanted
from reflection.tagging import tags_of
from vault.access import VaultRequest
from vault.decorators import unlocked_required, unlocked_to_write

UNPROCESSABLE = 422


@require_http_methods(["GET", "POST"])
@unlocked_to_write(is_press=lambda posted: "forget" in posted)
def journal_search(request: VaultRequest) -> HttpResponse:
    """Show the form; answer a search by way of an address that does not say what it was."""
    if "forget" in request.POST:
        forget_searches(keys=request.vault.keys)
        return redirect("journal_search")
    form = _form(request, data=request.POST if request.method == "POST" else None)
    if form.is_valid():
        token = keep_search(keys=request.vault.keys, search=form.search())
        return redirect(reverse("search_read", args=[token]) + "#results")
    status = UNPROCESSABLE if form.is_bound else 200
    return _page(request, form, status=status)


@require_GET
@unlocked_required
def search_read(request: VaultRequest, token: str) -> HttpResponse:
    """Show a page of what a search finds now."""
    search = find_search(request.vault.keys, token)
    if search is None:
        return _page(request, _form(request), is_forgotten=True, status=404)
    after = Position.read(request.GET.get("after", ""))
    results = search_journal(request.user, request.vault.keys_for, Wanted(search), after=after)
    seen = _number(request.GET.get("seen", "")) if after else 0
    context = {
        "form": _form(request, search=search),
        "token": token,
        "results": results,
        "rows": results.rows,  # where the chips of shares look for their entries
        "seen": seen + len(results.hits),
        "is_first_page": after is None,
    }
    return render(request, "reflection/journal_search.html", context)


def _form(
    request: VaultRequest, *, data: object = None, search: Search | None = None
) -> SearchForm:
    keys, keyring = request.vault.keys, request.vault.keys_for
    return SearchForm(
        data,
        search=search,
        guide=guide(),
        codes=codes_of(request.user, keys, keyring).words,
        tags=[tag.name for tag in tags_of(request.user, keyring)],
    )


def _page(
    request: VaultRequest, form: SearchForm, *, status: int, is_forgotten: bool = False
) -> HttpResponse:
    latest = [] if form.is_bound else latest_searches(request.vault.keys)
    context = {
        "form": form,
        "latest": [(kept.token, form.in_words(kept.search)) for kept in latest],
        "is_forgotten": is_forgotten,
    }
    return render(request, "reflection/journal_search.html", context, status=status)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 7 else 0
