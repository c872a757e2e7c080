"""The frame, the landing page and the account's pages in a browser: widths, schemes, keyboard."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import User
from tests import factories
from tests.browser.accessibility import axe_clean, fits_its_width, usable_in_every_shape
from tests.browser.conftest import OpenPage
from tests.browser.people import enter
from tests.browser.shapes import NARROW

LONG_EMAIL = f"{'a' * 60}.{'b' * 60}@{'c' * 60}.example.org"
VISITOR_PAGES = [
    "home",
    "about_privacy",
    "account_signup",
    "account_reset_password",
    "account_reset_password_done",
    "account_inactive",
]
OWN_PAGES = [
    "account_change_password",
    "account_email",
    "account_logout",
    "account_reauthenticate",
    "mfa_index",
    "usersessions_list",
]


@pytest.mark.parametrize("name", VISITOR_PAGES)
def test_visitor_page_is_usable_at_every_width_and_in_both_schemes(page: Page, name: str) -> None:
    page.goto(reverse(name))

    expect(page.get_by_role("heading", level=1)).to_be_visible()
    usable_in_every_shape(page)


def test_own_pages_are_usable_at_every_width_and_in_both_schemes(page: Page, mira: User) -> None:
    enter(page, mira)
    for name in OWN_PAGES:
        page.goto(reverse(name))
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        usable_in_every_shape(page)


def test_missing_page_is_usable(
    open_page: OpenPage, width: int, page_errors: list[str], db: None
) -> None:
    page = open_page(width=width)
    page.goto("/nowhere/")

    expect(page.get_by_role("heading", level=1)).to_have_text("There is nothing to open here")
    fits_its_width(page)
    axe_clean(page)
    assert [error for error in page_errors if "404" not in error] == []
    page_errors.clear()


def test_longest_name_and_address_make_no_page_scroll_sideways(
    open_page: OpenPage, db: None
) -> None:
    person = factories.make_user(name="Wolfeschlegelsteinhausen" * 4, email=LONG_EMAIL)
    page = open_page(width=NARROW)
    enter(page, person)
    page.goto(reverse("account_email"))
    page.locator("details.menu > summary").click()

    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    fits_its_width(page)


def test_skip_link_is_the_first_stop_and_leads_to_the_page(open_page: OpenPage, db: None) -> None:
    page = open_page()
    page.goto(reverse("about_privacy"))
    page.keyboard.press("Tab")

    expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to the page")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_account_menu_opens_and_closes_by_keyboard(open_page: OpenPage, mira: User) -> None:
    page = open_page()
    enter(page, mira)
    page.goto(reverse("about_privacy"))
    menu = page.locator("details.menu")
    menu.locator("summary").focus()
    page.keyboard.press("Enter")

    expect(menu.get_by_role("link", name="Account and security")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(menu.get_by_role("link", name="Account and security")).to_be_hidden()
    expect(menu.locator("summary")).to_be_focused()


def test_signing_out_from_the_menu_needs_no_script(open_page: OpenPage, mira: User) -> None:
    page = open_page(javascript=False)
    enter(page, mira)
    page.goto(reverse("about_privacy"))
    page.locator("details.menu > summary").click()
    page.get_by_role("button", name="Sign out").click()

    expect(page.get_by_role("link", name="Sign in").first).to_be_visible()


def test_locking_from_the_bar_needs_no_script(open_page: OpenPage, mira: User) -> None:
    page = open_page(javascript=False)
    enter(page, mira)
    page.goto(reverse("about_privacy"))
    page.get_by_role("button", name="Lock now").click()

    page.goto(reverse("about_privacy"))
    expect(page.locator("header").get_by_text("Locked", exact=True)).to_be_visible()


def test_password_can_be_shown_and_is_sent_hidden(open_page: OpenPage, db: None) -> None:
    page = open_page()
    page.goto(reverse("account_login"))
    field = page.get_by_label("Password", exact=True)
    field.fill("two chairs")
    page.get_by_role("button", name="Show: Password").click()

    expect(field).to_have_attribute("type", "text")
    page.get_by_role("button", name="Hide: Password").click()
    expect(field).to_have_attribute("type", "password")


def test_a_second_run_of_the_script_adds_nothing(open_page: OpenPage, db: None) -> None:
    page = open_page()
    page.goto(reverse("account_login"))
    expect(page.get_by_role("button", name="Show: Password")).to_have_count(1)
    page.evaluate("import('/static/js/mend.js?again')")

    expect(page.get_by_role("button", name="Show: Password")).to_have_count(1)


def test_sign_in_form_works_without_script(open_page: OpenPage, mira: User) -> None:
    page = open_page(javascript=False)
    page.goto(reverse("account_login"))
    page.get_by_label("E-mail address").fill(mira.email)
    page.get_by_label("Password", exact=True).fill(factories.PASSWORD)
    page.locator("main").get_by_role("button", name="Sign in").click()

    expect(page.locator("header").get_by_text(re.compile("locks in"))).to_be_visible()


def test_summary_of_errors_takes_the_focus(open_page: OpenPage, mira: User) -> None:
    page = open_page(width=NARROW)
    page.goto(reverse("account_login"))
    page.get_by_label("E-mail address").fill(mira.email)
    page.get_by_label("Password", exact=True).fill("not-the-one")
    page.locator("main").get_by_role("button", name="Sign in").click()

    summary = page.get_by_role("group", name="Something here needs another look")
    expect(summary).to_be_focused()
    axe_clean(page)


def test_page_can_be_printed_in_ink_on_paper_from_a_dark_screen(
    open_page: OpenPage, db: None
) -> None:
    page = open_page(scheme="dark")
    page.goto(reverse("about_privacy"))
    page.emulate_media(media="print")

    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(255, 255, 255)"
    expect(page.locator("header.bar")).to_be_hidden()


def test_own_high_contrast_colours_stand_in_for_ours(open_page: OpenPage, db: None) -> None:
    page = open_page()
    page.emulate_media(forced_colors="active")
    page.goto(reverse("home"))

    expect(page.get_by_role("heading", level=1)).to_be_visible()
    ring = page.locator(".mark .ring")
    same = page.evaluate(
        "ring => getComputedStyle(ring).stroke === getComputedStyle(document.body).color",
        ring.element_handle(),
    )
    assert same
