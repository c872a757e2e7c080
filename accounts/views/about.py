"""What everybody may know before they sign up."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@login_not_required
@require_safe
def about_privacy(request: HttpRequest) -> HttpResponse:
    """Say what is private, and from whom."""
    return render(request, "about/privacy.html")
