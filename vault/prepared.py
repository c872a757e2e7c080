"""Queries that Django compiles once in each process: those that stand before every private page.

Compiling a plain lookup takes three to four times as long as running it.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)


class Prepared(Generic[M]):
    """A query of one model's own columns, by a few values.

    ``build`` makes it of ``examples``: values of the right types, no two alike and none that the
    query itself holds. Called with the true ones by the same names, it returns the rows, of the
    database that the process uses.
    """

    def __init__(self, build: Callable[..., QuerySet[M]], **examples: Any) -> None:
        self._build = build
        self._examples = examples
        self._compiled: tuple[type[M], str, list[Callable[[dict[str, Any]], Any]]] | None = None

    def __call__(self, **given: Any) -> list[M]:
        """Return the rows for these values."""
        if self._compiled is None:
            self._compiled = self._compile()
        model, sql, parameters = self._compiled
        return list(model._base_manager.raw(sql, [value(given) for value in parameters]))

    def first(self, **given: Any) -> M | None:
        """Return the first row for these values, or None."""
        return next(iter(self(**given)), None)

    def _compile(self) -> tuple[type[M], str, list[Callable[[dict[str, Any]], Any]]]:
        rows = self._build(**self._examples)
        sql, parameters = rows.query.sql_with_params()
        names = {_adapted(example): name for name, example in self._examples.items()}
        return rows.model, sql, [_read(names.get(value), value) for value in parameters]


def _read(name: str | None, constant: Any) -> Callable[[dict[str, Any]], Any]:
    """Return what takes a parameter from the values given; without a name it is always the same."""
    if name is None:
        return lambda given: constant
    return lambda given: _adapted(given[name])


def _adapted(value: Any) -> Any:
    """Return a value as the database driver takes it."""
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, UUID) and not connection.features.has_native_uuid_field:
        return value.hex
    return value
