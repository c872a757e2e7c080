"""The floors of the house: imports point one way only."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# From the ground up. A floor may import those before it.
FLOORS = ("vault", "accounts", "reflection", "supervision", "config")
CRYPTO = ROOT / "vault" / "crypto.py"


def modules(floor: str) -> list[Path]:
    """Return the Python files of ``floor``."""
    return sorted((ROOT / floor).rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    """Yield the top-level package of everything ``path`` imports, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text(), filename=str(path))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            own = path.relative_to(ROOT).parts[0]
            yield own if node.level else (node.module or "").partition(".")[0]


def test_every_floor_has_modules() -> None:
    assert all(modules(floor) for floor in FLOORS)


@pytest.mark.parametrize("floor", FLOORS[:-1])
def test_floor_imports_nothing_above_it(floor: str) -> None:
    above = set(FLOORS[FLOORS.index(floor) + 1 :]) | {"tests"}
    found = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules(floor)
        for name in imported(path)
        if name in above
    ]
    assert not found


def test_config_imports_no_tests() -> None:
    assert not [path for path in modules("config") if "tests" in set(imported(path))]


def test_crypto_imports_neither_django_nor_an_app() -> None:
    assert not set(imported(CRYPTO)) & {"django", *FLOORS}
