"""Several short lists of one model in one query."""

from typing import Any, TypeVar

from django.db.models import Count, Model, QuerySet, Value

M = TypeVar("M", bound=Model)


def tagged(rows: QuerySet[M], name: str, *lists: tuple[str, QuerySet[M], int]) -> "QuerySet[M]":
    """Return the first so many of each of ``lists``, as ``rows`` has them, in one query.

    Each row bears, as ``name``, the tag of the list it is in; they come in no order.
    """
    first, *rest = (
        rows.filter(pk__in=found.values("pk")[:number]).order_by().annotate(**{name: Value(tag)})
        for tag, found, number in lists
    )
    return first.union(*rest, all=True)


def counts_of(
    rows: QuerySet[M], number: int, *lists: tuple[str, QuerySet[M]]
) -> QuerySet[Any, tuple[str, int]]:
    """Return each list's tag with how many rows it has, counted up to ``number``; one query."""
    first, *rest = (
        rows.filter(pk__in=found.values("pk")[:number])
        .order_by()
        .annotate(tag=Value(tag))
        .values("tag")
        .annotate(count=Count("pk"))
        .values_list("tag", "count")
        for tag, found in lists
    )
    return first.union(*rest, all=True)
