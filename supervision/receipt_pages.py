"""Receipts and records as pages to read: who consented to what, every hash, how to check them."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext

from accounts.models import User
from supervision.checking import CheckedRecord
from supervision.models import Agreement, ConsentWording, Share, ShareEvent
from supervision.receipts import told_of
from supervision.sheet import File, Part, Sheet, Table, lay_out

ATTACHED = "record.json"


def record_sheet(user: User, agreement: Agreement, checked: CheckedRecord) -> Sheet:
    """Return the whole record of ``agreement`` with what a check of it found. No content."""
    shares = list(Share.objects.known_to(user).under(agreement))
    copies: dict[UUID | None, int] = {
        pk: number
        for number, pk in enumerate(
            dict.fromkeys(line.share_uid for line in checked.lines if line.share_uid), start=1
        )
    }
    wordings = dict.fromkeys((agreement.wording, *(share.wording for share in shares)))
    lines, number = len(checked.lines), len(copies)
    return lay_out(
        user,
        title=gettext("Record of consent"),
        about=(
            *_people(agreement),
            *_standing(agreement),
            ngettext("%(number)d line", "%(number)d lines", lines) % {"number": lines},
            ngettext("%(number)d copy shared", "%(number)d copies shared", number)
            % {"number": number},
            gettext("Reference: %(reference)s") % {"reference": agreement.pk},
        ),
        parts=(
            _head(checked),
            _lines(checked.lines, copies),
            *(
                Part(_title_of(share, copies.get(share.pk)), facts=tuple(_facts(share)))
                for share in shares
            ),
            *_consented(wordings),
            Part(gettext("How to check it"), steps=tuple(_steps(agreement.other_party(user)))),
        ),
        note=_note(),
        files=(_attached(agreement, checked.lines),),
    )


def receipt_sheet(user: User, share: Share) -> Sheet:
    """Return the receipt of one copy with the lines of the record about it. No content."""
    lines = list(share.events.log())
    alone = gettext(
        "These are the lines about this copy alone, each with its number in the record of your "
        "agreement. That no line is missing between them only the whole record shows."
    )
    return lay_out(
        user,
        title=gettext("Receipt of a consent"),
        about=_people(share.agreement),
        parts=(
            Part(gettext("What was consented to"), facts=tuple(_facts(share))),
            _lines(lines, {}, said=(alone,)),
            *_consented([share.wording]),
            Part(gettext("How to check it"), steps=tuple(_steps(share.other_party(user)))),
        ),
        note=_note(),
        files=(_attached(share.agreement, lines),),
    )


# --- Parts ---------------------------------------------------------------------------------------


def _people(agreement: Agreement) -> tuple[str, ...]:
    return (
        gettext("Supervisee: %(name)s") % {"name": agreement.supervisee.get_full_name()},
        gettext("Supervisor: %(name)s") % {"name": agreement.supervisor.get_full_name()},
    )


def _standing(agreement: Agreement) -> list[str]:
    accepted = (agreement.supervisee_accepted_at, agreement.supervisor_accepted_at)
    said = []
    if all(accepted):
        since = max(filter(None, accepted))
        said.append(gettext("Accepted by both: %(when)s") % {"when": _when(since)})
    if agreement.declined_at:
        said.append(gettext("Not agreed: %(when)s") % {"when": _when(agreement.declined_at)})
    if agreement.ended_at:
        said.append(gettext("Ended: %(when)s") % {"when": _when(agreement.ended_at)})
    return said


def _head(checked: CheckedRecord) -> Part:
    now = _when(timezone.now())
    number = checked.record.length
    if checked.is_whole:
        found = [gettext("Checked on %(when)s: the record is whole.") % {"when": now}]
    else:
        found = [
            gettext("Checked on %(when)s: the record is not as it was made.") % {"when": now},
            *(
                gettext("Line %(number)d: %(words)s") % {"number": one.number, "words": one.words}
                if one.number
                else str(one.words)
                for one in checked.troubles
            ),
        ]
    stands = ngettext(
        "It stands for %(number)d line.", "It stands for all %(number)d lines.", number
    )
    return Part(
        gettext("The latest hash"),
        codes=(checked.record.head,),
        said=(*found, stands % {"number": number}),
    )


def _lines(
    lines: Iterable[ShareEvent], copies: dict[UUID | None, int], *, said: tuple[str, ...] = ()
) -> Part:
    """Return the lines; ``copies`` numbers what they are about, if there is more than one."""
    columns = [gettext("Line"), gettext("When"), gettext("What happened"), gettext("Hash")]
    if copies:
        columns.insert(2, gettext("Copy"))
    rows = []
    for line in lines:
        row = [str(line.number), _when(line.at), line.words, line.hash]
        if copies:
            row.insert(2, str(copies.get(line.share_uid, "")))
        rows.append(tuple(row))
    last = len(columns) - 1
    table = Table(columns=tuple(columns), rows=tuple(rows), widest=last - 1, code=last)
    return Part(gettext("What happened"), said=said, table=table)


def _title_of(share: Share, number: int | None) -> str:
    facts = {"number": number, "when": _when(share.shared_at)}
    if number is None:  # no line of the record is about it
        return gettext("A copy, shared on %(when)s") % facts
    return gettext("Copy %(number)d, shared on %(when)s") % facts


def _facts(share: Share) -> list[tuple[str, str]]:
    readers = [one.person.get_full_name() for one in share.readers.all()]
    found = share.identifiers_count
    checked = ngettext(
        "checked %(when)s: %(number)d found and shown before sharing",
        "checked %(when)s: %(number)d found and shown before sharing",
        found,
    )
    facts = [
        (gettext("From"), share.supervisee.get_full_name()),
        (gettext("To"), share.supervisor.get_full_name()),
        (gettext("Read along by"), ", ".join(readers)),
        (gettext("Passages"), ", ".join(str(title) for title in share.passage_titles)),
        (gettext("May"), gettext("read and comment")),
        (gettext("Asked to"), share.get_purpose_display()),
        (gettext("Client’s agreement"), share.get_attestation_display()),
        (gettext("Shared"), _when(share.shared_at)),
        (gettext("Until"), _when(share.expires_at)),
        _closed(share),
        (
            gettext("Identifying details"),
            checked % {"when": _when(share.identifiers_checked_at), "number": found},
        ),
        (
            gettext("Version"),
            gettext("%(version)d, frozen from revision %(revision)d of the reflection")
            % {"version": share.version, "revision": share.entry_revision},
        ),
        (gettext("Wording"), _named(share.wording)),
        (gettext("SHA-256 of the encrypted copy"), share.content_hash),
        (gettext("Reference"), str(share.pk)),
    ]
    return [(name, str(said)) for name, said in facts if said]


def _closed(share: Share) -> tuple[str, str]:
    if share.revoked_at and share.revoked_by:
        facts = {"when": _when(share.revoked_at), "name": share.revoked_by.get_full_name()}
        return gettext("Taken back"), gettext("%(when)s, by %(name)s") % facts
    return gettext("Expired"), _when(share.expired_at) if share.expired_at else ""


def _consented(wordings: Iterable[ConsentWording]) -> list[Part]:
    return [
        Part(
            gettext("What was agreed to: %(wording)s") % {"wording": _named(one)},
            said=tuple(" ".join(part.split()) for part in one.text.split("\n\n")),
        )
        for one in wordings
    ]


def _named(wording: ConsentWording) -> str:
    facts = {"title": wording.title, "version": wording.version}
    return gettext("%(title)s, version %(version)d") % facts


def _steps(other: User) -> list[str]:
    return [
        gettext(
            "In Mend: open the agreement, then its record, and put any hash of this file under "
            "“A hash you noted earlier”. Mend says which line it is the hash of, or that no line "
            "has it."
        ),
        gettext(
            "Without Mend: the file %(name)s inside this PDF (your reader lists it under "
            "attachments) holds each line as it is hashed. It is the same as Export as JSON."
        )
        % {"name": ATTACHED},
        gettext(
            "Write what stands under “line” as JSON in UTF-8, its keys sorted and without spaces. "
            "The SHA-256 of that, in hexadecimal, is the line’s hash."
        ),
        gettext(
            "A line’s “previous” is the hash of the line before it; the first one’s is 64 zeros. "
            "Change a line, leave one out or put one in, and no hash from there on fits."
        ),
        gettext(
            "Where a line names a wording, “wording_sha256” is the SHA-256 of its text in UTF-8, "
            "as it stands above, with an empty line between its paragraphs."
        ),
        gettext(
            "Compare the latest hash with one that you or %(name)s noted earlier, outside Mend. "
            "Whoever controls the whole server could write the record anew with hashes that fit; "
            "only that shows it."
        )
        % {"name": other.get_full_name()},
    ]


def _note() -> str:
    return gettext(
        "This file holds people, times, what was consented to, and hashes, and nothing of what "
        "was written. It is in clear: whoever has it can read who shared with whom, and when."
    )


def _attached(agreement: Agreement, lines: Sequence[ShareEvent]) -> File:
    return File(
        name=ATTACHED,
        text=json.dumps(told_of(agreement, lines), indent=2, ensure_ascii=False),
        kind="application/json",
        about=gettext("The lines as they are hashed"),
    )


def _when(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "j M Y, H:i")
