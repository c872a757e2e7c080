"""The locks: every package pinned and hashed, and no address recorded."""

import re
from pathlib import Path

import pytest

REQUIREMENTS = Path(__file__).parent.parent / "requirements"
LOCKS = ("run.txt", "dev.txt")


def pins(lock: str) -> dict[str, str]:
    """Return what ``lock`` pins: each package's line up to its hashes, by name."""
    text = (REQUIREMENTS / lock).read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    return {re.split(r"[=\s]", line, maxsplit=1)[0]: line for line in lines}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_is_pinned_and_hashed(lock: str) -> None:
    for name, line in pins(lock).items():
        assert re.match(r"[a-z0-9-]+==\S+", line), name
        assert "--hash=sha256:" in line, name


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_records_no_address(lock: str) -> None:
    text = (REQUIREMENTS / lock).read_text()
    for mark in ("://", "--index", "--extra-index", "--find-links", "--trusted-host"):
        assert mark not in text


def test_tests_run_on_what_runs_in_earnest() -> None:
    tested = pins("dev.txt")
    for name, line in pins("run.txt").items():
        assert tested[name] == line, name


@pytest.mark.parametrize(("wanted", "lock"), [("run.in", "run.txt"), ("dev.in", "dev.txt")])
def test_everything_asked_for_is_locked(wanted: str, lock: str) -> None:
    locked = pins(lock)
    for line in (REQUIREMENTS / wanted).read_text().splitlines():
        if line and not line.startswith(("#", "-")):
            name = re.split(r"[\[<>=]", line, maxsplit=1)[0].strip().lower()
            assert name in locked, name
