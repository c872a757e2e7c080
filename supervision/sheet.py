"""Facts to keep as a PDF to read, without content: hours, receipts, records."""

from pathlib import Path

import msgspec
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext

from accounts.models import User
from reflection.export.pdf import typeset

TEMPLATE = Path(__file__).parent / "sheet.typ"


class Table(msgspec.Struct, frozen=True):
    """Rows under ``columns``: the ``widest`` takes what room is left, ``code`` holds hashes."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widest: int
    code: int


class Part(msgspec.Struct, frozen=True):
    """What stands under one heading, in this order; ``codes`` are hashes, ``facts`` name: said."""

    title: str
    said: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    steps: tuple[str, ...] = ()
    table: Table | None = None
    total: str = ""


class File(msgspec.Struct, frozen=True):
    """A file that goes inside the PDF; ``kind`` is its media type."""

    name: str
    text: str
    kind: str
    about: str


class Words(msgspec.Struct, frozen=True):
    """What the template itself says."""

    page: str


class Sheet(msgspec.Struct, frozen=True):
    """All that the typesetter makes the pages of. Every word of it is data, none is markup."""

    title: str
    author: str
    about: tuple[str, ...]
    parts: tuple[Part, ...]
    note: str
    lang: str
    region: str | None
    words: Words
    files: tuple[File, ...] = ()

    def as_pdf(self) -> bytes:
        """Return the PDF, tagged. Raises `CannotTypeset`."""
        return typeset(self, template=TEMPLATE)


def lay_out(
    user: User,
    *,
    title: str,
    about: tuple[str, ...],
    parts: tuple[Part, ...],
    note: str,
    files: tuple[File, ...] = (),
) -> Sheet:
    """Return a sheet of ``user``'s in the language of the page it is asked for on, dated today."""
    language, _dash, region = (get_language() or "en").partition("-")
    today = date_format(timezone.localtime(), "j F Y")
    return Sheet(
        title=title,
        author=user.get_full_name(),
        about=(
            *about,
            gettext("Times of day in %(zone)s") % {"zone": user.timezone},
            gettext("Made with Mend on %(day)s") % {"day": today},
        ),
        parts=parts,
        note=note,
        lang=language,
        region=region.upper() or None,
        words=Words(page=gettext("Page {n} of {m}")),
        files=files,
    )
