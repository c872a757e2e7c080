"""Mend on one machine: ``python -m config.embedded`` sets it up, then serves it.

One process serves pages, runs tasks and keeps the schedule; gunicorn watches over it and starts
another should it die. All that differs between machines is ``PORT`` and ``MEND_DATA_DIR``.
"""

import fcntl
import hashlib
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import django
from celery.beat import Service
from celery.worker import state
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.management import CommandError, call_command
from django.core.wsgi import get_wsgi_application
from django.db import connections
from gunicorn.app.base import BaseApplication

from config.celery import app

HOST = "127.0.0.1"
THREADS = 8
GRACEFUL_SECONDS = 10
DEMO_EMAIL = "mira@demo.example"

logger = logging.getLogger(__name__)


class CannotStart(Exception):
    """Why Mend does not start here, as a sentence for the person who started it."""


class TaskThreads:
    """The Celery worker and its schedule, as two threads of the process that serves pages.

    Should either end unasked, the process ends too and gunicorn starts another: tasks waiting in
    the queue's folder are kept, and none is left waiting without a word.
    """

    def __init__(self, schedule: Path) -> None:
        # Nobody sends commands to a worker in the same process.
        app.conf.worker_enable_remote_control = False
        self._stopping = threading.Event()
        self._worker = app.WorkController(
            app=app,
            pool="solo",
            concurrency=1,
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
            loglevel=logging.WARNING,
        )
        # When each task was last done is not worth keeping: one that a power cut tore would end
        # this process again and again, and every task may be done once too often.
        for torn in schedule.parent.glob(f"{schedule.name}*"):
            torn.unlink()
        # A short interval, so that stopping does not wait for the next task that is due.
        self._beat = Service(app, max_interval=1, schedule_filename=str(schedule))
        self._threads = [
            threading.Thread(target=self._watch, args=(part,), name=name, daemon=True)
            for name, part in (("tasks", self._worker.start), ("beat", self._beat.start))
        ]

    def start(self) -> None:
        """Begin to take tasks."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Finish the task under way, put back those not begun, and return when that is done."""
        self._stopping.set()
        self._beat.stop()
        state.should_stop = 0
        for thread in self._threads:
            thread.join(timeout=GRACEFUL_SECONDS)

    def _watch(self, run: Callable[[], Any]) -> None:
        try:
            run()
        except Exception:
            logger.exception("Mend's tasks stopped unexpectedly; starting again.")
        if not self._stopping.is_set():
            os.kill(os.getpid(), signal.SIGTERM)


