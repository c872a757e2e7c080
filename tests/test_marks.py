"""Which tests are run again on PostgreSQL: all that ask the tests' database, and no others."""

from typing import Any

import pytest

from tests.conftest import pytest_collection_modifyitems


class Collected:
    """What pytest knows of a test when it has found it."""

    def __init__(self, *fixtures: str, marks: tuple[str, ...] = ()) -> None:
        self.fixturenames = fixtures
        self.marks = list(marks)

    def get_closest_marker(self, name: str) -> str | None:
        return name if name in self.marks else None

    def add_marker(self, name: str) -> None:
        self.marks.append(name)


@pytest.mark.parametrize(
    ("test", "asks"),
    [
        (Collected("mira", "alder_house", "db"), True),
        (Collected("live_server", "transactional_db"), True),
        (Collected("printed", "django_db_setup", "django_db_blocker"), True),
        (Collected(marks=("django_db",)), True),
        (Collected("tmp_path", marks=("django_db", "apart")), False),
        (Collected("tmp_path", "monkeypatch"), False),
    ],
)
def test_those_that_ask_the_database_are_marked(test: Any, asks: bool) -> None:
    pytest_collection_modifyitems([test])

    assert (test.get_closest_marker("database") is not None) is asks
