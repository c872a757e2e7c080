"""The guide's pages: public, and the same for every visitor."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from reflection.models.guide import GuideText
from reflection.queries.guide import (
    evidence,
    evidence_for_pattern,
    evidence_for_strategy,
    guide,
    references,
    texts_with_references,
)

MINUTES_KEPT = 5

# Texts of the guide that open a part of its first page.
LEADS = {
    "nondefensive": "pp-nondefensive",
    "definition": "pp-definition",
    "intensity": "pp-intensity",
    "about_markers": "bg-markers",
}
PARTS = {
    GuideText.Section.BACKGROUND: _("Words and models"),
    GuideText.Section.ETHICS: _("Law and ethics"),
}
P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]
PageT = TypeVar("PageT")


def public(view: View[P]) -> View[P]:
    """Open a page to everybody, and let caches keep what a visitor without an account gets."""

    @login_not_required
    @require_GET
    @wraps(view)
    def page(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if not request.user.is_authenticated:
            patch_cache_control(response, public=True, max_age=MINUTES_KEPT * 60)
        return response

    return page


@public
def guide_home(request: HttpRequest) -> HttpResponse:
    """Show the guide's opening: the four thoughts, the six ways to mend, accountability, safety."""
    book = guide()
    leads = {name: book.texts.get(slug) for name, slug in LEADS.items()}
    return render(request, "reflection/guide_home.html", {"guide": book, **leads})


@public
def guide_evidence(request: HttpRequest) -> HttpResponse:
    """Show what research found, what law and ethics ask, and every work the guide rests on."""
    texts = list(texts_with_references(PARTS))
    context = {
        "guide": guide(),
        "findings": evidence(),
        "parts": [
            {"slug": part, "title": title, "texts": [t for t in texts if t.section == part]}
            for part, title in PARTS.items()
        ],
        "references": references(),
    }
    return render(request, "reflection/guide_evidence.html", context)


@public
def pattern_read(request: HttpRequest, slug: str) -> HttpResponse:
    """Tell one pattern: the thought, the blame inside it, what may be real for them, prompts."""
    book = guide()
    context = {
        "guide": book,
        "pattern": _one(book.patterns, slug),
        "findings": evidence_for_pattern(slug),
        **_neighbours(book.patterns, slug),
    }
    return render(request, "reflection/pattern_read.html", context)


@public
def strategy_read(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one way to mend, with its evidence and everything that speaks against it."""
    book = guide()
    context = {
        "guide": book,
        "strategy": _one(book.strategies, slug),
        "findings": evidence_for_strategy(slug),
        **_neighbours(book.strategies, slug),
    }
    return render(request, "reflection/strategy_read.html", context)


def _one(pages: Mapping[str, PageT], slug: str) -> PageT:
    if slug not in pages:
        raise Http404(_("The guide has no such page."))
    return pages[slug]


def _neighbours(pages: Mapping[str, PageT], slug: str) -> dict[str, PageT | None]:
    """Return the pages before and after in the guide's order, None at either end."""
    before: list[PageT | None] = [None, *pages.values()]
    after: list[PageT | None] = [*list(pages.values())[1:], None]
    place = list(pages).index(slug)
    return {"previous": before[place], "next": after[place]}