class Server(BaseApplication):
    """gunicorn with what suits one person's machine: loopback only, one process, no access log."""

    def __init__(self, *, port: int, schedule: Path, greeting: str) -> None:
        self._port = port
        self._schedule = schedule
        self._greeting = greeting
        self._tasks: TaskThreads | None = None
        super().__init__()

    def load_config(self) -> None:
        """Set gunicorn's options; its own command line and files are not read."""
        options = {
            "bind": f"{HOST}:{self._port}",
            "worker_class": "gthread",
            "workers": 1,
            "threads": THREADS,
            "graceful_timeout": GRACEFUL_SECONDS,
            "control_socket_disable": True,
            "loglevel": "error",
            "when_ready": lambda _arbiter: print(self._greeting, flush=True),
            "post_worker_init": self._begin_tasks,
            "worker_exit": self._end_tasks,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Return the WSGI application."""
        return get_wsgi_application()

    def _begin_tasks(self, _worker: Any) -> None:
        self._tasks = TaskThreads(self._schedule)
        self._tasks.start()

    def _end_tasks(self, _arbiter: Any, _worker: Any) -> None:
        if self._tasks is not None:
            self._tasks.stop()


def chosen_port() -> int:
    """Return ``PORT`` from the environment, 8000 without one.

    Raises ``CannotStart`` if it is no port.
    """
    given = os.environ.get("PORT") or "8000"
    if not given.isascii() or not given.isdigit() or not 0 < int(given) < 65536:
        raise CannotStart(f"PORT is “{given}”, which is no port: give a number from 1 to 65535.")
    return int(given)


def hold(folder: Path, address: str) -> IO[str]:
    """Return an open file whose lock says that ``folder`` is in use; it is let go at exit.

    Raises ``CannotStart`` if another Mend holds it.
    """
    file = (folder / "lock").open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        where = file.read().strip()
        file.close()
        raise CannotStart(
            f"Mend is already running on this data folder ({folder}), at {where}. Nothing was"
            " changed. Use that one, stop it first, or set MEND_DATA_DIR to another folder."
        ) from None
    file.truncate(0)
    file.write(address)
    file.flush()
    return file


def check_port_is_free(port: int) -> None:
    """Raise ``CannotStart`` if something listens on ``port`` already, or it may not be used."""
    with socket.socket() as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind((HOST, port))
        except OSError as error:
            raise CannotStart(
                f"Port {port} cannot be used ({error.strerror}): another program listens there, or"
                " it is reserved. Nothing was changed. Choose another one: PORT=8123 make run"
            ) from error


def collect_static(stamp: Path) -> None:
    """Gather the static files for serving, unless none changed since the last time."""
    seen = hashlib.sha256(django.__version__.encode())
    for finder in get_finders():
        for name, storage in finder.list([]):
            stat = Path(storage.path(name)).stat()
            seen.update(f"{name} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    if stamp.exists() and stamp.read_text() == seen.hexdigest():
        return
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    stamp.write_text(seen.hexdigest())


def set_up(folder: Path) -> None:
    """Bring the database, the guide and the static files up to date; seed the demo once.

    The demo belongs to the first start: a marker made beside a new database is taken away only
    when the demo is in it, so a first start that was cut short is carried on by the next.
    """
    first_start = folder / "first-start"
    if not Path(settings.DATABASES["default"]["NAME"]).exists():
        print("Setting up Mend for the first time…", flush=True)
        first_start.touch()
    call_command("migrate", interactive=False, verbosity=0)
    call_command("load_guide", verbosity=0)
    call_command("load_wordings", verbosity=0)
    collect_static(folder / "static.stamp")
    if first_start.exists():
        if os.environ.get("MEND_DEMO", "1") != "0":
            print("Making the demo clinic…", flush=True)
            call_command("seed_demo")
        first_start.unlink()


def greeting(address: str) -> str:
    """Return what to say once Mend serves: where it is, and who can sign in to try it."""
    lines = ["", f"Mend is at {address} (stop it with Ctrl+C)."]
    if get_user_model().objects.filter(email=DEMO_EMAIL).exists():
        lines += [
            "To try it, sign in as one of these, all with the password demo-only-passphrase:",
            "  mira@demo.example       a clinician with a journal",
            "  okafor@demo.example     her supervisor",
            "  priya@demo.example      a member of their supervision group",
            "  jonas@demo.example      a colleague",
            "  ada@demo.example        the clinic's admin",
            "  rune@elsewhere.example  the admin of another clinic",
        ]
    return "\n".join(lines)


def run() -> None:
    """Set Mend up and serve it until it is told to stop. Raises ``CannotStart``."""
    if os.environ.get("DATABASE_URL"):
        raise CannotStart(
            "DATABASE_URL is set, and `make run` is for a single machine with a database of its"
            " own. Unset it, or run Mend for a clinic as docker-compose.yml does."
        )
    port = chosen_port()
    address = f"http://{HOST}:{port}"
    os.environ.setdefault("SITE_URL", address)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    # What is made here is for its owner alone.
    os.umask(0o077)

    folder: Path = settings.DATA_DIR
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "queue").mkdir(exist_ok=True)
    held = hold(folder, address)
    check_port_is_free(port)
    django.setup()
    set_up(folder)
    said = greeting(address)

    connections.close_all()
    with held:
        Server(port=port, schedule=folder / "schedule", greeting=said).run()


def main() -> int:
    """Run Mend; return the exit code, having said in a sentence why it could not start."""
    try:
        run()
    except (CannotStart, CommandError) as error:
        print(f"Mend cannot start. {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nMend was stopped before it was ready. Start it again to carry on.")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
