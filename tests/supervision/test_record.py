"""The record: every line chained, every change noticed, readable by both, exported wordless."""

import csv
import hashlib
import io
import json
import re
import zlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from django.db import models
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from supervision import actions
from supervision.chain import BEFORE_THE_FIRST, canonical, hash_of
from supervision.checking import check_record
from supervision.models import Agreement, ConsentWording, Record, Share, ShareEvent
from supervision.receipt_pages import receipt_sheet, record_sheet
from supervision.sheet import Sheet
from tests import factories
from tests.supervision.conftest import BrowserOf


def rows_of(model: type[models.Model]) -> models.QuerySet[Any]:
    """Return the rows as whoever holds the database sees them, past what the app allows."""
    return models.QuerySet(model)


def kinds(agreement: Agreement) -> list[str]:
    return [line.kind for line in agreement.record.lines.log()]


@pytest.fixture
def long_record(agreement: Agreement, share: Share, okafor: User, mira: User) -> Agreement:
    """Two copies, one opened and taken back; nine lines in all."""
    other = factories.make_share(agreement=agreement)
    actions.note_opening(share=share, by=okafor, events=[])
    actions.note_opening(share=other, by=okafor, events=[])
    actions.revoke_share(by=mira, pk=share.pk)
    return agreement


# --- What is on it -------------------------------------------------------------------------------


def test_record_holds_everything_from_the_proposal_to_the_end(
    long_record: Agreement, mira: User
) -> None:
    actions.end_agreement(by=mira, pk=long_record.pk)

    assert kinds(long_record) == [
        "proposed",
        "accepted",
        "accepted",
        "shared",
        "shared",
        "opened",
        "opened",
        "revoked",
        "agreement_ended",
        "ended",
    ]
    assert check_record(long_record).is_whole


def test_each_line_holds_the_hash_of_the_one_before(long_record: Agreement) -> None:
    lines = list(long_record.record.lines.log())

    assert [line.number for line in lines] == list(range(1, len(lines) + 1))
    assert lines[0].previous == BEFORE_THE_FIRST
    assert [line.previous for line in lines[1:]] == [line.hash for line in lines[:-1]]
    record = Record.objects.get(pk=long_record.pk)
    assert (record.length, record.head) == (len(lines), lines[-1].hash)


def test_canonical_bytes_stay_as_they_are() -> None:
    line = {"b": "é", "a": [1, None], "facts": {"y": 2, "x": 1}}

    assert canonical(line) == '{"a":[1,null],"b":"é","facts":{"x":1,"y":2}}'.encode()
    assert hash_of(line) == hashlib.sha256(canonical(line)).hexdigest()


def test_declined_proposal_is_on_record(mira: User, okafor: User) -> None:
    agreement = factories.make_agreement(supervisee=mira, supervisor=okafor, is_active=False)

    actions.decline_agreement(by=okafor, pk=agreement.pk)

    assert kinds(agreement) == ["proposed", "accepted", "declined"]


def test_proposal_to_an_address_begins_its_record_when_it_is_accepted(
    mira: User, rune: User
) -> None:
    factories.load_wordings()
    proposal = actions.propose_to_address(by=mira, email=rune.email, side="supervisee")

    agreement = actions.accept_proposal(by=rune, pk=proposal.pk)

    assert kinds(agreement) == ["proposed", "accepted", "accepted"]
    assert check_record(agreement).is_whole


def test_compared_key_is_on_record(agreement: Agreement, mira: User) -> None:
    key = agreement.supervisor_key

    actions.confirm_key(by=mira, pk=agreement.pk, keys=factories.vault_keys(mira), fingerprint=key)

    last = agreement.record.lines.log().last()
    assert last is not None
    assert (last.kind, last.facts) == ("key_confirmed", {"fingerprint": key.hex()})


# --- What a check notices ------------------------------------------------------------------------


