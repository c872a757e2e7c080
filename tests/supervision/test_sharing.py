"""Sharing through the pages: choose, look at the very copy, confirm."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from html import unescape
from typing import Any
from unittest import mock

import msgspec
import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from reflection import actions as reflection_actions
from reflection.document import Document, Happened, Repair
from reflection.models import Entry, PrivateList
from reflection.watching import watch_words
from supervision import actions
from supervision.models import Agreement, Share, ShareEvent
from supervision.rules import Refused
from tests import factories
from tests.supervision.conftest import BrowserOf
from vault import actions as vault_actions
from vault.kept import INLINE_PASSWORD
from vault.models import Vault


def choices(agreement: Agreement, **changed: Any) -> dict[str, Any]:
    """Return what the form posts for a sensible share."""
    given = {
        "step": "preview",
        "agreement": str(agreement.pk),
        "passages": ["looking_again", "repair"],
        "purpose": "question",
        "note": "Was the apology for them or for me?",
        "lasts": "30",
        "attestation": "contract",
    }
    return given | changed


def hidden_fields(page: HttpResponseBase) -> dict[str, Any]:
    """Return what the preview posts with its Share button."""
    html = page.content.decode()  # type: ignore[attr-defined]
    form = html[: html.index('value="confirm"')]
    form = form[form.rindex("<form") :]
    found: dict[str, list[str]] = {}
    for tag in re.findall(r"<input type=\"hidden\"[^>]*>", form):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        assert name is not None
        found.setdefault(name[1], []).append(unescape(value[1]) if value else "")
    assert "seal" in found
    return {**found, "step": "confirm"}


@pytest.fixture
def address(entry: Entry) -> str:
    return reverse("share_new", args=[entry.pk])


# --- Choosing ------------------------------------------------------------------------------------


def test_only_passages_that_hold_something_can_be_chosen(
    as_mira: Client, mira: User, agreement: Agreement
) -> None:
    document = Document(happened=Happened(took_place="Something."))
    entry = factories.make_entry(owner=mira, keys=factories.vault_keys(mira), document=document)

    page = as_mira.get(reverse("share_new", args=[entry.pk]))

    assert [slug for slug, _ in page.context["form"].fields["passages"].choices] == ["happened"]


def test_nothing_that_shares_more_is_chosen_beforehand(
    as_mira: Client, agreement: Agreement, address: str
) -> None:
    html = as_mira.get(address).content.decode()

    assert re.findall(r"<input[^>]*checked[^>]*>", html) == [
        re.search(r'<input[^>]*name="agreement"[^>]*>', html)[0]  # type: ignore[index]
    ]


def test_without_an_agreement_the_page_explains_and_offers_one(
    as_mira: Client, address: str
) -> None:
    page = as_mira.get(address)

    assert reverse("agreement_new") in page.content.decode()
    assert "nobody to share with yet" in page.content.decode()


def test_supervisor_without_a_vault_is_explained(
    as_mira: Client, mira: User, alder_house: Any, address: str
) -> None:
    nell = factories.make_user(name="Nell Ward")
    agreement = factories.make_agreement(supervisee=mira, supervisor=nell)

    assert "Nell Ward has no vault yet" in as_mira.get(address).content.decode()
    page = as_mira.post(address, choices(agreement))
    assert page.status_code == 422
    assert "Nell Ward has no vault yet" in page.content.decode()
    assert not Share.objects.exists()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"passages": []}, "passages"),
        ({"passages": ["looking_back"]}, "passages"),
        ({"purpose": ""}, "purpose"),
        ({"attestation": ""}, "attestation"),
        ({"attestation": "she is called Jane"}, "attestation"),
        ({"lasts": ""}, "lasts"),
        ({"lasts": "date"}, "until_on"),
        ({"lasts": "date", "until_on": "2001-01-01"}, "until_on"),
        ({"lasts": "date", "until_on": "2199-01-01"}, "until_on"),
        ({"note": "x" * 5001}, "note"),
    ],
)
def test_choice_that_is_missing_or_wrong_is_said_and_the_note_kept(
    as_mira: Client, agreement: Agreement, address: str, changed: dict[str, Any], field: str
) -> None:
    page = as_mira.post(address, choices(agreement, **changed))

    assert page.status_code == 422
    assert field in page.context["form"].errors
    assert page.context["form"]["note"].value() == choices(agreement, **changed)["note"]
    assert not Share.objects.exists()


def test_share_lasts_until_the_end_of_the_day_that_was_chosen(
    as_mira: Client, agreement: Agreement, address: str
) -> None:
    day = timezone.localdate() + timedelta(days=365)
    page = as_mira.post(address, choices(agreement, lasts="date", until_on=day.isoformat()))
    as_mira.post(address, hidden_fields(page))

    ends = timezone.localtime(Share.objects.get().expires_at)
    assert (ends.date(), ends.hour, ends.minute) == (day, 23, 59)


# --- The preview is the copy ---------------------------------------------------------------------


def test_preview_shows_the_copy_and_shares_nothing(
    as_mira: Client, agreement: Agreement, address: str
) -> None:
    page = as_mira.post(address, choices(agreement))

    html = page.content.decode()
    assert "The apology was quick." in html
    assert "no explaining first" in html
    assert "I felt caught out." not in html
    assert not Share.objects.exists()


def test_what_was_previewed_is_what_is_shared(
    as_mira: Client, agreement: Agreement, address: str, okafor: User
) -> None:
    page = as_mira.post(address, choices(agreement))

    done = as_mira.post(address, hidden_fields(page))

    share = Share.objects.get()
    assert done["Location"] == reverse("share_receipt", args=[share.pk])
    assert "It is shared. This is its receipt." in as_mira.get(done["Location"]).content.decode()
    assert "It is shared." not in as_mira.get(done["Location"]).content.decode()
    copy = share.open(factories.reader(okafor))
    assert msgspec.json.encode(copy) == msgspec.json.encode(page.context["copy"])
    assert copy.note == "Was the apology for them or for me?"
    assert [event.kind for event in share.events.log()] == [ShareEvent.Kind.SHARED]


def test_odd_unicode_and_line_ends_survive_the_two_steps(
    as_mira: Client, agreement: Agreement, address: str, okafor: User
) -> None:
    note = ' \u202eשלום "quoted" & <b>\U0001f90f\u200d\r\n\r\nZ\u0351a\u0300lgo\t '
    page = as_mira.post(address, choices(agreement, note=note))
    as_mira.post(address, hidden_fields(page))

    copy = Share.objects.get().open(factories.reader(okafor))
    assert copy.note == note.replace("\r\n", "\n")


def test_preview_leaves_nothing_written_on_the_server(
    as_mira: Client, agreement: Agreement, address: str
) -> None:
    before = dict(as_mira.session)
    page = as_mira.post(address, choices(agreement))

    assert dict(as_mira.session) == before
    posted = hidden_fields(page)
    assert "The apology was quick." not in repr(posted)


def test_entry_edited_after_the_preview_is_shown_again_and_not_shared(
    as_mira: Client, agreement: Agreement, entry: Entry, address: str, mira: User
) -> None:
    page = as_mira.post(address, choices(agreement))
    reflection_actions.save_passage(
        by=mira,
        keys=factories.vault_keys(mira),
        pk=entry.pk,
        passage="repair",
        rewrite=lambda document: msgspec.structs.replace(
            document, repair=Repair(plan="Friday, then.")
        ),
        source=reflection_actions.Source(entry.revision),
    )

    again = as_mira.post(address, hidden_fields(page))

    assert again.status_code == 200
    assert again.context["why_again"] == "changed"
    assert "Friday, then." in again.content.decode()
    assert not Share.objects.exists()
    as_mira.post(address, hidden_fields(again))
    assert Share.objects.get().entry_revision == entry.revision + 1


@pytest.mark.parametrize(
    "changed",
    [
        {"passages": ["looking_again", "repair", "reaction"]},
        {"note": "Something else."},
        {"purpose": "listen"},
        {"lasts": "91"},
        {"attestation": "unsettled"},
        {"seal": "00" * 32},
        {"seal": "no hexadecimal"},
        {"share": "c0ffee00-0000-4000-8000-000000000000"},
    ],
)
def test_confirmation_of_anything_but_the_preview_is_shown_again(
    as_mira: Client, agreement: Agreement, address: str, changed: dict[str, Any]
) -> None:
    page = as_mira.post(address, choices(agreement))

    again = as_mira.post(address, hidden_fields(page) | changed)

    assert again.context["why_again"] == "changed"
    assert not Share.objects.exists()


def test_confirming_twice_shares_once(as_mira: Client, agreement: Agreement, address: str) -> None:
    fields = hidden_fields(as_mira.post(address, choices(agreement)))

    first, second = as_mira.post(address, fields), as_mira.post(address, fields)

    assert first["Location"] == second["Location"]
    assert Share.objects.count() == 1


def test_first_press_that_is_through_when_the_second_has_its_turn_shares_once(
    agreement: Agreement, entry: Entry, mira: User
) -> None:
    terms = factories.share_terms(agreement=agreement, entry=entry, passages=["repair"])
    reader = factories.reader(mira)
    real = actions.share._agreement_for

    def late(*args: Any) -> Agreement:
        with mock.patch("supervision.actions.share._agreement_for", real):
            actions.share_passages(by=mira, reader=reader, terms=terms)
        return real(*args)

    with mock.patch("supervision.actions.share._agreement_for", late):
        share = actions.share_passages(by=mira, reader=reader, terms=terms)

    assert share == Share.objects.get()


def test_sharing_again_is_a_new_version_and_leaves_the_first_as_it_was(
    as_mira: Client, agreement: Agreement, share: Share, address: str, okafor: User
) -> None:
    page = as_mira.post(address, choices(agreement, passages=["happened"]))
    as_mira.post(address, hidden_fields(page))

    newest, first = Share.objects.newest_first()
    assert (first.version, newest.version) == (1, 2)
    assert first.open(factories.reader(okafor)).slugs == ["looking_again", "repair"]
    assert newest.open(factories.reader(okafor)).slugs == ["happened"]


def test_change_something_brings_every_choice_back(
    as_mira: Client, agreement: Agreement, address: str
) -> None:
    fields = hidden_fields(as_mira.post(address, choices(agreement)))

    page = as_mira.post(address, fields | {"step": "change"})

    form = page.context["form"]
    assert page.status_code == 200
    assert not form.errors
    assert form["passages"].value() == ["looking_again", "repair"]
    assert form["note"].value() == "Was the apology for them or for me?"
    assert (form["purpose"].value(), form["lasts"].value()) == ("question", "30")


def test_identifying_details_are_shown_with_the_reason_and_counted_in_the_receipt(
    as_mira: Client, agreement: Agreement, address: str
) -> None:
    note = "They live at SW1A 1AA and write from wren@example.org."
    page = as_mira.post(address, choices(agreement, note=note))

    html = page.content.decode()
    assert "2 details that may identify somebody" in html
    assert "a postcode" in html
    as_mira.post(address, hidden_fields(page))
    share = Share.objects.get()
    assert share.identifiers_found == {"postcode": 1, "email": 1}
    assert "SW1A" not in repr(Share.objects.values().get())


@pytest.fixture
def told(mira: User) -> Entry:
    """A reflection of Heron's with the same name in two boxes, one of them not to be shared."""
    document = Document(
        title="After the bill",
        happened=Happened(case_code="Heron", took_place="Jane left. I rang Jane."),
        repair=Repair(plan="I will write to Jane at jane@mail.example.org. Jane may not answer."),
    )
    return factories.make_entry(owner=mira, keys=factories.vault_keys(mira), document=document)


