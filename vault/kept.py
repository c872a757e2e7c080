"""Answers that keep what was posted when it could not be carried out."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseForbidden,
    HttpResponseRedirect,
    JsonResponse,
)
from django.http.request import RawPostDataException
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from vault.opening import Refused

INLINE_PASSWORD = "vault_password"  # noqa: S105
# A recovery code, a sign-in code, a form's token. Whatever has "password" in its name goes too.
NOT_SHOWN_AGAIN = frozenset({"code", "csrfmiddlewaretoken"})
# Slugs, numbers, days and times, ids, ticks: nothing to read.
MACHINE_MADE = re.compile(r"[a-z0-9_:.-]*|[0-9:T.+-]+Z?")


@dataclass(frozen=True)
class Reason:
    """Why a post was not carried out, what to do, and what the button says."""

    title: Promise
    sentence: Promise | None = None
    button: Promise | None = None


@dataclass(frozen=True)
class Doing:
    """What a form does with what was written, said where it could not be done yet.

    ``sentence``: what the password brings about. ``button`` unlocks and does it; ``again`` does it
    where nothing has to be unlocked.
    """

    sentence: Promise
    button: Promise
    again: Promise


SAVING = Doing(
    _("Nothing was lost: your text is below. Type your password, and it is saved."),
    _("Unlock and save"),
    _("Save again"),
)
# A sentence may name the button by %(again)s; without a button of its own it has that of the form.
REASONS: dict[str, Reason] = {
    "locked": Reason(_("Your vault locked while you were writing")),
    "locked_act": Reason(
        _("Your vault had locked"),
        _(
            "Nothing was done and nothing was lost: what you wrote is below. Type your password, "
            "and you see what you were about to do again."
        ),
        _("Unlock and look again"),
    ),
    "no_vault": Reason(
        _("Your vault is not set up yet"),
        _(
            "Nothing was lost: your text is below. Set up your vault in another tab, then "
            "press %(again)s."
        ),
    ),
    "signed_out": Reason(
        _("You were signed out"),
        _(
            "Nothing was lost: your text is below. Sign in in another tab, come back here and "
            "press %(again)s."
        ),
    ),
    "switched_off": Reason(
        _("This account was switched off"),
        _(
            "So it could not be saved. What you wrote is below: copy it from here. What was saved "
            "before is still there. Ask your clinic’s admin to switch the account on again; then "
            "sign in in another tab, come back here and press %(again)s."
        ),
    ),
    "stale": Reason(
        _("This page had been open for long"),
        _(
            "For your safety it was not saved at once. Nothing was lost: your text is below. "
            "Press %(again)s."
        ),
    ),
    "signed_in_again": Reason(
        _("You have signed in again since this page was made"),
        _(
            "So that nothing is saved for somebody else by mistake, it was not saved at once. "
            "Nothing was lost: your text is below. Press %(again)s."
        ),
    ),
    "too_large": Reason(
        _("That is more text than can be saved at once"),
        _(
            "Nothing was lost: your text is below, or behind your browser’s Back button. "
            "Shorten it, or divide it, and press %(again)s."
        ),
    ),
    "gone": Reason(
        _("There is nothing here to save it to"),
        _(
            "What this belongs to was taken back or deleted, or is not open to you. Nothing "
            "was lost: your text is below. Copy it from here."
        ),
        _("Try again"),
    ),
    "conflict": Reason(
        _("This was changed in another tab"),
        _("Nothing was lost: your text is below, and what was saved before is kept too."),
    ),
    "other_writer": Reason(_("This page is somebody else’s"), button=_("Try again")),
    "server": Reason(
        _("Something went wrong on our side"),
        _(
            "Nothing was lost: your text is below. Wait a minute, then press %(again)s. You "
            "can also copy it from here."
        ),
    ),
}
STILL_HERE = _("Nothing was lost: what you wrote is still on this page.")
NOT_OURS = _(
    "This was not sent from one of Mend’s own pages, so nothing was changed. Open Mend and try "
    "again from there."
)


@dataclass(frozen=True)
class KeptField:
    """One posted value: shown with a label where it is something written, else carried hidden."""

    name: str
    value: str
    label: str
    is_text: bool

    @property
    def in_textarea(self) -> str:
        """The value behind the newline that HTML drops, so that its own first one stays."""
        return f"\n{self.value}"


@dataclass(frozen=True)
class Question:
    """What a form asks by a field. ``is_written``: in a box where people write what they like."""

    label: str | Promise | None = None
    is_written: bool = False


def wants_json(request: HttpRequest) -> bool:
    """Return whether the client asked for JSON by name, as our scripts do and browsers do not."""
    return "application/json" in request.headers.get("Accept", "")


def is_ours(request: HttpRequest, url: str) -> bool:
    """Return whether ``url`` is the path of a page here, from the root, and so safe to lead to."""
    hosts = {request.get_host()}
    return url.startswith("/") and url_has_allowed_host_and_scheme(url, hosts)


def wanted_next(request: HttpRequest) -> str | None:
    """Return the page to go to afterwards, if one of ours was posted or asked for as ``next``."""
    url = request.POST.get("next") or request.GET.get("next") or ""
    return url if is_ours(request, url) else None


def came_from(request: HttpRequest) -> str:
    """Return the path of the page whose form this was, or the first page."""
    page = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(
        page, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return (urlsplit(page).path or "/") if ours else "/"


def unlock_first(request: HttpRequest) -> HttpResponse:
    """Return the way to open the vault and then back to the page whose button was pressed."""
    messages.info(
        request, _("Your vault had locked, so nothing was done. Unlock it, then press again.")
    )
    query = urlencode({"next": came_from(request)})
    return HttpResponseRedirect(f"{reverse('vault_unlock')}?{query}")


def locked_response(
    request: HttpRequest, *, refused: "Refused | None" = None, reason: str = "locked"
) -> HttpResponse:
    """Return the way to open the vault: a page for a ``GET``, else 423 with what was posted.

    ``reason`` is ``locked`` or ``locked_act``, as in `kept_response`.
    """
    if request.vault.state == "none":  # type: ignore[attr-defined]
        reason = "no_vault"
    if request.method in ("GET", "HEAD") and not wants_json(request):
        name = "vault_setup" if reason == "no_vault" else "vault_unlock"
        query = urlencode({"next": request.get_full_path()})
        return HttpResponseRedirect(f"{reverse(name)}?{query}")
    if refused is not None:
        return kept_response(
            request, status=423, reason=reason, password_error=str(refused), error=refused.error
        )
    return kept_response(request, status=423, reason=reason)


def kept_response(
    request: HttpRequest,
    *,
    status: int,
    reason: str,
    message: str = "",
    labels: dict[str, str] | None = None,
    password_error: str = "",
    error: str = "",
) -> HttpResponse:
    """Return a page (or JSON) that says why a post was not carried out and holds all of its text.

    ``reason``: ``locked``, ``locked_act`` (nothing is done before it was looked at again),
    ``no_vault``, ``signed_out``, ``switched_off``, ``stale`` or ``signed_in_again`` (the form's
    token; refused in plain words unless the browser says the post came from our own page),
    ``too_large``, ``conflict``, ``other_writer`` (with a ``message``), ``gone`` or ``server``.
    ``message`` replaces the reason's own sentence; ``labels`` names posted fields otherwise than
    `name_fields` has them. The page posts to the same address again.
    """
    if reason in ("stale", "signed_in_again") and not is_same_origin(request):
        return HttpResponseForbidden(str(NOT_OURS), content_type="text/plain; charset=utf-8")
    why, doing = REASONS[reason], _doing(request)
    if wants_json(request):
        said = password_error or message or f"{why.title}. {STILL_HERE}"
        return JsonResponse({"error": error or reason, "message": said}, status=status)
    context = {
        "title": why.title,
        "message": message or (why.sentence or doing.sentence) % {"again": doing.again},
        "button": why.button or (doing.button if reason == "locked" else doing.again),
        "reason": reason,
        "fields": kept_fields(request, labels or {}),
        "inline_password": INLINE_PASSWORD if reason.startswith("locked") else "",
        "password_error": password_error,
    }
    return _page(request, context, status)


def _page(request: HttpRequest, context: dict[str, Any], status: int) -> HttpResponse:
    context |= {"action": request.get_full_path(), "csrf_token": get_token(request)}
    # With the server in trouble, the page must not ask the database who is reading it.
    reader = None if context["reason"] == "server" else request
    context["kept_for"] = _kept_for(request, reader)
    response = HttpResponse(render_to_string("kept.html", context, reader), status=status)
    response["Cache-Control"] = "no-store"
    return response


def _kept_for(request: HttpRequest, reader: HttpRequest | None) -> str:
    """Return whose page this is, for lock.js: who is signed in, else the post's own writer."""
    user = getattr(reader, "user", None)
    if user is not None and user.is_authenticated:
        return str(user.pk)
    return str(dict(_posted(request)).get("writer", [""])[-1])


