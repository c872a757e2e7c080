"""Queries that Django compiles once in each process: those that stand before every private page.

Compiling a plain lookup takes three to four times as long as running it.
"""

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import connection, connections
from django.db.models import QuerySet
from django.db.models.sql.compiler import SQLCompiler

R = TypeVar("R")

# Takes a parameter from the values that were given.
Parameter = Callable[[dict[str, Any]], Any]


@dataclass(frozen=True)
class _Compiled:
    """A query with its SQL, how its parameters are read from the values given, its rows made."""

    rows: QuerySet[Any, Any]
    compiler: SQLCompiler
    sql: str
    parameters: list[Parameter]
    converters: Any


@dataclass(frozen=True)
class _Asked:
    """As much of a ``QuerySet`` as Django needs to make its rows; its query is compiled already."""

    model: Any
    compiler: SQLCompiler
    db: str
    _known_related_objects: dict[Any, Any] = field(default_factory=dict)

    @property
    def query(self) -> "_Asked":
        return self

    def get_compiler(self, using: str) -> SQLCompiler:
        return self.compiler


class Prepared(Generic[R]):
    """A query by a few values: whole rows, with what is related to them, or ``values_list``.

    ``build`` makes it of ``examples``: values of the right types, no two alike and none that the
    query itself holds. Called with the true ones by the same names, it returns what the query
    would, from the database that the process uses. What is to be prefetched it leaves out.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, R]], **examples: Any) -> None:
        self._build = build
        self._examples = examples
        self._compiled: _Compiled | None = None

    def __call__(self, **given: Any) -> list[R]:
        """Return the rows for these values."""
        compiled = self._compiled = self._compiled or self._compile()
        rows, compiler = compiled.rows, copy(compiled.compiler)
        parameters = [value(given) for value in compiled.parameters]
        compiler.connection = connections[rows.db]
        # Django's own code runs the query and makes its rows; only the compiling is left out.
        vars(compiler)["as_sql"] = lambda: (compiled.sql, parameters)
        vars(compiler)["get_converters"] = lambda _columns: compiled.converters
        asked: Any = _Asked(rows.model, compiler, rows.db)
        made: Any = rows._iterable_class(asked)
        return list(made)

    def first(self, **given: Any) -> R | None:
        """Return the first row for these values, or None."""
        return next(iter(self(**given)), None)

    def _compile(self) -> _Compiled:
        rows = self._build(**self._examples)
        compiler = rows.query.get_compiler(using=rows.db)
        sql, parameters = compiler.as_sql()
        names = {_adapted(example): name for name, example in self._examples.items()}
        read = [_read(names.get(value), value) for value in parameters]
        columns = [column for column, *_ in compiler.select[: compiler.col_count]]
        return _Compiled(rows, compiler, sql, read, compiler.get_converters(columns))


def _read(name: str | None, constant: Any) -> Parameter:
    """Return what takes a parameter from the values given; without a name it is always the same."""
    if name is None:
        return lambda given: constant
    return lambda given: _adapted(given[name])


def _adapted(value: Any) -> Any:
    """Return a value as the database driver takes it."""
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, date):
        return connection.ops.adapt_datefield_value(value)
    if isinstance(value, UUID) and not connection.features.has_native_uuid_field:
        return value.hex
    return value
