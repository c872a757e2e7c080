"""Searching in a real browser: by keyboard, back again, no trace in the history, nothing amiss."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from reflection.document import Alliance, Document, Happened, Items, Label, LookBack, Reaction
from tests import factories
from tests.browser.accessibility import usable_in_every_shape
from tests.browser.conftest import OpenPage
from tests.browser.people import enter
from vault.crypto import VaultKeys

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _guide(transactional_db: None) -> None:
    factories.load_guide()


def fill_journal(mira: User, keys: VaultKeys) -> None:
    for number in range(6):
        happened = Happened(
            case_code="Finch",
            took_place=f"The door, once more: I explained too soon, and it was quiet. {number}",
            strain=number % 6,
            kinds=(Label("bond", "The bond"),),
            before=Alliance(mine=Items(bond=7, strain=2)),
            after=Alliance(mine=Items(bond=4, strain=6)),
        )
        reaction = Reaction(
            patterns=(Label("minimising", "They are making too much of it"),),
            feelings=(Label("shame", "Ashamed"),),
        )
        document = Document(
            title=f"The door {number}",
            tags=("endings", "first year"),
            happened=happened,
            reaction=reaction,
            looking_back=(LookBack(noted_at=NOW, standing="repaired"),),
        )
        factories.make_entry(owner=mira, keys=keys, document=document)


def test_search_is_lived_by_keyboard_and_come_back_to(page: Page, mira: User) -> None:
    fill_journal(mira, enter(page, mira))
    page.goto("/journal/search/")
    box = page.get_by_role("searchbox", name="Look for")
    box.focus()
    page.keyboard.type('"too soon" QUIET')
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="6 reflections in all")).to_be_visible()
    expect(page.locator("#announce")).to_have_text("6 reflections in all, newest first")
    assert "soon" not in page.url
    assert "soon" not in page.title()

    box.focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name="The door 5")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("The door 5")
    page.go_back()
    expect(page.get_by_role("heading", name="6 reflections in all")).to_be_visible()
    expect(box).to_have_value('"too soon" QUIET')


def test_search_and_tags_work_without_a_script(open_page: OpenPage, mira: User) -> None:
    page = open_page(javascript=False)
    fill_journal(mira, enter(page, mira))
    page.goto("/journal/")
    page.get_by_role("button", name="All with the tag first year").first.click()
    expect(page.get_by_role("heading", name="6 reflections in all")).to_be_visible()
    assert "first" not in page.url


def test_tags_are_offered_for_the_last_word(page: Page, mira: User) -> None:
    keys = enter(page, mira)
    fill_journal(mira, keys)
    page.goto("/journal/new/")
    box = page.get_by_label("Tags")
    box.fill("endings, f")
    offered = page.locator("#own-tags option")
    assert [one.get_attribute("value") for one in offered.all()] == ["endings, first year"]


def test_insights_are_read_as_sentence_drawing_and_table(page: Page, mira: User) -> None:
    fill_journal(mira, enter(page, mira))
    page.goto("/journal/")
    page.get_by_role("link", name="Insights").click()
    strain = page.locator(".insight").filter(
        has=page.get_by_role("heading", name="Strain over time")
    )
    expect(strain.get_by_role("img")).to_be_visible()
    expect(strain.get_by_role("table")).to_be_hidden()
    strain.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(strain.get_by_role("table")).to_be_visible()
    strain.get_by_role("link", name="The door 3").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The door 3")
    page.goto("/journal/insights/")
    page.get_by_role("link", name="3 months").click()
    expect(page.get_by_role("link", name="3 months")).to_have_attribute("aria-current", "page")
    expect(page.get_by_role("heading", name="Strain over time")).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False], ids=["with scripts", "without"])
def test_insights_are_printed_with_their_tables(
    open_page: OpenPage, mira: User, javascript: bool
) -> None:
    page = open_page(javascript=javascript)
    fill_journal(mira, enter(page, mira))
    page.goto("/journal/insights/")
    tables = page.locator(".insight").get_by_role("table", include_hidden=True)
    expect(tables.first).to_be_hidden()

    page.emulate_media(media="print")

    assert tables.count() > 1
    for table in tables.all():
        expect(table).to_be_visible()


def test_tables_are_opened_for_a_printer_and_those_closed_again(page: Page, mira: User) -> None:
    """Where a browser cannot show what is closed, the script opens it."""
    fill_journal(mira, enter(page, mira))
    page.goto("/journal/insights/")
    summaries, open_ones = page.locator(".insight summary"), page.locator(".insight details[open]")
    summaries.first.click()
    expect(open_ones).to_have_count(1)

    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    expect(open_ones).to_have_count(summaries.count())
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")

    expect(open_ones).to_have_count(1)
    expect(page.locator(".insight details").first).to_have_attribute("open", "")


def test_axe_finds_nothing_on_searching_tags_and_insights(page: Page, mira: User) -> None:
    fill_journal(mira, enter(page, mira))
    page.goto("/journal/search/")
    usable_in_every_shape(page)
    page.get_by_text("Narrow it down").click()
    page.get_by_role("searchbox").fill("quiet")
    page.get_by_label("Where it stands").select_option("repaired")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.get_by_role("heading", name="6 reflections in all")).to_be_visible()
    usable_in_every_shape(page)
    page.goto("/journal/tags/")
    page.locator(".own-tags summary").first.click()
    usable_in_every_shape(page)
    page.goto("/journal/insights/")
    for summary in page.locator(".insight summary").all():
        summary.click()
    expect(page.get_by_role("img", name="with a thought you recognised")).to_be_visible()
    usable_in_every_shape(page)
