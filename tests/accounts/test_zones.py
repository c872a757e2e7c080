"""Time zones: as people choose them, on whatever system Mend runs."""

import subprocess
import sys
from pathlib import Path

from accounts import zones

ROOT = Path(__file__).parents[2]


def test_zones_are_known_on_a_system_that_has_none_of_its_own() -> None:
    ask = "from accounts import zones; print(zones.named('Pacific/Auckland'), len(zones.known()))"

    done = subprocess.run(
        [sys.executable, "-c", ask],
        env={"PYTHONTZPATH": ""},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    name, number = done.stdout.split()
    assert name == "Pacific/Auckland"
    assert int(number) > 400


def test_zone_that_is_none_is_the_installations() -> None:
    assert [zones.named(name) for name in ("", "Nowhere/At_All", "../etc/passwd")] == [None] * 3
