"""``make bench``: how fast Mend's pages are, on SQLite and on PostgreSQL, beside a bare view.

Prints Markdown; ``--write`` puts it into ``docs/performance.md``. ``--sizes 100,1000`` and
``--only SQLite`` make it shorter. Nothing here passes or fails: the targets stand in the table.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, NamedTuple

from tests.bench.names import FIRST_SAVES, GROWTH_TARGETS, LAST_SAVES
from tests.servers import postgres_server

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "performance.md"
DATABASES = ("SQLite", "PostgreSQL")
# The most a page may take, in times the bare view's time with one client.
TARGETS = {"open": 2.5, "save": 3.0, "list": 4.0}
# The most it may take in times a bare view that shows fifty rows.
ROWS_TARGETS = {"desk": 4.0}
SAVES_TARGET = 1.3
# The most a search of so many entries may take in times its fetching, decrypting and looking.
SEARCH_TARGET, SEARCHED = 1.2, 10_000
Row = dict[str, Any]


@contextmanager
def environment(database: str) -> Iterator[Mapping[str, str]]:
    """Give what the bench's processes run with: a database and a folder of their own."""
    server = postgres_server() if database == "PostgreSQL" else nullcontext("")
    with tempfile.TemporaryDirectory(prefix="mend-bench-") as folder, server as url:
        bare = Path(folder) / "bare"
        bare.mkdir()
        given = {
            "DJANGO_SETTINGS_MODULE": "tests.bench.settings",
            "MEND_DATA_DIR": folder,
            "MEND_BENCH_BARE": str(bare),
            "SECRET_KEY": "only-for-the-bench-" + "k" * 40,
            "VAULT_PEPPER": "only-for-the-bench-" + "p" * 40,
            "TLS": "0",
            "EMAIL_URL": "memorymail://",
        }
        if url:
            subprocess.run(
                [sys.executable, "-c", _MAKE_DATABASE, url], check=True, stdin=subprocess.DEVNULL
            )
            given |= {"DATABASE_URL": url, "REDIS_URL": "redis://127.0.0.1:1/0"}
        yield os.environ | given


_MAKE_DATABASE = """
import sys, urllib.parse, psycopg
url = urllib.parse.urlsplit(sys.argv[1])
folder, _, name = url.path.rpartition("/")
given = {"host": url.hostname or folder[1:], "port": url.port, "user": url.username}
given |= {"password": url.password, "dbname": "postgres", "autocommit": True}
with psycopg.connect(**{name: value for name, value in given.items() if value}) as connection:
    connection.execute(f'CREATE DATABASE "{name}"')
"""


