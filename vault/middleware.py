"""Puts ``request.vault`` on every request and keeps its cookie from everything else."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from vault.access import Locked, VaultAccess
from vault.kept import locked_response

COOKIE_BYTES = 32


class VaultMiddleware:
    """Reads the vault's cookie, and takes it out of what error reports, logs and views can see."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        access = VaultAccess(request, take_cookie(request))
        request.vault = access  # type: ignore[attr-defined]
        response = self.get_response(request)
        access.write_cookie(response)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer a view that found the vault locked."""
        return locked_response(request) if isinstance(exception, Locked) else None


def take_cookie(request: HttpRequest) -> bytes | None:
    """Return the vault cookie's bytes, if it is one, and remove it from the request."""
    name = settings.VAULT_COOKIE_NAME
    value = request.COOKIES.pop(name, "")
    kept = [
        pair
        for pair in request.META.get("HTTP_COOKIE", "").split(";")
        if pair.partition("=")[0].strip() != name
    ]
    if "HTTP_COOKIE" in request.META:
        request.META["HTTP_COOKIE"] = ";".join(kept)
    try:
        cookie = bytes.fromhex(value)
    except ValueError:
        return None
    return cookie if len(cookie) == COOKIE_BYTES else None
