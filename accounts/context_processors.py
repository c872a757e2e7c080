"""What every page's frame shows: where one can go, and whether the vault is open."""

import math
from typing import Any, TypedDict

from django.http import HttpRequest
from django.utils.timezone import now
from django.utils.translation import gettext as _

from accounts.access import has_way, is_clinic_admin
from accounts.addresses import address_of

# Set by quickcover.js while this browser's pages are covered. It says nothing else.
COVER_COOKIE = "mend-cover"


class NavItem(TypedDict):
    """One entry of the main navigation."""

    label: str
    url: str
    current: bool


def mend(request: HttpRequest) -> dict[str, Any]:
    """Return ``nav``, ``vault_state``, ``has_vault``, ``vault_locks_at``, ``vault_minutes_left``,
    ``is_covered``.

    For a visitor nothing is asked of the database. A request that failed before it was known whose
    it is gets the visitor's frame.
    """
    user = getattr(request, "user", None)
    signed_in = user is not None and user.is_authenticated
    return {"nav": _nav(request, signed_in=signed_in), **_vault(request, signed_in=signed_in)}


def _nav(request: HttpRequest, *, signed_in: bool) -> list[NavItem]:
    manages = signed_in and is_clinic_admin(request)
    offered = [
        (signed_in and has_way(request, "journal"), _("Journal"), "journal_list"),
        (True, _("Guide"), "guide_home"),
        (signed_in and has_way(request, "supervision"), _("Supervision"), "supervision_home"),
        (manages, _("Clinic"), "clinic_home"),
    ]
    return [_item(request, label, address_of(name)) for shown, label, name in offered if shown]


def _item(request: HttpRequest, label: str, url: str) -> NavItem:
    return {"label": label, "url": url, "current": request.path.startswith(url)}


def _vault(request: HttpRequest, *, signed_in: bool) -> dict[str, Any]:
    vault = getattr(request, "vault", None)
    if not signed_in or vault is None:
        return {
            "vault_state": "",
            "has_vault": False,
            "vault_locks_at": None,
            "vault_minutes_left": None,
            "is_covered": False,
        }
    locks_at = vault.locks_at
    left = math.ceil((locks_at - now()).total_seconds() / 60) if locks_at else None
    return {
        "vault_state": vault.state,
        "has_vault": vault.state in ("unlocked", "locked"),
        "vault_locks_at": locks_at,
        "vault_minutes_left": max(left, 0) if left is not None else None,
        "is_covered": vault.is_unlocked and COVER_COOKIE in request.COOKIES,
    }
