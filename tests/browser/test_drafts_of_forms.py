"""What is typed into forms that do not save by themselves outlives its page as well, sealed."""

import re
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Dialog, Page, expect

from accounts.models import User
from reflection.models import Entry
from supervision import actions
from supervision.models import Agreement, Comment, HeldComment, Share
from tests import factories
from tests.browser.accessibility import axe_clean, fits_its_width
from tests.browser.conftest import OpenPage
from tests.browser.people import enter
from tests.browser.shapes import LOOKS, Scheme
from tests.browser.test_sealed_drafts import OFFERED, close_and_return, drafts, stored
from tests.canaries.marks import Search
from vault.crypto import VaultKeys

pytestmark = pytest.mark.django_db(transaction=True)

KEPT = "A sealed copy is kept"
LOOK = "Look at the unsaved text"
OFFERED_LATEST_MS = 2500  # A page that was just left may hold its draft when it is first looked.
RAREST = "bcdfghjklmnp"
# Emoji of several code points, right to left, combining marks, and what JSON and HTML escape.
ODD = "🏳️‍🌈👩🏽‍⚕️ שלום עולם é <b>&amp;\"'\\ \u2028 end"


@pytest.fixture(autouse=True)
def _guide(transactional_db: None) -> None:
    call_command("load_guide", verbosity=0)


@pytest.fixture
def entry(mira: User) -> Entry:
    document = factories.full_document()
    return factories.make_entry(owner=mira, keys=factories.vault_keys(mira), document=document)


@pytest.fixture
def agreement(mira: User, okafor: User) -> Agreement:
    return factories.make_agreement(supervisee=mira, supervisor=okafor)


@pytest.fixture
def share(agreement: Agreement, entry: Entry) -> Share:
    return factories.make_share(agreement=agreement, entry=entry)


def path_of(share: Share) -> str:
    return reverse("share_read", args=[share.pk])


def type_comment(page: Page, share: Share, text: str) -> None:
    """Type beside the first passage of the copy until the page says that it is kept."""
    page.goto(path_of(share))
    page.get_by_text("Comment on this passage").first.click()
    page.get_by_label("Your comment").locator("visible=true").fill(text)
    expect(page.locator("[data-draft-state]:visible")).to_contain_text(KEPT)


def close(page: Page) -> Page:
    """Close the page without a word, and return on another one."""
    return close_and_return(page, "/")


def sent(page: Page) -> None:
    """Wait until a page that was led to has asked after what is kept, and nothing is."""
    page.wait_for_function(
        "() => !Object.keys(localStorage).some((name) => name.startsWith('mend-draft:'))"
    )
    expect(page.locator(OFFERED)).to_be_hidden()


def texts(entry: Entry, keys: VaultKeys) -> list[str]:
    return [look.learned for look in Entry.objects.get(pk=entry.pk).open(keys).looking_back]


# --- Capture and look back -----------------------------------------------------------------------


def test_capture_outlives_its_page_and_is_saved_by_a_press(page: Page, mira: User) -> None:
    keys = enter(page, mira)
    page.goto(reverse("journal_capture"))
    page.get_by_label("What happened").fill(ODD)
    page.get_by_label("Case code").fill("Finch")
    expect(page.locator("[data-draft-state]")).to_contain_text(KEPT)
    page = close(page)
    expect(page.locator(OFFERED)).to_be_visible()
    page.get_by_role("button", name=LOOK).click()
    expect(page.locator(".block-text").first).to_have_text(re.compile(re.escape(ODD.split()[1])))
    assert not Entry.objects.owned_by(mira)
    page.get_by_role("button", name="Keep this text").click()
    sent(page)
    (entry,) = Entry.objects.owned_by(mira)
    assert entry.is_capture
    assert entry.open(keys).happened.took_place == ODD
    assert entry.open(keys).happened.case_code == "Finch"


def test_capture_saved_leaves_nothing_behind(page: Page, mira: User) -> None:
    enter(page, mira)
    page.goto(reverse("journal_capture"))
    page.get_by_label("What happened").fill("They left early.")
    expect(page.locator("[data-draft-state]")).to_contain_text(KEPT)
    assert len(drafts(page)) == 1
    page.get_by_role("button", name="Save it").click()
    page.wait_for_url("**/captures/**")
    sent(page)


