"""The whole suite: ``make test`` runs this.

Unit tests on SQLite, those that ask a database again on PostgreSQL, tasks over a Redis-speaking
server with a real worker, journeys in Chromium. The last line says what could not run and why; with
``CI`` in the environment that is a failure. Arguments are handed on to pytest.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests import migrated
from tests.chromium import PACKAGES, system_chromium
from tests.servers import leave_nothing_running, postgres_server

NO_TESTS_COLLECTED = 5
UNIT = "not browser and not tasks"
# What asks no database does the same on every one.
AGAIN = f"{UNIT} and database"
# Held by the leg whose output is on the screen, so that another's does not come in between.
SPEAKING = threading.Lock()
# The legs' processes that run now.
RUNNING: set[subprocess.Popen[bytes]] = set()
# A developer's own environment must not decide what a leg runs on.
NOT_HANDED_ON = {"DATABASE_URL", "REDIS_URL", "MEND_DATA_DIR", "PORT", "SITE_URL"}
# Nor have every process of every leg compile all modules for itself, which takes eight seconds.
NOT_HANDED_ON |= {"PYTHONDONTWRITEBYTECODE"}
# Where to copy a migrated database from is each leg's own too.
NOT_HANDED_ON |= {migrated.NAMED}


@dataclass
class Leg:
    """One run of pytest: its name, which tests, and what it was found to need and lack."""

    name: str
    markers: str
    environment: dict[str, str] = field(default_factory=dict)
    processes: int = 1
    # How tests are spread over the processes: one by one, or by group where a group's tests share
    # something slow to make.
    spread: str = "load"
    # A leg that mostly waits runs beside the others, and what it says is shown when it has ended.
    beside: bool = False
    missing: str = ""


@dataclass
class Outcome:
    """What a leg came to: tests passed, and for each one skipped its reason."""

    failed: bool
    passed: set[str] = field(default_factory=set)
    skipped: dict[str, str] = field(default_factory=dict)


def environment(leg: Leg) -> dict[str, str]:
    """Return what pytest is given as its environment for ``leg``."""
    handed_on = {key: value for key, value in os.environ.items() if key not in NOT_HANDED_ON}
    return handed_on | leg.environment


def run_leg(leg: Leg, arguments: list[str]) -> Outcome:
    """Run pytest for ``leg`` and return what came of it.

    Its output goes straight through, or beside others is shown in one piece at its end.
    """
    title = f"\n== {leg.name} =="
    with tempfile.TemporaryDirectory(prefix="mend-suite-") as name:
        report, said = Path(name) / "report.xml", Path(name) / "said"
        command = [sys.executable, "-m", "pytest", "-q", "-m", leg.markers]
        command += ["-n", str(leg.processes), "--dist", leg.spread]
        command += [f"--junitxml={report}", *arguments]
        if leg.beside:
            with said.open("wb") as output:
                status = _wait_for(leg, command, stdout=output, stderr=output)
            with SPEAKING:
                print(title, said.read_text(errors="replace"), sep="\n", end="", flush=True)
        else:
            with SPEAKING:
                print(title, flush=True)
                status = _wait_for(leg, command)
        if status == NO_TESTS_COLLECTED:
            leg.missing = "there is no such test here"
        return _outcome(status, report)


def _wait_for(leg: Leg, command: list[str], **output: Any) -> int:
    process = subprocess.Popen(command, env=environment(leg), stdin=subprocess.DEVNULL, **output)
    RUNNING.add(process)
    try:
        return process.wait()
    finally:
        process.kill()
        RUNNING.discard(process)


def end_what_runs() -> None:
    """End the legs that still run: there are some only if the suite was interrupted."""
    for process in list(RUNNING):
        process.kill()


def _outcome(status: int, report: Path) -> Outcome:
    outcome = Outcome(failed=status not in {0, NO_TESTS_COLLECTED})
    # Written by pytest a moment ago, so nothing to distrust in it.
    for case in ET.parse(report).iter("testcase") if report.exists() else ():  # noqa: S314
        name = f"{case.get('classname')}.{case.get('name')}"
        skip = case.find("skipped")
        if skip is not None:
            outcome.skipped[name] = skip.get("message") or "no reason given"
        elif case.find("failure") is None and case.find("error") is None:
            outcome.passed.add(name)
    return outcome


def run_legs(runs: list[Leg], arguments: list[str]) -> dict[str, Outcome]:
    """Run them one after the other, and beside them those that mostly wait."""
    able = [leg for leg in runs if not leg.missing]
    with ThreadPoolExecutor() as pool, ExitStack() as stack:
        stack.callback(end_what_runs)
        beside = [(leg, pool.submit(run_leg, leg, arguments)) for leg in able if leg.beside]
        outcomes = {leg.name: run_leg(leg, arguments) for leg in able if not leg.beside}
        return outcomes | {leg.name: run.result() for leg, run in beside}


@contextmanager
def migrated_once(database_url: str) -> Iterator[dict[str, dict[str, str]]]:
    """Migrate a database of each kind; yield the environment of legs that start with its copy.

    By vendor. Where migrating fails a leg finds none and does it itself, and says what is wrong.
    """
    with tempfile.TemporaryDirectory(prefix="mend-migrated-") as name:
        given = {"sqlite": {migrated.NAMED: str(Path(name) / "migrated.sqlite3")}}
        if database_url:
            given["postgresql"] = {migrated.NAMED: "migrated", "DATABASE_URL": database_url}
        with ThreadPoolExecutor() as pool:
            made = dict(zip(given, pool.map(_migrate, given.values()), strict=True))
        for vendor, one in given.items():
            if not made[vendor]:
                del one[migrated.NAMED]
        yield given


def _migrate(given: dict[str, str]) -> bool:
    leg = Leg("", "", {"DJANGO_SETTINGS_MODULE": "config.settings_test"} | given)
    command = [sys.executable, "-m", "tests.migrated", given[migrated.NAMED]]
    return (
        subprocess.run(
            command,
            env=environment(leg),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        ).returncode
        == 0
    )


def quietly(*command: str) -> bool:
    """Return whether ``command`` succeeded; its output is shown only if it did not."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
        )
    except OSError as error:
        print(f"{command[0]}: {error}", flush=True)
        return False
    if done.returncode:
        print(" ".join(command), done.stdout[-2000:], done.stderr[-2000:], sep="\n", flush=True)
    return done.returncode == 0


