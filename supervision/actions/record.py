"""Adding to the record of an agreement. The only place where a line is made."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from supervision.chain import hash_of
from supervision.models import Agreement, Record, ShareEvent


@dataclass(frozen=True)
class Happened:
    """Something to put on record. ``share``: the copy it is about, if it is about one.

    ``about``: who was given a key to it, or lost it; their id goes among the ``facts`` by itself.
    """

    kind: ShareEvent.Kind
    at: datetime
    by: User | None = None
    share: UUID | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    about: UUID | None = None


def key_compared(by: User, fingerprint: bytes) -> Happened:
    """Return, for the record, that ``by`` says they compared the supervisor's key."""
    facts = {"fingerprint": fingerprint.hex()}
    return Happened(ShareEvent.Kind.KEY_CONFIRMED, timezone.now(), by, facts=facts)


def begin_record(agreement: Agreement, *what: Happened) -> None:
    """Begin the record of an agreement that was just made, with what made it."""
    Record.objects.create(agreement=agreement)
    note_lines(agreement.pk, what)


@transaction.atomic
def note_lines(agreement: UUID, what: Sequence[Happened]) -> list[ShareEvent]:
    """Put ``what`` on the agreement's record, in that order, and return the lines.

    Call it in the transaction of what it records, when everything else that is to be locked has
    been: the record's own lock comes last everywhere, so that nobody waits for each other.
    """
    record = Record.objects.select_for_update().get(pk=agreement)
    lines = [_add(record, one) for one in what]
    record.save(update_fields=["length", "head"])
    return lines


def _add(record: Record, what: Happened) -> ShareEvent:
    line = ShareEvent(
        record=record,
        number=record.length + 1,
        share_id=what.share,
        share_uid=what.share,
        kind=what.kind,
        by=what.by,
        at=what.at,
        facts=what.facts | ({"reader": str(what.about)} if what.about else {}),
        about_id=what.about,
        previous=record.head,
    )
    line.hash = hash_of(line.line)
    line.save(force_insert=True)
    record.length, record.head = line.number, line.hash
    return line
