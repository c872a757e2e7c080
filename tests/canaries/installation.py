"""Real installations to type into, each with folders of its own for whatever it writes."""

import http.client
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import redis
import yaml

from tests.servers import postgres_programs, postgres_server, redis_server

ROOT = Path(__file__).parents[2]
WAIT_SECONDS = 90
LONGEST_WAIT_SECONDS = 10 * WAIT_SECONDS
HOST = "127.0.0.1"


@dataclass
class Installation:
    """Mend, running: where it is, where everything it writes lands, and what it is made of.

    ``tls`` means that a proxy in front is played by whoever sends the requests. ``database`` and
    ``queue`` are the addresses of its servers, empty where it has none.
    """

    name: str
    folder: Path
    environment: dict[str, str]
    port: int
    tls: bool = False
    database: str = ""
    queue: str = ""
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, *command: str) -> None:
        """Run a process of the installation, with all that it says in a file of its own."""
        with (self.folder / "logs" / f"{name}.log").open("ab") as said:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=self.folder / "cwd",
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
            )

    def run(self, module: str, given: Any) -> Any:
        """Return what a script of the installation writes, as JSON, when given JSON to read."""
        done = subprocess.run(
            [sys.executable, "-m", module],
            cwd=self.folder / "cwd",
            env=self.environment,
            input=json.dumps(given),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{module}:\n{done.stderr[-4000:]}"
        return json.loads(done.stdout)

    def wait_until_up(self) -> None:
        """Return once pages are served; raises with what was said if that never comes.

        That is when a process has ended, or all have been silent for long: on a busy machine a
        start that speaks on only takes its time, though not for ever.
        """
        latest = time.monotonic() + LONGEST_WAIT_SECONDS
        until, before = time.monotonic() + WAIT_SECONDS, 0
        while time.monotonic() < min(until, latest):
            ended = [name for name, one in self.processes.items() if one.poll() is not None]
            if ended:
                break
            if (spoken := self._spoken()) > before:
                until, before = time.monotonic() + WAIT_SECONDS, spoken
            try:
                with closing(http.client.HTTPConnection(HOST, self.port, timeout=10)) as asked:
                    asked.request("GET", "/healthz", headers={"Host": "localhost"})
                    if asked.getresponse().status == 200:
                        return
            except OSError:
                time.sleep(0.1)
        said = "\n".join(path.read_text() for path in (self.folder / "logs").iterdir())
        raise RuntimeError(f"Mend did not start ({self.name}):\n{said[-6000:]}")

    def _spoken(self) -> int:
        return sum(path.stat().st_size for path in (self.folder / "logs").iterdir())

    def stop(self, *names: str) -> None:
        """End these processes, or all, as somebody would who shuts the machine down."""
        ending = [self.processes[name] for name in names or self.processes]
        for process in ending:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in ending:
            process.wait(timeout=WAIT_SECONDS)

    def dump(self) -> bytes:
        """Return what a backup would hold: ``pg_dump``'s, or every file of the SQLite database."""
        if not self.database:
            return _all_of(self.folder / "data", "mend.sqlite3*")
        done = subprocess.run(
            [postgres_programs() / "pg_dump", "--inserts", f"--dbname={_conninfo(self.database)}"],
            capture_output=True,
            check=True,
        )
        return done.stdout

    @property
    def servers(self) -> list[Path]:
        """The folders of the database server and of the queue's, where there are any."""
        if not self.database:
            return []
        with closing(redis.Redis.from_url(self.queue)) as client:
            folder = str(client.config_get("dir")["dir"])
        return [Path(urlsplit(self.database).path).parent, Path(folder)]

    def queued(self) -> bytes:
        """Return all that ever went through the queue's server, and all that is in it."""
        if not self.queue:
            taken = (self.folder / "data" / "tasks-taken").glob("*.msg")
            waiting = (self.folder / "data" / "queue").glob("*.msg")
            return b"\n".join(path.read_bytes() for path in (*taken, *waiting))
        with closing(redis.Redis.from_url(self.queue)) as client:
            folder = str(client.config_get("dir")["dir"])
            kept = [repr(dump_key(client, key)).encode() for key in client.scan_iter()]
        files = [path for path in Path(folder).rglob("*.aof") if path.is_file()]
        return b"\n".join([*kept, *(path.read_bytes() for path in files)])


def dump_key(client: redis.Redis, key: bytes) -> Any:
    """Return what a key of Redis holds, whatever kind it is."""
    read: dict[Any, Callable[[], Any]] = {
        b"string": lambda: client.get(key),
        b"list": lambda: client.lrange(key, 0, -1),
        b"hash": lambda: client.hgetall(key),
        b"set": lambda: client.smembers(key),
        b"zset": lambda: client.zrange(key, 0, -1, withscores=True),
    }
    return key, read[client.type(key)]()


def free_port() -> int:
    """Return a port that nobody listens on at this moment."""
    with socket.socket() as found:
        found.bind((HOST, 0))
        port: int = found.getsockname()[1]
    return port


def environment(folder: Path, port: int, **given: str) -> dict[str, str]:
    """Return the environment of an installation that keeps to ``folder``, and make its folders."""
    for name in ("data", "tmp", "home", "cwd", "logs", "mail"):
        (folder / name).mkdir(parents=True)
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "DJANGO_SETTINGS_MODULE": "tests.canaries.settings",
        "MEND_DATA_DIR": str(folder / "data"),
        "TMPDIR": str(folder / "tmp"),
        "HOME": str(folder / "home"),
        "PORT": str(port),
        "MEND_DEMO": "0",
        "LOG_LEVEL": "DEBUG",
        **given,
    }


