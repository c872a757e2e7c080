"""The invitation a visitor came with, remembered while they sign up."""

from allauth.account.adapter import get_adapter
from django.http import HttpRequest

from accounts.models import Invitation

SESSION_KEY = "invitation"


def remember(request: HttpRequest, invitation: Invitation) -> None:
    """Keep ``invitation`` for the sign-up form, and that its address was just shown to be theirs.

    Only the invited mailbox holds the link, so arriving by it is what a confirmation mail proves.
    """
    request.session[SESSION_KEY] = str(invitation.pk)
    get_adapter(request).stash_verified_email(request, invitation.email)


def invitation_in(request: HttpRequest) -> Invitation | None:
    """Return the remembered invitation while it can still be accepted."""
    pk = request.session.get(SESSION_KEY)
    return Invitation.objects.open().select_related("clinic").filter(pk=pk).first() if pk else None


def forget(request: HttpRequest) -> None:
    """Forget the remembered invitation."""
    request.session.pop(SESSION_KEY, None)
