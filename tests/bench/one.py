"""The bench on one database: makes journals, asks a server, and prints what it found as JSON.

``python -m tests.bench.one 100,1000,10000`` in an environment that names the database.
"""

import gzip
import itertools
import json
import os
import re
import secrets
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin
from uuid import UUID

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from reflection.models import Entry  # noqa: E402
from tests import factories  # noqa: E402
from tests.bench import people  # noqa: E402
from tests.bench.asking import CLIENT, SETTLED, Ask, Server, middle, server  # noqa: E402
from tests.bench.names import FIRST_SAVES, GROWTH_TARGETS, LAST_SAVES  # noqa: E402
from tests.bench.people import Writer  # noqa: E402

TIMES = 60
SAVES = 300
LAST = 20
DESKS = (10, 1_000, 10_000)
RARE = "quicksilver"


@dataclass
class Figure:
    """What one page came to: milliseconds of it and of the bare view, alone and with eight.

    ``least``: of the same page of the smallest size, asked in turns with it.
    """

    page: str
    size: int
    alone: float
    bare: float
    eight: float
    bare_eight: float
    bytes: int
    queries: int
    memory: float
    floor: float | None = None
    fifty: float | None = None
    least: float | None = None


def asks(writer: Writer) -> dict[str, Ask]:
    """Return the requests that are measured for one writer."""

    def ask(path: str, **given: Any) -> Ask:
        return Ask(path, writer.cookies, **given)

    return {
        "list": ask("/journal/"),
        "open": ask(f"/journal/{writer.newest}/"),
        "write": ask(f"/journal/{writer.newest}/happened/"),
        "save": saves(writer, (writer.newest, *writer.others)),
        "insights": ask("/journal/insights/"),
        "search, no hit": ask(search_for(writer, RARE)),
        "search, one hit": ask(search_for(writer, people.ONCE)),
    }


