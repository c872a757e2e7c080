"""What somebody has in the floors above, whatever role they hold now: the ways to it stay.

A role can be taken from somebody at any time. What they wrote, shared or were given stays theirs,
and so must the way to it. The floors above say here how to ask; `accounts.queries` asks, in the
query by which every page learns who somebody is.
"""

from collections.abc import Callable
from uuid import UUID

from django.db.models import Q

# Given a person's id and the address they sign in with, a condition of having something there.
Way = Callable[[UUID, str], Q]
WAYS: dict[str, Way] = {}


def keep_way(name: str, has_something: Way) -> None:
    """Let whoever ``has_something`` under ``name`` keep the way to it in the bar of every page."""
    WAYS[name] = has_something