def test_words_taken_out_again_are_kept_no_longer(page: Page, mira: User) -> None:
    enter(page, mira)
    page.goto(reverse("journal_capture"))
    box = page.get_by_label("What happened")
    box.fill("On second thoughts")
    expect(page.locator("[data-draft-state]")).to_contain_text(KEPT)
    box.fill("")
    expect(page.locator("[data-draft-state]")).to_be_hidden()
    assert not drafts(page)


def test_look_back_typed_without_a_connection_comes_back(
    page: Page, mira: User, entry: Entry, page_errors: list[str]
) -> None:
    keys = enter(page, mira)
    page.goto(reverse("entry_look_back", args=[entry.pk]))
    page.context.set_offline(True)
    page.get_by_label("What did I learn?").fill("To wait first.")
    page.get_by_role("button", name="Save it").click()
    expect(page.locator("[data-offline]")).to_contain_text("cannot be reached just now")
    expect(page.locator("[data-draft-state]")).to_contain_text(KEPT)
    page = close_and_return(page, reverse("entry_read", args=[entry.pk]))
    page.get_by_role("button", name=LOOK).click()
    expect(page.get_by_text("To wait first.")).to_be_visible()
    page.get_by_role("button", name="Keep this text").click()
    sent(page)
    assert texts(entry, keys) == ["To wait first."]
    page_errors.clear()  # Chromium logs each request that failed.


def test_changed_look_back_comes_back(page: Page, mira: User, entry: Entry) -> None:
    keys = enter(page, mira)
    page.goto(reverse("entry_look_back", args=[entry.pk]))
    page.get_by_label("What did I learn?").fill("To wait.")
    page.get_by_role("button", name="Save it").click()
    sent(page)
    page.goto(reverse("look_back_edit", args=[entry.pk, 1]))
    page.get_by_label("What did I learn?").fill("To wait, and breathe.")
    expect(page.locator("[data-draft-state]")).to_contain_text(KEPT)
    page = close(page)
    page.get_by_role("button", name=LOOK).click()
    page.get_by_role("button", name="Keep this text").click()
    sent(page)
    assert texts(entry, keys) == ["To wait, and breathe."]


# --- Comments ------------------------------------------------------------------------------------


def test_comment_goes_back_into_its_box_and_is_gone_once_sent(
    page: Page, okafor: User, share: Share
) -> None:
    enter(page, okafor)
    type_comment(page, share, "What did you feel?")
    page = close(page)
    page.get_by_role("button", name=LOOK).click()
    expect(page.get_by_text("neither sent nor held")).to_be_visible()
    page.get_by_role("button", name="Put it back into its box").click()
    box = page.get_by_label("Your comment").locator("visible=true")
    expect(box).to_have_value("What did you feel?")
    expect(page.locator(OFFERED)).to_be_hidden()  # not while it stands there
    assert not Comment.objects.exists()
    page.get_by_role("button", name="Send", exact=True).locator("visible=true").click()
    page.wait_for_url("**#comment-*")
    sent(page)
    data_key = share.data_key(factories.reader(okafor))
    assert [one.read(data_key) for one in Comment.objects.all()] == ["What did you feel?"]


def test_answer_of_a_supervisee_comes_back(
    page: Page, mira: User, okafor: User, share: Share
) -> None:
    factories.make_comment(share=share, author=okafor, text="Why?")
    enter(page, mira)
    page.goto(path_of(share))
    page.get_by_text("Answer", exact=True).click()
    page.get_by_label("Your comment").locator("visible=true").fill("Because.")
    expect(page.locator("[data-draft-state]:visible")).to_contain_text(KEPT)
    page = close(page)
    page.get_by_role("button", name=LOOK).click()
    page.get_by_role("button", name="Put it back into its box").click()
    expect(page.get_by_label("Your comment").locator("visible=true")).to_have_value("Because.")
    page.get_by_role("button", name="Send", exact=True).locator("visible=true").click()
    page.wait_for_url("**#comment-*")
    sent(page)
    assert Comment.objects.count() == 2