def saves(writer: Writer, entries: Sequence[UUID]) -> Ask:
    """Return autosaves: each client writes in an entry of its own, from a page of its own."""
    pages = [secrets.token_hex(8) for _ in entries]

    def fields(number: int) -> Mapping[str, str]:
        document = people.reflection_of(number)
        return {
            "took_place": f"{document.happened.took_place} {number}",
            "title": document.title,
            "passage": "happened",
            "page": pages[number // CLIENT % len(entries)],
            "turn": str(next(turns)),
            "revision": "1",
        }

    turns = itertools.count(1)
    return Ask(
        lambda number: f"/journal/{entries[number // CLIENT % len(entries)]}/happened/",
        writer.cookies,
        fields,
        {"Accept": "application/json"},
    )


def search_for(writer: Writer, words: str) -> str:
    """Return the address under which a search for ``words`` is kept."""
    client = Client()
    for name, value in writer.cookies.items():
        client.cookies[name] = value
    answer = client.post("/journal/search/", {"words": words})
    address: str = answer["Location"]
    return address.partition("#")[0]


def bare_of(ask: Ask, name: str, body: bytes) -> Ask:
    """Keep ``body`` and return the request to the view that gives it back."""
    (Path(os.environ["MEND_BENCH_BARE"]) / name).write_bytes(body)
    return Ask(f"/bare/{name}/", ask.cookies, ask.fields, ask.headers, ask.wanted)


def queries_of(ask: Ask) -> int:
    """Return how many queries one request runs."""
    client = Client()
    for name, value in ask.cookies.items():
        client.cookies[name] = value
    sent: Callable[[], Any]
    if ask.fields is None:
        sent = lambda: client.get(ask.at(0), headers=dict(ask.headers))  # noqa: E731
    else:
        fields = ask.fields
        sent = lambda: client.post(  # noqa: E731
            ask.at(0), dict(fields(CLIENT - 1)), headers=dict(ask.headers)
        )
    sent()
    with CaptureQueriesContext(connection) as caught:
        sent()
    return len(caught)


def measure(
    at: Server,
    name: str,
    size: int,
    ask: Ask,
    *,
    times: int = TIMES,
    fifty: str = "",
    floor: Callable[[], float] | None = None,
    least: Ask | None = None,
) -> Figure:
    """Return the figures of one page beside those of the bare view with the same bytes.

    And beside the one of fifty rows, ``list`` or ``desk``, where one is named, beside ``least``,
    the same page of the smallest size, and beside the ``floor``: the seconds that the least of the
    page's own work takes.
    """
    body = at.body(ask)
    bare = bare_of(ask, re.sub(r"\W+", "-", f"{name}-{size}"), body)
    rows = [Ask(f"/fifty/{fifty}/", ask.cookies)] if fifty else []
    small = [least] if least else []
    apart = [floor] if floor else []
    asked = [ask, bare, *rows, *small]
    taken = [1000 * middle(found) for found in at.beside(asked, times, apart=apart)]
    return Figure(
        page=name,
        size=size,
        alone=taken[0],
        bare=taken[1],
        fifty=taken[2] if rows else None,
        least=taken[len(asked) - 1] if small else None,
        floor=taken[-1] if floor else None,
        eight=1000 * at.eight(ask, times),
        bare_eight=1000 * at.eight(bare, times),
        bytes=len(body),
        queries=queries_of(ask),
        memory=at.memory(),
    )


def floor_of_all(writer: Writer) -> Callable[[], float]:
    """Return what gives the seconds of fetching, decrypting and looking through all entries, raw.

    With the quickest there is for each: bare tuples, keys prepared once, bytes looked through.
    """
    needle = RARE.encode()
    opened = writer.keys.entry_opener()

    def once() -> float:
        start = time.perf_counter()
        rows = Entry.objects.filter(owner=writer.user, deleted_at=None).values_list(
            "pk", "revision", "key", "body"
        )
        for pk, revision, key, body in rows.iterator(chunk_size=500):
            if needle in opened(pk.bytes, revision, bytes(key), bytes(body)).lower():
                raise AssertionError("the rare word was to be in no entry")
        return time.perf_counter() - start

    return once


def floor_of_one(writer: Writer) -> Callable[[], float]:
    """Return what gives the seconds of fetching and decrypting one entry."""

    def once() -> float:
        start = time.perf_counter()
        Entry.objects.get(pk=writer.newest).open(writer.keys)
        return time.perf_counter() - start

    return once


def figures(sizes: list[int]) -> Iterator[Figure]:
    """Give the figures of every page and size, one by one."""
    people.load()
    writers = [people.make_writer(size) for size in sizes]
    gather_statistics()
    with server() as at:
        login = Ask("/accounts/login/", {})
        yield measure(at, "sign-in page", 0, login)
        yield first_visit(at, login)
        yield sign_in(at)
        anew = saves(writers[0], [people.make_anew(writers[0]).pk])
        smallest = {**asks(writers[0]), "save": anew}
        for writer in writers:
            for name, ask in asks(writer).items():
                whole = name == "insights" or name.startswith("search")
                rows = "list" if name == "list" else ""
                times = 12 if whole else TIMES
                one = floor_of_one(writer) if name == "open" else None
                floor = floor_of_all(writer) if whole else one
                grows = name in GROWTH_TARGETS and writer is writers[-1] is not writers[0]
                least = smallest[name] if grows else None
                yield measure(
                    at, name, writer.size, ask, times=times, fifty=rows, floor=floor, least=least
                )
        yield from desks(at)
    with server(MEND_BENCH_KEEPS_ALL="1") as at:
        yield from many_saves(at, writers[0])


def gather_statistics() -> None:
    """Let PostgreSQL learn what its tables hold, as it does by itself where one writes by day."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


def desks(at: Server) -> Iterator[Figure]:
    """Give the figures of the supervisor's desk: all that is open, and what waits for them."""
    smallest: Ask | None = None
    for size in DESKS:
        supervisor = people.make_supervisor(size)
        gather_statistics()
        desk = Ask("/supervision/", supervisor.cookies)
        yield measure(at, "desk", size, desk, fifty="desk", least=smallest)
        mine = Ask("/supervision/?state=mine", supervisor.cookies)
        yield measure(at, "desk, waiting for me", size, mine, fifty="desk")
        smallest = smallest or desk


def first_visit(at: Server, login: Ask) -> Figure:
    """Return the weight of the sign-in page with all it loads, as a browser gets it."""
    packed = {"Accept-Encoding": "br, gzip"}
    page = at.body(login).decode()
    sheets = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    # The scripts' own imports. The fonts a page needs are named in it; the others wait.

    for script in [one for one in sheets if one.endswith(".js")]:
        said = at.body(Ask(script, {})).decode()
        sheets += [urljoin(script, near) for near in re.findall(r'from "(\./[^"]+)"', said)]
    weight = len(gzip.compress(page.encode()))
    weight += sum(len(at.body(Ask(one, {}, headers=packed))) for one in dict.fromkeys(sheets))
    return Figure("first visit", 0, 0, 0, 0, 0, weight, 0, at.memory())


def sign_in(at: Server) -> Figure:
    """Return the figure of signing in: mostly the password's two derivations, slow on purpose."""
    user = factories.make_user(email="signs-in@example.org", name="Signs In")
    factories.make_membership(user=user, clinic=factories.make_clinic(name="Bench"))
    factories.make_vault(user)
    client = Client()
    client.get("/accounts/login/")
    token = client.cookies[settings.CSRF_COOKIE_NAME].value
    fields = {"login": user.email, "password": factories.PASSWORD}
    ask = Ask(
        "/accounts/login/",
        {settings.CSRF_COOKIE_NAME: token},
        lambda _number: fields,
        wanted=(200, 302),
    )
    return measure(at, "sign-in, sent", 0, ask, times=8)


def many_saves(at: Server, writer: Writer) -> Iterator[Figure]:
    """Give the first saves of one entry and, in turns with them, the last of 300 of another.

    Each of them puts the text before it aside.
    """
    fresh, full = (saves(writer, [people.make_anew(writer).pk]) for _ in range(2))
    at.alone(full, SAVES - LAST - 2 * SETTLED)
    taken = at.beside([fresh, full], LAST)
    for name, ask, part in zip((FIRST_SAVES, LAST_SAVES), (fresh, full), taken, strict=True):
        yield Figure(
            page=name,
            size=writer.size,
            alone=1000 * middle(part),
            bare=0,
            eight=0,
            bare_eight=0,
            bytes=0,
            queries=queries_of(ask),
            memory=at.memory(),
        )


def main() -> None:
    """Print each figure as a line of JSON."""
    for figure in figures([int(size) for size in sys.argv[1].split(",")]):
        print(json.dumps(asdict(figure)), flush=True)


if __name__ == "__main__":
    main()
