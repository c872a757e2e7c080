"""Writing in a real browser: the text saves itself, and when it cannot, it stays."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from accounts.models import User
from reflection.document import Document, Happened, Label, Reaction, Repair
from reflection.models import Entry, EntryVersion
from tests import factories
from tests.browser.accessibility import axe_clean, fits_its_width, usable_in_every_shape
from tests.browser.conftest import OpenPage
from tests.browser.people import SAVED, enter, until
from tests.browser.shapes import HEIGHT, NARROW, WIDE
from vault.crypto import VaultKeys
from vault.models import Unlock

pytestmark = pytest.mark.django_db(transaction=True)

# The narrowest telephone; a window between a telephone's and a desk's, where the bar is fullest.
NARROWEST, BETWEEN = 320, 1000


@pytest.fixture(autouse=True)
def _guide(transactional_db: None) -> None:
    factories.load_guide()


def begun(mira: User, keys: VaultKeys, text: str = "It began well.") -> Entry:
    document = Document(
        happened=Happened(case_code="Finch", took_place=text, strain=3),
        reaction=Reaction(patterns=(Label("p3-proportion", "They are making too much of it"),)),
    )
    return factories.make_entry(owner=mira, keys=keys, document=document)


def written(entry: Entry, keys: VaultKeys) -> str:
    return Entry.objects.get(pk=entry.pk).open(keys).happened.took_place


def box(page: Page) -> Callable[[str], None]:
    return page.get_by_label("What took place?").fill


def test_new_reflection_saves_itself_after_a_pause(page: Page, mira: User) -> None:
    keys = enter(page, mira)
    page.goto("/journal/new/")
    expect(page.locator("[data-save-state]")).to_have_text("Nothing written yet")
    box(page)("She went quiet when I mentioned the break.")
    expect(page.locator("[data-save-state]")).to_have_text(SAVED)
    (entry,) = Entry.objects.owned_by(mira)
    assert page.url.endswith(f"/journal/{entry.pk}/happened/")
    assert written(entry, keys) == "She went quiet when I mentioned the break."
    box(page)("She went quiet. And I went on talking.")
    expect(page.locator("[data-step=happened]")).to_have_class(re.compile("done"))
    page.get_by_role("button", name="Continue to my reaction").click()
    expect(page.get_by_role("heading", name="My reaction")).to_be_visible()
    assert written(entry, keys) == "She went quiet. And I went on talking."
    assert Entry.objects.count() == 1


def test_locking_in_mid_sentence_keeps_the_text_and_unlocks_in_place(
    page: Page, mira: User, page_errors: list[str]
) -> None:
    keys = enter(page, mira)
    entry = begun(mira, keys)
    page.goto(f"/journal/{entry.pk}/happened/")
    Unlock.objects.all().delete()
    box(page)("In the middle of a")
    expect(page.locator("[data-save-trouble]")).to_contain_text(
        "Your journal locked while you were writing"
    )
    expect(page.locator("[data-save-state]")).to_have_text("Not saved, still here")
    expect(page.locator("[data-lock]")).to_have_text("Locked")
    page.get_by_label("Your password", exact=True).fill("not this one")
    page.get_by_role("button", name="Unlock and save").click()
    expect(page.locator("[data-trouble-text]")).not_to_be_empty()
    page.get_by_label("Your password", exact=True).fill(factories.PASSWORD)
    page.get_by_role("button", name="Unlock and save").click()
    expect(page.locator("[data-save-state]")).to_have_text(SAVED)
    expect(page.get_by_label("What took place?")).to_have_value("In the middle of a")
    expect(page.locator("[data-lock]")).to_contain_text("locks in 15 min")
    assert written(entry, keys) == "In the middle of a"
    page_errors.clear()  # Chromium logs each refused request.


def test_server_out_of_reach_keeps_the_text_and_tries_again(
    page: Page, mira: User, page_errors: list[str]
) -> None:
    keys = enter(page, mira)
    entry = begun(mira, keys)
    page.goto(f"/journal/{entry.pk}/happened/")

    def refuse(route: Route) -> None:
        route.abort("connectionrefused")

    page.route("**/happened/", refuse)
    box(page)("While nobody listens")
    expect(page.locator("[data-save-trouble]")).to_contain_text("Mend cannot be reached just now")
    expect(page.get_by_label("What took place?")).to_have_value("While nobody listens")
    page.unroute("**/happened/", refuse)
    expect(page.locator("[data-save-state]")).to_have_text(SAVED)
    expect(page.locator("[data-save-trouble]")).to_be_hidden()
    assert written(entry, keys) == "While nobody listens"
    page_errors.clear()


def test_locked_page_that_is_left_alone_covers_itself(
    page: Page, mira: User, page_errors: list[str]
) -> None:
    entry = begun(mira, enter(page, mira))
    page.clock.install()
    page.goto(f"/journal/{entry.pk}/happened/")
    Unlock.objects.all().delete()
    box(page)("In the middle of a")
    page.clock.run_for(2_000)
    expect(page.locator("[data-lock]")).to_have_text("Locked")
    expect(page.get_by_label("What took place?")).to_be_visible()
    page.clock.run_for(62_000)
    expect(page.locator("[data-cover=locked]")).to_be_visible()
    expect(page.get_by_label("What took place?")).to_be_hidden()
    page_errors.clear()


def test_presses_while_out_of_reach_do_not_put_the_next_try_off(
    page: Page, mira: User, page_errors: list[str]
) -> None:
    entry = begun(mira, enter(page, mira))
    page.clock.install()
    page.goto(f"/journal/{entry.pk}/happened/")
    tries: list[str] = []

    def refuse(route: Route) -> None:
        tries.append(route.request.method)
        route.abort("connectionrefused")

    def tried(number: int) -> None:
        until(page, lambda: len(tries) == number)

    page.route("**/happened/", refuse)
    box(page)("While nobody listens")
    page.clock.run_for(1_000)
    expect(page.locator("[data-next-try]")).to_have_text("Trying again in 2 s")
    for number in range(2, 7):
        page.get_by_role("button", name="Try again").click()
        page.clock.run_for(10)
        tried(number)
    page.clock.run_for(2_000)
    expect(page.locator("[data-next-try]")).to_have_text("Trying again in 5 s")
    assert len(tries) == 7
    page.evaluate("() => window.dispatchEvent(new Event('online'))")
    page.clock.run_for(10)
    tried(8)
    page.clock.run_for(3_000)
    expect(page.locator("[data-next-try]")).to_have_text("Trying again in 2 s")
    page.unroute("**/happened/", refuse)
    page.clock.run_for(3_000)
    expect(page.locator("[data-save-state]")).to_have_text(SAVED)
    expect(page.locator("[data-next-try]")).to_be_hidden()
    page_errors.clear()


def test_page_left_open_overnight_says_on_which_day_it_was_saved(page: Page, mira: User) -> None:
    entry = begun(mira, enter(page, mira))
    page.goto(f"/journal/{entry.pk}/happened/")
    expect(page.locator("[data-save-state]")).to_have_text(SAVED)
    page.clock.set_fixed_time(timezone.now() + timedelta(days=1))
    page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
    day = f"{timezone.localtime():%-d %b}"
    saved = re.compile(rf"Saved {day} \d{{4}}, \d\d:\d\d, sealed to you")
    expect(page.locator("[data-save-state]")).to_have_text(saved)


def test_continuing_while_out_of_reach_stays_and_keeps_the_text(
    page: Page, mira: User, page_errors: list[str]
) -> None:
    keys = enter(page, mira)
    entry = begun(mira, keys)
    page.goto(f"/journal/{entry.pk}/happened/")
    page.route("**/happened/", lambda route: route.abort("connectionrefused"))
    box(page)("It began well. And then")
    page.get_by_role("button", name="Continue to my reaction").click()
    expect(page.locator("[data-save-trouble]")).to_contain_text("Mend cannot be reached just now")
    expect(page.get_by_label("What took place?")).to_have_value("It began well. And then")
    page.unroute_all()
    page.get_by_role("button", name="Continue to my reaction").click()
    expect(page.get_by_role("heading", name="My reaction")).to_be_visible()
    assert written(entry, keys) == "It began well. And then"
    page_errors.clear()


def test_continuing_at_once_begins_one_reflection(page: Page, mira: User) -> None:
    keys = enter(page, mira)
    page.goto("/journal/new/")
    page.get_by_label("What took place?").press_sequentially("Quick")
    page.get_by_role("button", name="Continue to my reaction").click()
    expect(page.get_by_role("heading", name="My reaction")).to_be_visible()
    (entry,) = Entry.objects.owned_by(mira)
    assert written(entry, keys) == "Quick"


def test_words_typed_before_the_script_ran_are_saved_too(page: Page, mira: User) -> None:
    keys = enter(page, mira)
    entry = begun(mira, keys)
    slow: list[Route] = []
    page.route("**/autosave*.js", lambda route: slow.append(route))  # noqa: PLW0108
    page.goto(f"/journal/{entry.pk}/happened/", wait_until="commit")
    box(page)("Quicker than the page.")
    assert slow
    with page.expect_response(lambda answer: answer.request.method == "POST") as saved:
        slow[0].continue_()
    assert saved.value.ok
    assert written(entry, keys) == "Quicker than the page."


def test_one_press_continues_when_everything_is_saved_already(page: Page, mira: User) -> None:
    keys = enter(page, mira)
    entry = begun(mira, keys)
    page.goto(f"/journal/{entry.pk}/happened/")
    box(page)("Nothing left to save.")
    page.get_by_label("What took place?").blur()
    expect(page.locator("[data-save-state]")).to_have_text(re.compile(r"Saved \d\d:\d\d"))
    page.get_by_role("button", name="Continue to my reaction").click()
    expect(page.get_by_role("heading", name="My reaction")).to_be_visible()


def test_pressing_twice_while_it_saves_continues_once(page: Page, mira: User) -> None:
    keys = enter(page, mira)
    entry = begun(mira, keys)
    page.goto(f"/journal/{entry.pk}/happened/")
    box(page)("Impatient.")
    posts = []
    page.on("request", lambda request: posts.append(request) if request.method == "POST" else None)
    page.get_by_role("button", name="Continue to my reaction").dblclick()
    expect(page.get_by_role("heading", name="My reaction")).to_be_visible()
    assert [one.is_navigation_request() for one in posts].count(True) == 1
    assert written(entry, keys) == "Impatient."


def test_refused_page_is_not_thrown_away_when_the_vault_locks(
    open_page: OpenPage, mira: User, page_errors: list[str]
) -> None:
    page = open_page()
    keys = enter(page, mira)
    entry = begun(mira, keys)
    page.goto(f"/journal/{entry.pk}/happened/")
    page.get_by_label("Case code").fill("x" * 300)
    page.evaluate("() => document.getElementById('passage').submit()")
    expect(page.locator("[data-save-state]")).to_have_text("Not saved, still here")
    Unlock.objects.all().delete()
    page.evaluate("() => document.dispatchEvent(new CustomEvent('mend:unlocked'))")  # asks now
    expect(page.locator("[data-lock]")).to_have_attribute("data-lock-state", "locked")
    expect(page.get_by_label("Case code")).to_have_value("x" * 300)
    page.close()  # Which tries once more to save.
    page_errors.clear()


def test_signing_in_again_in_another_tab_lets_the_save_through(
    page: Page, mira: User, page_errors: list[str]
) -> None:
    keys = enter(page, mira)
    entry = begun(mira, keys)
    page.goto(f"/journal/{entry.pk}/happened/")
    page.context.clear_cookies(name="session")
    box(page)("Signed out meanwhile")
    expect(page.locator("[data-save-trouble]")).to_contain_text("You have been signed out")
    other = page.context.new_page()
    other.goto("/accounts/login/")
    other.get_by_label(re.compile("mail", re.IGNORECASE)).fill(mira.email)
    other.locator("input[type=password]").fill(factories.PASSWORD)
    other.locator("main button[type=submit]").click()
    expect(other.get_by_role("button", name="Lock now")).to_be_visible()
    page.bring_to_front()  # Coming back is enough; «Try again» is there as well.
    page.evaluate("() => window.dispatchEvent(new Event('focus'))")
    expect(page.locator("[data-save-state]")).to_have_text(SAVED)
    assert written(entry, keys) == "Signed out meanwhile"
    page_errors.clear()


def test_page_of_somebody_else_says_so_and_keeps_what_was_typed(
    page: Page, mira: User, jonas: User, page_errors: list[str]
) -> None:
    enter(page, mira)
    page.goto("/journal/new/")
    enter(page, jonas)
    box(page)("In the middle of a")
    said = "Nothing was saved or sent in your name"
    expect(page.locator("[data-save-trouble]")).to_contain_text(said)
    expect(page.get_by_role("button", name="Compare and choose")).to_be_hidden()
    expect(page.locator("[data-save-trouble]")).to_contain_text("A sealed copy is kept")
    assert not Entry.objects.exists()
    page_errors.clear()


def test_two_tabs_compare_and_keep_both(page: Page, mira: User, page_errors: list[str]) -> None:
    keys = enter(page, mira)
    entry = begun(mira, keys)
    page.goto(f"/journal/{entry.pk}/happened/")
    second = page.context.new_page()
    second.goto(f"/journal/{entry.pk}/happened/")
    box(page)("From the first tab")
    expect(page.locator("[data-save-state]")).to_have_text(SAVED)
    box(second)("From the second tab")
    expect(second.locator("[data-save-trouble]")).to_contain_text("also changed in another tab")
    second.get_by_role("button", name="Compare and choose").click()
    expect(second.get_by_text("From the first tab")).to_be_visible()
    expect(second.get_by_text("From the second tab")).to_be_visible()
    second.get_by_role("button", name="Put both together").click()
    expect(second.get_by_label("What took place?")).to_have_value(
        "From the first tab\n\nFrom the second tab"
    )
    assert EntryVersion.objects.of(entry).conflicts().count() == 1
    page_errors.clear()


def test_earlier_text_is_read_compared_and_brought_back(page: Page, mira: User) -> None:
    keys = enter(page, mira)
    entry = begun(mira, keys, text="She went quiet, and I talked on.")
    page.goto(f"/journal/{entry.pk}/happened/")
    box(page)("She went quiet, and I waited.")
    expect(page.locator("[data-save-state]")).to_have_text(SAVED)
    page.get_by_role("button", name="Read it back").first.click()
    page.get_by_role("link", name="Earlier texts").click()
    differing = "Different from now: What happened (1 word added since, 2 taken away)."
    expect(page.get_by_text(differing)).to_be_visible()
    page.locator(".versions a").click()
    expect(page.locator(".written del")).to_have_text("talked on.")
    expect(page.locator(".written ins")).to_have_text("waited.")
    expect(page.get_by_role("article").first).to_contain_text("and I talked on.")
    axe_clean(page)
    page.get_by_role("button", name="Bring this text back").click()
    expect(page.get_by_role("article").first).to_contain_text("and I talked on.")
    assert written(entry, keys) == "She went quiet, and I talked on."
    page.get_by_role("link", name="Earlier texts", exact=True).click()
    page.locator(".versions a").first.click()
    expect(page.locator(".written ins")).to_have_text("talked on.")


def test_day_that_cannot_be_meant_is_asked_about_and_saved(page: Page, mira: User) -> None:
    keys = enter(page, mira)
    entry = begun(mira, keys)
    page.goto(f"/journal/{entry.pk}/happened/")
    asked = page.locator("[data-doubt=occurred_on]")
    expect(asked).to_be_hidden()
    page.get_by_label("Day of the therapy session").fill("0226-05-04")
    expect(asked).to_contain_text("Is this day right?")
    expect(page.locator("#announce")).to_contain_text("Is this day right?")
    expect(page.locator("[data-save-state]")).to_have_text(SAVED)
    page.get_by_label("Day of the therapy session").fill("2026-05-04")
    expect(asked).to_be_hidden()


def test_too_long_a_paste_is_refused_before_it_is_lost(
    page: Page, mira: User, page_errors: list[str]
) -> None:
    keys = enter(page, mira)
    entry = begun(mira, keys)
    page.goto(f"/journal/{entry.pk}/happened/")
    box(page)("x" * 200_000)
    expect(page.locator(".wrong")).to_contain_text("Nothing was lost")
    assert len(page.get_by_label("What took place?").input_value()) == 200_000
    expect(page.get_by_label("What took place?")).to_have_accessible_description(
        re.compile("Nothing was lost")
    )
    page.get_by_role("link", name="To the box").click()
    expect(page.get_by_label("What took place?")).to_be_focused()
    box(page)("Short again")
    expect(page.locator("[data-save-state]")).to_have_text(SAVED)
    expect(page.locator(".wrong")).to_have_count(0)
    expect(page.get_by_role("link", name="To the box")).to_have_count(0)
    expect(page.get_by_label("What took place?")).to_have_accessible_description(
        re.compile("^As a camera")
    )
    assert written(entry, keys) == "Short again"
    page_errors.clear()


def test_hiding_the_page_saves_at_once(page: Page, mira: User) -> None:
    keys = enter(page, mira)
    entry = begun(mira, keys)
    page.goto(f"/journal/{entry.pk}/happened/")
    page.get_by_label("What took place?").press_sequentially("Now")
    with page.expect_response("**/happened/") as response:
        page.evaluate(
            """() => {
              Object.defineProperty(document, "visibilityState", { get: () => "hidden" });
              document.dispatchEvent(new Event("visibilitychange"));
            }"""
        )
    assert response.value.ok
    assert "Now" in written(entry, keys)


def test_everything_works_without_a_script(open_page: OpenPage, mira: User) -> None:
    scripted = open_page()
    keys = enter(scripted, mira)
    page = open_page(javascript=False)
    page.context.add_cookies(scripted.context.cookies())  # type: ignore[arg-type]
    page.goto("/journal/new/")
    page.get_by_label("What took place?").fill("Written by a plain post")
    page.get_by_role("button", name="Repair").click()
    page.get_by_label("Words I might use").fill("I missed the risk you took.")
    page.get_by_role("button", name="Read it back").first.click()
    expect(page.locator("#happened")).to_contain_text("Written by a plain post")
    expect(page.get_by_text("I missed the risk you took.")).to_be_visible()
    page.get_by_role("button", name="Finish").click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Undo, bring it back").click()
    expect(page.get_by_text("I missed the risk you took.")).to_be_visible()
    (entry,) = Entry.objects.owned_by(mira)
    assert entry.open(keys).repair.words == "I missed the risk you took."


def test_back_after_locking_shows_nothing(page: Page, mira: User) -> None:
    keys = enter(page, mira)
    entry = begun(mira, keys, text="Nobody should see this.")
    page.goto(f"/journal/{entry.pk}/")
    expect(page.get_by_text("Nobody should see this.")).to_be_visible()
    page.get_by_role("button", name="Lock now").click()
    expect(page.get_by_text("Nobody should see this.")).to_have_count(0)
    page.go_back()
    page.wait_for_load_state()
    expect(page.get_by_text("Nobody should see this.")).to_have_count(0)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/journal/",
        "/journal/new/",
        "/journal/capture/",
        "/journal/deleted/",
        "/journal/{pk}/",
        "/journal/{pk}/happened/",
        "/journal/{pk}/reaction/",
        "/journal/{pk}/looking_again/",
        "/journal/{pk}/their_side/",
        "/journal/{pk}/repair/",
        "/journal/{pk}/look-back/",
        "/journal/{pk}/history/",
    ],
)
def test_journal_pages_are_accessible_and_fit(path: str, page: Page, mira: User) -> None:
    """At each width in each scheme; and with the largest text there is, on a telephone."""
    entry = begun(mira, enter(page, mira), text="Long " + "word" * 60)
    page.goto(path.format(pk=entry.pk))
    usable_in_every_shape(page)
    page.set_viewport_size({"width": NARROW, "height": HEIGHT})
    page.emulate_media(color_scheme="dark")
    mira.text_size = User.TextSize.LARGER
    mira.save(update_fields=["text_size"])
    page.reload()
    expect(page.locator("html[data-text=larger]")).to_have_count(1)
    axe_clean(page)
    for width in (NARROW, NARROWEST, BETWEEN, WIDE):
        page.set_viewport_size({"width": width, "height": HEIGHT})
        fits_its_width(page)


def make_larger(user: User, **chosen: str) -> None:
    """Let ``user`` read at the largest size there is, and as is ``chosen`` besides."""
    User.objects.filter(pk=user.pk).update(text_size=User.TextSize.LARGER, **chosen)


def test_chosen_numbers_are_read_whole_at_the_largest_size_on_a_telephone(
    open_page: OpenPage, mira: User
) -> None:
    make_larger(mira)
    page = open_page(width=NARROW)
    entry = begun(mira, enter(page, mira))
    page.goto(f"/journal/{entry.pk}/happened/")
    page.get_by_text("How it was between us").click()
    expect(page.locator(".alliance select").first).to_be_visible()

    # What the browser's own arrow leaves of a box, and what the longest number needs of it.
    spare = page.locator(".alliance select").evaluate_all(
        """(boxes) => boxes.map((box) => {
          const style = getComputedStyle(box);
          const pen = document.createElement("canvas").getContext("2d");
          pen.font = style.font;
          const around = parseFloat(style.paddingLeft) + parseFloat(style.paddingRight);
          const room = box.clientWidth - around;
          return room - 20 - pen.measureText("10").width;
        })"""
    )
    assert min(spare) >= 0


@pytest.mark.parametrize("text_size", ["medium", "larger"])
def test_emergency_numbers_are_whole_wherever_one_is_in_the_repair(
    page: Page, mira: User, text_size: str
) -> None:
    User.objects.filter(pk=mira.pk).update(text_size=text_size)
    entry = begun(mira, enter(page, mira))
    page.goto(f"/journal/{entry.pk}/repair/")
    beside = page.get_by_role("region", name="Beside your writing")
    contacts = beside.get_by_role("complementary", name="Emergency contacts").get_by_role(
        "listitem"
    )
    expect(contacts).to_have_count(5)

    for top in (0, 400):
        page.evaluate("(top) => window.scrollTo(0, top)", top)
        for inner in (0, 100_000):
            beside.evaluate("(one, top) => { one.scrollTop = top; }", inner)
            for contact in contacts.all():
                expect(contact).to_be_in_viewport(ratio=1)


def test_what_the_guide_says_follows_the_thought_one_writes_under(page: Page, mira: User) -> None:
    keys = enter(page, mira)
    chosen = (
        Label("p1-intent", "They are attacking my character"),
        Label("p3-proportion", "They are making too much of it"),
    )
    document = Document(happened=Happened(case_code="Finch"), reaction=Reaction(patterns=chosen))
    entry = factories.make_entry(owner=mira, keys=keys, document=document)
    page.goto(f"/journal/{entry.pk}/looking_again/")
    beside = page.get_by_role("region", name="Beside your writing")
    titles = beside.locator(".companion > h2")
    thoughts = page.locator("form .thought")
    expect(titles).to_have_count(2)
    expect(thoughts).to_have_count(2)

    for place in (1, 0):
        title = thoughts.nth(place).inner_text()
        page.locator("form section").filter(has_text=title).get_by_role("textbox").first.focus()
        said = beside.get_by_role("complementary", name=title)
        expect(said.get_by_role("heading")).to_be_in_viewport(ratio=1)
        expect(said.get_by_text("The thought")).to_be_in_viewport(ratio=1)


def test_wide_column_is_no_narrower_than_another_at_the_largest_size(
    page: Page, mira: User
) -> None:
    entry = begun(mira, enter(page, mira))
    wide = "() => document.querySelector('.writing').getBoundingClientRect().width"
    page.goto(f"/journal/{entry.pk}/happened/")
    before = page.evaluate(wide)
    make_larger(mira, line_width=User.LineWidth.WIDE)
    page.reload()

    assert page.evaluate(wide) > before


@pytest.mark.parametrize("text_size", ["medium", "large", "larger"])
def test_bar_takes_two_rows_of_a_telephone_at_every_size(
    open_page: OpenPage, mira: User, text_size: str
) -> None:
    User.objects.filter(pk=mira.pk).update(text_size=text_size)
    page = open_page(width=NARROW)
    begun(mira, enter(page, mira))
    page.goto("/journal/")

    tops = page.locator(".bar :is(a, button, summary):visible").evaluate_all(
        """(all) => all.map((one) => {
          const at = one.getBoundingClientRect();
          return at.top + at.height / 2;
        })"""
    )
    rows = {round(top / 40) for top in tops}
    assert len(rows) <= 2


def test_plan_stands_above_what_one_writes_on_a_telephone_and_beside_it_on_a_desk(
    page: Page, mira: User
) -> None:
    keys = enter(page, mira)
    document = Document(repair=Repair(plan="Thursday: no explaining first."))
    entry = factories.make_entry(owner=mira, keys=keys, document=document)
    page.goto(f"/journal/{entry.pk}/look-back/")
    plan = page.locator(".companion").get_by_text("Thursday: no explaining first.")
    for width, is_beside in ((WIDE, True), (NARROW, False)):
        page.set_viewport_size({"width": width, "height": HEIGHT})
        above = plan.bounding_box()
        form = page.locator(".look-back > form").bounding_box()
        assert above is not None
        assert form is not None
        assert (above["x"] > form["x"] + form["width"]) is is_beside
        assert (above["y"] + above["height"] <= form["y"]) is not is_beside
