"""What somebody who reads along is shown of a copy's log: who else in the group opened it is not
theirs to know."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import User
from supervision.models import Share, ShareEvent

Kind = ShareEvent.Kind


@dataclass(frozen=True)
class SeenLine:
    """A line of the log as one reader sees it."""

    at: datetime
    words: str


def seen_by_member(events: Iterable[ShareEvent], share: Share, user: User) -> list[SeenLine]:
    """Return the lines of ``share``'s log with other members' openings told without a name."""
    known = {share.supervisee_id, share.supervisor_id, user.pk}
    return [
        SeenLine(
            one.at,
            _("A member of the group opened it")
            if one.kind == Kind.OPENED and one.by_id not in known
            else one.words,
        )
        for one in events
    ]
