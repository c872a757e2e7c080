"""The page a person meets first."""

from django.urls import reverse
from playwright.sync_api import expect

from tests.browser.accessibility import axe_clean, fits_its_width
from tests.browser.conftest import OpenPage, Scheme


def test_sign_in_page_is_usable_at_every_width_and_in_both_schemes(
    open_page: OpenPage, width: int, scheme: Scheme
) -> None:
    page = open_page(width=width, scheme=scheme)
    page.goto(reverse("account_login"))

    expect(page.get_by_role("heading", level=1)).to_be_visible()
    fits_its_width(page)
    axe_clean(page)
