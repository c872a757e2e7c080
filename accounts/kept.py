"""What a request carried, when it cannot be carried out."""

from urllib.parse import urlsplit

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

from vault.kept import kept_fields

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


def is_unsafe(request: HttpRequest) -> bool:
    """Return whether the request would have changed something."""
    return request.method not in SAFE_METHODS


def carries_text(request: HttpRequest) -> bool:
    """Return whether somebody's words would be lost if the request were simply refused."""
    return is_unsafe(request) and any(field.is_text for field in kept_fields(request, {}))


def came_from(request: HttpRequest) -> str:
    """Return the path of the page whose form this was, or the first page."""
    page = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(
        page, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return (urlsplit(page).path or "/") if ours else "/"
