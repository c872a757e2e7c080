"""For views that read or write private text."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.utils.translation import gettext as _

from vault.access import VaultRequest
from vault.kept import INLINE_PASSWORD, locked_response, unlock_first, wants_json
from vault.opening import Refused, open_with_account_password

P = ParamSpec("P")
View = Callable[Concatenate[Any, P], HttpResponseBase]


def unlocked_required(view: View[P]) -> View[P]:
    """Let the view, which reads or saves, run only while the vault is unlocked.

    A locked ``GET`` goes to the page that unlocks and returns. A locked post is answered 423 with
    what was posted; the password typed there unlocks and then carries the same post out.
    """
    return _guarded(view, reason="locked")


def unlocked_to_confirm(view: View[P]) -> View[P]:
    """Do as `unlocked_required`, for a view that also does what one has to look at first.

    A post from the page that kept it sets ``request.vault.was_kept``: the view then shows again
    what is to be confirmed, and does nothing yet.
    """
    return _guarded(view, reason="locked_act")


def unlocked_to_act(view: View[P]) -> View[P]:
    """Let the view, a button without words of one's own, run only while the vault is unlocked.

    A locked press does nothing: it goes to the page that unlocks, and from there back to where the
    button is, to be pressed again. A ``GET`` is answered as by `unlocked_required`.
    """

    @wraps(view)
    def guarded(request: VaultRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        is_press = request.method == "POST" and not wants_json(request)
        if is_press and request.vault.state == "locked":
            return unlock_first(request)
        if not request.vault.is_unlocked:
            return locked_response(request)
        return view(request, *args, **kwargs)

    return guarded


def unlocked_to_write(*, is_press: Callable[[QueryDict], bool]) -> Callable[[View[P]], View[P]]:
    """Do as `unlocked_required`, for a form that has buttons without words beside its Save.

    A post that ``is_press`` says comes from such a button is answered as by `unlocked_to_act`.
    """

    def decorate(view: View[P]) -> View[P]:
        writes, presses = unlocked_required(view), unlocked_to_act(view)

        @wraps(view)
        def guarded(request: VaultRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            answer = presses if is_press(request.POST) else writes
            return answer(request, *args, **kwargs)

        return guarded

    return decorate


def is_first_look(request: VaultRequest) -> bool:
    """Return whether a post of `unlocked_to_confirm` is to be shown again first, and say so."""
    if request.vault.was_kept:
        messages.info(
            request, _("Your vault had locked. Nothing was done: look again, then press once more.")
        )
    return request.vault.was_kept


def _guarded(view: View[P], *, reason: str) -> View[P]:
    @wraps(view)
    def guarded(request: VaultRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        refused: Refused | None = None
        password = _take_password(request)
        access = request.vault
        access.was_kept = password is not None
        if password and access.state == "locked":
            refused = open_with_account_password(request, password)
        if not access.is_unlocked:
            return locked_response(request, refused=refused, reason=reason)
        return view(request, *args, **kwargs)

    return guarded


def _take_password(request: HttpRequest) -> str | None:
    """Return the inline password, removed from the post so that the view never sees it.

    None where the post is not from the page that keeps one; that always sends it, if empty.
    """
    if request.method != "POST" or INLINE_PASSWORD not in request.POST:
        return None
    post = request.POST.copy()
    password = str(post.pop(INLINE_PASSWORD)[-1])
    post._mutable = False
    request.POST = post  # type: ignore[assignment]
    return password
