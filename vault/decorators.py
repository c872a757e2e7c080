"""For views that read or write private text."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponseBase

from vault.access import VaultRequest
from vault.kept import INLINE_PASSWORD, locked_response
from vault.opening import Refused, open_with_account_password

P = ParamSpec("P")
View = Callable[Concatenate[Any, P], HttpResponseBase]


def unlocked_required(view: View[P]) -> View[P]:
    """Let the view run only while the vault is unlocked.

    A locked ``GET`` goes to the page that unlocks and returns. A locked post is answered 423 with
    what was posted; the password typed there unlocks and then carries the same post out.
    """

    @wraps(view)
    def guarded(request: VaultRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        refused: Refused | None = None
        password = _take_password(request)
        access = request.vault
        if password and access.state == "locked":
            refused = open_with_account_password(request, password)
        if not access.is_unlocked:
            return locked_response(request, refused=refused)
        return view(request, *args, **kwargs)

    return guarded


def _take_password(request: HttpRequest) -> str:
    """Return the inline password, removed from the post so that the view never sees it."""
    if request.method != "POST" or INLINE_PASSWORD not in request.POST:
        return ""
    post = request.POST.copy()
    password = str(post.pop(INLINE_PASSWORD)[-1])
    post._mutable = False
    request.POST = post  # type: ignore[assignment]
    return password
