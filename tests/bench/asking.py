"""A server of its own, asked over loopback by one client or by eight at once."""

import http.client
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

HOST = "127.0.0.1"
START_SECONDS = 60.0
SETTLED = 3  # Requests not counted: the first fill caches.
CLIENT = 10_000


@dataclass(frozen=True)
class Ask:
    """One kind of request. ``fields`` (of the how-manieth) makes it a post.

    ``path`` may differ by the how-manieth too: each of eight clients counts from a number of its
    own (`CLIENT` times its place).
    """

    path: str | Callable[[int], str]
    cookies: Mapping[str, str]
    fields: Callable[[int], Mapping[str, str]] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    wanted: tuple[int, ...] = (200,)

    @property
    def token(self) -> str:
        """What a post is checked against."""
        return next((value for name, value in self.cookies.items() if "csrf" in name), "")

    def send(self, connection: http.client.HTTPConnection, number: int) -> bytes:
        """Return the body of the answer. Raises ``RuntimeError`` for an answer not wanted."""
        headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            **self.headers,
        }
        body = None
        if self.fields is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded"}
            headers |= {"X-CSRFToken": self.token}
            body = urlencode(self.fields(number))
        path = self.at(number)
        connection.request("POST" if body is not None else "GET", path, body, headers)
        answer = connection.getresponse()
        read = answer.read()
        if answer.status not in self.wanted:
            raise RuntimeError(f"{path} answered {answer.status}: {read[:300]!r}")
        return read

    def at(self, number: int) -> str:
        """Return where the how-manieth goes."""
        return self.path if isinstance(self.path, str) else self.path(number)


class Server:
    """gunicorn with one process, as in the embedded mode; its memory can be asked for."""

    def __init__(self, port: int, process: subprocess.Popen[bytes]) -> None:
        self.port = port
        self._process = process

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(HOST, self.port, timeout=120)

    def body(self, ask: Ask) -> bytes:
        """Return what one asking gives."""
        return ask.send(self.connect(), 0)

    def alone(self, ask: Ask, times: int) -> list[float]:
        """Return how long each of ``times`` requests took, in seconds, sent one by one."""
        connection, taken = self.connect(), []
        for number in range(times + SETTLED):
            start = time.perf_counter()
            ask.send(connection, number)
            taken.append(time.perf_counter() - start)
        connection.close()
        return taken[SETTLED:]

    def beside(
        self, asks: Sequence[Ask], times: int, *, apart: Sequence[Callable[[], float]] = ()
    ) -> list[list[float]]:
        """Return the same of each of ``asks``, sent in turns: what slows the machine slows all.

        And of what is done ``apart``, in this process and in the same turns.
        """
        taken: list[list[float]] = [[] for _ in (*asks, *apart)]
        connection = self.connect()
        for number in range(times + SETTLED):
            for ask, found in zip(asks, taken, strict=False):
                start = time.perf_counter()
                ask.send(connection, number)
                found.append(time.perf_counter() - start)
            for work, found in zip(apart, taken[len(asks) :], strict=True):
                found.append(work())
        connection.close()
        return [found[SETTLED:] for found in taken]

    def eight(self, ask: Ask, times: int) -> float:
        """Return seconds a request with eight clients at once: wall time over requests."""
        share = max(times // 8, 1)
        ready = threading.Barrier(9)
        failures: list[BaseException] = []

        def one(client: int) -> None:
            connection = self.connect()
            try:
                ask.send(connection, CLIENT * (client + 1))
                ready.wait()
                for number in range(share):
                    ask.send(connection, CLIENT * (client + 1) + number + 1)
            except BaseException as error:
                failures.append(error)
                ready.abort()
            connection.close()

        threads = [threading.Thread(target=one, args=(client,)) for client in range(8)]
        for thread in threads:
            thread.start()
        try:
            ready.wait()
        except threading.BrokenBarrierError:
            raise failures[0] from None
        start = time.perf_counter()
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]
        return (time.perf_counter() - start) / (share * 8)

    def memory(self) -> float:
        """Return the resident memory of the serving process in MiB."""
        parent = self._process.pid
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        pages = max(
            int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in (parent, *children)
        )
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _free_port() -> int:
    with socket.socket() as found:
        found.bind((HOST, 0))
        port: int = found.getsockname()[1]
        return port


@contextmanager
def server(**environment: str) -> Iterator[Server]:
    """Serve the bench's settings in this environment, and more of it, until the block ends."""
    port = _free_port()
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"{HOST}:{port}"]
    command += ["--worker-class", "gthread", "--threads", "8", "--log-level", "error"]
    command += ["--no-control-socket", "--keep-alive", "60"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, env={**os.environ, **environment})
    try:
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                socket.create_connection((HOST, port), timeout=1).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError("the server did not start") from None
                time.sleep(0.05)
        yield Server(port, process)
    finally:
        process.terminate()
        process.wait(timeout=30)


def middle(taken: list[float]) -> float:
    """Return the median, in seconds."""
    return statistics.median(taken)
