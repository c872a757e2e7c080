"""What else of one's own goes into an export: the floors above the journal register it here."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from reflection.export.shape import Leaf

if TYPE_CHECKING:
    from accounts.models import User
    from vault.access import VaultAccess


@dataclass(frozen=True)
class Part:
    """A list in the file, called ``name``. ``items`` gives what ``user`` can open, one by one.

    ``item`` is the type of one; ``leaf`` shows one as it is read. ``folder`` is where they lie
    among the Markdown files.
    """

    name: str
    folder: str
    item: type[msgspec.Struct]
    items: Callable[["User", "VaultAccess"], Iterator[Any]]
    leaf: Callable[[Any], Leaf]


_PARTS: dict[str, Part] = {}


def register(part: Part) -> None:
    """Add ``part`` to every export from now on. Called once, when its app is ready."""
    _PARTS[part.name] = part


def registered() -> list[Part]:
    """Return the parts in the order of their names."""
    return [_PARTS[name] for name in sorted(_PARTS)]
