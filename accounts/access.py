"""Where the signed-in person belongs: asked once a page, and which pages ask nobody to sign in."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.http import HttpRequest

from accounts.models import Membership, User

if TYPE_CHECKING:

    class SignedInRequest(HttpRequest):
        """A request as every view gets it that is not in the list of public ones."""

        user: User

else:
    SignedInRequest = HttpRequest

# Every page that opens without signing in, by the name of its URL, and why it may.
PUBLIC_VIEWS: dict[str, str] = {
    "home": "tells a visitor what Mend is; somebody signed in sees their day",
    "guide_home": "the guide holds nothing about anybody",
    "guide_evidence": "the guide holds nothing about anybody",
    "pattern_read": "the guide holds nothing about anybody",
    "strategy_read": "the guide holds nothing about anybody",
    "about_privacy": "one should know what is private before signing up",
    "healthz": "a probe asks whether the process is up; it learns nothing else",
    "readyz": "a probe asks whether the database answers; it learns nothing else",
    "proposal_join": "who is asked to supervise may have no account; the signed link is the key",
    "invitation_accept": "the invited person has no account yet; the token in the link is the key",
    "account_login": "the way in",
    "account_logout": "signing out twice does no harm",
    "account_signup": "closed but for the invited and those asked in, or where OPEN_SIGNUP is set",
    "account_inactive": "says that an account is inactive, to whoever asks; names nobody",
    "account_reset_password": "for who cannot sign in; the answer is the same for any address",
    "account_reset_password_done": "says that a mail may be on its way",
    "account_reset_password_from_key": "the key in the mailed link is what opens it",
    "account_reset_password_from_key_done": "says that the password was set",
    "account_email_verification_sent": "says that a mail is on its way",
    "account_confirm_email": "the key in the mailed link is what opens it",
    "account_confirm_login_code": "sends away whoever is not halfway through signing in",
    "mfa_authenticate": "the second step of signing in; sends away whoever has not done the first",
    "admin:login": "the operator's way in, by the same sign-in page",
}


def places(request: HttpRequest) -> list[Membership]:
    """Return the places the signed-in person holds; one query a request."""
    if not request.user.is_authenticated:
        return []
    known: list[Membership] | None = getattr(request, "_mend_places", None)
    if known is None:
        known = Membership.objects.held_by(request.user)
        request._mend_places = known  # type: ignore[attr-defined]
    return known


def is_clinician(request: HttpRequest) -> bool:
    """Return whether the signed-in person keeps a journal anywhere."""
    if getattr(request.user, "is_independent", False):
        return True
    return any(place.is_clinician for place in places(request))


def has_way(request: HttpRequest, name: str) -> bool:
    """Return whether the way to ``name`` (`accounts.ways`) is the signed-in person's.

    It is a clinician's, and anybody's who has something there, whatever role they hold now. Only
    of somebody who is no clinician is it asked apart, once a request.
    """
    if any(place.is_clinician for place in places(request)):
        return True
    return any(getattr(one, f"has_{name}", False) for one in _with_ways(request))


def number_of(request: HttpRequest, name: str) -> int:
    """Return a number every page knows (`accounts.ways`) of the signed-in person: 0 of a visitor.

    As it was when the page first asked.
    """
    said: Sequence[Membership | User] = places(request) or _with_ways(request)
    return int(getattr(said[0], f"number_{name}", 0)) if said else 0


def _with_ways(request: HttpRequest) -> list[User]:
    """Return the signed-in person with the ways that are theirs; one query a request."""
    if not request.user.is_authenticated:
        return []
    known: list[User] | None = getattr(request, "_mend_ways", None)
    if known is None:
        known = User.objects.with_ways(request.user)
        request._mend_ways = known  # type: ignore[attr-defined]
    return known


def is_clinic_admin(request: HttpRequest) -> bool:
    """Return whether the signed-in person manages any clinic."""
    return any(place.is_admin for place in places(request))
