"""The journal as a book to read: a PDF, or for a long one several volumes."""

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext, ngettext

from reflection.export.files import zipped
from reflection.export.gathering import leaves_of
from reflection.export.shape import Leaf
from reflection.export.signs import in_words, warning

if TYPE_CHECKING:
    from accounts.models import User
    from vault.access import VaultAccess

HERE = Path(__file__).parent
# So many chapters are set at once: some 150 MB and a second of the typesetter's.
VOLUME = 100
LONGEST_SECONDS = 300
# Signs that have no shape, and end a text for some readers. The other two files have them.
_SHAPELESS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")


class CannotTypeset(Exception):
    """The PDF could not be made. It says nothing of the text."""


def as_pdf(user: "User", access: "VaultAccess") -> tuple[str, Iterator[bytes]]:
    """Return how the file ends ("pdf" or "zip") and its bytes.

    A journal of more than `VOLUME` chapters comes as a zip of volumes, each made as it is sent.
    Raises `CannotTypeset` where the first one cannot be made.
    """
    leaves = (leaf for _folder, leaf in leaves_of(user, access))
    first = list(islice(leaves, VOLUME + 1))
    if len(first) <= VOLUME:
        return "pdf", iter([typeset(book(user, first))])
    return "zip", zipped(_volumes(user, chain(first, leaves)))


def _volumes(user: "User", leaves: Iterator[Leaf]) -> Iterator[tuple[str, bytes, Any]]:
    number = 0
    while chapters := list(islice(leaves, VOLUME)):
        number += 1
        name = gettext("Journal, volume %(number)02d.pdf") % {"number": number}
        yield name, typeset(book(user, chapters, volume=number)), chapters[0].begun_at


def book(user: "User", leaves: list[Leaf], *, volume: int = 0) -> dict[str, Any]:
    """Return what the template reads: every word of the book, as data.

    Signs that none of its fonts has are put into words, and its first page says how many.
    """
    told: Counter[str] = Counter()
    language, _dash, region = (get_language() or "en").partition("-")
    title = gettext("My journal")
    if volume:
        title = gettext("My journal, volume %(number)d") % {"number": volume}
    today = date_format(timezone.localtime(), "j F Y")
    chapters = [
        msgspec.to_builtins(leaf)
        | {"day": date_format(timezone.localtime(leaf.begun_at), "j M Y"), "front": {}}
        for leaf in leaves
    ]
    chapters = in_words(_shapely(chapters), told)
    return {
        "title": title,
        "author": in_words(user.get_full_name(), told),
        "lang": language,
        "region": region.upper() or None,
        "footer": title,
        "about": [
            ngettext("%(number)d chapter", "%(number)d chapters", len(leaves))
            % {"number": len(leaves)},
            *_span(leaves),
            gettext("Exported from Mend on %(day)s") % {"day": today},
        ],
        "warnings": [
            gettext(
                "This file is in clear: whoever has it can read it. It is no longer in your "
                "vault, and where it lies is yours to keep."
            ),
            *warning(told),
        ],
        "words": {"contents": gettext("Contents"), "page": gettext("Page {n} of {m}")},
        "leaves": chapters,
    }


def _span(leaves: list[Leaf]) -> list[str]:
    if not leaves:
        return [gettext("Nothing was written yet.")]
    days = [
        date_format(timezone.localtime(moment), "j F Y")
        for moment in (
            min(leaf.begun_at for leaf in leaves),
            max(leaf.begun_at for leaf in leaves),
        )
    ]
    return [days[0] if days[0] == days[1] else f"{days[0]} – {days[1]}"]


def typeset(book: object, *, template: Path = HERE / "book.typ") -> bytes:
    """Return the book as a PDF, made in memory by a process of its own. Raises `CannotTypeset`."""
    command = [sys.executable, "-I", str(HERE / "typeset.py")]
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command; the text goes in as data
            [*command, str(HERE / "fonts"), str(template)],
            input=msgspec.json.encode(_shapely(msgspec.to_builtins(book))),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # an error would quote what was written
            env={},
            timeout=LONGEST_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise CannotTypeset from error
    return done.stdout


def _shapely(data: Any) -> Any:
    """Return ``data`` with a blank for each sign that has no shape, in all its texts."""
    if isinstance(data, str):
        return _SHAPELESS.sub(" ", data)
    if isinstance(data, dict):
        return {key: _shapely(value) for key, value in data.items()}
    return [_shapely(value) for value in data] if isinstance(data, list | tuple) else data
