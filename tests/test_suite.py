"""What ``make test`` says at its end, and when it counts as failed."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests import migrated, suite
from tests.suite import Leg, Outcome


@contextmanager
def no_postgres() -> Iterator[str]:
    """A machine on which PostgreSQL does not start."""
    raise RuntimeError("PostgreSQL did not start")
    yield ""


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A machine where every test passes and Chromium is there; the test says what is missing."""

    @contextmanager
    def postgres() -> Iterator[str]:
        yield "postgres://postgres@//nowhere/mend"

    def run_leg(leg: Leg, arguments: list[str]) -> Outcome:
        return Outcome(failed=False, passed={f"{leg.markers}.test"})

    @contextmanager
    def migrated_once(database_url: str) -> Iterator[dict[str, dict[str, str]]]:
        yield {}

    monkeypatch.setattr(suite, "postgres_server", postgres)
    monkeypatch.setattr(suite, "migrated_once", migrated_once)
    monkeypatch.setattr(suite, "install_chromium", lambda: "")
    monkeypatch.setattr(suite, "run_leg", run_leg)
    monkeypatch.setattr(suite, "leave_nothing_running", lambda: None)
    monkeypatch.delenv("CI", raising=False)
    return monkeypatch


def last_line(capsys: pytest.CaptureFixture[str]) -> str:
    """Return the last line that was printed."""
    return capsys.readouterr().out.splitlines()[-1]


def test_suite_says_so_when_all_of_it_ran(
    machine: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.setenv("CI", "true")

    assert suite.main([]) == 0
    assert last_line(capsys) == "Not run: nothing, all of it ran."


def test_suite_ends_by_naming_what_could_not_run_and_why(
    machine: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.setattr(suite, "postgres_server", no_postgres)
    machine.setattr(suite, "install_chromium", lambda: "Chromium could not be installed")

    assert suite.main([]) == 0
    assert last_line(capsys) == (
        "Not run: PostgreSQL, because PostgreSQL did not start; "
        "browser, because Chromium could not be installed."
    )


def test_what_could_not_run_fails_the_suite_in_ci(machine: pytest.MonkeyPatch) -> None:
    machine.setattr(suite, "install_chromium", lambda: "Chromium could not be installed")
    machine.setenv("CI", "true")

    assert suite.main([]) == 1


def test_failing_leg_fails_the_suite_and_is_named(
    machine: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.setattr(suite, "run_leg", lambda leg, _: Outcome(failed=leg.name == "PostgreSQL"))

    assert suite.main([]) == 1
    assert "Failed: PostgreSQL." in capsys.readouterr().out


def test_failing_leg_that_runs_beside_the_others_fails_the_suite_too(
    machine: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.setattr(suite, "run_leg", lambda leg, _: Outcome(failed=leg.beside))

    assert suite.main([]) == 1
    assert "Failed: tasks." in capsys.readouterr().out


def test_leg_that_cannot_even_be_started_stops_the_suite(machine: pytest.MonkeyPatch) -> None:
    def run_leg(leg: Leg, arguments: list[str]) -> Outcome:
        if leg.beside:
            raise OSError("no such program")
        return Outcome(failed=False)

    machine.setattr(suite, "run_leg", run_leg)

    with pytest.raises(OSError, match="no such program"):
        suite.main([])


GROUPS = """
import pytest

done = {"one": [], "two": []}

@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize(
    "group", [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in done]
)
def test_those_before_it_were_here_too(group, number):
    done[group].append(number)
    assert done[group] == list(range(number + 1))
"""


def test_what_a_leg_beside_others_says_is_shown_in_one_piece(
    capfd: pytest.CaptureFixture[str],
) -> None:
    leg = Leg("aside", "tasks", beside=True)

    outcome = suite.run_leg(leg, ["--collect-only", "--no-such-option"])

    said = capfd.readouterr().out
    assert outcome.failed
    assert said.startswith("\n== aside ==\n")
    assert "--no-such-option" in said


def test_tests_of_a_group_run_in_one_process(tmp_path: Path) -> None:
    """What is slow to make for a group is then made once."""
    (tmp_path / "test_two_groups.py").write_text(GROUPS)

    outcome = suite.run_leg(
        Leg("groups", "", processes=2, spread="loadgroup"), ["-p", "no:django", str(tmp_path)]
    )

    assert not outcome.failed
    assert len(outcome.passed) == 8


def test_suite_that_is_stopped_leaves_no_leg_running() -> None:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    suite.RUNNING.add(process)
    try:
        suite.end_what_runs()
    finally:
        suite.RUNNING.discard(process)

    assert process.wait(timeout=20) != 0


def test_database_that_cannot_be_migrated_is_left_to_the_leg_to_tell_of(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(suite, "_migrate", lambda given: "DATABASE_URL" not in given)

    with suite.migrated_once("postgres://postgres@//nowhere/mend") as databases:
        assert migrated.NAMED in databases["sqlite"]
        assert databases["postgresql"] == {"DATABASE_URL": "postgres://postgres@//nowhere/mend"}


def test_test_skipped_on_one_database_and_passed_on_the_other_was_run() -> None:
    outcomes = {
        "SQLite": Outcome(failed=False, passed={"tests.test_a"}),
        "PostgreSQL": Outcome(failed=False, skipped={"tests.test_a": "SQLite only"}),
    }

    assert suite.not_run([], outcomes) == []


def test_test_skipped_wherever_it_could_run_is_named() -> None:
    outcomes = {"SQLite": Outcome(failed=False, skipped={"tests.test_a": "no printer"})}

    assert suite.not_run([], outcomes) == ["tests.test_a, because no printer"]


def test_leg_runs_on_what_the_suite_gives_it_and_nothing_of_the_developers_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("DATABASE_URL", "PORT", "PYTHONDONTWRITEBYTECODE", migrated.NAMED, "EDITOR"):
        monkeypatch.setenv(name, "the developer's own")

    given = suite.environment(Leg("PostgreSQL", "unit", {"DATABASE_URL": "the suite's"}))

    assert given["DATABASE_URL"] == "the suite's"
    assert given["EDITOR"] == "the developer's own"
    assert "PORT" not in given
    assert "PYTHONDONTWRITEBYTECODE" not in given
    assert migrated.NAMED not in given
