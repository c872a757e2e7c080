"""What becomes of agreements, shares and comments when one of the two deletes their account."""

from accounts.models import User
from supervision.actions.agreement import decline_agreement, end_agreement, take_back_proposal
from supervision.models import Agreement, NoticeChoice, Notification, Proposal, Share
from supervision.rules import Action


def take_leave(user: User) -> None:
    """End all that ``user`` agreed to, and remove what they shared.

    Whoever they shared with is told, and can open nothing from then on. What others shared with
    them is theirs: the copies stay with their authors, and so do the comments ``user`` wrote there.
    What ``user`` was told of goes.
    """
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
