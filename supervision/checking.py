"""Whether an agreement's record is whole: every line as it was made, none left out, none put in."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from supervision.chain import BEFORE_THE_FIRST, told
from supervision.models import Agreement, Record, Share, ShareEvent, ShareReader
from supervision.models.agreement import words_hash

Kind = ShareEvent.Kind
WORDS = "wording_sha256"
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
    # Read after the lock: whatever changes the agreement adds a line, and so has waited or is done.
    lines = list(record.lines.to_check())
    troubles = [
        *_chain_troubles(record, lines),
        *_agreement_troubles(lines),
        *_wording_troubles(lines),
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


def _agreement_troubles(lines: list[ShareEvent]) -> Iterator[Trouble]:
    """Compare the agreement as it stands with the lines that say how it came about and ended."""
    if not lines:
        yield Trouble(0, _("No line says how this agreement came about."))
        return
    agreement = lines[0].record.agreement
    for kind, stands in _stands(agreement).items():
        unlike = []
        for line in (one for one in lines if one.kind == kind):
            if (line.at, line.by_id) in stands and _is_about(line, agreement):
                stands.remove((line.at, line.by_id))
            else:
                unlike.append(line)
        for line in unlike:
            yield Trouble(
                line.number, _("What the agreement says of itself is not what this line says.")
            )
        if stands and not unlike:
            yield Trouble(0, _("The agreement says of itself what no line of the record says."))


def _stands(agreement: Agreement) -> dict[Kind, list[tuple[datetime, UUID | None]]]:
    """Return what the agreement's own row says happened, when, and by whom."""
    one = agreement
    said = (
        (Kind.PROPOSED, one.proposed_at, one.proposed_by_id),
        (Kind.ACCEPTED, one.supervisee_accepted_at, one.supervisee_id),
        (Kind.ACCEPTED, one.supervisor_accepted_at, one.supervisor_id),
        (Kind.DECLINED, one.declined_at, one.declined_by_id),
        (Kind.ENDED, one.ended_at, one.ended_by_id),
    )
    stands: dict[Kind, list[tuple[datetime, UUID | None]]] = {kind: [] for kind, _at, _by in said}
    for kind, at, by in said:
        if at is not None:
            stands[kind].append((at, by))
    return stands


def _is_about(line: ShareEvent, agreement: Agreement) -> bool:
    """Tell whether the people and the wording that ``line`` names, if any, are the agreement's."""
    names = {
        "supervisee": str(agreement.supervisee_id),
        "supervisor": str(agreement.supervisor_id),
        "wording": list(agreement.wording.natural_key()),
    }
    return all(line.facts.get(name, value) == value for name, value in names.items())


def _wording_troubles(lines: list[ShareEvent]) -> Iterator[Trouble]:
    """Compare the stored words with those consented to; earlier lines name only their version."""
    for line in lines:
        consented = line.facts.get(WORDS)
        if consented is None:
            continue
        now: str | None = getattr(line, "words_now", None)
        if now is None or words_hash(now) != consented:
            yield Trouble(
                line.number,
                _("The words that are stored are not those that were consented to at this line."),
            )


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
    if _but_words(share.receipt_facts | {"expires_at": end}) != _but_words(begun.facts):
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


def _but_words(facts: dict[str, Any]) -> dict[str, Any]:
    """Return ``facts`` without the hash of the words, which are compared for every line alike."""
    return {name: value for name, value in facts.items() if name != WORDS}


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