def figures(database: str, sizes: str) -> list[Row]:
    """Return the figures of one database, telling on stderr how far it is."""
    rows = []
    with environment(database) as env:
        collect = [sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"]
        subprocess.run(collect, check=True, env=env, cwd=ROOT, stdin=subprocess.DEVNULL)
        command = [sys.executable, "-m", "tests.bench.one", sizes]
        with subprocess.Popen(
            command, env=env, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
        ) as process:
            for line in process.stdout or ():
                row = json.loads(line)
                rows.append(row)
                print(f"{database}: {row['page']}, {row['size']}", file=sys.stderr, flush=True)
        if process.returncode:
            raise SystemExit(f"The bench on {database} broke off.")
    return rows


def times(value: float, base: float | None) -> str:
    """Return how many times ``base`` it is, or nothing where there is no base."""
    return f"{value / base:.1f}" if base else ""


def table(rows: list[Row]) -> Iterator[str]:
    """Give a database's figures as lines of Markdown."""
    yield (
        "| page | entries or shares | ms | same bytes, ms | times | 50 rows, ms | times "
        "| 8 clients, ms each | times | queries | KB | memory, MiB | target |"
    )
    yield "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|"
    for row in rows:
        cells = [
            row["page"],
            f"{row['size']:,}" if row["size"] else "",
            f"{row['alone']:.1f}",
            f"{row['bare']:.1f}" if row["bare"] else "",
            times(row["alone"], row["bare"]),
            f"{row['fifty']:.1f}" if row["fifty"] else "",
            times(row["alone"], row["fifty"]),
            f"{row['eight']:.1f}" if row["eight"] else "",
            times(row["eight"], row["bare_eight"]),
            str(row["queries"] or ""),
            f"{row['bytes'] / 1000:.0f}" if row["bytes"] else "",
            f"{row['memory']:.0f}",
            _target(row),
        ]
        yield f"| {' | '.join(cells)} |"


def _target(row: Row) -> str:
    over = _over(row)
    return f"≤ {_goal(row):g}{', missed' if over > 1 else ''}" if over else ""


class Against(NamedTuple):
    """One figure against another: of what, how many times it is, and what it may be."""

    what: str
    ratio: float
    goal: float


def against(rows: list[Row]) -> Iterator[Against]:
    """Give ten thousand entries against a hundred, the 300th save, and the search's own work.

    A page is compared with what it took in turns with its smallest size: between one size and the
    next the machine's own pace changes.
    """
    by_page: dict[str, list[Row]] = {}
    for row in rows:
        by_page.setdefault(row["page"], []).append(row)
    for page, found in by_page.items():
        if page in GROWTH_TARGETS and len(found) > 1:
            most = found[-1]
            what = f"{page}, {most['size']:,} against {found[0]['size']:,}"
            yield Against(what, most["alone"] / most["least"], GROWTH_TARGETS[page])
    first, last = by_page.get(FIRST_SAVES), by_page.get(LAST_SAVES)
    if first and last:
        what = f"{LAST_SAVES} against {FIRST_SAVES}"
        yield Against(what, last[0]["alone"] / first[0]["alone"], SAVES_TARGET)
    for row in rows:
        if row["floor"] and row["page"].startswith("search") and row["size"] >= SEARCHED:
            what = f"{row['page']} of {row['size']:,} against fetching, decrypting and looking"
            yield Against(what, row["alone"] / row["floor"], SEARCH_TARGET)


def growth(rows: list[Row]) -> Iterator[str]:
    """Give those figures in words, and what lies beneath each page that opens entries."""
    for one in against(rows):
        yield f"- {one.what}: {one.ratio:.2f} times (target ≤ {one.goal:g})"
    for row in rows:
        if row["floor"]:
            what = "one" if row["page"] == "open" else "all, and looking through them"
            yield (
                f"- {row['page']} of {row['size']:,}: {row['alone']:.1f} ms; fetching and "
                f"decrypting {what}, in the process: {row['floor']:.1f} ms; "
                f"{times(row['alone'], row['floor'])} times"
            )


def _in_short(found: Mapping[str, list[Row]]) -> Iterator[str]:
    """Say in words which targets were missed, and by how much at most."""
    for database, rows in found.items():
        worst: dict[str, str] = {}
        for row in sorted(rows, key=_over):
            if _over(row) > 1:
                worst[row["page"]] = f"{row['page']} {_over(row) * _goal(row):.1f} times"
                worst[row["page"]] += f" ({_goal(row):g})"
        missed = [*worst.values()]
        missed += [
            f"{one.what} {one.ratio:.2f} times ({one.goal:g})"
            for one in against(rows)
            if one.ratio > one.goal
        ]
        said = "; ".join(missed)
        yield f"{database}: missed at worst by {said}." if said else f"{database}: none missed."


def _goal(row: Row) -> float:
    return ROWS_TARGETS.get(row["page"]) or TARGETS.get(row["page"], 0)


def _over(row: Row) -> float:
    """Return how many times what it may take a page takes; 0 where no target stands."""
    base = row["fifty"] if row["page"] in ROWS_TARGETS else row["bare"]
    return row["alone"] / base / _goal(row) if base and _goal(row) else 0


def report(found: Mapping[str, list[Row]], weight: str) -> str:
    """Return the whole page."""
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    lines = [
        "# How fast it is",
        "",
        f"`make bench` on {time.strftime('%-d %B %Y')}: {platform.system()}, {machine}.",
        "",
        "One gunicorn process with eight threads, asked over loopback. *ms* is the median with one",
        "client; with eight at once it is the wall time over all requests. Beside a page stand",
        "bare views behind the same middleware: *same bytes* asks who is signed in and gives back",
        "what the page gave; *50 rows* fetches fifty entries or copies, writes them out plainly",
        "and decrypts nothing. A page and the views beside it are asked in turns. Entries are of",
        "about 2 KB; a page of the list shows fifty of them, one of the desk twelve copies.",
        "Signing in is slow on purpose: two Argon2 derivations. Of the 300 saves each puts the",
        "text before it aside, which it otherwise does once in five minutes. What ten thousand",
        "take against a hundred, the last saves against the first, and a search against its floor",
        "are each asked in turns with one another, since the pace of the machine itself changes.",
        "",
        weight,
    ]
    lines += ["", *_in_short(found)]
    for database, rows in found.items():
        lines += ["", f"## {database}", "", *table(rows), "", *growth(rows)]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run the bench and print, or write, its page."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--sizes", default="100,1000,10000")
    parser.add_argument("--only", choices=DATABASES)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    chosen = [given.only] if given.only else list(DATABASES)
    found = {database: figures(database, given.sizes) for database in chosen}
    weights = [row for row in found[chosen[0]] if row["page"] == "first visit"]
    for rows in found.values():
        rows[:] = [row for row in rows if row["page"] != "first visit"]
    weight = "".join(
        f"The first visit (sign-in page and all it loads, compressed): {row['bytes'] / 1000:.0f} KB"
        " (target ≤ 150)."
        for row in weights
    )
    page = report(found, weight)
    if given.write:
        PAGE.write_text(page)
    print(page)


if __name__ == "__main__":
    main()
