"""Telling people what happened: in the app, by mail, or both, as they chose. Never content.

Each is called in the transaction of what happened: a notification, and a mail's row in the outbox,
are there exactly if that is. A mail says that something waits, with a link, and never what it says.
"""

from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from accounts import mail
from accounts.models import User
from supervision.joining import LASTS, lets_in, token_for
from supervision.models import (
    Agreement,
    NoticeChoice,
    NoticeKind,
    Notification,
    Proposal,
    Share,
    SupervisionGroup,
    SupervisionMeeting,
)

Kind = NoticeKind


def _post(name: str, to: str, path: str, /, **facts: Any) -> None:
    mail.post(f"supervision/email/{name}", to=to, context={"url": mail.link(path), **facts})


def _tell(
    person: User,
    notification: Notification,
    name: str,
    path: str,
    *,
    other: User | None,
    **facts: str | int,
) -> None:
    """Tell ``person`` in the ways they chose: ``name`` is the mail's, ``other`` who it is about.

    Without ``other`` it is not said who it was.
    """
    if not person.is_active:
        return
    notification.person, notification.by = person, other
    choice = NoticeChoice.objects.made(person, notification.kind)
    if choice.in_app:
        _keep(notification)
    if choice.by_mail:
        names = {"other": other.get_full_name()} if other else {}
        _post(name, person.email, path, **facts, **names, name=person.get_full_name())


def _keep(notification: Notification) -> None:
    """Keep it; what says the same and was not seen yet is moved to now."""
    unseen = Notification.objects.like(notification).unseen()
    if not unseen.update(at=notification.at, number=notification.number):
        notification.save(force_insert=True)


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
            told = Notification(kind=Kind.PROPOSED, agreement=agreement)
            _tell(person, told, "agreement_proposed", _page_of(agreement), other=by)


def proposal_made(proposal: Proposal) -> None:
    """Write to the address, the same whether or not anybody here has it.

    The mail holds a link by which its reader, if they have none, makes an account in no clinic.
    """
    page = reverse("proposal_read", args=[proposal.pk])
    facts: dict[str, Any] = {"other": proposal.proposer.get_full_name(), "join": ""}
    if lets_in(proposal):
        facts["join"] = mail.link(reverse("proposal_join", args=[token_for(proposal)]))
        facts["until"] = timezone.now() + LASTS
    _post("proposal_made", proposal.email, page, **facts)


def agreement_accepted(agreement: Agreement, *, by: User) -> None:
    """Tell the other of the two that ``by`` accepted."""
    told = Notification(kind=Kind.ACCEPTED, agreement=agreement)
    _tell(agreement.other_party(by), told, "agreement_accepted", _page_of(agreement), other=by)


def agreement_declined(agreement: Agreement, *, by: User) -> None:
    """Tell whoever of the two had accepted, and did not decline it themselves.

    A clinic's admin who proposed it for the two is told of no answer.
    """
    for person, accepted_at in (
        (agreement.supervisee, agreement.supervisee_accepted_at),
        (agreement.supervisor, agreement.supervisor_accepted_at),
    ):
        if accepted_at is not None and person != by:
            told = Notification(kind=Kind.DECLINED, agreement=agreement)
            _tell(person, told, "agreement_declined", _page_of(agreement), other=by)


def proposal_declined(proposal: Proposal) -> None:
    """Tell who made it; not whose the address is, which they may not know."""
    told = Notification(kind=Kind.DECLINED, proposal=proposal)
    _tell(proposal.proposer, told, "proposal_declined", told.path, other=None)


def agreement_ended(agreement: Agreement, *, by: User) -> None:
    """Tell the other of the two that it is over and everything was taken back."""
    told = Notification(kind=Kind.ENDED, agreement=agreement)
    _tell(agreement.other_party(by), told, "agreement_ended", _page_of(agreement), other=by)