def press(as_mira: Client, page: Any, **pressed: str) -> Any:
    """Press a button beside the first detail of the preview, as its page posts it."""
    html = page.content.decode()
    beside = {
        name: unescape(value)
        for tag in re.findall(r"<input[^>]*>", html)
        if 'form="share-form"' in tag
        for name, value in re.findall(r'name="([^"]*)"\s+value="([^"]*)"', tag)
        + re.findall(r'name="([^"]*)"[^>]*?value="([^"]*)"', tag)
    }
    posted = {key: value for key, value in hidden_fields(page).items() if key != "step"}
    return as_mira.post(page.request["PATH_INFO"], posted | beside | pressed)


def test_detail_is_replaced_on_the_preview_which_comes_back_with_what_was_chosen(
    as_mira: Client, mira: User, agreement: Agreement, told: Entry
) -> None:
    address = reverse("share_new", args=[told.pk])
    page = as_mira.post(address, choices(agreement, passages=["repair"]))
    assert [one.replacement for one in page.context["details"]] == ["Heron", "an e-mail address"]

    again = press(as_mira, page, replace="1", replacement_1="Heron")

    plan = "I will write to Heron at jane@mail.example.org. Heron may not answer."
    document = Entry.objects.get().open(factories.vault_keys(mira))
    assert (document.repair.plan, document.happened.took_place) == (
        plan,
        "Jane left. I rang Jane.",
    )
    assert plan in again.content.decode()
    assert again.context["form"]["note"].value() == "Was the apology for them or for me?"
    assert [one.found.text for one in again.context["details"]] == ["jane@mail.example.org"]
    assert not Share.objects.exists()
    as_mira.post(address, hidden_fields(again))
    assert Share.objects.get().passages == ["repair"]


