"""What becomes of a journal when its author's account is deleted: it is removed, whole."""

from accounts.models import User
from reflection.models import Entry, TodayChoices


def take_leave(user: User) -> None:
    """Remove everything ``user`` wrote for themselves, what is in the bin among it."""
    Entry.objects.written_by(user).delete()
    TodayChoices.objects.filter(user=user).delete()
