"""What was done to somebody's account and vault, as they read it."""

from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice

from accounts.models import AccountEvent, User
from vault.models import VaultEvent

LINES = 50


@dataclass(frozen=True)
class Line:
    """One thing that happened: when, what, in which words, by whom (empty: oneself), and where."""

    at: datetime
    what: str
    detail: str = ""
    by: str = ""
    clinic: str = ""


def happened_to(user: User) -> list[Line]:
    """Return the last fifty lines of both logs, newest first; two queries."""
    account = [_account_line(event, user) for event in AccountEvent.objects.touching(user)[:LINES]]
    vault = [
        Line(event.at, event.get_kind_display()) for event in VaultEvent.objects.of(user)[:LINES]
    ]
    return list(islice(merge(account, vault, key=lambda line: line.at, reverse=True), LINES))


def _account_line(event: AccountEvent, user: User) -> Line:
    return Line(
        at=event.at,
        what=event.get_kind_display(),
        detail=event.detail,
        by=str(event.by) if event.by and event.by_id != user.pk else "",
        clinic=event.clinic.name if event.clinic else "",
    )
