"""Identifying details in a real browser: quiet notes, replaced in place, kept knowingly."""

import re

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from reflection.document import Document, Happened
from reflection.models import Entry, EntryVersion
from reflection.watching import watch_words
from tests import factories
from tests.browser.accessibility import usable_in_every_shape
from tests.browser.conftest import OpenPage
from tests.browser.people import SAVED, enter
from vault.crypto import VaultKeys

pytestmark = pytest.mark.django_db(transaction=True)

TEXT = "Sarah gave me 020 7946 0018. Then Sarah cried."


@pytest.fixture(autouse=True)
def _guide(transactional_db: None) -> None:
    factories.load_guide()


def begun(mira: User, keys: VaultKeys, text: str = TEXT) -> Entry:
    document = Document(happened=Happened(case_code="Finch", took_place=text))
    return factories.make_entry(owner=mira, keys=keys, document=document)


def reread(entry: Entry, keys: VaultKeys) -> Document:
    return Entry.objects.get(pk=entry.pk).open(keys)


def test_note_comes_with_the_save_and_replaces_in_place(page: Page, mira: User) -> None:
    keys = enter(page, mira)
    page.goto("/journal/new/")
    box = page.get_by_label("What took place?")
    box.fill("I told Sarah to ring 020 7946 0018. Sarah would not.")
    notes = page.get_by_role("list", name="Details that may identify somebody")
    expect(notes.get_by_role("listitem")).to_have_count(2)
    expect(notes).to_contain_text("020 7946 0018: a telephone number?")

    notes.get_by_role("button", name="Replace with “a number”").click()

    expect(box).to_have_value("I told Sarah to ring a number. Sarah would not.")
    expect(box).to_be_focused()
    page.keyboard.press("Control+z")
    expect(box).to_have_value("I told Sarah to ring 020 7946 0018. Sarah would not.")
    page.keyboard.press("Control+y")
    notes.get_by_role("listitem").filter(has_text="a name?").get_by_role(
        "button", name=re.compile("Replace")
    ).click()
    expect(box).not_to_have_value(re.compile("Sarah"))
    expect(notes).to_have_count(0)
    expect(page.locator("[data-save-state]")).to_have_text(SAVED)
    (entry,) = Entry.objects.owned_by(mira)
    assert "Sarah" not in reread(entry, keys).happened.took_place
    kept = [one.open(keys).happened.took_place for one in EntryVersion.objects.of(entry)]
    assert "I told Sarah to ring 020 7946 0018. Sarah would not." in kept


def test_kept_detail_stays_kept_and_writing_goes_on(page: Page, mira: User) -> None:
    keys = enter(page, mira)
    entry = begun(mira, keys)
    page.goto(f"/journal/{entry.pk}/happened/")
    notes = page.get_by_role("list", name="Details that may identify somebody")
    expect(notes.get_by_role("listitem")).to_have_count(2)

    notes.get_by_role("button", name="Keep it Sarah").click()

    expect(notes.get_by_role("listitem")).to_have_count(1)
    box = page.get_by_label("What took place?")
    expect(box).to_be_focused()
    box.fill(TEXT + " And Sarah left.")
    expect(page.locator("[data-save-state]")).to_have_text(SAVED)
    page.reload()
    expect(notes.get_by_role("listitem")).to_have_count(1)
    expect(box).to_have_value(TEXT + " And Sarah left.")
    assert reread(entry, keys).kept_identifiers == ("Sarah",)


def test_without_a_script_it_is_replaced_where_it_is_read_back(
    open_page: OpenPage, mira: User
) -> None:
    page = open_page(javascript=False)
    keys = enter(page, mira)
    entry = begun(mira, keys)
    page.goto(f"/journal/{entry.pk}/")
    page.get_by_role("link", name="Look for details that may identify somebody").click()

    page.get_by_label("What to put instead of “Sarah”").fill("Wren")
    page.get_by_role("button", name="Replace Sarah").click()
    page.get_by_role("button", name="Keep it 020 7946 0018").click()

    expect(page.get_by_text("Details that may identify somebody")).to_have_count(0)
    assert reread(entry, keys).happened.took_place == "Wren gave me 020 7946 0018. Then Wren cried."


def test_details_come_to_the_page_by_themselves_and_are_settled_there(
    page: Page, mira: User
) -> None:
    keys = enter(page, mira)
    entry = begun(mira, keys)
    page.goto(f"/journal/{entry.pk}/")
    details = page.get_by_role("region", name="Details that may identify somebody")
    link = page.get_by_role("link", name="Look for details that may identify somebody")
    expect(details.get_by_role("listitem")).to_have_count(2)
    expect(link).to_have_count(0)

    details.get_by_role("button", name="Keep it Sarah").click()

    expect(details.get_by_role("listitem")).to_have_count(1)
    assert reread(entry, keys).kept_identifiers == ("Sarah",)


def test_where_the_details_do_not_come_a_link_leads_to_them(
    page: Page, mira: User, page_errors: list[str]
) -> None:
    keys = enter(page, mira)
    entry = begun(mira, keys)
    page.route("**/identifiers/**", lambda route: route.abort())
    page.goto(f"/journal/{entry.pk}/")

    page.get_by_role("link", name="Look for details that may identify somebody").click()

    details = page.get_by_role("region", name="Details that may identify somebody")
    expect(details.get_by_role("listitem")).to_have_count(2)
    page_errors.clear()


def test_pages_with_details_are_fit_for_everybody(page: Page, mira: User) -> None:
    keys = enter(page, mira)
    entry = begun(mira, keys)
    page.goto("/journal/words/")
    usable_in_every_shape(page)
    watch_words(by=mira, keys=keys, words=["Zwielichthof", "the old mill by the weir"])
    for path, shown in (
        (f"/journal/{entry.pk}/happened/", "a telephone number?"),
        (f"/journal/{entry.pk}/", "A telephone number"),
        ("/journal/words/", "Zwielichthof"),
    ):
        page.goto(path)
        expect(page.get_by_text(shown).first).to_be_visible()
        usable_in_every_shape(page)