@contextmanager
def embedded(folder: Path) -> Iterator[Installation]:
    """Prepare Mend as one person runs it; the caller starts it."""
    port = free_port()
    yield Installation("embedded", folder, environment(folder, port), port)


@contextmanager
def clinic(folder: Path, queue: str = "") -> Iterator[Installation]:
    """Prepare Mend as a clinic runs it, over PostgreSQL and Redis; the caller starts it.

    ``queue`` is the address to expect Redis at; without one, a Redis is started.
    """
    with ExitStack() as stack:
        named = os.environ.get("DATABASE_URL", "")
        if not named or not Path(urlsplit(named).path).parent.is_dir():  # not the suite's own
            named = stack.enter_context(postgres_server())
        database = f"{named.rpartition('/')[0]}/canaries_{os.getpid()}"
        _make_database(database)
        stack.callback(_drop_database, database)
        if not queue:
            queue = stack.enter_context(redis_server())
            with closing(redis.Redis.from_url(queue)) as client:
                # Every command is written down: what a worker took at once can be read as well.
                client.config_set("appendonly", "yes")
        port = free_port()
        given = environment(
            folder,
            port,
            DATABASE_URL=database,
            REDIS_URL=queue,
            SECRET_KEY="k" * 50,
            VAULT_PEPPER="p" * 50,
            SITE_URL="https://mend.example",
            ALLOWED_HOSTS="mend.example,localhost",
            # The first slash after the host's is only a separator.
            EMAIL_URL=f"filemail:///{folder / 'mail'}",
        )
        yield Installation("clinic", folder, given, port, True, database, queue)


def start_embedded(mend: Installation) -> None:
    """Start the one process of an embedded installation."""
    mend.start("embedded", "config.embedded")
    mend.wait_until_up()


def start_clinic(mend: Installation, *names: str) -> None:
    """Start a clinic's processes with the commands of ``docker-compose.yml``, but talkative.

    Without ``names``, those that serve pages and run tasks.
    """
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    changed = {
        "--bind=0.0.0.0:8000": f"--bind={HOST}:{mend.port}",
        "--log-level=error": "--log-level=debug",
        "--workers=${WEB_PROCESSES:-2}": "--workers=1",
        "--loglevel=WARNING": "--loglevel=DEBUG",
        "--concurrency=2": "--concurrency=1",
    }
    for name in names or ("web", "worker"):
        command = services[name]["command"]
        words = command if isinstance(command, list) else shlex.split(command)
        mend.start(name, *(changed.get(word, word) for word in words))
    mend.wait_until_up()


def _all_of(folder: Path, pattern: str) -> bytes:
    """Return what the files of that name hold, read again if one went away in the meantime.

    SQLite puts its log into the database and removes it whenever the last connection closes.
    """
    for _ in range(50):
        try:
            return b"\n".join(path.read_bytes() for path in sorted(folder.glob(pattern)))
        except FileNotFoundError:
            time.sleep(0.05)
    raise FileNotFoundError(folder / pattern)


def _conninfo(database: str, name: str = "") -> str:
    path = Path(urlsplit(database).path)
    return f"host={path.parent} user=postgres dbname={name or path.name}"


def _make_database(database: str) -> None:
    with psycopg.connect(_conninfo(database, "postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {Path(database).name}".encode())


def _drop_database(database: str) -> None:
    with psycopg.connect(_conninfo(database, "postgres"), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {Path(database).name} WITH (FORCE)".encode())
