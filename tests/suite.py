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
import time
import xml.etree.ElementTree as ET
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.chromium import PACKAGES, system_chromium
from tests.servers import leave_nothing_running, postgres_server

NO_TESTS_COLLECTED = 5
UNIT = "not browser and not tasks"
# What asks no database does the same on every one.
AGAIN = f"{UNIT} and database"
# A developer's own environment must not decide what a leg runs on.
NOT_HANDED_ON = {"DATABASE_URL", "REDIS_URL", "MEND_DATA_DIR", "PORT", "SITE_URL"}
# Nor have every process of every leg compile all modules for itself, which takes eight seconds.
NOT_HANDED_ON |= {"PYTHONDONTWRITEBYTECODE"}


@dataclass
class Leg:
    """One run of pytest: its name, which tests, and what it was found to need and lack."""

    name: str
    markers: str
    environment: dict[str, str] = field(default_factory=dict)
    processes: int = 1
    # How tests are spread over the processes: one by one, or by file where a file's tests share
    # something slow to make.
    spread: str = "load"
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
    """Run pytest for ``leg``, its output straight through, and return what came of it."""
    print(f"\n== {leg.name} ==", flush=True)
    with tempfile.TemporaryDirectory(prefix="mend-suite-") as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-m", leg.markers]
        command += ["-n", str(leg.processes), "--dist", leg.spread]
        command += [f"--junitxml={report}", *arguments]
        done = subprocess.run(command, env=environment(leg), stdin=subprocess.DEVNULL, check=False)
        outcome = Outcome(failed=done.returncode not in {0, NO_TESTS_COLLECTED})
        if done.returncode == NO_TESTS_COLLECTED:
            leg.missing = "there is no such test here"
        # Written by pytest a moment ago, so nothing to distrust in it.
        for case in ET.parse(report).iter("testcase") if report.exists() else ():  # noqa: S314
            name = f"{case.get('classname')}.{case.get('name')}"
            skip = case.find("skipped")
            if skip is not None:
                outcome.skipped[name] = skip.get("message") or "no reason given"
            elif case.find("failure") is None and case.find("error") is None:
                outcome.passed.add(name)
    return outcome


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


def legs(database_url: str, database_missing: str) -> list[Leg]:
    """Return the runs of the suite, in order."""
    processes = min(os.cpu_count() or 1, 4)
    on_postgres = {"DATABASE_URL": database_url} if database_url else {}
    return [
        Leg("SQLite", UNIT, processes=processes),
        Leg("PostgreSQL", AGAIN, on_postgres, processes, missing=database_missing),
        Leg("tasks", "tasks", on_postgres, min(processes, 2), spread="loadfile"),
        Leg("browser", "browser", processes=min(processes, 2), missing=install_chromium()),
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
        runs = legs(database_url, missing)
        outcomes = {leg.name: run_leg(leg, arguments) for leg in runs if not leg.missing}
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