def test_other_words_for_a_held_comment_come_back(page: Page, okafor: User, share: Share) -> None:
    held = factories.held_comment(share=share, author=okafor, text="Not yet.")
    enter(page, okafor)
    page.goto(path_of(share))
    page.get_by_text("Edit", exact=True).click()
    page.get_by_label("Your comment").locator("visible=true").fill("Not yet, I think.")
    expect(page.locator("[data-draft-state]:visible")).to_contain_text(KEPT)
    page = close(page)
    page.get_by_role("button", name=LOOK).click()
    page.get_by_role("button", name="Put it back into its box").click()
    box = page.get_by_label("Your comment").locator("visible=true")
    expect(box).to_have_value("Not yet, I think.")
    page.get_by_role("button", name="Keep it held").click()
    page.wait_for_url("**#comment-*")
    sent(page)
    kept = HeldComment.objects.get(pk=held.pk).open(factories.reader(okafor))
    assert kept.said.text == "Not yet, I think."


def test_words_that_the_other_tabs_were_chosen_over_are_not_offered_again(
    page: Page, okafor: User, share: Share, page_errors: list[str]
) -> None:
    held = factories.held_comment(share=share, author=okafor, text="Not yet.")
    enter(page, okafor)
    page.goto(path_of(share))
    page.get_by_text("Edit", exact=True).click()
    page.get_by_label("Your comment").locator("visible=true").fill("Not yet, I think.")
    expect(page.locator("[data-draft-state]:visible")).to_contain_text(KEPT)
    actions.change_held(
        by=okafor,
        reader=factories.reader(okafor),
        pk=share.pk,
        held=held.pk,
        text="Of another tab.",
    )
    page.get_by_role("button", name="Keep it held").click()
    expect(page.get_by_role("heading", name="Two texts of one comment")).to_be_visible()
    page.wait_for_timeout(OFFERED_LATEST_MS)
    expect(page.locator(OFFERED)).to_be_hidden()
    assert len(drafts(page)) == 1  # Nothing is chosen yet.
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("link", name="Go on with the other tab’s").click()
    page.wait_for_url(f"**{path_of(share)}")
    sent(page)
    page_errors.clear()  # The refusal, which Chromium notes.


def test_comment_on_a_copy_taken_back_meanwhile_can_be_read_and_discarded(
    page: Page, mira: User, okafor: User, share: Share
) -> None:
    enter(page, okafor)
    type_comment(page, share, "Still mine to read.")
    actions.revoke_share(by=mira, pk=share.pk)
    page = close(page)
    page.get_by_role("button", name=LOOK).click()
    expect(page.get_by_text("Still mine to read.")).to_be_visible()
    expect(page.get_by_text("not open to you any more")).to_be_visible()
    expect(page.get_by_role("button", name="Put it back into its box")).to_have_count(0)
    page.get_by_text("Discard it", exact=True).click()
    page.get_by_role("button", name="Discard it for good").click()
    page.wait_for_url(re.compile(r"/supervision/\??$"))
    assert not drafts(page)


def test_two_drafts_of_one_copy_are_offered_in_turn(page: Page, okafor: User, share: Share) -> None:
    enter(page, okafor)
    type_comment(page, share, "The first.")
    page.get_by_text("Comment on this passage").nth(1).click()
    page.get_by_label("Your comment").locator("visible=true").nth(1).fill("The second.")
    expect(page.locator("[data-draft-state]:visible")).to_have_count(2)
    page = close(page)
    expect(page.locator("[data-drafts-more]")).to_contain_text("1 more")
    for text in ("The first.", "The second."):
        page.goto("/")
        page.get_by_role("button", name=LOOK).click()
        page.get_by_role("button", name="Put it back into its box").click()
        box = page.get_by_label("Your comment").locator("visible=true")
        expect(box).to_have_value(text)
        page.get_by_role("button", name="Send", exact=True).locator("visible=true").click()
        page.wait_for_url("**#comment-*")
    sent(page)
    assert Comment.objects.count() == 2


# --- A meeting's notes ---------------------------------------------------------------------------


def test_notes_of_a_meeting_outlive_their_page(
    page: Page, okafor: User, share: Share, page_errors: list[str]
) -> None:
    starts_at = timezone.now() + timedelta(days=1)
    meeting = factories.make_meeting(agreement=share.agreement, by=okafor, starts_at=starts_at)
    enter(page, okafor)
    page.goto(reverse("meeting_notes", args=[meeting.pk]))
    page.context.set_offline(True)
    page.get_by_label("Notes").fill("We spoke of Finch.")
    expect(page.locator("[data-draft-state]")).to_contain_text("A sealed copy is kept")
    page = close(page)
    page.get_by_role("button", name=LOOK).click()
    expect(page.locator("ins")).to_contain_text(["add", "We spoke of Finch."])
    page.get_by_role("button", name="Keep this text").click()
    page.wait_for_url("**/meetings/**")
    expect(page.get_by_text("We spoke of Finch.")).to_be_visible()
    sent(page)
    page_errors.clear()


