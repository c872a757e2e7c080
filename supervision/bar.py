"""What every page has to know of somebody, asked in one query and kept with the request."""

from collections import Counter
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User
from reflection.models import Entry
from supervision.models import Notification, Proposal, Share
from supervision.queries.tagged import tags_of
from vault.prepared import Prepared

MOST = 100
_KNOWN = "_supervision_known"
_GAVE = "_supervision_gave"


def known_of(request: HttpRequest) -> "Counter[str] | None":
    """Return what `ask` found for this request, or None where it was not asked."""
    known: Counter[str] | None = getattr(request, _KNOWN, None)
    return known


def gave(request: HttpRequest, user: User, entry: UUID) -> bool:
    """Tell whether ``user`` ever shared that entry; a query at most once a request.

    None where the bar found already that they never shared anything.
    """
    known = known_of(request)
    if known is not None and not known["gave"]:
        return False
    if not hasattr(request, _GAVE):
        setattr(request, _GAVE, {})
    found: dict[UUID, bool] = getattr(request, _GAVE)
    if entry not in found:
        found[entry] = Share.objects.gave_any(user, entry)
    return found[entry]


def ask(request: HttpRequest, user: User, *, with_days: bool) -> "Counter[str]":
    """Return how many notifications are ``unseen`` (up to `MOST`), whether a ``proposal`` waits.

    Also whether they ever ``gave`` a copy, and with ``with_days`` how many days to look back are
    ``due``.
    """
    given = {"user": user.pk, "email": user.email.lower()}
    if with_days:
        given |= {"now": timezone.now(), "today": timezone.localdate()}
    found: Counter[str] = Counter((_with_days if with_days else _without_days)(**given))
    setattr(request, _KNOWN, found)
    return found


def _tags(user: UUID, email: str, **moment: Any) -> "QuerySet[Any, str]":
    """Return the tags that `ask` counts; those of days to look back where a ``moment`` is given."""
    person = User(pk=user, email=email)
    tags = tags_of(
        Notification.objects.all(), MOST, ("unseen", Notification.objects.to(person).unseen())
    )
    more = [
        tags_of(Proposal.objects.all(), 1, ("proposal", Proposal.objects.addressed_to(person))),
        tags_of(Share.objects.all(), 1, ("gave", Share.objects.given_by(person))),
    ]
    if moment:
        mine = Entry.objects.owned_by(person, now=moment["now"])
        more.append(mine.due_tags("due", today=moment["today"]))
    return tags.union(*more, all=True)


_PERSON = {"user": UUID(int=1), "email": "somebody@example.org"}
_without_days: "Prepared[str]" = Prepared(_tags, **_PERSON)
_with_days: "Prepared[str]" = Prepared(
    _tags, **_PERSON, now=datetime(2001, 2, 3, tzinfo=UTC), today=date(2001, 2, 4)
)