def kept_fields(request: HttpRequest, labels: dict[str, str]) -> list[KeptField]:
    """Return what was posted, in order, without passwords, codes, tokens; nothing if unreadable."""
    return [
        _kept(name, value, _asked(request, name), labels.get(name, ""))
        for name, values in _posted(request)
        if name not in NOT_SHOWN_AGAIN and "password" not in name
        for value in map(str, values)
    ]


def _kept(name: str, value: str, asked: Question, label: str) -> KeptField:
    """Return one posted value, with a word made of the field's name where nobody told of it."""
    shown = label or str(asked.label or "") or _own(name).replace("_", " ").capitalize()
    is_words = bool(value.strip()) if asked.is_written else not MACHINE_MADE.fullmatch(value)
    return KeptField(name, value, shown, is_text=bool(label) or is_words)


def _posted(request: HttpRequest) -> list[tuple[str, list[str]]]:
    """Return what was posted, in order; nothing if it cannot be read."""
    try:
        return list(request.POST.lists())
    except (BadRequest, SuspiciousOperation, RawPostDataException, OSError):
        return []


# By the name of a page and of its button ("" is any).
_doings: dict[tuple[str, str], Doing] = {}


def name_doing(doing: Doing, *pages: str, button: str = "") -> None:
    """Have it said what a form does that is not saving: as `name_fields`, by the apps, once.

    ``button``: only where the form was sent by the button ``do`` of that value.
    """
    _doings.update({(page, button): doing for page in pages})