# --- Who else uses this browser ------------------------------------------------------------------


def test_signing_out_keeps_what_was_typed_for_its_writer_alone(
    page: Page, okafor: User, mira: User, share: Share
) -> None:
    enter(page, okafor)
    page.goto(path_of(share))
    page.get_by_text("Comment on this passage").first.click()
    page.get_by_label("Your comment").locator("visible=true").fill("In mid-sen")

    def leave(dialog: Dialog) -> None:
        dialog.accept()

    page.on("dialog", leave)
    page.locator("form[data-locks]:not([data-locks=now])").evaluate(
        "(form) => form.requestSubmit()"
    )
    page.wait_for_url(lambda url: "shares" not in url)
    assert len(drafts(page)) == 1  # sealed on the way out, at once
    enter(page, mira)
    page.goto("/")
    page.wait_for_load_state("networkidle")
    expect(page.locator(OFFERED)).to_be_hidden()
    assert len(drafts(page)) == 1
    enter(page, okafor)
    page.goto("/")
    expect(page.locator(OFFERED)).to_be_visible()


def test_nothing_typed_into_a_comment_stands_readable_in_the_browser(
    page: Page, okafor: User, share: Share
) -> None:
    enter(page, okafor)
    type_comment(page, share, f"{RAREST} and nothing else")
    search = Search(RAREST)
    found = stored(page)
    assert len(drafts(page)) == 1
    for name, value in found.items():
        assert not search.within(f"{name} {value}", name)


# --- Browsers that keep nothing ------------------------------------------------------------------

REFUSALS = {
    "no storage": """Object.defineProperty(window, "localStorage",
        { get() { throw new DOMException("denied", "SecurityError"); } });""",
    "a full storage": """Storage.prototype.setItem = () => {
        throw new DOMException("full", "QuotaExceededError"); };""",
    "no X25519": """crypto.subtle.generateKey = () =>
        Promise.reject(new Error("NotSupportedError"));""",
}


@pytest.mark.parametrize("what", REFUSALS)
def test_browser_that_keeps_nothing_says_so_and_sends_all_the_same(
    page: Page, okafor: User, share: Share, what: str
) -> None:
    enter(page, okafor)
    page.add_init_script(REFUSALS[what])
    page.goto(path_of(share))
    page.get_by_text("Comment on this passage").first.click()
    page.get_by_label("Your comment").locator("visible=true").fill("On this page alone")
    state = page.locator("[data-draft-state]:visible")
    expect(state).to_contain_text("cannot keep a sealed copy")
    page.get_by_role("button", name="Send", exact=True).locator("visible=true").click()
    page.wait_for_url("**#comment-*")
    assert Comment.objects.count() == 1


def test_no_indexed_database_is_needed(page: Page, mira: User) -> None:
    """A private window may have none; what is kept is not kept there."""
    enter(page, mira)
    page.add_init_script("delete window.indexedDB; delete Window.prototype.indexedDB;")
    page.goto(reverse("journal_capture"))
    page.get_by_label("What happened").fill("In private")
    expect(page.locator("[data-draft-state]")).to_contain_text(KEPT)


# --- How it looks --------------------------------------------------------------------------------


@LOOKS
def test_pages_of_an_unsent_comment_are_accessible_and_fit(
    open_page: OpenPage, okafor: User, share: Share, width: int, scheme: Scheme
) -> None:
    page = open_page(width=width, scheme=scheme)
    enter(page, okafor)
    type_comment(page, share, "Long " + "word" * 60)
    axe_clean(page)
    fits_its_width(page)
    page = close(page)
    page.get_by_role("button", name=LOOK).click()
    page.get_by_text("Discard it", exact=True).click()
    axe_clean(page)
    fits_its_width(page)
    page.get_by_role("button", name="Put it back into its box").click()
    box = page.get_by_label("Your comment").locator("visible=true")
    expect(box).to_have_value(re.compile("^Long "))
    axe_clean(page)
    fits_its_width(page)