def supervisor_away(agreement: Agreement) -> None:
    """Tell the supervisee that the supervisor's account is closed, and what they can do."""
    _of_supervisor(agreement, Kind.AWAY, "supervisor_away")


def supervisor_back(agreement: Agreement) -> None:
    """Tell the supervisee that the supervisor's account is open again."""
    _of_supervisor(agreement, Kind.BACK, "supervisor_back")


def _of_supervisor(agreement: Agreement, kind: Kind, name: str) -> None:
    told = Notification(kind=kind, agreement=agreement)
    page = _page_of(agreement)
    _tell(agreement.supervisee, told, name, page, other=agreement.supervisor)


def record_failed(agreement: Agreement) -> None:
    """Tell both, once until they have seen it, that the record does not hold together."""
    page = reverse("record_read", args=[agreement.pk])
    for person in (agreement.supervisee, agreement.supervisor):
        other = agreement.other_party(person)
        told = Notification(kind=Kind.RECORD_FAILED, agreement=agreement, person=person, by=other)
        if not Notification.objects.like(told).unseen().exists():
            _tell(person, told, "record_failed", page, other=other)


def share_made(share: Share) -> None:
    """Tell the supervisor that a copy waits."""
    kind = Kind.SHARED if share.version == 1 else Kind.NEW_VERSION
    told = Notification(kind=kind, share=share)
    _tell(share.supervisor, told, "share_made", _page_of_share(share), other=share.supervisee)


def share_extended(share: Share) -> None:
    """Tell the supervisor, and whoever reads along, that they can read a copy for longer."""
    page = _page_of_share(share)
    for person in (share.supervisor, *_along(share)):
        told = Notification(kind=Kind.EXTENDED, share=share)
        _tell(person, told, "share_extended", page, other=share.supervisee)


def _along(share: Share) -> list[User]:
    """Return the members who read a copy along."""
    if share.group_id is None:
        return []
    return [one.person for one in share.readers.holding().with_people()]


def shares_taken_back(shares: list[Share]) -> None:
    """Tell their supervisor that these, all under one agreement, no longer open."""
    share, number = shares[0], len(shares)
    told = Notification(kind=Kind.TAKEN_BACK, number=number, agreement_id=share.agreement_id)
    if number == 1:
        told.share = share
    page = _page_of_share(share) if number == 1 else told.path
    _tell(share.supervisor, told, "share_taken_back", page, other=share.supervisee)


def share_to_read_along(share: Share, person: User) -> None:
    """Tell a member of a group that a copy waits for them too."""
    told = Notification(kind=Kind.SHARED, share=share)
    _tell(person, told, "share_made", _page_of_share(share), other=share.supervisee)


def shares_taken_from(shares: list[Share], person: User) -> None:
    """Tell a member that these, which one person let them read along in a group, do not open."""
    share, number = shares[0], len(shares)
    told = Notification(kind=Kind.TAKEN_BACK, number=number, group_id=share.group_id)
    if number == 1:
        told.share = share
    _tell(person, told, "share_taken_from", told.path, other=share.supervisee)


def share_commented(share: Share, *, by: User, number: int) -> None:
    """Tell everybody who reads it, but for ``by``, that a comment waits, or that ``number`` do."""
    for person in (share.supervisee, share.supervisor):
        if person != by:
            told = Notification(kind=Kind.COMMENTED, share=share)
            _tell(person, told, "share_commented", _page_of_share(share), other=by, number=number)
    for person in _along(share):
        if person != by:
            told = Notification(kind=Kind.COMMENTED_ALONG, share=share)
            _tell(person, told, "share_commented", _page_of_share(share), other=by, number=number)


def comment_thanked(share: Share, *, by: User) -> None:
    """Tell the other side that a comment of theirs was thanked for."""
    told = Notification(kind=Kind.THANKED, share=share)
    _tell(share.other_party(by), told, "comment_thanked", _page_of_share(share), other=by)


