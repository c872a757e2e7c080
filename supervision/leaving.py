"""What becomes of agreements, shares and comments when one of the two deletes their account."""

from accounts.models import User
from supervision.actions.agreement import decline_agreement, end_agreement, take_back_proposal
from supervision.actions.group import end_group
from supervision.models import (
    Agreement,
    GroupMembership,
    GroupPin,
    NoticeChoice,
    Notification,
    Proposal,
    Share,
    SupervisionGroup,
)
from supervision.rules import Action


def take_leave(user: User) -> None:
    """End all that ``user`` agreed to, and remove what they shared.

    Whoever they shared with is told, and can open nothing from then on. What others shared with
    them is theirs: the copies stay with their authors, and so do the comments ``user`` wrote there.
    What ``user`` was told of goes.
    """
    # Agreements before groups, as everywhere: nobody waits for each other.
    list(
        Agreement.objects.with_party(user)
        .select_for_update(of=("self",), no_key=True)
        .order_by("pk")
    )
    for group in SupervisionGroup.objects.led_by(user).open():
        end_group(by=user, pk=group.pk)
    for agreement in Agreement.objects.with_party(user):
        if agreement.allows(Action.END, user):
            end_agreement(by=user, pk=agreement.pk)
        elif agreement.allows(Action.DECLINE, user):
            decline_agreement(by=user, pk=agreement.pk)
    Agreement.objects.with_party(user).update(key_pin=None, pinned_in=None)
    for proposal in Proposal.objects.made_by(user).open():
        take_back_proposal(by=user, pk=proposal.pk)
    Share.objects.given_by(user).delete()
    Notification.objects.to(user).delete()
    NoticeChoice.objects.of_person(user).delete()
    # With their places go the rows that say what they once read along.
    GroupMembership.objects.of(user).delete()
    GroupPin.objects.about(user).delete()