def playwright_chromium() -> bool:
    """Return whether the Chromium that Playwright itself installs is there."""
    look = (
        "from playwright.sync_api import sync_playwright as start; import os, sys\n"
        "with start() as p: sys.exit(not os.path.exists(p.chromium.executable_path))"
    )
    return subprocess.run([sys.executable, "-c", look], check=False).returncode == 0


def install_chromium() -> str:
    """See that a Chromium is there, installing one if need be; return why not, or nothing."""
    if system_chromium():
        return ""
    if os.geteuid() == 0 and shutil.which("apt-get") and quietly("apt-get", "update"):
        print("Installing Chromium from the system's packages…", flush=True)
        for package in PACKAGES:
            quietly("apt-get", "install", "--yes", "--no-install-recommends", package)
            if system_chromium():
                return ""
    if playwright_chromium():
        return ""
    print("Installing Playwright's own Chromium…", flush=True)
    dependencies = ["--with-deps"] if os.geteuid() == 0 else []
    if quietly(sys.executable, "-m", "playwright", "install", *dependencies, "chromium"):
        return ""
    return "Chromium could not be installed"


def legs(databases: dict[str, dict[str, str]], database_missing: str) -> list[Leg]:
    """Return the runs of the suite, in order; ``databases`` is what each kind of leg is given."""
    processes = min(os.cpu_count() or 1, 4)
    sqlite = databases.get("sqlite", {})
    postgres = databases.get("postgresql", {})
    few = min(processes, 2)
    return [
        Leg("SQLite", UNIT, sqlite, processes),
        Leg("PostgreSQL", AGAIN, postgres, processes, missing=database_missing),
        Leg("tasks", "tasks", postgres or sqlite, few, spread="loadgroup", beside=True),
        Leg("browser", "browser", sqlite, few, missing=install_chromium()),
    ]


def not_run(runs: list[Leg], outcomes: dict[str, Outcome]) -> list[str]:
    """Return a phrase for each leg that could not run and each test skipped wherever it ran."""
    left_out = [f"{leg.name}, because {leg.missing}" for leg in runs if leg.missing]
    passed = set().union(*(outcome.passed for outcome in outcomes.values()))
    skipped: dict[str, str] = {}
    for outcome in outcomes.values():
        skipped |= outcome.skipped
    return left_out + [
        f"{name}, because {reason}" for name, reason in skipped.items() if name not in passed
    ]


def main(arguments: list[str]) -> int:
    """Run every leg; return 0 if all passed and, in CI, nothing was left out."""
    begun = time.monotonic()
    leave_nothing_running()
    with ExitStack() as stack:
        try:
            database_url, missing = stack.enter_context(postgres_server()), ""
        except (OSError, RuntimeError) as error:
            database_url, missing = "", str(error)
        runs = legs(stack.enter_context(migrated_once(database_url)), missing)
        outcomes = run_legs(runs, arguments)
    failed = [name for name, outcome in outcomes.items() if outcome.failed]
    left_out = not_run(runs, outcomes)
    counts = ", ".join(f"{len(outcome.passed)} {name}" for name, outcome in outcomes.items())
    print(f"\nPassed: {counts}; {time.monotonic() - begun:.0f} seconds in all.")
    if failed:
        print(f"Failed: {', '.join(failed)}.")
    print(f"Not run: {'; '.join(left_out)}." if left_out else "Not run: nothing, all of it ran.")
    return 1 if failed or (left_out and os.environ.get("CI")) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
