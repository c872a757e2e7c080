"""The record's chain: what each line is hashed over. Knows no model and reads no row.

A line's hash is SHA-256 of its canonical bytes, which hold the hash of the line before. Whoever
changes, takes out or puts in a line has to make all that follow anew, and then the last hash is
another one than either side may have kept. The canonical bytes are JSON in UTF-8, its keys sorted,
without spaces; times are UTC with six decimals. This never changes: another form is another label.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

LABEL = "mend/1/record-line"
BEFORE_THE_FIRST = "0" * 64


def told(moment: datetime) -> str:
    """Return ``moment`` as it is hashed."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def line_of(
    *,
    record: UUID,
    number: int,
    previous: str,
    kind: str,
    at: datetime,
    by: UUID | None,
    share: UUID | None,
    facts: Mapping[str, Any],
) -> dict[str, Any]:
    """Return one line as it is hashed and handed out: ``number`` counts from one in its record."""
    return {
        "label": LABEL,
        "record": str(record),
        "number": number,
        "previous": previous,
        "kind": kind,
        "at": told(at),
        "by": str(by) if by else None,
        "share": str(share) if share else None,
        "facts": dict(facts),
    }


def canonical(line: Mapping[str, Any]) -> bytes:
    """Return the bytes of a line; the same line gives the same bytes in every database."""
    said = json.dumps(line, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return said.encode()


def hash_of(line: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a line, in hexadecimal digits."""
    return hashlib.sha256(canonical(line)).hexdigest()
