"""Mails about supervision: that something waits, with a link, and never what it says."""

from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from accounts import mail
from accounts.models import User
from supervision.models import Agreement, Proposal, Share, SupervisionMeeting


def _post(name: str, to: str, path: str, /, **facts: Any) -> None:
    mail.post(f"supervision/email/{name}", to=to, context={"url": mail.link(path), **facts})


def _to(person: User, name: str, path: str, *, other: User, **facts: str) -> None:
    if person.is_active:
        facts |= {"name": person.get_full_name(), "other": other.get_full_name()}
        _post(name, person.email, path, **facts)


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


def _page_of_meeting(meeting: SupervisionMeeting) -> str:
    return reverse("meeting_read", args=[meeting.pk])


def _of_meeting(meeting: SupervisionMeeting, name: str, *, by: User) -> None:
    _to(meeting.other_party(by), name, _page_of_meeting(meeting), other=by)


def meeting_planned(meeting: SupervisionMeeting, *, by: User) -> None:
    """Tell the other side that a supervision meeting is planned; not when, for a mail is open."""
    _of_meeting(meeting, "meeting_planned", by=by)


def meeting_moved(meeting: SupervisionMeeting, *, by: User) -> None:
    """Tell the other side that day, time, length or form are others."""
    _of_meeting(meeting, "meeting_moved", by=by)


def meeting_called_off(meeting: SupervisionMeeting, *, by: User) -> None:
    """Tell the other side that it does not take place."""
    _of_meeting(meeting, "meeting_called_off", by=by)


def meeting_signed(meeting: SupervisionMeeting, *, by: User) -> None:
    """Tell the other side that ``by`` signed the record."""
    _of_meeting(meeting, "meeting_signed", by=by)


def share_ending(share: Share) -> None:
    """Tell the supervisee that a copy's time is over in a few days, and what they can do."""
    page = reverse("share_receipt", args=[share.pk])
    day = date_format(timezone.localtime(share.expires_at, share.supervisee.zone), "j F")
    _to(share.supervisee, "share_ending", page, other=share.supervisor, day=day)
