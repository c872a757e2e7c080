"""Reads what somebody brings: a file, several, or a zip of them. All of it in memory."""

import io
import zipfile
import zlib
from collections.abc import Iterator
from datetime import tzinfo
from typing import IO

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reflection.incoming.journals import read_json
from reflection.incoming.markdown import read_markdown
from reflection.incoming.shape import (
    MEGABYTE,
    MOST_FILES,
    MOST_TEXT,
    MOST_UNPACKED,
    CannotRead,
    Found,
    TooMuch,
)

TEXTS = (".md", ".markdown", ".txt")
READ = (".json", *TEXTS)
# How each file begins in a zip's list of them. Reading the list takes longest of all: where this is
# too often in it (it may stand in the files too), it is not begun.
LISTED, MOST_LISTED = b"PK\x01\x02", 4 * MOST_FILES
PLAIN_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
BROKEN_ZIP = gettext_lazy(
    "This zip file is broken or not whole. Nothing was brought in. Copy or download it again."
)


def read_files(files: list[tuple[str, bytes]], zone: tzinfo) -> Found:
    """Return what stands in ``files`` (name, contents). Times without a zone are by ``zone``.

    Raises `CannotRead` where there is nothing it knows, `TooMuch` for more than it takes at once.
    """
    found = Found()
    for name, data in _unpacked(files, found):
        try:
            _read_into(found, name, data, zone)
        except TooMuch:
            raise
        except CannotRead as error:
            found.leave_out(_base(name), error)
    if len(files) == 1 and not found.candidates and len(found.unread) == 1 and not found.has_lists:
        raise CannotRead(found.unread[0].why)
    if not (found.candidates or found.unread or found.has_lists):
        raise CannotRead(
            _("There is nothing in it that Mend can read: no JSON of a journal, and no Markdown.")
        )
    return found


def _read_into(found: Found, name: str, data: bytes, zone: tzinfo) -> None:
    ending = name.lower()
    if ending.endswith(".json"):
        read_json(found, data, zone)
    elif ending.endswith(TEXTS):
        read_markdown(found, _base(name), data, zone)
    else:
        found.passed_over += 1


def _unpacked(files: list[tuple[str, bytes]], found: Found) -> Iterator[tuple[str, bytes]]:
    """Give the files, those in a zip one by one; never more of them than Mend takes at once."""
    left, number = MOST_UNPACKED, 0
    for name, data in files:
        is_zip = name.lower().endswith(".zip")
        for inner, contents in _members(data, MOST_FILES - number) if is_zip else [(name, data)]:
            number += 1
            if number > MOST_FILES:
                raise too_many()
            unpacked = contents if isinstance(contents, bytes) else _bounded(inner, contents, left)
            left -= len(unpacked)
            if left < 0:
                raise too_much()
            yield inner, unpacked


def _members(data: bytes, most: int) -> Iterator[tuple[str, IO[bytes] | bytes]]:
    """Give what is in a zip and may matter. Its names are names alone: nothing is unpacked to."""
    if data.count(LISTED) > MOST_LISTED:
        raise too_many()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            listed = [info for info in archive.infolist() if _may_matter(info)]
            if len(listed) > most:
                raise too_many()
            for info in listed:
                if not info.filename.lower().endswith(READ):
                    yield info.filename, b""  # a picture or the like, to be counted
                    continue
                if info.flag_bits & 1:
                    raise CannotRead(
                        _("This zip file is locked with a password. Unpack it, and bring that.")
                    )
                if info.compress_type not in PLAIN_METHODS:
                    raise CannotRead(
                        _("This zip file is packed in a way Mend does not read. Pack it anew.")
                    )
                with archive.open(info) as member:
                    yield info.filename, member
    except (zipfile.BadZipFile, EOFError, OSError, ValueError, NotImplementedError) as error:
        raise CannotRead(BROKEN_ZIP) from error


def _may_matter(info: zipfile.ZipInfo) -> bool:
    """Tell whether it is a file that somebody put there, not one of a system's own."""
    is_hidden = _base(info.filename).startswith(".") or "__MACOSX" in info.filename
    return not (info.is_dir() or is_hidden)


def _bounded(name: str, member: IO[bytes], left: int) -> bytes:
    """Return what is in it; of a text no more than shows that it is too long."""
    most = min(left, MOST_TEXT) if name.lower().endswith(TEXTS) else left
    try:
        data = member.read(most + 1)
    except (zipfile.BadZipFile, EOFError, zlib.error) as error:
        raise CannotRead(BROKEN_ZIP) from error
    if len(data) > left:
        raise too_much()
    return data


def too_many() -> TooMuch:
    """Return the refusal of more files than Mend takes at once."""
    return TooMuch(
        _("There are more than %(most)d files in it. Divide it, and bring in a part.")
        % {"most": MOST_FILES}
    )


def too_much() -> TooMuch:
    """Return the refusal of what is larger than Mend takes at once, unpacked."""
    return TooMuch(
        _("Unpacked it is larger than %(most)d MB. Divide it, and bring in a part.")
        % {"most": MOST_UNPACKED // MEGABYTE}
    )


def _base(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2] or name