def _change_time(agreement: Agreement) -> None:
    line = agreement.record.lines.get(number=6)
    rows_of(ShareEvent).filter(pk=line.pk).update(at=line.at - timedelta(hours=1))


def _change_who(agreement: Agreement) -> None:
    line = agreement.record.lines.get(number=6)
    rows_of(ShareEvent).filter(pk=line.pk).update(by=agreement.supervisee)


def _change_facts(agreement: Agreement) -> None:
    line = agreement.record.lines.get(number=4)
    facts = {**line.facts, "purpose": "listen"}
    rows_of(ShareEvent).filter(pk=line.pk).update(facts=facts)


def _change_a_line_and_its_hash(agreement: Agreement) -> None:
    line = agreement.record.lines.get(number=6)
    line.at -= timedelta(hours=1)
    rows_of(ShareEvent).filter(pk=line.pk).update(at=line.at, hash=hash_of(line.line))


def _leave_out_a_line(agreement: Agreement) -> None:
    rows_of(ShareEvent).filter(record=agreement.record, number=6).delete()


def _leave_out_the_last(agreement: Agreement) -> None:
    rows_of(ShareEvent).filter(record=agreement.record, number=8).delete()


def _leave_out_a_whole_share(agreement: Agreement) -> None:
    share = agreement.shares.order_by("shared_at")[0]
    rows_of(ShareEvent).filter(share=share).delete()
    share.delete()


def _forget_a_copy_only(agreement: Agreement) -> None:
    agreement.shares.order_by("shared_at")[0].delete()


def _change_the_receipt(agreement: Agreement) -> None:
    share = agreement.shares.order_by("shared_at")[0]
    rows_of(Share).filter(pk=share.pk).update(attestation="asked")


def _exchange_the_copy(agreement: Agreement) -> None:
    share = agreement.shares.order_by("shared_at")[0]
    rows_of(Share).filter(pk=share.pk).update(body=b"\x01\x01 something else")


def _reopen_what_was_taken_back(agreement: Agreement) -> None:
    rows_of(Share).filter(agreement=agreement, revoked_at__isnull=False).update(
        revoked_at=None, revoked_by=None, key_supervisor=b"kept from a backup"
    )


def _take_back_unrecorded(agreement: Agreement) -> None:
    share = agreement.shares.get(revoked_at=None)
    rows_of(Share).filter(pk=share.pk).update(
        revoked_at=share.shared_at, revoked_by=agreement.supervisee, key_supervisor=None
    )


def _add_a_share_unrecorded(agreement: Agreement) -> None:
    share = agreement.shares.get(revoked_at=None)
    share.pk, share.version = None, 9
    share.save(force_insert=True)


def _rewrite_the_agreements_wording(agreement: Agreement) -> None:
    rows_of(ConsentWording).filter(pk=agreement.wording_id).update(text="Other words.")


def _rewrite_a_copys_wording(agreement: Agreement) -> None:
    share = agreement.shares.order_by("shared_at")[0]
    rows_of(ConsentWording).filter(pk=share.wording_id).update(text="Other words.")


def _point_to_another_wording(agreement: Agreement) -> None:
    other = ConsentWording.objects.create(slug="agreement", version=99, title="x", text="Other.")
    rows_of(Agreement).filter(pk=agreement.pk).update(wording=other)


def _accept_earlier(agreement: Agreement) -> None:
    earlier = agreement.proposed_at - timedelta(days=30)
    rows_of(Agreement).filter(pk=agreement.pk).update(supervisor_accepted_at=earlier)


def _propose_earlier(agreement: Agreement) -> None:
    earlier = agreement.proposed_at - timedelta(days=30)
    rows_of(Agreement).filter(pk=agreement.pk).update(proposed_at=earlier)


def _let_another_have_proposed(agreement: Agreement) -> None:
    rows_of(Agreement).filter(pk=agreement.pk).update(proposed_by=agreement.supervisor)


