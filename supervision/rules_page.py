"""``docs/supervision-rules.md``, made from the tables in ``rules``: what is written there is so."""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path

from django.conf import settings

from supervision.rules import (
    TABLES,
    Action,
    Move,
    Role,
)

PAGE = Path(settings.BASE_DIR) / "docs" / "supervision-rules.md"
_HEAD = """\
# Who may do what in supervision

Made by `manage.py write_supervision_rules` from the tables in `supervision/rules.py`; a test fails
while it is not current. What is not in a table is refused. Being a clinic's admin, an operator or a
superuser gives no role here: *proposer* is only who proposed this very agreement, a clinic's admin
for two others or anybody to an address; *addressee* is who has that address.
"""


def rules_page() -> str:
    """Return the whole page."""
    parts = [_HEAD]
    for table in TABLES:
        parts.append(f"## {table.title}\n")
        if table.moves:
            parts.append(_diagram(table.moves))
        parts.append(_table(table.rules, list(table.states)))
    return "\n".join(parts)


def _diagram(moves: Iterable[Move[StrEnum]]) -> str:
    """Return the states and the ways between them, as Mermaid draws them."""
    ways: dict[tuple[str, str], dict[str, list[Role]]] = {}
    for move in moves:
        before = move.before or "[*]"
        acts = ways.setdefault((_plain(before), _plain(move.after)), {})
        acts.setdefault(_words(move.what), []).extend([move.role] if move.role else [])
    lines = [
        f"    {before} --> {after}: {', '.join(_labels(acts))}"
        for (before, after), acts in ways.items()
    ]
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines, "```", ""])


def _labels(acts: Mapping[str, list[Role]]) -> Iterator[str]:
    for what, roles in acts.items():
        yield f"{what} ({' or '.join(roles)})" if roles else what


def _table(rules: Mapping[Action, Mapping[StrEnum, frozenset[Role]]], states: list[StrEnum]) -> str:
    """Return, for each action, who may do it in which state."""
    rows = [
        ["may", *(_words(state) for state in states)],
        ["---"] * (1 + len(states)),
        *(
            [_words(action), *(_people(open_to.get(state, frozenset())) for state in states)]
            for action, open_to in rules.items()
        ),
    ]
    return "\n".join([*(f"| {' | '.join(row)} |" for row in rows), ""])


def _people(roles: frozenset[Role]) -> str:
    return ", ".join(role for role in Role if role in roles) or "–"


def _plain(state: str) -> str:
    """Return a state as a diagram names it: what is not there yet is where it begins."""
    return "[*]" if state == "new" else str(state)


def _words(name: str) -> str:
    return str(name).replace("_", " ")
