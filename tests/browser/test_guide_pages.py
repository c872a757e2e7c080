"""The guide in a browser: readable at every width, in both schemes, by keyboard, on paper."""

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.accessibility import usable_in_every_shape
from tests.browser.conftest import OpenPage


@pytest.fixture(autouse=True)
def _shipped_guide(transactional_db: None) -> None:
    factories.load_guide()


def paths() -> list[str]:
    """Return one page of each kind."""
    return [
        reverse("guide_home"),
        reverse("guide_evidence"),
        reverse("pattern_read", args=["p2-favour"]),
        reverse("strategy_read", args=["st-theme"]),
    ]


def test_guide_is_usable_at_every_width_and_in_both_schemes(
    page: Page,
) -> None:
    for path in paths():
        page.goto(path)

        expect(page.get_by_role("heading", level=1)).to_be_visible()
        usable_in_every_shape(page)


def test_visitor_follows_a_thought_to_the_last_way_to_mend(page: Page) -> None:
    page.goto(reverse("guide_home"))
    page.get_by_role("link", name="They are making too much of it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("They are making too much of it")

    page.get_by_role("link", name="They are leaving things out").click()
    page.get_by_role("link", name="Ways to mend").click()
    page.get_by_role("link", name="Offer a new experience").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Offer a new experience")
    expect(page.get_by_text("Not significant", exact=False).first).to_be_visible()


def test_whole_card_can_be_reached_by_keyboard_and_pressed_anywhere(page: Page) -> None:
    page.goto(reverse("guide_home"))
    card = page.locator(".card").first

    card.get_by_role("link").focus()
    expect(card.get_by_role("link")).to_be_focused()
    card.click(position={"x": 20, "y": 120})

    expect(page.get_by_role("heading", level=1)).to_have_text("Intention and impact")


def test_seam_runs_between_the_two_sides_or_across_a_narrow_page(open_page: OpenPage) -> None:
    path = reverse("pattern_read", args=["p1-intent"])
    wide, narrow = open_page(), open_page(width=390)
    wide.goto(path)
    narrow.goto(path)

    expect(wide.locator(".sides .seam.down")).to_be_visible()
    expect(wide.locator(".sides .seam.across")).to_be_hidden()
    expect(narrow.locator(".sides .seam.across")).to_be_visible()
    expect(narrow.locator(".sides .seam.down")).to_be_hidden()


def test_guide_reads_without_a_script(open_page: OpenPage) -> None:
    page = open_page(javascript=False)
    page.goto(reverse("pattern_read", args=["p4-context"]))

    expect(page.get_by_role("heading", name="Questions to sit with")).to_be_visible()
    expect(page.get_by_role("link", name="Sign in to write")).to_be_visible()


def test_printed_thought_leaves_out_the_frame_and_leaves_room_to_write(page: Page) -> None:
    page.goto(reverse("pattern_read", args=["p3-proportion"]))
    page.emulate_media(media="print")

    expect(page.locator("header.bar")).to_be_hidden()
    expect(page.get_by_role("link", name="Sign in to write")).to_be_hidden()
    prompt = page.locator(".prompts li").first.bounding_box()
    assert prompt is not None
    assert prompt["height"] > 90