def _end_unrecorded(agreement: Agreement) -> None:
    rows_of(Agreement).filter(pk=agreement.pk).update(
        ended_at=timezone.now(), ended_by=agreement.supervisor
    )


def _decline_unrecorded(agreement: Agreement) -> None:
    rows_of(Agreement).filter(pk=agreement.pk).update(
        supervisor_accepted_at=None, declined_at=timezone.now(), declined_by=agreement.supervisor
    )


def _exchange_the_supervisor(agreement: Agreement) -> None:
    other = factories.make_user(name="Somebody", email="somebody@else.example")
    rows_of(Agreement).filter(pk=agreement.pk).update(supervisor=other)


@pytest.mark.parametrize(
    "tampers",
    [
        _rewrite_the_agreements_wording,
        _rewrite_a_copys_wording,
        _point_to_another_wording,
        _accept_earlier,
        _propose_earlier,
        _let_another_have_proposed,
        _end_unrecorded,
        _decline_unrecorded,
        _exchange_the_supervisor,
        _change_time,
        _change_who,
        _change_facts,
        _change_a_line_and_its_hash,
        _leave_out_a_line,
        _leave_out_the_last,
        _leave_out_a_whole_share,
        _forget_a_copy_only,
        _change_the_receipt,
        _exchange_the_copy,
        _reopen_what_was_taken_back,
        _take_back_unrecorded,
        _add_a_share_unrecorded,
    ],
)
def test_what_was_done_to_the_rows_is_noticed(
    long_record: Agreement, as_mira: Client, tampers: Callable[[Agreement], None]
) -> None:
    tampers(long_record)

    checked = check_record(long_record)
    page = as_mira.get(reverse("record_read", args=[long_record.pk]))
    assert not checked.is_whole
    assert page.status_code == 409
    assert "The record is not as it was made." in page.content.decode()


@pytest.mark.parametrize("name", ["ended", "declined"])
def test_end_that_was_cleared_is_noticed(
    agreement: Agreement, mira: User, okafor: User, jonas: User, name: str
) -> None:
    if name == "ended":
        actions.end_agreement(by=mira, pk=agreement.pk)
    else:
        agreement = factories.make_agreement(supervisee=jonas, supervisor=okafor, is_active=False)
        actions.decline_agreement(by=okafor, pk=agreement.pk)
    assert check_record(agreement).is_whole

    rows_of(Agreement).filter(pk=agreement.pk).update(**{f"{name}_at": None, f"{name}_by": None})

    [trouble] = check_record(agreement).troubles
    last = agreement.record.lines.log().last()
    assert last is not None
    assert trouble.number == last.number
    assert "is not what this line says" in str(trouble.words)


def test_acceptance_that_was_cleared_is_noticed(long_record: Agreement) -> None:
    rows_of(Agreement).filter(pk=long_record.pk).update(supervisor_accepted_at=None)

    assert [one.number for one in check_record(long_record).troubles] == [3]


def test_record_without_a_line_is_not_whole(agreement: Agreement) -> None:
    rows_of(ShareEvent).filter(record=agreement.record).delete()
    Record.objects.filter(pk=agreement.pk).update(length=0, head=BEFORE_THE_FIRST)

    assert not check_record(agreement).is_whole


def test_words_of_every_consent_are_on_record(
    long_record: Agreement, mira: User, okafor: User, jonas: User
) -> None:
    factories.make_group(supervisor=okafor, members=[mira, jonas])
    share = long_record.shares.get(revoked_at=None)
    wording = ConsentWording.objects.current(ConsentWording.SHARE)
    longer = actions.Extension(
        share.expires_at, timezone.localdate() + timedelta(days=91), "asked", wording.pk, {}
    )
    actions.extend_share(by=mira, pk=share.pk, extension=longer)

    said = {
        line.kind: line.facts["wording_sha256"]
        for line in long_record.record.lines.log()
        if "wording" in line.facts
    }
    assert set(said) == {"proposed", "accepted", "shared", "group_joined", "extended"}
    assert said["accepted"] == said["proposed"]
    assert said["shared"] == hashlib.sha256(wording.text.encode()).hexdigest()
    assert check_record(long_record).is_whole


