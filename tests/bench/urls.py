"""Mend's own addresses, and one view that gives back bytes it was handed beforehand.

It runs behind the same middleware and asks who is signed in, so that what is compared is what a
page does, not what stands before every page.
"""

import os
from functools import cache
from pathlib import Path

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from config.urls import handler400, handler403, handler404, handler500
from config.urls import urlpatterns as mend

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


@cache
def _kept(name: str) -> bytes:
    return (Path(os.environ["MEND_BENCH_BARE"]) / name).read_bytes()


@csrf_exempt
@login_not_required
def bare(request: HttpRequest, name: str) -> HttpResponse:
    """Return the bytes kept under ``name``; a post is read first, as every form's is."""
    request.POST.get("")
    request.user.is_authenticated  # noqa: B018 - asks the session, as every page does
    return HttpResponse(_kept(name))


urlpatterns = [*mend, path("bare/<slug:name>/", bare)]