def test_case_code_is_offered_to_the_client_and_not_to_whom_the_note_names(
    as_mira: Client, mira: User, agreement: Agreement
) -> None:
    document = Document(
        happened=Happened(case_code="Kestrel", took_place="Sarah Whitcombe went quiet."),
    )
    entry = factories.make_entry(owner=mira, keys=factories.vault_keys(mira), document=document)
    chosen = choices(agreement, passages=["happened"], note="Ask Maria at the front desk?")

    page = as_mira.post(reverse("share_new", args=[entry.pk]), chosen)
    offered = {one.found.text: one.replacement for one in page.context["details"]}
    assert (offered["Sarah Whitcombe"], offered["Maria"] != "Kestrel") == ("Kestrel", True)

    number = str([*offered].index("Sarah Whitcombe") + 1)
    again = press(as_mira, page, replace=number)
    left = {one.found.text: one.replacement for one in again.context["details"]}
    assert left == {"Maria": offered["Maria"]}


@pytest.mark.parametrize(
    ("passages", "title", "asks"),
    [(["happened"], "A title", True), (["repair"], "", True), (["repair"], "A title", False)],
)
def test_case_code_that_others_may_know_is_asked_about_where_the_copy_shows_it(
    as_mira: Client, mira: User, agreement: Agreement, passages: list[str], title: str, asks: bool
) -> None:
    document = Document(
        title=title,
        happened=Happened(case_code="K.B. 1987", took_place="They went quiet."),
        repair=Repair(plan="Ask."),
    )
    entry = factories.make_entry(owner=mira, keys=factories.vault_keys(mira), document=document)

    page = as_mira.post(
        reverse("share_new", args=[entry.pk]), choices(agreement, passages=passages)
    ).content.decode()

    assert ("“K.B. 1987” looks like initials" in page) == asks
    assert ("K.B. 1987" in page) == asks


