"""Mend on one machine: how it starts, refuses to start, works and stops."""

import dbm
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from config import embedded
from config.queue import Channel

ROOT = Path(__file__).parent.parent
START_SECONDS = 60
# About two on an idle machine; tests share theirs with other tests.
SECOND_START_SECONDS = 20


def free_port() -> int:
    """Return a port nobody listens on at this moment."""
    with socket.socket() as found:
        found.bind((embedded.HOST, 0))
        port: int = found.getsockname()[1]
    return port


def environment(folder: Path, **given: str) -> dict[str, str]:
    """Return the environment of somebody who typed ``make run``."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {"MEND_DATA_DIR": str(folder), "MEND_DEMO": "0"} | given


@contextmanager
def running(
    folder: Path, *, port: int = 0, **given: str
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run Mend on ``folder``; yield its process and its address once it has said where it is."""
    port = port or free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "config.embedded"],
        cwd=ROOT,
        env=environment(folder, PORT=str(port), **given),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if "Mend is at" in line:
                break
        else:
            pytest.fail("Mend did not start:\n" + "".join(said))
        yield process, f"http://{embedded.HOST}:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=START_SECONDS)


def get(address: str) -> int:
    """Return the status that ``address`` answers with, waiting for the server to be up."""
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310
                status: int = answer.status
                return status
        except urllib.error.HTTPError as error:
            return error.code
        except urllib.error.URLError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def start_in_vain(folder: Path, **given: str) -> str:
    """Return what Mend says when it cannot start, and hold it to an exit code of 1."""
    done = subprocess.run(
        [sys.executable, "-m", "config.embedded"],
        cwd=ROOT,
        env=environment(folder, **given),
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.parametrize("given", ["", "8123"])
def test_port_is_the_one_given_or_8000(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("PORT", given)

    assert embedded.chosen_port() == int(given or 8000)


@pytest.mark.parametrize("given", ["eight", "0", "65536", "-1", "80 80", "٨٠٨٠"])
def test_what_is_no_port_is_refused_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.setenv("PORT", given)

    with pytest.raises(embedded.CannotStart, match="from 1 to 65535"):
        embedded.chosen_port()


def test_busy_port_is_refused_with_a_sentence() -> None:
    with socket.socket() as other:
        other.bind((embedded.HOST, 0))
        other.listen()

        with pytest.raises(embedded.CannotStart, match="Choose another one"):
            embedded.check_port_is_free(other.getsockname()[1])


def test_second_start_on_one_data_folder_is_refused_and_says_where_the_first_is(
    tmp_path: Path,
) -> None:
    with (
        embedded.hold(tmp_path, "http://127.0.0.1:8000"),
        pytest.raises(embedded.CannotStart, match=r"already running.*http://127\.0\.0\.1:8000"),
    ):
        embedded.hold(tmp_path, "http://127.0.0.1:8123")


def test_data_folder_is_free_again_once_let_go(tmp_path: Path) -> None:
    embedded.hold(tmp_path, "http://127.0.0.1:8000").close()

    embedded.hold(tmp_path, "http://127.0.0.1:8123").close()

    assert (tmp_path / "lock").read_text() == "http://127.0.0.1:8123"


def test_task_appears_in_the_queue_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen_before_whole: list[list[str]] = []
    replace = Path.replace

    def look_then_replace(self: Path, target: Path) -> Path:
        seen_before_whole.append([path.name for path in tmp_path.glob("*.msg")])
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", look_then_replace)
    channel = Channel.__new__(Channel)
    monkeypatch.setattr(Channel, "data_folder_out", str(tmp_path))

    channel._put("celery", {"body": "ids only"})

    (written,) = tmp_path.iterdir()
    assert seen_before_whole == [[]]
    assert written.name.endswith(".celery.msg")
    assert json.loads(written.read_text()) == {"body": "ids only"}


@pytest.mark.tasks
def test_embedded_mode_is_refused_where_a_database_is_named(tmp_path: Path) -> None:
    said = start_in_vain(tmp_path, DATABASE_URL="postgres://nobody@localhost/nowhere")

    assert "DATABASE_URL is set" in said
    assert not list(tmp_path.iterdir())


@pytest.mark.tasks
def test_mend_serves_delivers_mail_by_itself_and_stops_when_told(tmp_path: Path) -> None:
    with running(tmp_path) as (process, address):
        assert get(f"{address}/healthz") == 200
        assert get(f"{address}/accounts/login/") == 200
        assert "already running" in start_in_vain(tmp_path, PORT=str(free_port()))

        send = "from django.core.mail import send_mail; send_mail('S', 'B', None, ['a@b.example'])"
        subprocess.run(
            [sys.executable, "manage.py", "shell", "--command", send],
            cwd=ROOT,
            env=environment(tmp_path),
            check=True,
            capture_output=True,
        )
        until = time.monotonic() + START_SECONDS
        while not list((tmp_path / "mail").glob("*")) and time.monotonic() < until:
            time.sleep(0.1)
        assert len(list((tmp_path / "mail").glob("*"))) == 1
        assert not list((tmp_path / "queue").iterdir())

        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=START_SECONDS)
        assert process.returncode == 0


def wait_for_the_schedule(folder: Path) -> None:
    """Return once the schedule of what is done by itself has been written.

    Whoever asks twice may find it gone: Celery writes it anew several times while it begins.
    """
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        try:
            with dbm.open(str(folder / "schedule"), "r") as schedule:
                if schedule.get("entries"):
                    return
        except dbm.error:  # Not there yet, or being written at this moment.
            pass
        time.sleep(0.1)
    pytest.fail("no schedule was written")


@pytest.mark.tasks
def test_second_start_does_nothing_twice_and_data_folder_is_the_owners_alone(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "data"
    with running(folder) as (_process, address):
        assert get(f"{address}/healthz") == 200
    gathered = (folder / "static" / "staticfiles.json").stat().st_mtime_ns
    with dbm.open(str(folder / "schedule"), "w") as schedule:
        schedule["entries"] = b""  # As a power cut in the middle of writing leaves it.
    begun = time.monotonic()
    with running(folder) as (_process, address):
        assert get(f"{address}/healthz") == 200
        took = time.monotonic() - begun
        wait_for_the_schedule(folder)

    assert (folder / "static" / "staticfiles.json").stat().st_mtime_ns == gathered
    assert took < SECOND_START_SECONDS
    assert folder.stat().st_mode & 0o077 == 0
    assert (folder / "mend.sqlite3").stat().st_mode & 0o077 == 0
