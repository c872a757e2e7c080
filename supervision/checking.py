"""Whether an agreement's record is whole: every line as it was made, none left out, none put in."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from supervision.chain import BEFORE_THE_FIRST, told
from supervision.models import Agreement, Record, Share, ShareEvent, ShareReader

Kind = ShareEvent.Kind
CLOSING = (
    Kind.REVOKED,
    Kind.EXPIRED,
    Kind.AGREEMENT_ENDED,
    Kind.ENTRY_DELETED,
    Kind.GROUP_LEFT_CLOSED,
)


@dataclass(frozen=True)
class Trouble:
    """Something in a record that is not as it was made; ``number`` says at which line."""

    number: int
    words: str | Promise


@dataclass(frozen=True)
class CheckedRecord:
    """A record with what a check of it found. ``head`` is the last hash, to note down."""

    record: Record
    lines: list[ShareEvent]
    troubles: list[Trouble]

    @property
    def is_whole(self) -> bool:
        """Whether nothing was found."""
        return not self.troubles

    def line_with(self, noted: str) -> ShareEvent | None:
        """Return the line whose hash somebody ``noted`` earlier, or None where there is none."""
        wanted = "".join(noted.split()).lower()
        return next((line for line in self.lines if line.hash == wanted), None)


@transaction.atomic
def check_record(agreement: Agreement) -> CheckedRecord:
    """Return the record of ``agreement`` with all that is not as it was made.

    No line is added meanwhile. The number of queries does not grow; every copy is hashed again.
    """
    record = Record.objects.select_for_update().get(pk=agreement.pk)
    lines = list(record.lines.log())
    troubles = [
        *_chain_troubles(record, lines),
        *_share_troubles(agreement, lines),
        *_reader_troubles(agreement, lines),
    ]
    return CheckedRecord(record, lines, sorted(troubles, key=lambda one: one.number))


def _chain_troubles(record: Record, lines: list[ShareEvent]) -> Iterator[Trouble]:
    previous = BEFORE_THE_FIRST
    for place, line in enumerate(lines, start=1):
        if not line.is_whole:
            yield Trouble(line.number, _("This line is not what it was when it was made."))
        if line.number != place or line.previous != previous:
            yield Trouble(
                line.number,
                _("This line does not follow the one before it: lines were left out or put in."),
            )
        previous = line.hash
    if (record.length, record.head) != (len(lines), previous):
        yield Trouble(len(lines), _("The last line is not the one the record says it ends with."))


def _share_troubles(agreement: Agreement, lines: list[ShareEvent]) -> Iterator[Trouble]:
    """Compare the copies there are with what the record says of them."""
    begun = {line.share_uid: line for line in lines if line.kind == Kind.SHARED}
    closed = {line.share_uid: line for line in lines if line.kind in CLOSING}
    extended: dict[UUID | None, list[ShareEvent]] = {}
    for one in (one for one in lines if one.kind == Kind.EXTENDED):
        extended.setdefault(one.share_uid, []).append(one)
    times = Counter(line.share_uid for line in lines if line.kind in (Kind.SHARED, *CLOSING))
    found: set[UUID] = set()
    shares = agreement.shares.select_related("wording").defer("key_supervisee", "key_supervisor")
    for share in shares.order_by("id").iterator():
        found.add(share.pk)
        line = begun.get(share.pk)
        if line is None:
            yield Trouble(0, _("There is a copy that the record does not know of."))
            continue
        if times[share.pk] > 1 + (share.pk in closed):
            yield Trouble(line.number, _("This copy was shared or closed more than once."))
        yield from _copy_troubles(share, line, extended.get(share.pk, []), closed.get(share.pk))
    if not agreement.supervisee.left_at:
        for pk, line in begun.items():
            if pk not in found:
                yield Trouble(line.number, _("The copy this line is about is gone."))


def _reader_troubles(agreement: Agreement, lines: list[ShareEvent]) -> Iterator[Trouble]:
    """Compare who holds a key to read along with what the record says of them."""
    said: dict[tuple[UUID | None, str], ShareEvent] = {}
    for line in lines:
        if line.kind in (Kind.READER_ADDED, Kind.READER_REMOVED):
            said[line.share_uid, line.facts.get("reader", "")] = line
    for reader in ShareReader.objects.under(agreement).holding():
        last = said.get((reader.share_id, str(reader.person_id)))
        if last is None or last.kind == Kind.READER_REMOVED:
            number = last.number if last else 0
            yield Trouble(number, _("Somebody holds a key of whom the record does not say so."))


def _copy_troubles(
    share: Share, begun: ShareEvent, extended: list[ShareEvent], closed: ShareEvent | None
) -> Iterator[Trouble]:
    end = begun.facts.get("expires_at")
    if share.receipt_facts | {"expires_at": end} != begun.facts:
        yield Trouble(
            begun.number, _("What the receipt says is not what was consented to at this line.")
        )
    yield from _end_troubles(share, begun, extended)
    if hashlib.sha256(bytes(share.body)).hexdigest() != share.content_hash:
        yield Trouble(begun.number, _("The stored copy is not the one that was shared here."))
    is_closed = share.revoked_at or share.expired_at
    if (closed.at if closed else None) != is_closed:
        where = closed or begun
        yield Trouble(where.number, _("When this copy was closed is not what the record says."))


def _end_troubles(share: Share, begun: ShareEvent, extended: list[ShareEvent]) -> Iterator[Trouble]:
    """Follow the end of a copy's time from one consent to the next, to the one that is stored."""
    end, last = begun.facts.get("expires_at"), begun
    for line in extended:
        if (line.facts.get("before"), line.facts.get("content_hash")) != (end, share.content_hash):
            yield Trouble(line.number, _("This line lets another copy, or from another day, last."))
        end, last = line.facts.get("expires_at"), line
    if end != told(share.expires_at):
        yield Trouble(
            last.number, _("What the receipt says is not what was consented to at this line.")
        )