def test_detail_kept_in_the_copy_is_asked_about_no_more_and_still_counted(
    as_mira: Client, mira: User, agreement: Agreement, told: Entry
) -> None:
    address = reverse("share_new", args=[told.pk])
    page = as_mira.post(address, choices(agreement, passages=["repair"]))

    again = press(as_mira, page, keep="1")

    assert [one.found.text for one in again.context["details"]] == ["jane@mail.example.org"]
    assert [one.found.text for one in again.context["kept"]] == ["Jane"]
    assert Entry.objects.get().open(factories.vault_keys(mira)).kept_identifiers == ()
    back = as_mira.post(address, hidden_fields(again) | {"step": "change"})
    assert back.context["form"]["kept"].value() == ["Jane"]
    as_mira.post(address, hidden_fields(again))
    assert Share.objects.get().identifiers_found == {"name": 2, "email": 1}


def test_detail_in_the_note_is_replaced_in_the_note(
    as_mira: Client, agreement: Agreement, address: str
) -> None:
    page = as_mira.post(address, choices(agreement, note="They live at SW1A 1AA."))

    again = press(as_mira, page, replace="1", replacement_1="an address")

    assert again.context["form"]["note"].value() == "They live at an address."
    assert again.context["details"] == []


def test_detail_in_no_box_of_the_authors_is_kept_and_not_replaced(
    as_mira: Client, mira: User, agreement: Agreement
) -> None:
    document = Document(happened=Happened(took_place="x", occurred_on=date(2026, 5, 4)))
    entry = factories.make_entry(owner=mira, keys=factories.vault_keys(mira), document=document)
    address = reverse("share_new", args=[entry.pk])

    page = as_mira.post(address, choices(agreement, passages=["happened"]))

    [detail] = page.context["details"]
    assert (detail.box, "replacement_1" in page.content.decode()) == ("", False)
    assert press(as_mira, page, keep="1").context["details"] == []


def test_day_of_the_session_is_left_out_of_the_copy_and_put_back(
    as_mira: Client, mira: User, agreement: Agreement
) -> None:
    day = date(2026, 5, 4)
    happened = Happened(case_code="Heron", took_place="x", occurred_on=day)
    keys = factories.vault_keys(mira)
    entry = factories.make_entry(owner=mira, keys=keys, document=Document(happened=happened))
    address = reverse("share_new", args=[entry.pk])
    page = as_mira.post(address, choices(agreement, passages=["happened"]))
    assert "Leave the day out of this copy" in page.content.decode()

    again = press(as_mira, page, leave_out="day")
    assert again.context["details"] == []
    assert "is left out of this copy" in again.content.decode()
    assert "2026" not in repr(again.context["copy"])
    back = press(as_mira, again, put_back="day")
    assert "2026" in repr(back.context["copy"])
    changed = as_mira.post(address, hidden_fields(again) | {"step": "change"})
    assert changed.context["form"]["without_day"].value() == "yes"

    as_mira.post(address, hidden_fields(again))
    copy = Share.objects.get().open(factories.reader(mira))
    assert "2026" not in repr(copy)
    assert "Heron" in repr(copy)
    assert Entry.objects.get().open(keys).happened.occurred_on == day


