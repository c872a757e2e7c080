"""The link in a proposal's mail by which somebody without an account makes one, in no clinic.

The token is signed, not stored: it names the proposal, whose address never changes, lasts for two
weeks, and holds only while that very proposal waits for an answer. The address is not in it: those
of pages end up in logs.
"""

from datetime import timedelta
from uuid import UUID

from django.core import signing

from accounts.invited import Admission
from accounts.models import Membership
from supervision.models import Proposal

SALT = "mend.supervision.joining"
LASTS = timedelta(days=14)


class RanOut(Exception):
    """The link's two weeks are over."""


class Unknown(Exception):
    """This is no link that Mend ever sent, or it was cut short."""


def lets_in(proposal: Proposal) -> bool:
    """Tell whether who proposed this can ask somebody in: they belong to a clinic themselves.

    Otherwise whoever was let in could let in others, and signing up would be open to anybody.
    """
    return Membership.objects.of(proposal.proposer).exists()


def token_for(proposal: Proposal) -> str:
    """Return the token of a link for the address of ``proposal``."""
    return signing.dumps(proposal.pk.hex, salt=SALT)


def proposal_by(token: str) -> Proposal | None:
    """Return the proposal that a link leads to, or None where it waits for no answer any more.

    Raises `RanOut` and `Unknown`.
    """
    try:
        pk = signing.loads(token, salt=SALT, max_age=LASTS)
    except signing.SignatureExpired as error:
        raise RanOut from error
    except signing.BadSignature as error:
        raise Unknown from error
    proposal = Proposal.objects.to_join_by(UUID(pk))
    return proposal if proposal is not None and lets_in(proposal) else None


def admission_by(token: str) -> Admission | None:
    """Return what a link lets a visitor do, or None where it holds no longer."""
    try:
        proposal = proposal_by(token)
    except (RanOut, Unknown):
        return None
    if proposal is None:
        return None
    return Admission(proposal.email, proposal.proposer.get_full_name())
