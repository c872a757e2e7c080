"""Mend's commands when the installation is not set up right."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("command", ["seed_demo", "migrate", "check"])
def test_bad_secret_ends_a_command_in_one_sentence(command: str) -> None:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    given = {"DATABASE_URL": "postgres://mend@127.0.0.1:1/mend", "SECRET_KEY": "short"}

    ended = subprocess.run(
        [sys.executable, "manage.py", command],
        cwd=ROOT,
        env=kept | given,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 1
    said = "Mend cannot start: SECRET_KEY is missing or shorter than 32 characters."
    assert ended.stderr.strip() == said
