"""Mend's addresses and some that go wrong, for the tests of what happens then."""

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path

from config import urls
from config.urls import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

CANARY = "canary-in-a-local-variable"


@login_not_required
def breaks(request: HttpRequest) -> HttpResponse:
    """Fail with everything an error could carry: a variable, a message, a cause."""
    written = request.POST.get("took_place")  # noqa: F841 (it is there to be found)
    try:
        raise KeyError(CANARY)
    except KeyError as error:
        raise ValueError(CANARY) from error


@login_not_required
def refuses(request: HttpRequest) -> HttpResponse:
    """Refuse."""
    raise PermissionDenied(CANARY)


@login_not_required
def suspects(request: HttpRequest) -> HttpResponse:
    """Find the request suspicious."""
    raise SuspiciousOperation(CANARY)


@login_not_required
def misses(request: HttpRequest) -> HttpResponse:
    """Find nothing."""
    raise Http404(CANARY)


urlpatterns = [
    *urls.urlpatterns,
    path("breaks/", breaks),
    path("refuses/", refuses),
    path("suspects/", suspects),
    path("misses/", misses),
]