@pytest.mark.parametrize("slug", ["group", "share"])
def test_rewritten_words_are_noticed_at_the_line_that_consents_to_them(
    long_record: Agreement, mira: User, okafor: User, jonas: User, slug: str
) -> None:
    factories.make_group(supervisor=okafor, members=[mira, jonas])

    rows_of(ConsentWording).filter(slug=slug).update(text="Other words.")

    kinds = {"group": "group_joined", "share": "shared"}
    numbers = [line.number for line in long_record.record.lines.filter(kind=kinds[slug])]
    troubles = check_record(long_record).troubles
    assert [one.number for one in troubles] == numbers
    assert all("not those that were consented to" in str(one.words) for one in troubles)


def test_wording_that_is_gone_is_noticed(long_record: Agreement, okafor: User, mira: User) -> None:
    group = factories.make_group(supervisor=okafor, members=[mira])
    rows_of(ConsentWording).filter(pk=group.wording_id).update(version=98)

    assert not check_record(long_record).is_whole


def _without_words(agreement: Agreement) -> None:
    """Write the record as it was written before the words were put on it."""
    previous, lines = BEFORE_THE_FIRST, list(agreement.record.lines.log())
    for line in lines:
        rows_of(ShareEvent).filter(pk=line.pk).update(previous=f"away {line.pk}")
    for line in lines:
        line.previous = previous
        line.facts.pop("wording_sha256", None)
        if line.kind == "accepted":
            line.facts = {}
        line.hash = previous = hash_of(line.line)
        rows_of(ShareEvent).filter(pk=line.pk).update(
            previous=line.previous, facts=line.facts, hash=line.hash
        )
    Record.objects.filter(pk=agreement.pk).update(head=previous)


def test_lines_from_before_the_words_were_on_record_are_whole(long_record: Agreement) -> None:
    _without_words(long_record)
    agreement = Agreement.objects.get(pk=long_record.pk)
    assert check_record(agreement).is_whole

    _change_the_receipt(agreement)
    assert not check_record(agreement).is_whole


def test_record_written_anew_is_told_by_a_hash_that_was_noted(
    long_record: Agreement, as_mira: Client
) -> None:
    address = reverse("record_read", args=[long_record.pk])
    noted = check_record(long_record).record.head
    kept = as_mira.get(address, {"noted": f" {noted[:32]} {noted[32:].upper()} "})
    assert "It is the hash of line 8" in kept.content.decode()

    previous, record = BEFORE_THE_FIRST, long_record.record
    lines = list(record.lines.log())
    for line in lines:
        rows_of(ShareEvent).filter(pk=line.pk).update(previous=f"away {line.pk}")
    for line in lines:
        line.previous, line.at = previous, line.at - timedelta(minutes=line.number == 6)
        line.hash = previous = hash_of(line.line)
        rows_of(ShareEvent).filter(pk=line.pk).update(
            previous=line.previous, at=line.at, hash=line.hash
        )
    Record.objects.filter(pk=record.pk).update(head=previous)

    page = as_mira.get(address, {"noted": noted})
    assert check_record(Agreement.objects.get(pk=long_record.pk)).is_whole
    assert "No line of this record has that hash." in page.content.decode()


# --- Who reads and exports it --------------------------------------------------------------------


def test_both_check_the_record_and_nobody_else(
    long_record: Agreement, browser_of: BrowserOf, mira: User, okafor: User, jonas: User, ada: User
) -> None:
    address = reverse("record_read", args=[long_record.pk])

    assert [browser_of(one).get(address).status_code for one in (mira, okafor)] == [200, 200]
    assert [browser_of(one).get(address).status_code for one in (jonas, ada)] == [404, 404]


