"""What holds on every page: signing in, the person's own time zone, and no copies left behind."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.middleware import (
    AuthenticationMiddleware,
    LoginRequiredMiddleware,
    get_user,
)
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.urls import ResolverMatch
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.ended import carry_word, is_switched_off
from accounts.kept import carries_text, is_unsafe
from accounts.views.errors import not_for_reading
from vault.kept import came_from, kept_response, wants_json

GetResponse = Callable[[HttpRequest], HttpResponse]


class SignedInMiddleware(LoginRequiredMiddleware):
    """Refuses whoever is not signed in, except on the pages marked ``login_not_required``.

    A redirect to the sign-in page would lose what a form carried, so that is handed back instead.
    """

    def handle_no_permission(  # type: ignore[override]
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseBase:
        """Return the way to sign in, without losing a word; or say that there is none any more."""
        if is_switched_off(request):
            return self._switched_off(request)
        if wants_json(request):
            said = _(
                "You have been signed out. Nothing was lost: what you wrote is still on this page. "
                "Sign in again in another tab, then save here."
            )
            return JsonResponse(
                {"error": "signed_out", "message": said}, status=HTTPStatus.UNAUTHORIZED
            )
        if carries_text(request):
            return kept_response(request, reason="signed_out", status=HTTPStatus.UNAUTHORIZED)
        return self._sign_in(request)

    def _switched_off(self, request: HttpRequest) -> HttpResponseBase:
        """Say that the account was switched off: where text is refused, or once above the sign-in.

        Whoever signs in there may be somebody else.
        """
        if wants_json(request) or carries_text(request):
            return kept_response(request, reason="switched_off", status=HTTPStatus.UNAUTHORIZED)
        request.session.flush()
        said = _(
            "The account that was signed in in this browser was switched off. What was saved in it "
            "is still there and still locked: switching an account off opens it to nobody. If it "
            "is yours, ask your clinic’s admin to switch it on again."
        )
        messages.warning(request, said)
        return self._sign_in(request)

    def _sign_in(self, request: HttpRequest) -> HttpResponseBase:
        """Lead to the sign-in page, and from there to the page that was asked for or in sight."""
        return redirect_to_login(
            came_from(request) if is_unsafe(request) else request.get_full_path()
        )


class SameWriterMiddleware:
    """Refuses a post from a page that somebody else had opened in this browser, with its text.

    A form that carries words says in its field ``writer`` for whom its page was made.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., HttpResponseBase],
        view_args: list[Any],
        view_kwargs: dict[str, Any],
    ) -> HttpResponse | None:
        """Hand back what is not by whoever is signed in; they can sign in again and save it."""
        # Whoever takes files has the post read by a handler of its own, and later.
        takes_files = getattr(view_func, "csrf_exempt", False)
        if takes_files or not is_unsafe(request) or not request.user.is_authenticated:
            return None
        if request.POST.get("writer", "") in {"", str(request.user.pk)}:
            return None
        message = _(
            "This page was opened by somebody else, and you have signed in since. Nothing was "
            "saved or sent in your name. The text is still here: copy it, or let its writer sign "
            "in again and press the button."
        )
        return kept_response(
            request, status=HTTPStatus.CONFLICT, reason="other_writer", message=message
        )


class WhoMiddleware(AuthenticationMiddleware):
    """Asks at once who is signed in: every page does, and many times over through a proxy."""

    def process_request(self, request: HttpRequest) -> None:
        """Put ``request.user`` there, as Django has it."""
        super().process_request(request)
        request.user = get_user(request)
        if not request.user.is_authenticated:
            carry_word(request)


class TimezoneMiddleware:
    """Shows times in the signed-in person's own time zone."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(self._zone(request)):
            return self.get_response(request)

    def _zone(self, request: HttpRequest) -> ZoneInfo | None:
        """Return their zone, or ``None`` (the installation's) for visitors and unknown names."""
        return request.user.zone if request.user.is_authenticated else None


class ButtonAddressMiddleware:
    """Gives whoever visits the address of a button a way back, in place of an empty page."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code != HTTPStatus.METHOD_NOT_ALLOWED or is_unsafe(request):
            return response
        page = not_for_reading(request)
        page.headers["Allow"] = response.headers["Allow"]
        return page


class PrivatePagesMiddleware:
    """Keeps private pages out of every cache, and their addresses out of other sites' logs."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.user.is_authenticated or not self._is_public(request.resolver_match):
            response.headers["Cache-Control"] = "no-store, private"
            response.headers["Referrer-Policy"] = "same-origin"
        return response

    def _is_public(self, match: ResolverMatch | None) -> bool:
        return match is not None and not getattr(match.func, "login_required", True)
