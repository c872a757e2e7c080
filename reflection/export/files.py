"""The files of an export, made piece by piece while they are sent. None of them is ever on disk."""

import io
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec
from django.utils import timezone

from reflection.export.gathering import entries_of, leaves_of, lists_of
from reflection.export.markdown import file_name, written
from reflection.export.parts import registered
from reflection.export.shape import FORMAT, VERSION, Author, Unreadable

if TYPE_CHECKING:
    from accounts.models import User
    from vault.access import VaultAccess

_encode = msgspec.json.encode
FIRST_ZIP_YEAR, LAST_ZIP_YEAR = 1980, 2107


def in_their_time(user: "User", pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Give ``pieces``, each made by the user's own clock: a stream outlives the request's."""
    while True:
        with timezone.override(user.zone):
            piece = next(pieces, None)
        if piece is None:
            return
        yield piece


def as_json(user: "User", access: "VaultAccess", *, earlier: bool) -> Iterator[bytes]:
    """Give the whole journal as JSON: one reflection to a line, and whole only with its last."""
    head = {
        "format": FORMAT,
        "version": VERSION,
        "exported_at": timezone.now(),
        "author": Author(user.get_full_name(), user.email, user.timezone),
        "has_earlier_texts": earlier,
    }
    yield _encode(head)[:-1] + b',"entries":['
    unreadable: list[Unreadable] = []
    yield from _listed(_apart(entries_of(user, access, earlier=earlier), unreadable))
    yield b',"unreadable":' + _encode(unreadable)
    yield b',"lists":' + _encode(lists_of(user, access))
    for part in registered():
        yield b"," + _encode(part.name) + b":["
        yield from _listed(part.items(user, access))
    yield b"}\n"


def _apart(found: Iterable[Any], unreadable: list[Unreadable]) -> Iterator[Any]:
    for one in found:
        if isinstance(one, Unreadable):
            unreadable.append(one)
        else:
            yield one


def _listed(items: Iterable[Any]) -> Iterator[bytes]:
    """Give the rest of a JSON list, one item to a line."""
    comma = b"\n"
    for item in items:
        yield comma + _encode(item)
        comma = b",\n"
    yield b"]"


def as_markdown(user: "User", access: "VaultAccess") -> Iterator[bytes]:
    """Give a zip of Markdown files, one for each reflection and each thing that was shared."""
    yield from zipped(
        (file_name(leaf, folder), written(leaf).encode(), leaf.begun_at)
        for folder, leaf in leaves_of(user, access)
    )


def zipped(files: Iterable[tuple[str, bytes, datetime]]) -> Iterator[bytes]:
    """Give a zip archive of ``files`` (name, contents, time), each sent as soon as it is packed."""
    outlet = _Outlet()
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, contents, moment in files:
            info = zipfile.ZipInfo(name, _zip_time(moment))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16  # for its owner alone, once unpacked
            archive.writestr(info, contents)
            yield outlet.take()
    yield outlet.take()


def _zip_time(moment: datetime) -> tuple[int, int, int, int, int, int]:
    local = timezone.localtime(moment)
    year = min(max(local.year, FIRST_ZIP_YEAR), LAST_ZIP_YEAR)
    if year != local.year:
        return (year, 1, 1, 0, 0, 0)
    return (year, local.month, local.day, local.hour, local.minute, local.second)


class _Outlet(io.RawIOBase):
    """What a zip archive is written to when nothing is kept: it can only be emptied."""

    def __init__(self) -> None:
        super().__init__()
        self._held: list[bytes] = []

    def writable(self) -> bool:
        """Tell that it takes bytes."""
        return True

    def write(self, data: Any) -> int:
        """Hold ``data`` until it is taken."""
        self._held.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        """Return what was written since it was last taken."""
        taken, self._held = b"".join(self._held), []
        return taken