def test_day_that_was_left_out_stays_out_of_a_new_version(
    as_mira: Client, mira: User, agreement: Agreement
) -> None:
    happened = Happened(case_code="Heron", took_place="x", occurred_on=date(2026, 5, 4))
    keys = factories.vault_keys(mira)
    entry = factories.make_entry(owner=mira, keys=keys, document=Document(happened=happened))
    address = reverse("share_new", args=[entry.pk])
    page = as_mira.post(address, choices(agreement, passages=["happened"]))
    as_mira.post(address, hidden_fields(press(as_mira, page, leave_out="day")))
    first = Share.objects.get()

    longer = as_mira.get(reverse("share_extend", args=[first.pk]))
    assert not longer.context["changes"]  # The day is no news.
    again = as_mira.get(f"{address}?like={first.pk}").context["form"]
    assert again["without_day"].value() == "yes"
    asked = {"without_day": again["without_day"].value(), "passages": again["passages"].value()}
    page = as_mira.post(address, choices(agreement, **asked))
    assert "is left out of this copy" in page.content.decode()
    assert page.context["earlier"].changes == []

    as_mira.post(address, hidden_fields(press(as_mira, page, put_back="day")))
    second = Share.objects.get(version=2)
    again = as_mira.get(f"{address}?like={second.pk}").context["form"]
    assert not again["without_day"].value()
    put_right = Document(happened=msgspec.structs.replace(happened, occurred_on=date(2026, 5, 5)))
    reflection_actions.save_passage(
        by=mira,
        keys=keys,
        pk=entry.pk,
        passage="happened",
        rewrite=lambda _now: put_right,
        source=reflection_actions.Source(1),
    )
    again = as_mira.get(f"{address}?like={second.pk}").context["form"]
    assert not again["without_day"].value()  # Put right, not left out.
    assert as_mira.get(reverse("share_extend", args=[second.pk])).context["changes"]


def test_day_alone_is_not_left_out(as_mira: Client, mira: User, agreement: Agreement) -> None:
    document = Document(happened=Happened(occurred_on=date(2026, 5, 4)))
    entry = factories.make_entry(owner=mira, keys=factories.vault_keys(mira), document=document)
    address = reverse("share_new", args=[entry.pk])
    page = as_mira.post(address, choices(agreement, passages=["happened"]))
    assert "Leave the day out" not in page.content.decode()
    again = press(as_mira, page, leave_out="day")
    assert again.context["copy"].slugs == ["happened"]


def test_nothing_is_replaced_from_a_page_whose_vault_had_locked(
    as_mira: Client, agreement: Agreement, told: Entry
) -> None:
    address = reverse("share_new", args=[told.pk])
    page = as_mira.post(address, choices(agreement, passages=["repair"]))

    again = press(
        as_mira, page, replace="1", replacement_1="Heron", **{INLINE_PASSWORD: factories.PASSWORD}
    )

    assert again.context["why_again"] == "locked"
    assert Entry.objects.get().revision == 1


def test_nobody_else_replaces_a_detail(
    as_okafor: Client, agreement: Agreement, told: Entry
) -> None:
    address = reverse("share_new", args=[told.pk])
    pressed = {"replace": "1", "text_1": "Jane", "passage_1": "repair", "box_1": "plan"}

    assert as_okafor.post(address, choices(agreement) | pressed).status_code == 404
    assert Entry.objects.get().revision == 1


def test_preview_asks_about_the_words_to_watch_and_not_about_the_two_people_s_names(
    as_mira: Client, agreement: Agreement, address: str, mira: User, okafor: User
) -> None:
    watch_words(by=mira, keys=factories.vault_keys(mira), words=["allotment"])
    names = f"{mira.get_full_name()} to {okafor.get_full_name()}"
    page = as_mira.post(address, choices(agreement, note=f"{names}: the allotment, again."))

    assert [one.found.text for one in page.context["findings"]] == ["allotment"]
    as_mira.post(address, hidden_fields(page))
    assert sum(Share.objects.get().identifiers_found.values()) == 1


def test_words_to_watch_that_do_not_open_are_said_not_to_have_been_looked_for(
    as_mira: Client, agreement: Agreement, address: str, mira: User
) -> None:
    said = "do not open now, so they were not looked for here"
    watch_words(by=mira, keys=factories.vault_keys(mira), words=["allotment"])
    assert said not in as_mira.post(address, choices(agreement)).content.decode()

    PrivateList.objects.update(body=b"damaged")
    page = as_mira.post(address, choices(agreement))
    assert said in page.content.decode()
    as_mira.post(address, hidden_fields(page))
    longer = as_mira.get(reverse("share_extend", args=[Share.objects.get().pk]))
    assert said in longer.content.decode()


