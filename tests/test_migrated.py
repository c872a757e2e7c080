"""Each process of the suite starts with a copy of a database that was migrated once."""

from pathlib import Path

import pytest
from django.db import connection

from tests import migrated


def test_without_the_suite_nothing_is_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(migrated.NAMED, raising=False)

    assert not migrated.copy()


def test_what_the_suite_migrated_is_copied_to_where_the_tests_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("SQLite only")
    made, wanted = tmp_path / "made.sqlite3", tmp_path / "wanted.sqlite3"
    made.write_bytes(b"migrated")
    wanted.write_bytes(b"left over from another time")
    monkeypatch.setenv(migrated.NAMED, str(made))
    monkeypatch.setitem(connection.settings_dict["TEST"], "NAME", str(wanted))

    assert migrated.copy()
    assert wanted.read_bytes() == b"migrated"
