"""What a visitor came with that lets them sign up, remembered while they do.

Either an invitation to a clinic, or an `Admission`: a link that a floor above had mailed to one
address, by which somebody makes an account that belongs to no clinic.
"""

from collections.abc import Callable
from dataclasses import dataclass

from allauth.account.adapter import get_adapter
from django.http import HttpRequest

from accounts.models import Invitation

SESSION_KEY, ADMISSION_KEY = "invitation", "admission"


@dataclass(frozen=True)
class Admission:
    """The address that may sign up, for it alone, and the name of whoever asks them in."""

    email: str
    by: str


# What the floors above make of a link's token: an admission while it holds, else None.
_CHECKS: list[Callable[[str], Admission | None]] = []


def admits(check: Callable[[str], Admission | None]) -> None:
    """Let ``check`` say which tokens let a visitor sign up. It is asked again at every step."""
    if check not in _CHECKS:
        _CHECKS.append(check)


def remember(request: HttpRequest, invitation: Invitation) -> None:
    """Keep ``invitation`` for the sign-up form, and that its address was just shown to be theirs.

    Only the invited mailbox holds the link, so arriving by it is what a confirmation mail proves.
    """
    forget(request)
    request.session[SESSION_KEY] = str(invitation.pk)
    get_adapter(request).stash_verified_email(request, invitation.email)


def remember_admission(request: HttpRequest, token: str, admission: Admission) -> None:
    """Do as `remember`, with the token of a link that was mailed to the admitted address."""
    forget(request)
    request.session[ADMISSION_KEY] = token
    get_adapter(request).stash_verified_email(request, admission.email)


def invitation_in(request: HttpRequest) -> Invitation | None:
    """Return the remembered invitation while it can still be accepted."""
    pk = request.session.get(SESSION_KEY)
    return Invitation.objects.open().select_related("clinic").filter(pk=pk).first() if pk else None


def admission_in(request: HttpRequest) -> Admission | None:
    """Return the remembered admission while its link still holds."""
    token = request.session.get(ADMISSION_KEY)
    found = (check(token) for check in _CHECKS) if token else iter(())
    return next((one for one in found if one is not None), None)


def forget(request: HttpRequest) -> None:
    """Forget what was remembered."""
    request.session.pop(SESSION_KEY, None)
    request.session.pop(ADMISSION_KEY, None)