def test_notice_to_the_supervisor_holds_a_link_and_no_content(
    as_mira: Client, agreement: Agreement, address: str, okafor: User
) -> None:
    mail.outbox.clear()
    page = as_mira.post(address, choices(agreement))
    as_mira.post(address, hidden_fields(page))

    [notice] = mail.outbox
    share = Share.objects.get()
    assert notice.to == [okafor.email]
    assert reverse("share_read", args=[share.pk]) in notice.body
    said = f"{notice.subject} {notice.body}"
    assert not any(words in said for words in ("Finch", "apology", "Repair", "question"))


# --- Who may -------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["okafor", "jonas", "ada", "rune"])
def test_nobody_shares_an_entry_that_is_not_theirs(
    browser_of: BrowserOf,
    agreement: Agreement,
    address: str,
    who: str,
    request: pytest.FixtureRequest,
) -> None:
    browser = browser_of(request.getfixturevalue(who))

    assert browser.get(address).status_code == 404
    assert browser.post(address, choices(agreement)).status_code == 404
    assert not Share.objects.exists()


def test_deleted_entry_cannot_be_shared(
    as_mira: Client, mira: User, agreement: Agreement, entry: Entry, address: str
) -> None:
    fields = hidden_fields(as_mira.post(address, choices(agreement)))
    reflection_actions.delete_entry(by=mira, pk=entry.pk)

    assert as_mira.post(address, fields).status_code == 404
    assert not Share.objects.exists()


def test_supervisor_cannot_share_through_the_agreement_that_supervises_somebody(
    browser_of: BrowserOf, agreement: Agreement, okafor: User
) -> None:
    own = factories.make_entry(
        owner=okafor, keys=factories.vault_keys(okafor), document=factories.full_document()
    )

    page = browser_of(okafor).post(reverse("share_new", args=[own.pk]), choices(agreement))

    assert page.status_code == 422
    assert not Share.objects.exists()


def test_agreement_not_yet_accepted_shares_nothing(
    as_mira: Client, mira: User, okafor: User, address: str
) -> None:
    waiting = factories.make_agreement(supervisee=mira, supervisor=okafor, is_active=False)

    page = as_mira.post(address, choices(waiting))

    assert "waits until both of you have accepted" in page.content.decode()
    assert not Share.objects.exists()


def test_locked_vault_keeps_the_choices_and_shares_nothing(
    as_mira: Client, agreement: Agreement, address: str
) -> None:
    fields = hidden_fields(as_mira.post(address, choices(agreement)))
    as_mira.post(reverse("vault_lock"))

    page = as_mira.post(address, fields)

    assert page.status_code == 423
    assert "Was the apology for them or for me?" in page.content.decode()
    assert not Share.objects.exists()


def test_unlocking_shows_the_preview_again_and_shares_nothing_yet(
    as_mira: Client, agreement: Agreement, address: str
) -> None:
    fields = hidden_fields(as_mira.post(address, choices(agreement)))
    as_mira.post(reverse("vault_lock"))
    as_mira.post(address, fields)

    again = as_mira.post(address, fields | {"vault_password": factories.PASSWORD})

    said = "Your vault had locked. Nothing was shared; look again, then press Share."
    assert said in again.content.decode()
    assert "Was the apology for them or for me?" in again.content.decode()
    assert not Share.objects.exists()
    assert as_mira.post(address, hidden_fields(again)).status_code == 302
    assert Share.objects.count() == 1


def test_agreement_that_ended_while_looking_leads_on_and_keeps_the_note_to_copy(
    as_mira: Client, mira: User, agreement: Agreement, address: str
) -> None:
    fields = hidden_fields(as_mira.post(address, choices(agreement)))
    actions.end_agreement(by=mira, pk=agreement.pk)

    page = as_mira.post(address, fields)
    html = page.content.decode()

    assert page.status_code == 422
    assert "Nothing was shared. Nothing was lost." in " ".join(html.split())
    assert "There is nobody to share with yet" in html
    assert reverse("agreement_new") in html
    assert "readonly>\nWas the apology for them or for me?</textarea>" in html
    assert 'name="step"' not in html


# --- What is framed -------------------------------------------------------------------------------


def _lines(html: str) -> list[str]:
    """Return the texts between the tags that begin something, as one reads them."""
    html = re.sub(r"</?(?:b|i|em|strong)>", "", html)
    texts = (" ".join(unescape(one).split()) for one in re.split(r"<[^>]*>", html))
    return [one for one in texts if one]


@pytest.mark.parametrize("again", [False, True])
def test_what_is_framed_is_word_for_word_what_the_supervisor_reads(
    as_mira: Client, as_okafor: Client, agreement: Agreement, address: str, again: bool
) -> None:
    if again:
        as_mira.post(address, hidden_fields(as_mira.post(address, choices(agreement))))
    page = as_mira.post(address, choices(agreement))
    html = page.content.decode()
    framed = html[html.index('class="copy-frame"') :]
    framed = framed[framed.index(">") + 1 : framed.index("</section>", framed.index("withheld"))]
    as_mira.post(address, hidden_fields(page))
    share = Share.objects.latest("version")

    read = _lines(as_okafor.get(reverse("share_read", args=[share.pk])).content.decode())

    assert len(_lines(framed)) > 15
    assert [one for one in _lines(framed) if one not in read] == []


