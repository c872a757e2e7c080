"""Why a browser was signed out, where nobody in it asked for that: its account was switched off.

The session itself is gone, and nothing brings it back. Beside it a word is left, in a session of
nobody's, under a name to which only the cookie of that browser leads. Nobody else is told, and
whoever signs in there next takes nothing of it along.
"""

from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

WORD = "switched_off"


def leave_word(session_key: str) -> None:
    """Let the browser whose session that was be told that its account was switched off."""
    left = _left_for(session_key)
    left.clear()
    left[WORD] = True
    left.save(must_create=True)


def carry_word(request: HttpRequest) -> None:
    """Put the word left for this visitor, whose session is gone, into the one they now begin."""
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    if not key or request.session.session_key is not None:
        return
    left = _left_for(key)
    if left.get(WORD):
        left.delete()
        request.session[WORD] = True


def is_switched_off(request: HttpRequest) -> bool:
    """Return whether this visitor was signed in here with an account that was switched off."""
    session = getattr(request, "session", {})
    return bool(session.get(WORD))


def drop_word(request: HttpRequest | None, **kwargs: Any) -> None:
    """Forget the word once somebody has signed in in that browser, whoever it is."""
    session = getattr(request, "session", {})
    session.pop(WORD, None)


def _left_for(session_key: str) -> SessionBase:
    store: type[SessionBase] = import_module(settings.SESSION_ENGINE).SessionStore
    return store(salted_hmac(__name__, session_key, algorithm="sha256").hexdigest()[:32])
