"""What happens to writing when the real thing fails: the server, the network, the hour, the tab.

Nothing here is a stubbed answer. Each time what was typed is there, or the page says what is not.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, BrowserType, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from reflection.models import Entry
from tests import factories
from tests.browser.people import SAVED, enter
from tests.browser.test_sealed_drafts import OFFERED, begun, drafts, written
from tests.test_embedded import ROOT, START_SECONDS, environment, running
from vault.crypto import VaultKeys
from vault.models import Unlock

MINUTES = 60_000
TOOK_PLACE = "What took place?"
UNREACHABLE = "Mend cannot be reached just now"
WRITER = "writer@example.com"
MAKE_WRITER = f"""
import django
django.setup()
from tests import factories
factories.make_vault(factories.make_user(name="Nell Ward", email="{WRITER}"))
"""


@pytest.fixture
def _guide(transactional_db: None) -> None:
    call_command("load_guide", verbosity=0)


def type_on(page: Page, text: str) -> None:
    """Type at the end of what stands there, as hands do."""
    box = page.get_by_label(TOOK_PLACE)
    box.press("Control+End")
    box.press_sequentially(text, delay=5)


def state_of(page: Page) -> Any:
    return page.locator("[data-save-state]")


# --- The server ----------------------------------------------------------------------------------


def make_writer(folder: Path) -> None:
    """Make somebody with a vault in a running Mend's database."""
    given = environment(folder, DJANGO_SETTINGS_MODULE="config.settings")
    done = subprocess.run(
        [sys.executable, "-c", MAKE_WRITER],
        cwd=ROOT,
        env=given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def sign_in(page: Page) -> None:
    page.goto("/accounts/login/")
    page.locator("#id_login").fill(WRITER)
    page.get_by_label("Password", exact=True).fill(factories.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "login" not in url)


def kill(process: subprocess.Popen[str]) -> None:
    """End the server as a power cut does, with all that it had started, asking nobody."""
    with subprocess.Popen(["ps", "-o", "pid=", "--ppid", str(process.pid)], stdout=-1) as asked:
        children = [int(pid) for pid in asked.communicate()[0].split()]
    process.kill()
    for child in children:
        os.kill(child, signal.SIGKILL)
    process.wait(timeout=START_SECONDS)


def test_server_killed_while_somebody_types_and_started_again_loses_nothing(
    browser: Browser, tmp_path: Path
) -> None:
    with running(tmp_path) as (process, address):
        make_writer(tmp_path)
        context = browser.new_context(base_url=address, locale="en-GB")
        page, capture = context.new_page(), context.new_page()
        sign_in(page)
        page.goto("/journal/new/")
        type_on(page, "Before.")
        expect(state_of(page)).to_have_text(SAVED)
        capture.goto("/journal/capture/")
        capture.get_by_label("What happened").fill("Captured before.")
        page.get_by_label(TOOK_PLACE).press("End")
        kill(process)
        type_on(page, " While it was away.")
        expect(page.locator("[data-save-trouble]")).to_contain_text(UNREACHABLE)
        expect(page.locator("[data-draft-state]")).to_contain_text("A sealed copy is kept")
        capture.get_by_role("button", name="Save it").click()
        expect(capture.locator("[data-offline]")).to_contain_text(UNREACHABLE)
        expect(capture.get_by_label("What happened")).to_have_value("Captured before.")
        assert len(drafts(page)) == 2
    with running(tmp_path, port=int(address.rpartition(":")[2])):
        expect(state_of(page)).to_have_text(SAVED, timeout=40_000)  # by itself
        type_on(page, " After.")
        expect(state_of(page)).to_have_text(SAVED)
        page.reload()
        expect(page.get_by_label(TOOK_PLACE)).to_have_value("Before. While it was away. After.")
        capture.get_by_role("button", name="Save it").click()
        expect(capture.get_by_text("Captured before.").first).to_be_visible()
        capture.wait_for_function("() => !Object.keys(localStorage).length")
        context.close()


# --- The network ---------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_guide")
def test_ten_minutes_without_a_connection_lose_nothing(
    page: Page, mira: User, page_errors: list[str]
) -> None:
    keys = enter(page, mira)
    entry = begun(mira, keys, text="Before.")
    page.clock.install()
    page.goto(f"/journal/{entry.pk}/happened/")
    page.context.set_offline(True)
    said = "Before."
    for minute in range(10):
        type_on(page, f" Minute {minute}.")
        said += f" Minute {minute}."
        page.clock.run_for(1 * MINUTES)
        expect(page.locator("[data-save-trouble]")).to_contain_text(UNREACHABLE)
        expect(page.locator("[data-draft-state]")).to_contain_text("A sealed copy is kept")
    assert written(entry, keys) == "Before."
    page.context.set_offline(False)
    page.clock.run_for(1000)
    expect(state_of(page)).to_have_text(SAVED)
    assert written(entry, keys) == said
    expect(page.get_by_label(TOOK_PLACE)).to_have_value(said)
    assert not drafts(page)
    page_errors.clear()  # Chromium logs each request that failed.


# --- The hour ------------------------------------------------------------------------------------


def sleep_past_the_limit(page: Page) -> None:
    """Shut the laptop for an hour: its timers stand still, and the server's clock does not."""
    an_hour_ago = timezone.now() - timedelta(hours=1)
    Unlock.objects.update(last_seen_at=an_hour_ago)
    page.clock.fast_forward(60 * MINUTES)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_guide")
def test_words_typed_before_a_laptop_slept_are_saved_after_unlocking(
    page: Page, mira: User, page_errors: list[str]
) -> None:
    keys = enter(page, mira)
    entry = begun(mira, keys, text="Before.")
    page.clock.install()
    page.goto(f"/journal/{entry.pk}/happened/")
    page.context.set_offline(True)
    type_on(page, " In mid-sen")
    sleep_past_the_limit(page)
    page.context.set_offline(False)
    cover = page.locator(".cover")
    # The page's clock stands still while it waits for the server's answer: let it go on after that.
    for _second in range(30):
        page.clock.run_for(1_000)
        page.wait_for_timeout(100)
        if cover.is_visible():
            break
    expect(cover).to_be_visible()
    expect(page.get_by_label(TOOK_PLACE)).to_be_hidden()  # for whoever opens the laptop
    expect(cover.get_by_label("Your password", exact=True)).to_be_focused()
    cover.get_by_label("Your password", exact=True).fill(factories.PASSWORD)
    cover.get_by_role("button", name="Unlock").first.click()
    expect(cover).to_have_count(0)
    page.clock.run_for(5000)
    expect(state_of(page)).to_have_text(SAVED)
    assert written(entry, keys) == "Before. In mid-sen"
    page_errors.clear()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_guide")
def test_laptop_that_slept_with_everything_saved_asks_for_the_password_and_returns(
    page: Page, mira: User, page_errors: list[str]
) -> None:
    keys = enter(page, mira)
    entry = begun(mira, keys)
    page.clock.install()
    page.goto(f"/journal/{entry.pk}/happened/")
    type_on(page, " All of it.")
    page.clock.run_for(2000)
    expect(state_of(page)).to_have_text(SAVED)
    sleep_past_the_limit(page)
    page.clock.run_for(10_000)
    page.wait_for_url("**/vault/unlock/**")
    page.get_by_label("Your password", exact=True).fill(factories.PASSWORD)
    page.get_by_role("button", name="Unlock", exact=True).click()
    expect(page.get_by_label(TOOK_PLACE)).to_have_value("It began well. All of it.")
    page_errors.clear()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_guide")
def test_capture_under_way_when_a_laptop_slept_is_there_after_unlocking(
    page: Page, mira: User, page_errors: list[str]
) -> None:
    keys = enter(page, mira)
    page.clock.install()
    page.goto("/journal/capture/")
    page.get_by_label("What happened").fill("In mid-sen")
    sleep_past_the_limit(page)
    page.clock.run_for(10_000)
    cover = page.locator(".cover")
    cover.get_by_label("Your password", exact=True).fill(factories.PASSWORD)
    cover.get_by_role("button", name="Unlock").first.click()
    expect(cover).to_have_count(0)
    expect(page.get_by_label("What happened")).to_have_value("In mid-sen")
    page.get_by_role("button", name="Save it").click()
    page.wait_for_url("**/captures/**")
    (entry,) = Entry.objects.owned_by(mira)
    assert entry.open(keys).happened.took_place == "In mid-sen"
    page_errors.clear()


# --- The tab -------------------------------------------------------------------------------------


@pytest.fixture
def profile(
    browser_type: BrowserType,
    browser_type_launch_args: dict[str, Any],
    live_server: LiveServer,
    tmp_path: Path,
) -> Callable[[], Any]:
    """Opens a browser on a profile of its own: closed and opened again, it is the same one."""

    @contextmanager
    def opened() -> Iterator[BrowserContext]:
        context = browser_type.launch_persistent_context(
            tmp_path / "profile",
            **browser_type_launch_args,
            base_url=live_server.url,
            locale="en-GB",
        )
        yield context
        context.close()

    return opened


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_guide")
def test_browser_closed_in_mid_sentence_offers_what_it_could_not_save(
    profile: Callable[[], Any], mira: User
) -> None:
    keys: VaultKeys
    with profile() as context:
        page = context.pages[0]
        keys = enter(page, mira)
        entry = begun(mira, keys, text="Before.")
        page.goto(f"/journal/{entry.pk}/happened/")
        context.set_offline(True)
        type_on(page, " In mid-sen")
        expect(page.locator("[data-draft-state]")).to_contain_text("A sealed copy is kept")
        capture = context.new_page()
    assert written(entry, keys) == "Before."
    with profile() as context:
        page = context.pages[0]
        enter(page, mira)
        page.goto(f"/journal/{entry.pk}/happened/")
        expect(page.locator(OFFERED)).to_be_visible()
        expect(page.get_by_label(TOOK_PLACE)).to_have_value("Before.")  # not filled in silently
        page.get_by_role("button", name="Look at the unsaved text").click()
        page.get_by_role("button", name="Keep this text").click()
        expect(page.get_by_label(TOOK_PLACE)).to_have_value("Before. In mid-sen")
    assert written(entry, keys) == "Before. In mid-sen"
    assert capture.is_closed()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_guide")
def test_tab_closed_in_mid_sentence_has_saved_what_was_typed(page: Page, mira: User) -> None:
    """With a connection: the page is hidden, and sends what it has on its way out."""
    keys = enter(page, mira)
    entry = begun(mira, keys, text="Before.")
    page.goto(f"/journal/{entry.pk}/happened/")
    type_on(page, " In mid-sen")
    page.close(run_before_unload=False)
    until = time.monotonic() + 10
    while written(entry, keys) == "Before." and time.monotonic() < until:
        time.sleep(0.1)
    assert written(entry, keys) == "Before. In mid-sen"
