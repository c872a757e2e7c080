"""Which reflections are shared now: asked here, answered by the app that knows of shares.

``reflection`` imports nothing from above itself. An app that hands passages to others says so once,
in its ``AppConfig.ready``; where none does, nothing is shared.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from accounts.models import User

    # Gives the ids of a person's entries of which somebody else can read a part now.
    SharedNow = Callable[[User], QuerySet[Any, UUID]]
    # Says whether a person ever gave somebody a part of one entry.
    SharedEver = Callable[[User, UUID], bool]
_asked: list["SharedNow"] = []
_asked_of_one: list["SharedEver"] = []


def tell_of_shares(shared_now: "SharedNow", shared_ever: "SharedEver") -> None:
    """Have these asked, too, which of a person's entries are shared, and whether one ever was."""
    if shared_now not in _asked:
        _asked.append(shared_now)
        _asked_of_one.append(shared_ever)


def shared_by(user: "User") -> list["QuerySet[Any, UUID]"]:
    """Return, as queries of ids, ``user``'s entries of which somebody can read a part now."""
    return [shared_now(user) for shared_now in _asked]


def was_shared(user: "User", entry: UUID) -> bool:
    """Return whether anybody was ever given a part of ``user``'s entry."""
    return any(shared_ever(user, entry) for shared_ever in _asked_of_one)
