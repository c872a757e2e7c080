"""The vault in a real browser: set up, locked in every tab, nothing left behind, nothing lost."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Dialog, Locator, Page, expect

from accounts.models import User
from reflection.document import Document, Happened
from reflection.models import Entry
from tests import factories
from tests.browser.accessibility import axe_clean, fits_its_width, usable_in_every_shape
from tests.browser.conftest import OpenPage
from tests.browser.people import SAVED, enter, unlock_in_a_new_tab, until
from vault import actions
from vault.models import Unlock, Vault

pytestmark = pytest.mark.django_db(transaction=True)

CODE = re.compile(r"(?:[0-9A-Z]{4}-){6}[0-9A-Z]{4}")
SECRET = "She looked at the clock twice."
HELD = "What did I miss about the clock?"


@pytest.fixture(autouse=True)
def _guide(transactional_db: None) -> None:
    factories.load_guide()


def entry_of(user: User, keys: Any) -> Entry:
    document = Document(happened=Happened(case_code="Finch", took_place=SECRET))
    return factories.make_entry(owner=user, keys=keys, document=document)


def another_tab(page: Page, path: str) -> Page:
    tab = page.context.new_page()
    tab.goto(path)
    return tab


def sign_in(page: Page, user: User) -> None:
    page.goto("/accounts/login/")
    page.locator("[name=login]").fill(user.email)
    page.locator("[name=password]").fill(factories.PASSWORD)
    page.locator("main form button[type=submit]").first.click()


# --- Setting up ----------------------------------------------------------------------------------


def test_new_person_sets_the_vault_up(page: Page, alder_house: Any, page_errors: list[str]) -> None:
    user = factories.make_user()
    factories.make_membership(user=user, clinic=alder_house)
    sign_in(page, user)
    expect(page.get_by_role("heading", name="Set up your vault")).to_be_visible()
    page.get_by_role("button", name="Show my recovery code").click()
    code = page.locator("#code").inner_text()
    assert CODE.fullmatch(code)

    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy the code").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == code

    slip = code[:-1] + ("0" if code[-1] != "0" else "1")
    page.get_by_label("Recovery code", exact=True).fill(slip)
    page.get_by_role("button", name="Yes, I have kept it").click()
    expect(page.locator("#id_code_error")).to_contain_text("typing slip")
    page_errors.clear()  # The browser logs the 400 that told of the slip.

    page.get_by_label("Recovery code", exact=True).fill(code.lower().replace("-", " "))
    page.get_by_role("button", name="Yes, I have kept it").click()
    expect(page.get_by_text("Your vault is ready")).to_be_visible()
    assert Vault.objects.get(user=user).is_ready


def test_setting_up_works_without_javascript(open_page: OpenPage, alder_house: Any) -> None:
    user = factories.make_user()
    factories.make_membership(user=user, clinic=alder_house)
    page = open_page(javascript=False)
    sign_in(page, user)
    page.get_by_role("button", name="Show my recovery code").click()
    code = page.locator("#code").inner_text()
    expect(page.get_by_role("button", name="Copy the code")).to_be_hidden()
    page.get_by_label("Recovery code", exact=True).fill(code)
    page.get_by_role("button", name="Yes, I have kept it").click()
    expect(page.get_by_text("Your vault is ready")).to_be_visible()
    assert Vault.objects.get(user=user).is_ready


# --- Locking -------------------------------------------------------------------------------------


def test_locking_in_one_tab_takes_the_text_off_the_others(page: Page, mira: User) -> None:
    entry = entry_of(mira, enter(page, mira))
    page.goto(f"/journal/{entry.pk}/")
    expect(page.get_by_text(SECRET)).to_be_visible()
    other = another_tab(page, "/journal/")
    other.get_by_role("button", name="Lock now").click()
    expect(other.get_by_role("heading", name="Your vault is locked")).to_be_visible()
    expect(page.get_by_role("heading", name="Your vault is locked")).to_be_visible()
    assert page.url.endswith(f"/vault/unlock/?next=%2Fjournal%2F{entry.pk}%2F")
    page.get_by_label("Your password", exact=True).fill(factories.PASSWORD)
    page.get_by_role("button", name="Unlock", exact=True).click()
    expect(page.get_by_text(SECRET)).to_be_visible()


def test_unlocking_in_one_tab_opens_the_others_again(page: Page, mira: User) -> None:
    entry = entry_of(mira, enter(page, mira))
    page.goto(f"/journal/{entry.pk}/")
    other = another_tab(page, "/journal/")
    other.get_by_role("button", name="Lock now").click()
    expect(page.get_by_role("heading", name="Your vault is locked")).to_be_visible()
    # What a tab says is not believed: the page asks.
    other.evaluate("() => new BroadcastChannel('mend-vault').postMessage('unlocked')")
    other.wait_for_timeout(300)
    expect(page.get_by_role("heading", name="Your vault is locked")).to_be_visible()
    other.get_by_label("Your password", exact=True).fill(factories.PASSWORD)
    other.get_by_role("button", name="Unlock", exact=True).click()
    expect(page.get_by_text(SECRET)).to_be_visible()
    assert page.url.endswith(f"/journal/{entry.pk}/")


def test_back_after_locking_does_not_show_the_text(page: Page, mira: User) -> None:
    entry = entry_of(mira, enter(page, mira))
    page.goto(f"/journal/{entry.pk}/")
    page.get_by_role("button", name="Lock now").click()
    expect(page.get_by_role("heading", name="Your vault is locked")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Your vault is locked")).to_be_visible()
    assert SECRET not in page.content()


def test_signing_out_in_one_tab_takes_the_text_off_the_others(
    page: Page, mira: User, page_errors: list[str]
) -> None:
    entry = entry_of(mira, enter(page, mira))
    page.goto(f"/journal/{entry.pk}/")
    other = another_tab(page, "/journal/")
    other.locator("details[data-menu] summary").click()
    other.get_by_role("button", name="Sign out").click()
    expect(page.locator("[name=login]")).to_be_visible()
    assert SECRET not in page.content()
    page_errors.clear()  # The browser logs the 401.


def test_idle_page_counts_down_and_then_covers_itself(page: Page, mira: User) -> None:
    keys = enter(page, mira)
    entry = entry_of(mira, keys)
    page.clock.install()
    page.goto(f"/journal/{entry.pk}/")
    expect(page.locator("[data-lock-left]")).to_have_text("locks in 15 min")
    quiet = timezone.now() - timedelta(minutes=5, seconds=10)
    Unlock.objects.update(created_at=quiet, last_seen_at=quiet)
    page.clock.run_for(61_000)  # The page asks the server, which knows better.
    expect(page.locator("[data-lock-left]")).to_have_text("locks in 10 min")
    Unlock.objects.update(last_seen_at=timezone.now() - timedelta(minutes=15))
    page.clock.run_for(61_000)
    expect(page.get_by_role("heading", name="Your vault is locked")).to_be_visible()


def test_asking_how_long_is_left_does_not_keep_it_open(page: Page, mira: User) -> None:
    enter(page, mira)
    page.clock.install()
    page.goto("/vault/recovery/")
    seen = timezone.now() - timedelta(minutes=5)
    Unlock.objects.update(created_at=seen, last_seen_at=seen)
    with page.expect_response("**/vault/state/"):
        page.clock.run_for(61_000)
    assert Unlock.objects.get().last_seen_at == seen


def test_locked_page_that_holds_words_covers_and_keeps_them(page: Page, mira: User) -> None:
    enter(page, mira)
    page.goto("/journal/capture/")
    page.locator("main textarea").first.fill(SECRET)
    other = another_tab(page, "/vault/recovery/")
    other.get_by_role("button", name="Lock now").click()
    expect(page.locator("[data-lock]")).to_contain_text("Locked")
    expect(page.locator("[data-cover=locked]")).to_be_visible()
    expect(page.locator("main textarea").first).to_be_hidden()
    expect(page.locator("main textarea").first).to_have_value(SECRET)
    axe_clean(page)
    fits_its_width(page)
    password = page.get_by_label("Your password", exact=True)
    password.fill("as I typed it")
    page.get_by_role("button", name="Show: Your password").click()
    expect(password).to_have_attribute("type", "text")
    with page.expect_popup() as opened:
        page.get_by_role("link", name="use your recovery code there").click()
    expect(opened.value.get_by_label("Recovery code", exact=True)).to_be_visible()

    unlock_in_a_new_tab(page)
    expect(page.locator("main textarea").first).to_be_visible()
    page.get_by_role("button", name="Save it").click()
    expect(page.get_by_text("Captured and sealed to you")).to_be_visible()
    (entry,) = Entry.objects.owned_by(mira)
    assert entry.open(factories.vault_keys(mira)).happened.took_place == SECRET


def test_kept_page_asks_before_it_is_left(page: Page, mira: User, page_errors: list[str]) -> None:
    enter(page, mira)
    page.goto("/journal/capture/")
    page.locator("main textarea").first.fill(SECRET)
    Unlock.objects.all().delete()
    page.locator("main form button[type=submit]").first.click()
    page.get_by_label("Your password", exact=True).press(
        "a"
    )  # Browsers ask only for a page that was touched.
    page_errors.clear()
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.get_by_role("link", name="Guide").first.click(no_wait_after=True)
    expect(page.get_by_label("What happened, in a line or two?")).to_have_value(SECRET)
    until(page, lambda: asked == ["beforeunload"])
    page.remove_listener("dialog", stay)
    page.on("dialog", lambda dialog: dialog.accept())


def test_lock_now_lets_a_sentence_be_saved_first(page: Page, mira: User) -> None:
    keys = enter(page, mira)
    entry = entry_of(mira, keys)
    page.goto(f"/journal/{entry.pk}/happened/")
    page.get_by_label("What took place?").fill("The last sentence before the bell.")
    page.get_by_role("button", name="Lock now").click()
    expect(page.get_by_role("heading", name="Your vault is locked")).to_be_visible()
    entry.refresh_from_db()
    assert entry.open(keys).happened.took_place == "The last sentence before the bell."


def test_saved_writing_page_is_covered_when_the_vault_locks(page: Page, mira: User) -> None:
    keys = enter(page, mira)
    entry = entry_of(mira, keys)
    page.goto(f"/journal/{entry.pk}/happened/")
    page.get_by_label("What took place?").fill(SECRET + " Twice.")
    expect(page.locator("[data-save-state]")).to_have_text(SAVED)
    other = another_tab(page, "/vault/recovery/")
    other.get_by_role("button", name="Lock now").click()
    expect(page.get_by_role("heading", name="Your vault is locked")).to_be_visible()


def compared(page: Page, entry: Entry) -> None:
    """Bring the page to the choice between two texts, its own one nowhere but in the page."""
    path = f"/journal/{entry.pk}/happened/"
    page.goto(path)
    other = another_tab(page, path)
    other.get_by_label("What took place?").fill("From the other tab")
    expect(other.locator("[data-save-state]")).to_have_text(SAVED)
    other.close()
    page.get_by_label("What took place?").evaluate("(box, text) => { box.value = text; }", HELD)
    page.evaluate("() => document.getElementById('passage').submit()")
    expect(page.get_by_role("heading", name="Two texts of the same passage")).to_be_visible()


def previewed(page: Page, entry: Entry) -> None:
    """Bring the page to the preview of a share, its note nowhere but in the page."""
    page.goto(f"/journal/{entry.pk}/share/")
    page.get_by_label("What happened").check()
    page.get_by_label("ask questions").check()
    page.get_by_label("What I would like help with").fill(HELD)
    page.get_by_label("Two weeks, until").check()
    page.get_by_label("Nothing here could identify a client.").check()
    page.get_by_role("button", name="See the copy").click()
    expect(page.get_by_role("heading", name="Look before you share")).to_be_visible()


@pytest.mark.parametrize("reach", [compared, previewed])
def test_page_whose_words_are_in_hidden_fields_stays_when_the_vault_locks(
    page: Page, mira: User, okafor: User, page_errors: list[str], reach: Any
) -> None:
    entry = entry_of(mira, enter(page, mira))
    factories.make_agreement(supervisee=mira, supervisor=okafor)
    reach(page, entry)
    page_errors.clear()  # The browser logs the 409 that led to the choice.
    other = another_tab(page, "/vault/recovery/")
    other.get_by_role("button", name="Lock now").click()
    expect(page.locator("[data-lock]")).to_have_attribute("data-lock-state", "locked")
    expect(page.locator("[data-lock]")).to_contain_text("Locked")
    expect(page.get_by_text(HELD).first).to_be_hidden()
    unlock_in_a_new_tab(page)
    expect(page.get_by_text(HELD).first).to_be_visible()


def test_lock_now_on_such_a_page_covers_it_and_loses_nothing(
    page: Page, mira: User, okafor: User
) -> None:
    entry = entry_of(mira, enter(page, mira))
    factories.make_agreement(supervisee=mira, supervisor=okafor)
    previewed(page, entry)
    page.get_by_role("button", name="Lock now").click()
    expect(page.locator("[data-cover=locked]")).to_be_visible()
    expect(page.get_by_text(HELD).first).not_to_be_visible()
    expect(page.get_by_role("button", name="Lock now")).not_to_be_visible()
    assert not Unlock.objects.exists()
    axe_clean(page)
    fits_its_width(page)

    unlock_in_a_new_tab(page)
    expect(page.get_by_text(HELD).first).to_be_visible()
    expect(page.locator("[data-lock]")).to_contain_text("locks in")
    page.get_by_role("button", name="Share with Dr Chidi Okafor").click()
    expect(page.get_by_role("heading", name="Look before you share")).not_to_be_visible()


def test_form_shown_again_with_errors_holds_words_too(page: Page, mira: User) -> None:
    entry = entry_of(mira, enter(page, mira))
    page.goto(f"/journal/{entry.pk}/")
    # What the server refused is in the boxes as the page came with them: nothing was typed since.
    page.evaluate(
        """() => {
          const form = document.createElement("form");
          form.dataset.unsaved = "";
          document.getElementById("main").append(form);
        }"""
    )
    Unlock.objects.all().delete()
    page.evaluate("() => document.dispatchEvent(new CustomEvent('mend:unlocked'))")  # Asks now.
    expect(page.locator("[data-cover=locked]")).to_be_visible()
    expect(page.get_by_text(SECRET)).to_be_hidden()
    unlock_in_a_new_tab(page)
    expect(page.get_by_text(SECRET)).to_be_visible()


# --- Somebody else signs in in the same browser --------------------------------------------------


def sign_out(page: Page) -> None:
    page.locator("details[data-menu] summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in").first).to_be_visible()


def test_page_with_words_is_shown_to_nobody_but_its_writer(
    page: Page, mira: User, okafor: User, page_errors: list[str]
) -> None:
    entry = entry_of(mira, enter(page, mira))
    page.goto(f"/journal/{entry.pk}/look-back/")
    typed = page.locator("textarea[name=did]")
    typed.fill(HELD)
    other = another_tab(page, "/vault/recovery/")
    sign_out(other)
    expect(page.locator("[data-cover=locked]")).to_be_visible()

    sign_in(other, okafor)
    expect(other.locator("[data-lock]")).to_contain_text("locks in")
    expect(page.locator("[data-cover=others]")).to_be_visible()
    expect(page.get_by_label("Your password", exact=True)).not_to_be_visible()
    expect(typed).not_to_be_visible()
    expect(page.locator("[data-lock]")).to_contain_text("Locked")
    axe_clean(page)
    fits_its_width(page)

    sign_out(other)
    sign_in(other, mira)
    expect(page.locator(".cover")).to_have_count(0)
    expect(typed).to_be_visible()
    expect(typed).to_have_value(HELD)
    page_errors.clear()  # The browser logs the 401.


def test_cover_opens_nothing_of_somebody_else(
    page: Page, mira: User, okafor: User, page_errors: list[str]
) -> None:
    enter(page, mira)
    page.goto("/journal/capture/")
    page.locator("main textarea").first.fill(HELD)
    other = another_tab(page, "/vault/recovery/")
    other.get_by_role("button", name="Lock now").click()
    expect(page.locator("[data-cover=locked]")).to_be_visible()
    page.route("**/vault/state/", lambda route: route.abort())  # It does not hear of it.
    enter(page, okafor)
    Unlock.objects.all().delete()
    page.get_by_label("Your password", exact=True).fill(factories.PASSWORD)
    page.get_by_role("button", name="Unlock", exact=True).click()
    expect(page.locator("[data-unlock-told]")).to_contain_text("Somebody else is signed in")
    assert not Unlock.objects.exists()
    page_errors.clear()  # The browser logs the 409 and that it could not ask.


@pytest.mark.parametrize("is_typed", [False, True], ids=["read", "typed"])
def test_page_never_covered_covers_itself_from_somebody_else(
    page: Page, mira: User, okafor: User, is_typed: bool
) -> None:
    entry = entry_of(mira, enter(page, mira))
    page.goto(f"/journal/{entry.pk}/look-back/")
    if is_typed:
        page.locator("textarea[name=did]").fill(HELD)
    enter(page, okafor)  # Of which no tab tells it.
    page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
    if is_typed:
        expect(page.locator("[data-cover=others]")).to_be_visible()
        expect(page.locator("textarea[name=did]")).not_to_be_visible()
    else:
        expect(page.get_by_role("heading", name="Hello, ")).to_be_visible()


def test_kept_page_is_covered_from_somebody_else(
    page: Page, mira: User, okafor: User, page_errors: list[str]
) -> None:
    enter(page, mira)
    page.goto("/journal/capture/")
    page.locator("main textarea").first.fill(HELD)
    Unlock.objects.all().delete()
    page.locator("main form button[type=submit]").first.click()
    kept = page.get_by_label("What happened, in a line or two?")
    expect(page.get_by_role("heading", name="Your vault locked")).to_be_visible()
    expect(kept).to_have_value(HELD)
    page.wait_for_load_state()
    enter(page, okafor)
    other = another_tab(page, "/vault/recovery/")
    expect(page.locator("[data-cover=others]")).to_be_visible()
    expect(kept).not_to_be_visible()
    enter(page, mira)
    other.reload()
    expect(kept).to_be_visible()
    expect(kept).to_have_value(HELD)
    page_errors.clear()  # The browser logs the 423.


def kept_of(page: Page) -> Locator:
    """Type a capture, have it refused, and return the box in which it came back."""
    page.goto("/journal/capture/")
    page.locator("main textarea").first.fill(HELD)
    return page.get_by_label("What happened, in a line or two?")


def test_page_kept_after_signing_out_is_shown_to_its_writer_alone(
    page: Page, mira: User, okafor: User, page_errors: list[str]
) -> None:
    enter(page, mira)
    kept = kept_of(page)
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    page.locator("main form button[type=submit]").first.click()
    expect(page.get_by_role("heading", name="You were signed out")).to_be_visible()
    expect(kept).to_have_value(HELD)
    page.wait_for_load_state()

    other = another_tab(page, "/accounts/login/")
    page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_timeout(300)
    expect(kept).to_be_visible()  # Whose it is, is about to sign in.

    sign_in(other, okafor)
    expect(page.locator("[data-cover=others]")).to_be_visible()
    expect(kept).not_to_be_visible()
    axe_clean(page)
    sign_out(other)
    expect(kept).not_to_be_visible()

    sign_in(other, mira)
    expect(kept).to_be_visible()
    expect(kept).to_have_value(HELD)
    sign_out(other)
    expect(page.locator("[data-cover=nobody]")).to_be_visible()
    expect(kept).not_to_be_visible()
    page_errors.clear()  # The browser logs the 401.


def test_locked_kept_page_is_covered_when_its_writer_signs_out(
    page: Page, mira: User, page_errors: list[str]
) -> None:
    enter(page, mira)
    kept = kept_of(page)
    Unlock.objects.all().delete()
    page.locator("main form button[type=submit]").first.click()
    expect(page.get_by_role("heading", name="Your vault locked")).to_be_visible()
    expect(kept).to_have_value(HELD)
    page.wait_for_load_state()

    other = another_tab(page, "/accounts/login/")
    sign_out(other)
    expect(page.locator("[data-cover=nobody]")).to_be_visible()
    expect(kept).not_to_be_visible()
    sign_in(other, mira)
    expect(kept).to_have_value(HELD)
    expect(kept).to_be_visible()
    page_errors.clear()  # The browser logs the 423 and the 401.


def test_waiting_page_does_not_go_on_for_somebody_else(
    page: Page, mira: User, okafor: User
) -> None:
    enter(page, mira)
    page.goto("/journal/")
    page.get_by_role("button", name="Lock now").click()
    expect(page.get_by_role("heading", name="Your vault is locked")).to_be_visible()
    page.wait_for_load_state()  # Until then no script of the page listens.
    enter(page, okafor)
    with page.expect_response("**/vault/state/"):
        page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_timeout(300)
    assert "/vault/unlock/" in page.url


# --- Brought back by Back ------------------------------------------------------------------------


def brought_back(page: Page) -> None:
    """Show the page as one that the browser kept whole; Playwright turns that cache off."""
    page.evaluate(
        "() => window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))"
    )


def test_page_brought_back_stays_covered_until_mend_says_it_is_open(
    page: Page, mira: User, page_errors: list[str]
) -> None:
    entry = entry_of(mira, enter(page, mira))
    page.goto(f"/journal/{entry.pk}/")
    page.route("**/vault/state/", lambda route: route.abort())
    brought_back(page)
    expect(page.get_by_role("heading", name="Mend cannot be reached")).to_be_visible()
    expect(page.get_by_text(SECRET)).not_to_be_visible()

    page.unroute("**/vault/state/")
    page.evaluate("() => window.dispatchEvent(new Event('online'))")
    expect(page.get_by_text(SECRET)).to_be_visible()
    expect(page.locator(".cover")).to_have_count(0)
    page_errors.clear()  # The browser logs that it could not ask.


def test_page_brought_back_after_the_vault_locked_is_left(page: Page, mira: User) -> None:
    entry = entry_of(mira, enter(page, mira))
    page.goto(f"/journal/{entry.pk}/")
    Unlock.objects.all().delete()
    brought_back(page)
    expect(page.get_by_role("heading", name="Your vault is locked")).to_be_visible()
    assert SECRET not in page.content()


def test_page_brought_back_locked_keeps_its_words_under_the_cover(page: Page, mira: User) -> None:
    enter(page, mira)
    page.goto("/journal/capture/")
    page.locator("main textarea").first.fill(SECRET)
    Unlock.objects.all().delete()
    brought_back(page)
    expect(page.locator("[data-cover=locked]")).to_be_visible()
    expect(page.locator("main textarea").first).not_to_be_visible()

    other = another_tab(page, "/vault/unlock/")
    other.get_by_label("Your password", exact=True).fill(factories.PASSWORD)
    other.get_by_role("button", name="Unlock", exact=True).click()
    expect(page.locator("main textarea").first).to_have_value(SECRET)
    expect(page.locator("main textarea").first).to_be_visible()


# --- Every page of it ----------------------------------------------------------------------------


def test_pages_are_clean_and_fit(page: Page, mira: User, page_errors: list[str]) -> None:
    sealed = mira.vaults.get()
    actions.seal(vault=sealed)
    sign_in(page, mira)
    usable_in_every_shape(page)  # Set up.
    page.get_by_role("button", name="Show my recovery code").click()
    usable_in_every_shape(page)
    page.get_by_label("Recovery code", exact=True).fill("ABCD")
    page.get_by_role("button", name="Yes, I have kept it").click()
    usable_in_every_shape(page)
    factories.recovery_code(mira)
    page.goto("/vault/recovery/")
    usable_in_every_shape(page)
    page.goto(f"/vault/sealed/{sealed.pk}/")
    usable_in_every_shape(page)
    page.get_by_role("button", name="Lock now").click()
    for path in ("/vault/unlock/", "/vault/recovery/", "/vault/start-over/"):
        page.goto(path)
        usable_in_every_shape(page)
    actions.ask_start_over(vault=Vault.objects.active().get(user=mira))
    actions.mark_stale(vault=Vault.objects.active().get(user=mira))
    for path in ("/vault/unlock/", "/vault/start-over/"):
        page.goto(path)
        usable_in_every_shape(page)
    page_errors.clear()
