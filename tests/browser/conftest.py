"""Chromium over the live server: everything in this folder is marked ``browser``.

``open_page(width=390, scheme="dark")`` gives a page in a browser context of its own, so that one
test can be several people. A page that logs an error, throws one or breaks the content security
policy fails its test.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.browser.shapes import HEIGHT, NARROW, WIDE, Scheme
from tests.chromium import system_chromium

HERE = Path(__file__).parent
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


class OpenPage(Protocol):
    """Opens a page in a browser context of its own."""

    def __call__(
        self, *, width: int = WIDE, scheme: Scheme = "light", javascript: bool = True
    ) -> Page: ...


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("browser")


@pytest.fixture(scope="session", autouse=True)
def _django_beside_playwright() -> Iterator[None]:
    """Let tests use the database: Playwright keeps an event loop running in their thread."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    expect.set_options(timeout=10_000)
    yield
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The system's Chromium where there is one, else Playwright's own."""
    system = system_chromium()
    chosen = {"executable_path": str(system)} if system else {}
    return browser_type_launch_args | chosen | {"args": SWITCHES}


@pytest.fixture(params=[WIDE, NARROW], ids=["wide", "narrow"])
def width(request: pytest.FixtureRequest) -> int:
    """The width of a desk's screen, then of a telephone's, in pixels."""
    wanted: int = request.param
    return wanted


@pytest.fixture
def page_errors() -> list[str]:
    """What went wrong inside the pages of this test; a test may clear what it caused itself."""
    return []


@pytest.fixture
def open_page(
    browser: Browser, live_server: LiveServer, page_errors: list[str]
) -> Iterator[OpenPage]:
    """Opens pages; at the end of the test closes them and fails if one had an error."""
    contexts = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            page_errors.append(f"{message.text} ({message.location.get('url')})")

    def open_one(*, width: int = WIDE, scheme: Scheme = "light", javascript: bool = True) -> Page:
        context = browser.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": HEIGHT},
            color_scheme=scheme,
            java_script_enabled=javascript,
            reduced_motion="reduce",
            locale="en-GB",
            timezone_id="Europe/London",
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: page_errors.append(str(error)))
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert not page_errors, "Pages had errors:\n" + "\n".join(page_errors)


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    """One page at a desk's width, in light colours."""
    return open_page()