def _doing(request: HttpRequest) -> Doing:
    page = (request.resolver_match and request.resolver_match.url_name) or ""
    pressed = dict(_posted(request)).get("do", [""])[-1]
    return _doings.get((page, pressed)) or _doings.get((page, "")) or SAVING


# By the name of a page ("" is any), then by the name of a field.
_questions: dict[str, dict[str, Question]] = {}


def name_fields(questions: Mapping[str, Question], *pages: str) -> None:
    """Have posted fields shown under what their forms ask: ``questions`` by field name.

    What stands in a box where people write is somebody's words, however like a number it looks.

    ``pages`` are the URL names of what the form posts to, where other forms ask something else by
    the same name. A name that ends in ``_`` stands for all that begin with it. The apps that have
    forms say so once, in their ``AppConfig.ready``.
    """
    for page in pages or ("",):
        _questions.setdefault(page, {}).update(questions)


def _asked(request: HttpRequest, name: str) -> Question:
    """Return what the page asked by that field; nothing where nobody told."""
    match = request.resolver_match
    asked = _questions.get("", {}) | _questions.get((match and match.url_name) or "", {})
    starts = (begin for begin in asked if begin.endswith("_") and name.startswith(begin))
    known = next((one for one in (name, _own(name), *starts) if one in asked), None)
    return asked[known] if known else Question()


def _own(name: str) -> str:
    """Return a field's name without its form's prefix."""
    return name.rpartition("-")[2]


def is_same_origin(request: HttpRequest) -> bool:
    """Return whether the browser itself says that the request came from one of our pages."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = urlsplit(request.headers.get("Origin", ""))
    return (origin.scheme, origin.netloc) == (request.scheme, request.get_host())