# --- A reflection from an earlier vault ----------------------------------------------------------


def _start_over(user: User, *, joined: bool) -> None:
    """Seal ``user``'s vault and give them a fresh one, perhaps ``joined`` by the old."""
    earlier, earlier_keys = Vault.objects.active().get(user=user), factories.vault_keys(user)
    vault_actions.seal(vault=earlier)
    fresh = factories.make_vault(user)
    if joined:
        vault_actions.join_sealed(
            sealed=earlier, sealed_keys=earlier_keys, into=fresh, keys=factories.vault_keys(user)
        )


def test_reflection_from_a_joined_vault_is_shared_and_both_read_it(
    browser_of: BrowserOf, agreement: Agreement, address: str, mira: User, as_okafor: Client
) -> None:
    _start_over(mira, joined=True)
    as_mira = browser_of(mira)
    question = as_mira.post(address, choices(agreement)).context["form"].key_question
    page = as_mira.post(address, choices(agreement, key_confirmed=question.value))

    as_mira.post(address, hidden_fields(page))

    share = Share.objects.get()
    assert share.vault == Vault.objects.active().get(user=mira)
    for browser in (as_mira, as_okafor):
        html = browser.get(reverse("share_read", args=[share.pk])).content.decode()
        assert "no explaining first" in html


def test_copy_shared_before_starting_over_is_read_once_the_vaults_are_joined(
    browser_of: BrowserOf, share: Share, mira: User
) -> None:
    _start_over(mira, joined=True)

    html = browser_of(mira).get(reverse("share_read", args=[share.pk])).content.decode()

    assert "no explaining first" in html


def test_reflection_in_a_sealed_vault_is_said_to_wait_there(
    browser_of: BrowserOf, agreement: Agreement, address: str, mira: User
) -> None:
    _start_over(mira, joined=False)

    page = browser_of(mira).get(address)

    html = page.content.decode()
    assert page.status_code == 409
    assert "sealed when you started over" in html
    assert "damaged" not in html


def test_damaged_reflection_is_said_to_be_damaged(
    as_mira: Client, agreement: Agreement, entry: Entry, address: str
) -> None:
    Entry.objects.filter(pk=entry.pk).update(body=b"\x01\x01")

    page = as_mira.get(address)

    assert page.status_code == 409
    assert "damaged" in page.content.decode()


# --- Bad luck between the two steps --------------------------------------------------------------


def test_agreement_ended_during_the_preview_is_said_and_nothing_is_shared(
    as_mira: Client, agreement: Agreement, address: str, okafor: User
) -> None:
    fields = hidden_fields(as_mira.post(address, choices(agreement)))
    actions.end_agreement(by=okafor, pk=agreement.pk)

    page = as_mira.post(address, fields)

    html = page.content.decode()
    assert page.status_code == 422
    assert "Your agreement with Dr Chidi Okafor ended on" in html
    assert "Nothing was shared." in html
    assert "Was the apology for them or for me?" in html
    assert not Share.objects.exists()


def _end(agreement: Agreement) -> None:
    actions.end_agreement(by=agreement.supervisor, pk=agreement.pk)


def _deactivate(agreement: Agreement) -> None:
    User.objects.filter(pk=agreement.supervisor_id).update(is_active=False)


def _lose_vault(agreement: Agreement) -> None:
    Vault.objects.filter(user=agreement.supervisor).update(sealed_at=timezone.now())


@pytest.mark.parametrize("happens", [_end, _deactivate, _lose_vault])
def test_what_changes_after_the_last_check_is_still_refused(
    agreement: Agreement, entry: Entry, mira: User, happens: Callable[[Agreement], None]
) -> None:
    terms = factories.share_terms(agreement=agreement, entry=entry, passages=["repair"])
    happens(agreement)

    with pytest.raises(Refused):
        actions.share_passages(by=mira, reader=factories.reader(mira), terms=terms)
    assert not Share.objects.exists()


def test_entry_that_changed_after_the_last_check_is_not_shared(
    agreement: Agreement, entry: Entry, mira: User
) -> None:
    terms = factories.share_terms(agreement=agreement, entry=entry, passages=["repair"])
    Entry.objects.filter(pk=entry.pk).update(revision=entry.revision + 1)

    with pytest.raises(actions.Changed):
        actions.share_passages(by=mira, reader=factories.reader(mira), terms=terms)
    assert not Share.objects.exists()


