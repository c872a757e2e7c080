"""Keys made of the server's own secret, and of those it had before."""

from collections.abc import Callable

from django.conf import settings
from django.utils.encoding import force_bytes

from vault.crypto import CannotOpen

Derive = Callable[[bytes], bytes]


def key_now(derive: Derive) -> bytes:
    """Return the key that ``derive`` makes of ``SECRET_KEY``, for what is encrypted now."""
    return derive(force_bytes(settings.SECRET_KEY))


def open_under_any(derive: Derive, opened: Callable[[bytes], bytes]) -> bytes:
    """Return what ``opened`` makes of the key of ``SECRET_KEY``, or of one of its fallbacks.

    Raises ``CannotOpen`` where none of them opens it.
    """
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        try:
            return opened(derive(force_bytes(secret)))
        except CannotOpen:
            continue
    raise CannotOpen
