"""Receipts and records as files to keep: all that is needed to check them, and no content."""

import csv
import io
from collections.abc import Iterable
from typing import Any

from supervision.along import who_read_along
from supervision.chain import LABEL, canonical, told
from supervision.models import Agreement, ShareEvent

RECIPE = (
    "Each line's hash is SHA-256, in hexadecimal, of the line as JSON in UTF-8 with its keys "
    "sorted and without spaces. A line's 'previous' is the hash of the line before; the first "
    "one's is 64 zeros. Change anything in any line, and every hash from there on is another. "
    "Where a line's facts name a 'wording', 'wording_sha256' is the SHA-256 of that version's text "
    "in UTF-8, an empty line between its paragraphs; lines made before Mend noted it have none."
)


def told_of(agreement: Agreement, lines: Iterable[ShareEvent]) -> dict[str, Any]:
    """Return lines of a record with all that is needed to check them without Mend."""
    lines = list(lines)
    people = {
        str(person.pk): person.get_full_name()
        for person in (
            agreement.supervisee,
            agreement.supervisor,
            *(one.by for one in lines if one.by),
            *(one.about for one in lines if one.about),
        )
    }
    return {
        "label": LABEL,
        "recipe": RECIPE,
        "people": people,
        "read_along": [
            {
                "share": str(one.share),
                "person": one.person,
                "name": one.name,
                "since": told(one.since),
                "until": told(one.until) if one.until else None,
                "because": one.because,
            }
            for one in who_read_along(lines)
        ],
        "length": agreement.record.length,
        "head": agreement.record.head,
        "lines": [{"line": one.line, "hash": one.hash, "says": one.words} for one in lines],
    }


def as_csv(lines: Iterable[ShareEvent]) -> str:
    """Return lines of a record as a table for a spreadsheet."""
    text = io.StringIO()
    sheet = csv.writer(text)
    sheet.writerow(
        ["number", "at", "kind", "by", "about", "says", "share", "facts", "previous", "hash"]
    )
    for one in lines:
        sheet.writerow(
            [
                one.number,
                told(one.at),
                one.kind,
                _cell(one.by.get_full_name() if one.by else ""),
                _cell(one.about.get_full_name() if one.about else ""),
                _cell(one.words),
                one.share_uid or "",
                canonical(one.facts).decode(),
                one.previous,
                one.hash,
            ]
        )
    return text.getvalue()


def _cell(text: str) -> str:
    """Return ``text`` so that no spreadsheet takes a name for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
