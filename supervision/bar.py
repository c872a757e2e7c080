"""What every page has to know of somebody, asked in one query and kept with the request."""

from collections import Counter

from django.http import HttpRequest

from accounts.models import User
from reflection.models import Entry
from supervision.models import Notification, Proposal, Share
from supervision.queries.tagged import tags_of

MOST = 100
_KNOWN = "_supervision_known"


def known_of(request: HttpRequest) -> "Counter[str] | None":
    """Return what `ask` found for this request, or None where it was not asked."""
    known: Counter[str] | None = getattr(request, _KNOWN, None)
    return known


def ask(request: HttpRequest, user: User, *, with_days: bool) -> "Counter[str]":
    """Return how many notifications are ``unseen`` (up to `MOST`), whether a ``proposal`` waits.

    Also whether they ever ``gave`` a copy, and with ``with_days`` how many days to look back are
    ``due``.
    """
    tags = tags_of(
        Notification.objects.all(), MOST, ("unseen", Notification.objects.to(user).unseen())
    )
    more = [
        tags_of(Proposal.objects.all(), 1, ("proposal", Proposal.objects.addressed_to(user))),
        tags_of(Share.objects.all(), 1, ("gave", Share.objects.given_by(user))),
    ]
    if with_days:
        more.append(Entry.objects.owned_by(user).due_tags("due"))
    found: Counter[str] = Counter(tags.union(*more, all=True))
    setattr(request, _KNOWN, found)
    return found
