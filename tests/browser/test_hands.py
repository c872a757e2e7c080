"""Hands and eyes: keys, the sheet of keys, the quick cover, how one wants to read."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from accounts.models import User
from reflection.document import Document, Happened
from reflection.models import Entry
from tests import factories
from tests.browser.accessibility import axe_clean, fits_its_width
from tests.browser.conftest import OpenPage
from tests.browser.people import SAVED, enter
from tests.browser.shapes import NARROW, WIDE, Scheme
from vault.crypto import VaultKeys
from vault.models import Unlock

pytestmark = pytest.mark.django_db(transaction=True)

TOLD = "What nobody who comes in should read."
SHAPES: tuple[tuple[int, Scheme], ...] = ((WIDE, "light"), (NARROW, "dark"))


@pytest.fixture(autouse=True)
def _guide(transactional_db: None) -> None:
    factories.load_guide()


def begun(mira: User, keys: VaultKeys, text: str = TOLD) -> Entry:
    document = Document(happened=Happened(case_code="Finch", took_place=text))
    return factories.make_entry(owner=mira, keys=keys, document=document)


def written(entry: Entry, keys: VaultKeys) -> str:
    return Entry.objects.get(pk=entry.pk).open(keys).happened.took_place


HIDE = """() => {
  Object.defineProperty(document, "visibilityState", { get: () => "hidden", configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
  delete document.visibilityState;
}"""


def escape_twice(page: Page) -> None:
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")


def is_covered(page: Page) -> None:
    """Nothing of the page is drawn, or told to a screen reader; the window's title is neutral."""
    expect(page.get_by_role("heading", name="Covered")).to_be_visible()
    expect(page.locator("main")).to_be_hidden()
    expect(page.locator(".bar")).to_be_hidden()
    expect(page).to_have_title("Mend")
    assert TOLD not in page.locator("body").aria_snapshot()


# --- The quick cover -----------------------------------------------------------------------------


def test_escape_twice_covers_at_once_and_shows_again_with_the_caret_in_place(
    page: Page, mira: User
) -> None:
    keys = enter(page, mira)
    entry = begun(mira, keys)
    page.goto(f"/journal/{entry.pk}/happened/")
    box = page.get_by_label("What took place?")
    box.fill("Half a sen")
    box.press("ArrowLeft")
    escape_twice(page)
    is_covered(page)
    page.keyboard.type("heard by nobody")
    escape_twice(page)
    expect(box).to_be_focused()
    page.keyboard.type("X")
    expect(box).to_have_value("Half a seXn")
    expect(page).to_have_title(re.compile("What happened"))


def test_escape_once_or_slowly_covers_nothing(page: Page, mira: User) -> None:
    enter(page, mira)
    page.goto("/")
    page.keyboard.press("Escape")
    page.wait_for_timeout(600)
    page.keyboard.press("Escape")
    expect(page.locator("main")).to_be_visible()


def test_every_tab_of_the_browser_is_covered_and_shown_again(page: Page, mira: User) -> None:
    keys = enter(page, mira)
    entry = begun(mira, keys)
    page.goto(f"/journal/{entry.pk}/")
    other = page.context.new_page()
    other.goto(f"/journal/{entry.pk}/happened/")
    page.bring_to_front()
    page.get_by_role("button", name="Cover").click()
    is_covered(page)
    is_covered(other)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text(TOLD)).to_be_visible()
    expect(other.get_by_label("What took place?")).to_be_visible()


def test_covered_page_stays_covered_when_it_is_loaded_again(page: Page, mira: User) -> None:
    keys = enter(page, mira)
    entry = begun(mira, keys)
    page.goto("/journal/")
    page.goto(f"/journal/{entry.pk}/")
    escape_twice(page)
    is_covered(page)
    page.reload()
    is_covered(page)
    page.go_back()
    is_covered(page)
    escape_twice(page)
    expect(page.get_by_role("heading", name="Journal", exact=True)).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Journal", exact=True)).to_be_visible()


def test_page_is_sent_covered_so_that_it_never_flickers(
    open_page: OpenPage, page: Page, mira: User
) -> None:
    """Even with no script to put the cover there."""
    enter(page, mira)
    page.goto("/")
    escape_twice(page)
    body = page.request.get("/").text()
    assert re.search(r"<body\s+data-covered", body)


def test_locking_from_the_cover_saves_first(page: Page, mira: User) -> None:
    keys = enter(page, mira)
    entry = begun(mira, keys)
    page.goto(f"/journal/{entry.pk}/happened/")
    page.get_by_label("What took place?").press_sequentially("Just typed. ")
    escape_twice(page)
    page.get_by_role("button", name="Lock now").click()
    expect(page.get_by_label("Your password", exact=True)).to_be_visible()
    assert not Unlock.objects.exists()
    assert "Just typed." in written(entry, keys)
    page.get_by_label("Your password", exact=True).fill(factories.PASSWORD)
    page.get_by_role("button", name="Unlock", exact=True).click()
    expect(page.get_by_role("button", name="Lock now")).to_be_visible()  # and not covered


def test_cover_closes_an_open_sheet_and_can_still_be_used(page: Page, mira: User) -> None:
    enter(page, mira)
    page.goto("/")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    escape_twice(page)
    is_covered(page)
    page.get_by_role("button", name="Go on").click()
    expect(page.locator("main")).to_be_visible()


# --- Locked while away ----------------------------------------------------------------------------


def test_laptop_that_slept_too_long_unlocks_on_the_cover_and_saves(
    page: Page, mira: User, page_errors: list[str]
) -> None:
    keys = enter(page, mira)
    entry = begun(mira, keys)
    page.goto(f"/journal/{entry.pk}/happened/")
    page.route("**/happened/", lambda route: route.abort("connectionrefused"))  # asleep
    page.get_by_label("What took place?").fill("Before the lid was closed")
    expect(page.locator("[data-save-trouble]")).to_be_visible()
    Unlock.objects.all().delete()
    page.unroute_all()
    page.evaluate("() => window.dispatchEvent(new Event('online'))")  # it wakes
    expect(page.locator("[data-lock]")).to_have_attribute("data-lock-state", "locked")
    page.evaluate(HIDE)  # and its owner looks at something else first
    cover = page.locator("[data-cover=locked]")
    expect(cover).to_be_visible()
    expect(page.get_by_label("What took place?")).to_be_hidden()
    cover.get_by_label("Your password", exact=True).fill("not this one")
    cover.get_by_role("button", name="Unlock", exact=True).click()
    expect(cover.locator("[data-unlock-told]")).not_to_be_empty()
    cover.get_by_label("Your password", exact=True).fill(factories.PASSWORD)
    cover.get_by_role("button", name="Unlock", exact=True).click()
    expect(page.get_by_label("What took place?")).to_have_value("Before the lid was closed")
    expect(page.locator("[data-save-state]")).to_have_text(SAVED)
    assert written(entry, keys) == "Before the lid was closed"
    page_errors.clear()  # Chromium logs each refused request.


# --- Keys ----------------------------------------------------------------------------------------


def test_keys_lead_from_page_to_page(page: Page, mira: User) -> None:
    keys = enter(page, mira)
    begun(mira, keys)
    page.goto("/")
    for key, heading in (("j", "Journal"), ("c", "Capture a moment"), ("t", "Hello, Mira")):
        page.locator("main").focus()
        page.keyboard.press(key)
        expect(page.get_by_role("heading", name=re.compile(heading)).first).to_be_visible()


def test_passages_follow_each_other_by_key_and_are_saved_first(page: Page, mira: User) -> None:
    keys = enter(page, mira)
    entry = begun(mira, keys)
    page.goto(f"/journal/{entry.pk}/happened/")
    page.get_by_label("What took place?").fill("Saved by the key")
    page.get_by_label("What took place?").blur()
    page.keyboard.press("n")
    expect(page.get_by_role("heading", name="My reaction")).to_be_visible()
    assert written(entry, keys) == "Saved by the key"
    page.keyboard.press("p")
    expect(page.get_by_role("heading", name="What happened")).to_be_visible()
    page.keyboard.press("r")
    expect(page.get_by_text("Saved by the key")).to_be_visible()
    expect(page).to_have_url(re.compile(f"/journal/{entry.pk}/$"))


def test_letters_typed_in_a_box_are_letters(page: Page, mira: User) -> None:
    keys = enter(page, mira)
    entry = begun(mira, keys, text="")
    page.goto(f"/journal/{entry.pk}/happened/")
    box = page.get_by_label("What took place?")
    box.press_sequentially("jtclnpr?/")
    expect(box).to_have_value("jtclnpr?/")
    expect(page.locator("#shortcuts")).to_be_hidden()


def test_control_s_saves_the_passage_at_once_and_says_so(page: Page, mira: User) -> None:
    keys = enter(page, mira)
    entry = begun(mira, keys)
    page.goto(f"/journal/{entry.pk}/happened/")
    page.get_by_label("What took place?").fill("By hand")
    with page.expect_response("**/happened/") as response:
        page.keyboard.press("Control+s")
    assert response.value.ok
    expect(page.locator("#announce")).to_have_text(SAVED)
    expect(page.get_by_label("What took place?")).to_be_focused()
    assert written(entry, keys) == "By hand"


def test_autosaves_are_not_announced_one_by_one(page: Page, mira: User) -> None:
    keys = enter(page, mira)
    entry = begun(mira, keys)
    page.goto(f"/journal/{entry.pk}/happened/")
    page.get_by_label("What took place?").fill("Quietly")
    expect(page.locator("[data-save-state]")).to_have_text(SAVED)
    assert page.locator("[data-save-state]").get_attribute("role") is None
    expect(page.locator("#announce")).to_be_empty()


def test_failure_and_its_end_are_announced(page: Page, mira: User, page_errors: list[str]) -> None:
    keys = enter(page, mira)
    entry = begun(mira, keys)
    page.goto(f"/journal/{entry.pk}/happened/")
    page.context.set_offline(True)
    page.get_by_label("What took place?").fill("Aloud")
    expect(page.locator("#announce")).to_contain_text("Mend cannot be reached just now")
    page.context.set_offline(False)
    expect(page.locator("#announce")).to_have_text(SAVED)
    page_errors.clear()


@pytest.mark.parametrize(
    ("key", "heading", "box"),
    [
        ("c", "Capture a moment", "What happened, in a line or two?"),
        ("b", "What happened", "What took place?"),
        ("/", "Search", "Look for"),
    ],
)
def test_who_goes_by_key_to_where_one_types_can_type_at_once(
    key: str, heading: str, box: str, page: Page, mira: User
) -> None:
    begun(mira, enter(page, mira))
    page.goto("/guide/")
    page.keyboard.press(key)
    expect(page.get_by_role("heading", level=1, name=heading, exact=True)).to_be_visible()
    expect(page.get_by_label(box)).to_be_focused()
    page.keyboard.type("let them tell all")
    expect(page.get_by_label(box)).to_have_value("let them tell all")
    expect(page.get_by_label(box)).to_be_focused()
    expect(page.get_by_role("button", name="Lock now")).to_be_visible()
    assert Unlock.objects.exists()


def test_first_box_has_the_caret_without_a_script_and_keeps_the_heading_in_sight(
    open_page: OpenPage, mira: User
) -> None:
    page = open_page(width=NARROW, javascript=False)
    enter(page, mira)
    for path in ("/journal/capture/", "/journal/new/", "/journal/search/"):
        page.goto(path)
        expect(page.locator("main :is(textarea, input)[autofocus]")).to_be_focused()
        expect(page.get_by_role("heading", level=1)).to_be_in_viewport()


def test_what_was_written_before_is_opened_without_moving_the_caret(page: Page, mira: User) -> None:
    """Or n, n, n would be typed into the second passage."""
    keys = enter(page, mira)
    entry = begun(mira, keys)
    page.goto(f"/journal/{entry.pk}/happened/")
    expect(page.get_by_label("What took place?")).not_to_be_focused()


def test_password_typed_blindly_at_a_locked_journal_unlocks_and_presses_nothing(
    page: Page, mira: User
) -> None:
    enter(page, mira)
    page.goto("/guide/")
    Unlock.objects.all().delete()
    page.keyboard.press("c")
    expect(page.get_by_role("button", name="Unlock", exact=True)).to_be_visible()
    # By itself, without a press: then the letters are the password's.
    expect(page.locator("main input[type=password]")).to_be_focused()
    page.keyboard.type(factories.PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Capture a moment")


def test_letters_typed_while_the_next_page_is_on_its_way_press_nothing(
    page: Page, mira: User
) -> None:
    begun(mira, enter(page, mira))
    page.goto("/guide/")
    arrived: list[str] = []
    page.on("framenavigated", lambda frame: arrived.append(frame.url))

    def slow(route: Route) -> None:
        page.keyboard.type("jst")
        route.continue_()

    page.route("**/journal/capture/", slow)
    page.keyboard.press("c")
    expect(page.get_by_role("heading", level=1)).to_have_text("Capture a moment")
    assert [url.partition("/journal/")[2] for url in arrived] == ["capture/"]


def test_stray_typing_never_locks_and_escape_then_l_does(page: Page, mira: User) -> None:
    keys = enter(page, mira)
    entry = begun(mira, keys)
    page.goto(f"/journal/{entry.pk}/")
    page.keyboard.type("lll LL")
    page.wait_for_timeout(300)
    assert Unlock.objects.exists()
    page.keyboard.press("Escape")
    page.wait_for_timeout(1200)
    page.keyboard.press("l")  # Too late to belong to it.
    page.wait_for_timeout(300)
    assert Unlock.objects.exists()
    page.keyboard.press("Escape")
    page.keyboard.press("l")
    expect(page.get_by_label("Your password", exact=True)).to_be_visible()
    assert not Unlock.objects.exists()


def test_escape_and_a_word_with_l_in_a_box_is_a_word(page: Page, mira: User) -> None:
    """Escape closes the list of codes that the browser offers; then one goes on typing."""
    keys = enter(page, mira)
    entry = begun(mira, keys)
    page.goto(f"/journal/{entry.pk}/happened/")
    box = page.get_by_label("Case code")
    box.fill("")
    page.keyboard.press("Escape")
    page.keyboard.type("lark")
    expect(box).to_have_value("lark")
    assert Unlock.objects.exists()


@pytest.mark.parametrize("single_keys", [True, False])
def test_escape_then_l_in_a_box_saves_and_locks_and_leaves_no_letter(
    page: Page, mira: User, *, single_keys: bool
) -> None:
    User.objects.filter(pk=mira.pk).update(single_keys=single_keys)
    keys = enter(page, mira)
    entry = begun(mira, keys)
    page.goto(f"/journal/{entry.pk}/happened/")
    box = page.get_by_label("What took place?")
    box.fill("The words here.")
    box.press("Escape")
    page.keyboard.press("l")

    password = page.get_by_label("Your password", exact=True)
    expect(password).to_be_visible()
    assert not Unlock.objects.exists()
    password.fill(factories.PASSWORD)
    password.press("Enter")
    expect(box).to_have_value("The words here.")


def test_word_with_l_typed_slowly_behind_escape_is_whole_where_the_caret_stands(
    page: Page, mira: User
) -> None:
    keys = enter(page, mira)
    entry = begun(mira, keys)
    page.clock.install()
    page.goto(f"/journal/{entry.pk}/happened/")
    box = page.get_by_label("What took place?")
    box.fill("The  sang.")
    for _letter in " sang.":
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("Escape")
    page.wait_for_timeout(300)
    page.keyboard.type("l")
    page.clock.run_for(350)
    page.keyboard.type("ark", delay=100)
    page.clock.run_for(2_000)

    expect(box).to_have_value("The lark sang.")
    assert Unlock.objects.exists()


def test_escape_that_ends_what_an_input_method_offers_is_not_counted(
    page: Page, mira: User
) -> None:
    keys = enter(page, mira)
    entry = begun(mira, keys)
    page.goto(f"/journal/{entry.pk}/happened/")
    box = page.get_by_label("What took place?")
    box.fill("")
    box.evaluate(
        """(one) => one.dispatchEvent(new KeyboardEvent('keydown',
             { key: 'Escape', isComposing: true, bubbles: true, composed: true }))"""
    )
    page.keyboard.type("l")
    page.wait_for_timeout(1000)

    expect(box).to_have_value("l")
    assert Unlock.objects.exists()


def test_keys_save_and_send_where_nothing_saves_by_itself(page: Page, mira: User) -> None:
    keys = enter(page, mira)
    entry = begun(mira, keys)
    page.goto("/journal/capture/")
    page.keyboard.type("Set down by the keyboard alone.")
    page.keyboard.press("Control+s")
    expect(page.get_by_text("Captured and sealed to you.")).to_be_visible()
    page.goto("/journal/capture/")
    page.keyboard.type("And another.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Captured and sealed to you.")).to_be_visible()
    assert Entry.objects.filter(is_capture=True).count() == 2
    page.goto(f"/journal/{entry.pk}/look-back/")
    page.get_by_label("What did I do?").fill("I said it.")
    page.keyboard.press("Control+s")
    expect(page.get_by_text("I said it.")).to_be_visible()
    expect(page).to_have_url(re.compile(f"/journal/{entry.pk}/$"))


def test_control_s_never_offers_a_page_with_words_as_a_file(page: Page, mira: User) -> None:
    """Also where only a button sends: it says so."""
    enter(page, mira)
    page.goto("/journal/capture/")
    page.evaluate("() => delete document.querySelector('[data-key-save]').dataset.keySave")
    page.evaluate(
        "() => document.addEventListener('keydown', (event) => "
        "{ window.prevented = event.defaultPrevented; })"
    )
    page.keyboard.press("Control+s")
    assert page.evaluate("() => window.prevented") is True
    expect(page.locator("#announce")).to_contain_text("not saved by the key, but by its button")


def test_single_letters_can_be_turned_off(page: Page, mira: User) -> None:
    enter(page, mira)
    page.goto("/account/reading/")
    page.get_by_label("Single letters as keys").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved. Every page is shown so from now on.")).to_be_visible()
    page.locator("main").focus()
    page.keyboard.press("?")
    page.keyboard.press("j")
    expect(page.locator("#shortcuts")).to_be_hidden()
    expect(page.get_by_role("heading", name="Reading and keys")).to_be_visible()
    page.get_by_role("link", name="Keyboard", exact=True).click()
    expect(page.get_by_text("Single letters are turned off.")).to_be_visible()
    page.keyboard.press("Escape")
    page.wait_for_timeout(600)
    escape_twice(page)
    expect(page.get_by_role("heading", name="Covered")).to_be_visible()


def test_sheet_opens_by_key_and_by_link_and_gives_the_focus_back(page: Page, mira: User) -> None:
    enter(page, mira)
    page.goto("/")
    page.locator("main").focus()
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keyboard")
    expect(sheet).to_be_visible()
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    link = page.get_by_role("link", name="Keyboard", exact=True)
    link.click()
    expect(sheet).to_be_visible()
    sheet.get_by_role("button", name="Close").click()
    expect(sheet).to_be_hidden()
    expect(link).to_be_focused()


def test_without_a_script_the_list_of_keys_is_a_page(open_page: OpenPage, mira: User) -> None:
    scripted = open_page()
    enter(scripted, mira)
    page = open_page(javascript=False)
    page.context.add_cookies(scripted.context.cookies())  # type: ignore[arg-type]
    page.goto("/")
    expect(page.get_by_role("button", name="Cover")).to_be_hidden()
    page.get_by_role("link", name="Keyboard", exact=True).click()
    expect(page.get_by_role("heading", name="What each key does")).to_be_visible()


# --- Eyes ----------------------------------------------------------------------------------------


def test_size_and_width_are_chosen_once_for_every_page(page: Page, mira: User) -> None:
    keys = enter(page, mira)
    entry = begun(mira, keys)
    size = "() => parseFloat(getComputedStyle(document.querySelector('.passage')).fontSize)"
    wide = "() => document.querySelector('.passage').getBoundingClientRect().width"
    page.goto(f"/journal/{entry.pk}/")
    before, width = page.evaluate(size), page.evaluate(wide)
    page.goto("/account/reading/")
    page.get_by_label("Much larger").check()
    page.get_by_label("Narrow").check()
    page.get_by_label("Less motion").check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("html")).to_have_attribute("data-motion", "less")
    page.goto(f"/journal/{entry.pk}/")
    assert page.evaluate(size) > before * 1.3
    assert page.evaluate(wide) < width * 1.35
    assert page.locator("html").get_attribute("data-motion") == "less"


@pytest.mark.parametrize("text_size", ["medium", "larger"])
def test_reading_and_keys_are_accessible_and_fit(
    text_size: str, open_page: OpenPage, mira: User
) -> None:
    mira.text_size = text_size
    mira.save(update_fields=["text_size"])
    for width, scheme in SHAPES:
        page = open_page(width=width, scheme=scheme)
        enter(page, mira)
        page.goto("/account/reading/")
        axe_clean(page)
        fits_its_width(page)
        page.get_by_role("link", name="Keyboard", exact=True).click()
        expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
        axe_clean(page)
        page.keyboard.press("Escape")
        page.wait_for_timeout(600)
        escape_twice(page)
        is_covered(page)
        axe_clean(page)
        fits_its_width(page)
