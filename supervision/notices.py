"""Mails about supervision: that something waits, with a link, and never what it says."""

from typing import Any

from django.urls import reverse

from accounts import mail
from accounts.models import User
from supervision.models import Agreement, Proposal, Share


def _post(name: str, to: str, path: str, /, **facts: Any) -> None:
    mail.post(f"supervision/email/{name}", to=to, context={"url": mail.link(path), **facts})


def _to(person: User, name: str, path: str, *, other: User) -> None:
    if person.is_active:
        _post(name, person.email, path, name=person.get_full_name(), other=other.get_full_name())


def _page_of(agreement: Agreement) -> str:
    return reverse("agreement_read", args=[agreement.pk])


def _page_of_share(share: Share) -> str:
    return reverse("share_read", args=[share.pk])


def agreement_proposed(agreement: Agreement, *, by: User) -> None:
    """Tell whoever has yet to accept."""
    for person, accepted_at in (
        (agreement.supervisee, agreement.supervisee_accepted_at),
        (agreement.supervisor, agreement.supervisor_accepted_at),
    ):
        if accepted_at is None:
            _to(person, "agreement_proposed", _page_of(agreement), other=by)


def proposal_made(proposal: Proposal) -> None:
    """Write to the address, whether or not anybody here has it."""
    page = reverse("proposal_read", args=[proposal.pk])
    _post("proposal_made", proposal.email, page, other=proposal.proposer.get_full_name())


def agreement_accepted(agreement: Agreement, *, by: User) -> None:
    """Tell the other of the two that ``by`` accepted."""
    _to(agreement.other_party(by), "agreement_accepted", _page_of(agreement), other=by)


def agreement_ended(agreement: Agreement, *, by: User) -> None:
    """Tell the other of the two that it is over and everything was taken back."""
    _to(agreement.other_party(by), "agreement_ended", _page_of(agreement), other=by)


def share_made(share: Share) -> None:
    """Tell the supervisor that a copy waits."""
    _to(share.supervisor, "share_made", _page_of_share(share), other=share.supervisee)


def share_commented(share: Share, *, by: User) -> None:
    """Tell the other side that a comment waits."""
    _to(share.other_party(by), "share_commented", _page_of_share(share), other=by)


def share_expired(share: Share) -> None:
    """Tell the supervisee that the copy no longer opens for the supervisor."""
    page = reverse("share_receipt", args=[share.pk])
    _to(share.supervisee, "share_expired", page, other=share.supervisor)
