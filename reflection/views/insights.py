"""Insights: what one's own journal shows over time, for its author alone."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from reflection.insights.charts import ENOUGH, charts
from reflection.insights.noted import SPANS, gather
from reflection.queries.guide import guide
from vault.access import VaultRequest
from vault.decorators import unlocked_required


@require_GET
@unlocked_required
def journal_insights(request: VaultRequest) -> HttpResponse:
    """Show the insights of a span of months, or of all there is."""
    asked = request.GET.get("months", "")
    months = next((span for span in SPANS if str(span) == asked), None)
    journal = gather(request.user, request.vault.keys_for, months=months)
    context = {
        "journal": journal,
        "charts": charts(journal, guide()),
        "months": months,
        "spans": SPANS,
        "enough": ENOUGH,
    }
    return render(request, "reflection/journal_insights.html", context)