def share_expired(share: Share) -> None:
    """Tell the supervisee that the copy no longer opens for the supervisor."""
    page = reverse("share_receipt", args=[share.pk])
    told = Notification(kind=Kind.EXPIRED, share=share)
    _tell(share.supervisee, told, "share_expired", page, other=share.supervisor)


def _page_of_meeting(meeting: SupervisionMeeting) -> str:
    return reverse("meeting_read", args=[meeting.pk])


def _of_meeting(meeting: SupervisionMeeting, kind: Kind, *, by: User) -> None:
    told = Notification(kind=kind, meeting=meeting)
    page = _page_of_meeting(meeting)
    _tell(meeting.other_party(by), told, f"meeting_{kind.value}", page, other=by)


def meeting_planned(meeting: SupervisionMeeting, *, by: User) -> None:
    """Tell the other side that a supervision meeting is planned; not when, for a mail is open."""
    _of_meeting(meeting, Kind.PLANNED, by=by)


def meeting_moved(meeting: SupervisionMeeting, *, by: User) -> None:
    """Tell the other side that day, time, length or form are others."""
    _of_meeting(meeting, Kind.MOVED, by=by)


def meeting_called_off(meeting: SupervisionMeeting, *, by: User) -> None:
    """Tell the other side that it does not take place."""
    _of_meeting(meeting, Kind.CALLED_OFF, by=by)


def meeting_signed(meeting: SupervisionMeeting, *, by: User) -> None:
    """Tell the other side that ``by`` signed the record."""
    _of_meeting(meeting, Kind.SIGNED, by=by)


def signature_gone(meeting: SupervisionMeeting, *, by: User) -> None:
    """Tell the other side that ``by`` changed the record they had signed; not what of it."""
    told = Notification(kind=Kind.SIGNATURE_GONE, meeting=meeting)
    page = _page_of_meeting(meeting)
    _tell(meeting.other_party(by), told, "meeting_changed", page, other=by)


def group_invitation(group: SupervisionGroup, person: User) -> None:
    """Tell somebody that they are asked into a group; not what it is called."""
    told = Notification(kind=Kind.GROUP_INVITED, group=group)
    _tell(person, told, "group_invitation", told.path, other=group.supervisor)


def group_joined(group: SupervisionGroup, *, by: User) -> None:
    """Tell its supervisor that somebody took the place they were asked into."""
    told = Notification(kind=Kind.GROUP_JOINED, group=group)
    _tell(group.supervisor, told, "group_joined", told.path, other=by)


def group_declined(group: SupervisionGroup, *, by: User) -> None:
    """Tell its supervisor that somebody who was asked into it declined."""
    told = Notification(kind=Kind.GROUP_DECLINED, group=group)
    _tell(group.supervisor, told, "group_declined", told.path, other=by)


def group_left(group: SupervisionGroup, *, by: User) -> None:
    """Tell its supervisor that a member left."""
    told = Notification(kind=Kind.GROUP_LEFT, group=group)
    _tell(group.supervisor, told, "group_left", told.path, other=by)


def place_ended(group: SupervisionGroup, person: User) -> None:
    """Tell a member that its supervisor took them out of the group."""
    told = Notification(kind=Kind.PLACE_ENDED, group=group)
    _tell(person, told, "place_ended", told.path, other=group.supervisor)


def group_ended(group: SupervisionGroup, person: User) -> None:
    """Tell somebody who was in a group that it is over."""
    told = Notification(kind=Kind.GROUP_ENDED, group=group)
    _tell(person, told, "group_ended", told.path, other=group.supervisor)


def share_ending(share: Share) -> None:
    """Tell the supervisee that a copy's time is over in a few days, and what they can do."""
    page = reverse("share_receipt", args=[share.pk])
    day = date_format(timezone.localtime(share.expires_at, share.supervisee.zone), "j F")
    told = Notification(kind=Kind.ENDING, share=share)
    _tell(share.supervisee, told, "share_ending", page, other=share.supervisor, day=day)
