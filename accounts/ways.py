"""What every page says of somebody that the floors above know: asked with who they are.

Ways: a role can be taken from somebody at any time. What they wrote, shared or were given stays
theirs, and so must the way to it. Numbers: how much waits for them. The floors above say here how
to ask; `accounts.queries` asks: of the numbers in the query by which every page learns where
somebody belongs, of the ways only where they do not follow from that.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Subquery
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce


@dataclass(frozen=True)
class Asking:
    """Of whom it is asked, by the address they sign in with, and when, by their own clock."""

    user: UUID
    email: str
    now: datetime
    today: date


# A condition of having something there.
Way = Callable[[Asking], Q]
# A number, or whether there is any at all.
Number = Callable[[Asking], Combinable]
WAYS: dict[str, Way] = {}
NUMBERS: dict[str, Number] = {}


def keep_way(name: str, has_something: Way) -> None:
    """Let whoever ``has_something`` under ``name`` keep the way to it in the bar of every page."""
    WAYS[name] = has_something


def keep_number(name: str, number: Number) -> None:
    """Let every page know ``number`` under ``name`` (`accounts.access.number_of`)."""
    NUMBERS[name] = number


def how_many(rows: QuerySet[Any], owner: str) -> Combinable:
    """Return how many ``rows`` there are, all of which have the one ``owner``, as an expression."""
    counted = rows.order_by().values(owner).annotate(rows_of_one=Count("pk"))
    return Coalesce(Subquery(counted.values("rows_of_one")), 0)
