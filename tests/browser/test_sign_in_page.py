"""The page a person meets first."""

from django.urls import reverse
from playwright.sync_api import Page, expect

from tests.browser.accessibility import usable_in_every_shape


def test_sign_in_page_is_usable_at_every_width_and_in_both_schemes(
    page: Page,
) -> None:
    page.goto(reverse("account_login"))

    expect(page.get_by_role("heading", level=1)).to_be_visible()
    usable_in_every_shape(page)