# --- The supervisor's key ------------------------------------------------------------------------


def _fresh_vault(user: User) -> Vault:
    Vault.objects.filter(user=user).update(sealed_at=timezone.now())
    return factories.make_vault(user)


def test_changed_key_stops_sharing_until_it_was_compared(
    as_mira: Client, mira: User, okafor: User, agreement: Agreement, address: str
) -> None:
    fresh = _fresh_vault(okafor)

    page = as_mira.post(address, choices(agreement))

    html = page.content.decode()
    assert page.status_code == 422
    assert "The key of Dr Chidi Okafor has changed" in html
    assert "Was the apology for them or for me?" in html
    question = page.context["form"].key_question
    assert html.count('name="key_confirmed"') == 1
    preview = as_mira.post(address, choices(agreement, key_confirmed=question.value))
    as_mira.post(address, hidden_fields(preview))
    assert Share.objects.get().sealed_to == fresh.pk
    agreement.refresh_from_db()
    assert agreement.knows_key(factories.vault_keys(mira), question.fingerprint)


def test_key_that_changes_during_the_preview_stops_sharing(
    as_mira: Client, okafor: User, agreement: Agreement, address: str
) -> None:
    fields = hidden_fields(as_mira.post(address, choices(agreement)))
    _fresh_vault(okafor)

    page = as_mira.post(address, fields)

    assert page.context["form"].key_question.has_changed
    assert not Share.objects.exists()


def test_confirming_one_key_does_not_confirm_another(
    as_mira: Client, jonas: User, okafor: User, agreement: Agreement, address: str
) -> None:
    old = agreement.supervisor_key
    _fresh_vault(okafor)

    page = as_mira.post(address, choices(agreement, key_confirmed=old.hex()))

    assert page.status_code == 422
    assert not Share.objects.exists()


def test_key_never_remembered_is_asked_about_once(
    as_mira: Client, mira: User, okafor: User, agreement: Agreement, address: str
) -> None:
    Agreement.objects.filter(pk=agreement.pk).update(key_pin=None, pinned_in=None, pinned_at=None)

    page = as_mira.post(address, choices(agreement))

    question = page.context["form"].key_question
    assert not question.has_changed
    assert question.shown in page.content.decode()
    preview = as_mira.post(address, choices(agreement, key_confirmed=question.value))
    as_mira.post(address, hidden_fields(preview))
    assert Share.objects.count() == 1
    assert as_mira.post(address, choices(agreement)).status_code == 200


def test_pin_that_was_blanked_in_the_database_counts_as_changed(
    as_mira: Client, agreement: Agreement, address: str
) -> None:
    Agreement.objects.filter(pk=agreement.pk).update(key_pin=None, pinned_in=None)

    page = as_mira.post(address, choices(agreement))

    assert page.status_code == 422
    assert page.context["form"].key_question.has_changed
    assert "The key of Dr Chidi Okafor has changed" in page.content.decode()
    about = as_mira.get(reverse("agreement_read", args=[agreement.pk])).content.decode()
    assert "This is not the key you knew." in about
    assert not Share.objects.exists()


def test_pin_without_its_time_is_refused_by_the_database(agreement: Agreement) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Agreement.objects.filter(pk=agreement.pk).update(pinned_at=None)


def test_key_remembered_in_an_earlier_vault_is_compared_again(
    browser_of: BrowserOf, agreement: Agreement, entry: Entry, mira: User
) -> None:
    _start_over(mira, joined=True)
    as_mira = browser_of(mira)

    page = as_mira.post(reverse("share_new", args=[entry.pk]), choices(agreement))

    html = page.content.decode()
    assert page.context["form"].key_question.was_elsewhere
    assert "Compare the key of Dr Chidi Okafor again" in html
    assert "somebody may have changed what is stored" in html
    about = as_mira.get(reverse("agreement_read", args=[agreement.pk])).content.decode()
    assert "It was remembered in another vault of yours." in about
    assert not Share.objects.exists()


def test_action_does_not_seal_to_an_unknown_key_that_nobody_confirmed(
    agreement: Agreement, entry: Entry, mira: User, okafor: User
) -> None:
    _fresh_vault(okafor)
    agreement = Agreement.objects.select_related("supervisor").get(pk=agreement.pk)
    terms = factories.share_terms(agreement=agreement, entry=entry, passages=["repair"])

    with pytest.raises(Refused):
        actions.share_passages(by=mira, reader=factories.reader(mira), terms=terms)


def test_deleting_what_was_shared_says_that_nobody_can_open_it(
    as_mira: Client, share: Share, entry: Entry
) -> None:
    page = as_mira.post(reverse("entry_delete", args=[entry.pk]), follow=True)

    assert "Nobody it was shared with can open it now" in page.content.decode()