@pytest.mark.parametrize("name", ["record_json", "record_csv", "record_pdf"])
def test_only_the_supervisee_exports_it(
    long_record: Agreement, as_mira: Client, as_okafor: Client, name: str
) -> None:
    address = reverse(name, args=[long_record.pk])

    assert as_mira.get(address).status_code == 200
    assert as_okafor.get(address).status_code == 404


def test_exported_record_can_be_checked_without_mend(
    long_record: Agreement, as_mira: Client
) -> None:
    told = as_mira.get(reverse("record_json", args=[long_record.pk])).json()

    previous = "0" * 64
    for one in told["lines"]:
        assert one["line"]["previous"] == previous
        said = json.dumps(
            one["line"], sort_keys=True, separators=(",", ":"), ensure_ascii=False
        ).encode()
        previous = hashlib.sha256(said).hexdigest()
        assert previous == one["hash"]
    assert (told["head"], told["length"]) == (previous, len(told["lines"]))


def test_exports_hold_nothing_that_was_written(
    long_record: Agreement, share: Share, as_mira: Client
) -> None:
    addresses = [
        reverse("record_json", args=[long_record.pk]),
        reverse("record_csv", args=[long_record.pk]),
        reverse("share_receipt_export", args=[share.pk]),
        reverse("record_read", args=[long_record.pk]),
    ]

    for address in addresses:
        text = as_mira.get(address).content.decode()
        assert "Finch" not in text
        assert "apology" not in text


def test_record_as_a_sheet_has_a_row_for_each_line(
    long_record: Agreement, as_mira: Client, mira: User
) -> None:
    mira.name = "=HYPERLINK(1)"
    mira.save(update_fields=["name"])

    answer = as_mira.get(reverse("record_csv", args=[long_record.pk]))

    rows = list(csv.reader(io.StringIO(answer.content.decode())))
    assert len(rows) == 9
    assert rows[1][3] == "'=HYPERLINK(1)"


def test_receipt_exported_alone_has_its_own_lines(
    long_record: Agreement, share: Share, as_mira: Client, as_okafor: Client
) -> None:
    address = reverse("share_receipt_export", args=[share.pk])

    told = as_mira.get(address).json()

    assert [one["line"]["kind"] for one in told["lines"]] == ["shared", "opened", "revoked"]
    facts = told["lines"][0]["line"]["facts"]
    assert facts["content_hash"] == share.content_hash
    assert facts["wording_sha256"] == hashlib.sha256(share.wording.text.encode()).hexdigest()
    assert "wording_sha256" in told["recipe"]
    assert as_okafor.get(address).status_code == 404


def test_check_takes_a_constant_number_of_queries(
    long_record: Agreement, django_assert_num_queries: Any
) -> None:
    agreement = Agreement.objects.select_related("supervisee").get(pk=long_record.pk)
    with django_assert_num_queries(6):
        check_record(agreement)
    for _number in range(3):
        factories.make_share(agreement=long_record)
    with django_assert_num_queries(6):
        assert check_record(agreement).is_whole


# --- As a PDF to read ----------------------------------------------------------------------------

IN_NAMES = "#let x = [] *bold* $x$ <at> @at \\u{41} // none"


def said_in(sheet: Sheet) -> str:
    return msgspec.json.encode(sheet).decode()


def attached_to(pdf: bytes) -> Any:
    """Return the JSON that lies inside a PDF.

    What is packed may itself end with a byte that looks like the end of a line: it may be cut.
    """
    for packed in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            text = zlib.decompressobj().decompress(packed)
        except zlib.error:
            continue
        if text.startswith(b"{") and b'"recipe"' in text:
            return json.loads(text)
    raise AssertionError("no JSON is attached")


def test_record_as_pages_says_every_hash_and_what_a_check_found(
    long_record: Agreement, mira: User
) -> None:
    checked = check_record(long_record)

    sheet = record_sheet(mira, long_record, checked)

    said = said_in(sheet)
    for line in checked.lines:
        assert line.hash in said
    for share in long_record.shares.all():
        assert share.content_hash in said
        assert str(share.pk) in said
    assert "the record is whole" in said
    assert long_record.wording.title in said
    assert "Copy 2, shared on" in said


