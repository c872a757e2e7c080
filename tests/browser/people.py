"""Bringing a person of the cast into a page, signed in and unlocked, without the sign-in page."""

import re
from collections.abc import Callable

from django.conf import settings
from django.test import Client
from playwright.sync_api import Page

from accounts.models import User
from tests import factories
from vault.crypto import VaultKeys

HOST = "localhost"  # Where pytest-django's live server is.
# With the day where the page's own clock has gone past midnight since.
SAVED = re.compile(r"Saved (\d+ \w+ \d{4}, )?\d\d:\d\d, sealed to you")


def enter(page: Page, user: User) -> VaultKeys:
    """Give ``page``'s browser the cookies of ``user``, signed in with the vault unlocked."""
    client = Client()
    keys = factories.unlock(client, user)
    names = (settings.SESSION_COOKIE_NAME, settings.VAULT_COOKIE_NAME)
    page.context.add_cookies(
        [
            {"name": name, "value": client.cookies[name].value, "domain": HOST, "path": "/"}
            for name in names
        ]
    )
    return keys


def unlock_in_a_new_tab(page: Page) -> None:
    """Take the way that the cover offers."""
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Unlock in a new tab").click()
    opened.value.get_by_label("Your password", exact=True).fill(factories.PASSWORD)
    opened.value.get_by_role("button", name="Unlock", exact=True).click()


def until(page: Page, is_so: Callable[[], bool]) -> None:
    """Wait for what no element of the page shows, such as how often it asked something."""
    for _tenth in range(100):
        if is_so():
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"It did not come about at {page.url}")
