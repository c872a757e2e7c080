"""What is shown when a request cannot be answered. What somebody wrote is handed back to them."""

import logging
from http import HTTPStatus

from django.contrib import messages
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _

from accounts.kept import carries_text
from vault.kept import is_same_origin, kept_response, wants_json

logger = logging.getLogger(__name__)
FOR_VISITORS = frozenset(
    {
        "account_login",
        "account_reset_password",
        "account_reset_password_from_key",
        "account_signup",
        "invitation_accept",
        "mfa_authenticate",
    }
)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose token no longer fits: its text is kept if it came from our own page.

    Signing in gives a new token. Whoever is signed in and sends an old one made the page before.
    """
    why = "signed_in_again" if request.user.is_authenticated else "stale"
    if why == "stale" and _is_for_visitors(request) and is_same_origin(request):
        said = _(
            "This page had been open for long, so nothing was sent. Please fill it in once more."
        )
        messages.info(request, said)
        return HttpResponseRedirect(request.get_full_path(), status=HTTPStatus.SEE_OTHER)
    if carries_text(request) or wants_json(request):
        return kept_response(request, reason=why, status=HTTPStatus.FORBIDDEN)
    if why == "stale":
        said = _(
            "This page had been open for long. Nothing was changed: go back, reload, try again."
        )
    else:
        said = _(
            "You have signed in again since this page was made. Nothing was changed: go back, "
            "reload, try again."
        )
    return _page(request, "403.html", HTTPStatus.FORBIDDEN, why, said)


def _is_for_visitors(request: HttpRequest) -> bool:
    """Return whether the form is one that signs in or leads to it: a password is typed anew."""
    return bool(request.resolver_match and request.resolver_match.url_name in FOR_VISITORS)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that makes no sense, or carries more than can be taken at once."""
    if isinstance(exception, RequestDataTooBig | TooManyFieldsSent):
        status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        return kept_response(request, reason="too_large", status=status)
    said = _("Mend could not make sense of that request. Nothing was changed.")
    return _page(request, "400.html", HTTPStatus.BAD_REQUEST, "bad_request", said)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that is not this person's to make."""
    said = _("That is not yours to do. Nothing was changed.")
    return _kept_or_page(request, "403.html", HTTPStatus.FORBIDDEN, "forbidden", said)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request for what is not there, or is not this person's to know of."""
    said = _("There is nothing here. It may have been taken back, or the address is wrong.")
    return _kept_or_page(request, "404.html", HTTPStatus.NOT_FOUND, "not_found", said)


def not_for_reading(request: HttpRequest) -> HttpResponse:
    """Answer a plain visit to an address that only a button posts to, with a way to its page.

    One gets there by entering the address of a page that a refused post was answered with.
    """
    said = _("There is nothing to read here, and nothing was changed.")
    return _page(
        request,
        "405.html",
        HTTPStatus.METHOD_NOT_ALLOWED,
        "method_not_allowed",
        said,
        page=_page_above(request.path),
    )


def _page_above(path: str) -> str:
    """Return the nearest address above ``path`` that is one of Mend's."""
    while (path := path.rstrip("/").rpartition("/")[0] + "/") != "/":
        try:
            resolve(path)
        except Resolver404:
            continue
        return path
    return path


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer when Mend itself failed, even if pages can no longer be made."""
    said = _("Something went wrong on our side. Nothing was lost. Wait a minute, then try again.")
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    try:
        if carries_text(request) and is_same_origin(request):
            return kept_response(request, reason="server", status=status)
        if wants_json(request):
            return JsonResponse({"error": "server", "message": said}, status=status)
        return HttpResponse(render_to_string("500.html", {"message": said}), status=status)
    except Exception as error:  # whatever broke the page may break its error page too
        logger.error("The error page failed as well (%s).", type(error).__name__)
        return HttpResponse(said, status=status, content_type="text/plain; charset=utf-8")


def _kept_or_page(
    request: HttpRequest, template: str, status: HTTPStatus, error: str, said: str
) -> HttpResponse:
    if carries_text(request) and is_same_origin(request):
        return kept_response(request, reason="gone", status=status)
    return _page(request, template, status, error, said)


def _page(
    request: HttpRequest, template: str, status: HTTPStatus, error: str, said: str, **more: str
) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"error": error, "message": said}, status=status)
    context = {"message": said, **more}
    return HttpResponse(render_to_string(template, context, request), status=status)