def test_record_that_is_not_whole_says_so_in_its_pages(long_record: Agreement, mira: User) -> None:
    _leave_out_a_line(long_record)

    sheet = record_sheet(mira, long_record, check_record(long_record))

    assert "the record is not as it was made" in said_in(sheet)
    assert "lines were left out or put in" in said_in(sheet)


def test_record_as_pdf_is_tagged_and_holds_what_it_is_checked_by(
    long_record: Agreement, as_mira: Client
) -> None:
    answer = as_mira.get(reverse("record_pdf", args=[long_record.pk]))

    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment")
    assert "no-store" in answer["Cache-Control"]
    assert b"/StructTreeRoot" in answer.content
    assert b"<pdfuaid:part>1</pdfuaid:part>" in answer.content
    told = as_mira.get(reverse("record_json", args=[long_record.pk])).json()
    assert attached_to(answer.content) == told


def test_receipt_as_pdf_holds_its_own_lines_for_the_supervisee_alone(
    long_record: Agreement, share: Share, as_mira: Client, as_okafor: Client, mira: User
) -> None:
    address = reverse("share_receipt_pdf", args=[share.pk])

    answer = as_mira.get(address)

    assert b"<pdfuaid:part>1</pdfuaid:part>" in answer.content
    kinds = [one["line"]["kind"] for one in attached_to(answer.content)["lines"]]
    assert kinds == ["shared", "opened", "revoked"]
    said = said_in(receipt_sheet(mira, Share.objects.known_to(mira).get(pk=share.pk)))
    assert share.content_hash in said
    assert "Taken back" in said
    assert as_okafor.get(address).status_code == 404


def test_pages_hold_nothing_that_was_written(
    long_record: Agreement, share: Share, mira: User
) -> None:
    known = Share.objects.known_to(mira).get(pk=share.pk)

    for sheet in (
        record_sheet(mira, long_record, check_record(long_record)),
        receipt_sheet(mira, known),
    ):
        assert "Finch" not in said_in(sheet)
        assert "apology" not in said_in(sheet)


@pytest.mark.parametrize("name", [IN_NAMES, "מִירָה 🪡 مرحبا", "漢字 𓀀"])
def test_name_in_a_pdf_is_never_markup_and_in_any_script(
    long_record: Agreement, as_mira: Client, mira: User, name: str
) -> None:
    mira.name = name
    mira.save(update_fields=["name"])

    answer = as_mira.get(reverse("record_pdf", args=[long_record.pk]))

    assert answer.content.startswith(b"%PDF-")
    assert attached_to(answer.content)["people"][str(mira.pk)] == name


@pytest.mark.parametrize("name", ["record_pdf", "share_receipt_pdf"])
def test_pdf_that_cannot_be_set_says_what_holds_the_same(
    long_record: Agreement,
    share: Share,
    as_mira: Client,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    monkeypatch.setattr("reflection.export.pdf.sys.executable", "/nowhere/python")
    pk = long_record.pk if name == "record_pdf" else share.pk

    answer = as_mira.get(reverse(name, args=[pk]))

    assert answer.status_code == 503
    assert "Take the JSON" in answer.content.decode()


def test_pages_take_a_constant_number_of_queries(
    long_record: Agreement, mira: User, django_assert_num_queries: Any
) -> None:
    agreement = Agreement.objects.with_people().select_related("record").get(pk=long_record.pk)
    checked = check_record(agreement)
    with django_assert_num_queries(2):
        record_sheet(mira, agreement, checked)
    for _number in range(3):
        factories.make_share(agreement=long_record)
    checked = check_record(agreement)
    with django_assert_num_queries(2):
        record_sheet(mira, agreement, checked)
