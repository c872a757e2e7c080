"""What a worker writes into its log: ours, and nothing that anybody wrote."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.celery import app
from tests.failing_task import PRIVATE

pytestmark = pytest.mark.tasks
FAILED = re.compile(
    r"^\S+ \S+ ERROR celery\.app\.trace Task tests\.failing_task\.fail\[.+?\] .+: ValueError$",
    re.MULTILINE,
)
ROOT = Path(__file__).parent.parent
WAIT_SECONDS = 40


@pytest.fixture
def log(redis_url: str, tmp_path: Path) -> Iterator[Path]:
    """The log of a worker started as a clinic's is, with a task that fails."""
    path = tmp_path / "log"
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "--loglevel=WARNING"]
    command += ["--concurrency=1", "--without-gossip", "--without-mingle"]
    with path.open("wb") as output:
        worker = subprocess.Popen(
            [*command, "--include=tests.failing_task"], cwd=ROOT, stdout=output, stderr=output
        )
        yield path
        worker.terminate()
        worker.wait(timeout=WAIT_SECONDS)


def test_failed_task_is_logged_by_its_name_and_the_errors_type_alone(log: Path) -> None:
    app.send_task("tests.failing_task.fail")
    until = time.monotonic() + WAIT_SECONDS
    while "ValueError" not in log.read_text() and time.monotonic() < until:
        time.sleep(0.1)
    said = log.read_text()

    assert FAILED.search(said)
    assert "builtins.KeyError" in said
    assert "builtins.ValueError" in said
    assert PRIVATE not in said
