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
_asked: list["SharedNow"] = []


def tell_of_shares(shared_now: "SharedNow") -> None:
    """Have ``shared_now`` asked, too, which of a person's entries are shared."""
    if shared_now not in _asked:
        _asked.append(shared_now)


def shared_by(user: "User") -> list["QuerySet[Any, UUID]"]:
    """Return, as queries of ids, ``user``'s entries of which somebody can read a part now."""
    return [shared_now(user) for shared_now in _asked]
