"""What a request carried, when it cannot be carried out."""

from django.http import HttpRequest

from vault.kept import kept_fields

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


def is_unsafe(request: HttpRequest) -> bool:
    """Return whether the request would have changed something."""
    return request.method not in SAFE_METHODS


def carries_text(request: HttpRequest) -> bool:
    """Return whether somebody's words would be lost if the request were simply refused."""
    return is_unsafe(request) and any(field.is_text for field in kept_fields(request, {}))
