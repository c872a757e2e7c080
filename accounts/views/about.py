"""What a visitor may know before trusting Mend with a word."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET


@login_not_required
@require_GET
def privacy(request: HttpRequest) -> HttpResponse:
    """Show what is private, from whom, and what is not promised."""
    return render(request, "about/privacy.html")
