"""The supervision pages in a browser: widths, schemes, axe, and without a script."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Dialog, Page, expect

from accounts.models import User
from reflection.models import Entry
from supervision import actions
from supervision.models import Agreement, Comment, Share
from tests import factories
from tests.browser.accessibility import axe_clean, fits_its_width
from tests.browser.conftest import OpenPage
from tests.browser.people import enter, unlock_in_a_new_tab, until
from tests.browser.shapes import LOOKS, NARROW, Scheme
from vault.models import Unlock

# A desk in daylight, a telephone at night: each width and each scheme is looked at once.
LONG_WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"


@pytest.fixture
def agreement(mira: User, okafor: User) -> Agreement:
    return factories.make_agreement(supervisee=mira, supervisor=okafor)


@pytest.fixture
def entry(mira: User) -> Entry:
    document = factories.full_document(title=f"Finch, after the yawn {LONG_WORD}")
    return factories.make_entry(owner=mira, keys=factories.vault_keys(mira), document=document)


@pytest.fixture
def share(agreement: Agreement, entry: Entry, mira: User, okafor: User) -> Share:
    share = factories.make_share(agreement=agreement, entry=entry, note=LONG_WORD)
    thread = factories.make_comment(share=share, author=okafor, text="What did they hear?")
    factories.make_comment(share=share, author=mira, text=LONG_WORD * 3, parent=thread.pk)
    return share


def look(page: Page) -> None:
    """Hold a page to what every page is held to."""
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    fits_its_width(page)
    axe_clean(page)


def choose(page: Page, entry: Entry) -> None:
    """Fill in the form for a share of two passages."""
    page.goto(reverse("share_new", args=[entry.pk]))
    page.get_by_label("Looking again").check()
    page.get_by_label("Repair", exact=True).check()
    page.get_by_label("ask questions").check()
    page.get_by_label("What I would like help with").fill("They live at SW1A 1AA.")
    page.get_by_label("Two weeks, until").check()
    page.get_by_label("Nothing here could identify a client.").check()


def expect_statuses(page_errors: list[str], *statuses: int) -> None:
    """Chromium logs a page with such a status as an error; any other error stays one."""
    page_errors[:] = [
        error for error in page_errors if not any(f"status of {one}" in error for one in statuses)
    ]


@LOOKS
def test_pages_of_the_supervisee_are_usable_at_every_width_and_in_both_schemes(
    open_page: OpenPage,
    width: int,
    scheme: Scheme,
    mira: User,
    share: Share,
    entry: Entry,
    page_errors: list[str],
) -> None:
    page = open_page(width=width, scheme=scheme)
    enter(page, mira)
    for path in (
        reverse("supervision_home"),
        reverse("share_read", args=[share.pk]),
        reverse("share_receipt", args=[share.pk]),
        reverse("agreement_read", args=[share.agreement_id]),
        reverse("agreement_new"),
        reverse("entry_read", args=[entry.pk]),
        reverse("home"),
        reverse("journal_list"),
    ):
        page.goto(path)
        for summary in page.locator("main summary").all():
            summary.click()
        look(page)
    page.goto(reverse("share_new", args=[entry.pk]))
    look(page)
    page.get_by_role("button", name="See the copy").click()
    expect(page.locator(".wrong").first).to_be_visible()
    look(page)
    choose(page, entry)
    page.get_by_role("button", name="See the copy").click()
    expect(page.get_by_role("heading", name="Look before you share")).to_be_visible()
    look(page)
    expect_statuses(page_errors, 422)


@LOOKS
def test_pages_of_the_supervisor_are_usable_at_every_width_and_in_both_schemes(
    open_page: OpenPage,
    width: int,
    scheme: Scheme,
    mira: User,
    okafor: User,
    jonas: User,
    share: Share,
    page_errors: list[str],
) -> None:
    factories.make_agreement(supervisee=jonas, supervisor=okafor, is_active=False)
    page = open_page(width=width, scheme=scheme)
    enter(page, okafor)
    for path in (
        reverse("home"),
        reverse("supervision_home"),
        reverse("share_read", args=[share.pk]),
        reverse("share_receipt", args=[share.pk]),
        reverse("agreement_read", args=[share.agreement_id]),
    ):
        page.goto(path)
        for summary in page.locator("main summary").all():
            summary.click()
        look(page)
    actions.revoke_share(by=mira, pk=share.pk)
    page.goto(reverse("share_read", args=[share.pk]))
    look(page)
    expect_statuses(page_errors, 410)


@LOOKS
def test_key_to_compare_and_proposal_are_usable(
    open_page: OpenPage,
    width: int,
    scheme: Scheme,
    mira: User,
    okafor: User,
    ada: User,
    share: Share,
    entry: Entry,
    page_errors: list[str],
) -> None:
    okafor.vaults.update(sealed_at=timezone.now())
    factories.make_vault(okafor)
    page = open_page(width=width, scheme=scheme)
    enter(page, mira)
    choose(page, entry)
    page.get_by_role("button", name="See the copy").click()
    expect(page.get_by_role("heading", name="has changed")).to_be_visible()
    look(page)
    page.get_by_label("I have compared it").check()
    page.get_by_role("button", name="See the copy").click()
    expect(page.get_by_role("heading", name="Look before you share")).to_be_visible()
    proposal = actions.propose_to_address(
        by=mira, email=f"{'a' * 60}@{'b' * 60}.example.org", side="supervisee"
    )
    page.goto(reverse("proposal_read", args=[proposal.pk]))
    look(page)
    page = open_page(width=width, scheme=scheme)
    enter(page, ada)
    clinic = ada.memberships.get().clinic_id
    page.goto(reverse("agreement_new_for_clinic", args=[clinic]))
    look(page)
    expect_statuses(page_errors, 422)


def test_sharing_commenting_and_taking_back_work_without_a_script(
    open_page: OpenPage, mira: User, okafor: User, agreement: Agreement, entry: Entry
) -> None:
    mine = open_page(javascript=False)
    enter(mine, mira)
    choose(mine, entry)
    mine.get_by_role("button", name="See the copy").click()
    mine.get_by_role("button", name="Change something").click()
    expect(mine.get_by_label("What I would like help with")).to_have_value("They live at SW1A 1AA.")
    mine.get_by_role("button", name="See the copy").click()
    mine.get_by_role("button", name="Share with Dr Chidi Okafor").click()
    expect(mine.get_by_role("heading", name="Receipt")).to_be_visible()

    theirs = open_page(javascript=False, width=NARROW)
    enter(theirs, okafor)
    theirs.goto(reverse("supervision_home"))
    theirs.get_by_role("link", name="A reflection shared by Mira Lindgren").click()
    theirs.get_by_text("Comment on this passage").first.click()
    theirs.get_by_label("Your comment").first.fill("What did they hear?")
    theirs.get_by_role("button", name="Send").first.click()
    expect(theirs.get_by_role("article").filter(has_text="What did they hear?")).to_be_visible()

    mine.get_by_role("button", name="Take it back").click()
    expect(mine.get_by_text("What was read cannot be unread.").first).to_be_visible()
    assert Share.objects.get().key_supervisor is None


class Asked:
    """Stays whenever the browser asks whether to leave a page; counts how often it asked."""

    def __init__(self, page: Page) -> None:
        self.times = 0
        page.on("dialog", self.stay)

    def stay(self, dialog: Dialog) -> None:
        assert dialog.type == "beforeunload"
        self.times += 1
        dialog.dismiss()


def lock(page: Page) -> None:
    """Lock the vault from elsewhere and let the page notice."""
    Unlock.objects.all().delete()
    page.evaluate("() => document.dispatchEvent(new CustomEvent('mend:unlocked'))")  # Asks now.
    expect(page.locator("[data-lock]")).to_have_attribute("data-lock-state", "locked")


def test_sending_one_comment_asks_before_another_is_lost(
    open_page: OpenPage, okafor: User, share: Share
) -> None:
    page = open_page()
    enter(page, okafor)
    page.goto(reverse("share_read", args=[share.pk]))
    asked = Asked(page)
    for number, text in enumerate(("On looking again.", "On the plan.")):
        page.get_by_text("Comment on this passage").nth(number).click()
        page.get_by_label("Your comment").locator("visible=true").nth(number).fill(text)
    send = page.get_by_role("button", name="Send").locator("visible=true")

    send.first.click(no_wait_after=True)
    until(page, lambda: asked.times == 1)
    boxes = page.get_by_label("Your comment").locator("visible=true")
    expect(boxes.nth(0)).to_have_value("On looking again.")
    expect(boxes.nth(1)).to_have_value("On the plan.")
    assert not Comment.objects.filter(author=okafor, passage="looking_again").exists()

    # Emptied, the other holds nothing back; and then nothing is asked.
    boxes.nth(1).fill("")
    send.first.click()
    expect(page.get_by_role("article").filter(has_text="On looking again.")).to_be_visible()
    assert asked.times == 1


def test_leaving_with_a_comment_unsent_asks_even_after_staying_once(
    open_page: OpenPage, okafor: User, share: Share
) -> None:
    page = open_page()
    enter(page, okafor)
    page.goto(reverse("share_read", args=[share.pk]))
    asked = Asked(page)
    for number in range(2):
        page.get_by_text("Comment on this passage").nth(number).click()
        page.get_by_label("Your comment").locator("visible=true").nth(number).fill(f"No. {number}")
    page.get_by_role("button", name="Send").locator("visible=true").first.click(no_wait_after=True)
    until(page, lambda: asked.times == 1)
    page.get_by_label("Your comment").locator("visible=true").nth(1).fill("")

    page.get_by_role("link", name="Receipt").first.click(no_wait_after=True)
    until(page, lambda: asked.times == 2)
    expect(page.get_by_label("Your comment").locator("visible=true").first).to_have_value("No. 0")


def test_vault_locking_in_the_middle_of_a_comment_loses_no_word(
    open_page: OpenPage, okafor: User, share: Share, page_errors: list[str]
) -> None:
    page = open_page()
    enter(page, okafor)
    page.goto(reverse("share_read", args=[share.pk]))
    page.get_by_text("Comment on this passage").last.click()
    box = page.get_by_label("Your comment").locator("visible=true")
    box.fill("Waiting is the hard part")
    lock(page)
    expect(box).to_be_hidden()
    unlock_in_a_new_tab(page)

    expect(box).to_have_value("Waiting is the hard part")
    box.fill("Waiting is the hard part of this plan.")
    Unlock.objects.all().delete()  # And once more, before the page can notice.
    page.get_by_role("button", name="Send").locator("visible=true").click()
    expect(page.get_by_role("heading", name="Your vault locked")).to_be_visible()
    page.get_by_label("Your password", exact=True).fill(factories.PASSWORD)
    page.get_by_role("button", name="Unlock and send").click()

    said = page.get_by_role("article").filter(has_text="Waiting is the hard part of this plan.")
    expect(said).to_be_visible()
    assert Comment.objects.filter(author=okafor, passage="repair").count() == 2
    expect_statuses(page_errors, 423)


def test_vault_locking_in_the_middle_of_the_note_loses_no_word(
    open_page: OpenPage, mira: User, agreement: Agreement, entry: Entry, page_errors: list[str]
) -> None:
    page = open_page()
    enter(page, mira)
    choose(page, entry)
    note = page.get_by_label("What I would like help with")
    lock(page)
    expect(note).to_be_hidden()
    unlock_in_a_new_tab(page)

    expect(note).to_have_value("They live at SW1A 1AA.")
    note.fill("They live at SW1A 1AA. Should that go?")
    Unlock.objects.all().delete()  # And once more, before the page can notice.
    page.get_by_role("button", name="See the copy").click()
    expect(page.get_by_role("heading", name="Your vault had locked")).to_be_visible()
    page.get_by_label("Your password", exact=True).fill(factories.PASSWORD)
    page.get_by_role("button", name="Unlock and look again").click()

    expect(page.get_by_role("heading", name="Look before you share")).to_be_visible()
    expect(page.get_by_text("They live at SW1A 1AA. Should that go?")).to_be_visible()
    assert not Share.objects.exists()
    expect_statuses(page_errors, 423)


def test_note_that_came_back_is_asked_about_before_it_is_left(
    open_page: OpenPage, mira: User, agreement: Agreement, entry: Entry
) -> None:
    page = open_page()
    enter(page, mira)
    choose(page, entry)
    page.get_by_role("button", name="See the copy").click()
    page.get_by_role("button", name="Change something").click()
    note = page.get_by_label("What I would like help with")
    expect(note).to_have_value("They live at SW1A 1AA.")
    asked = Asked(page)

    lock(page)
    expect(note).to_be_hidden()
    unlock_in_a_new_tab(page)
    expect(note).to_be_visible()
    page.get_by_role("link", name="Share nothing").click(no_wait_after=True)
    until(page, lambda: asked.times == 1)
    expect(note).to_have_value("They live at SW1A 1AA.")


def _taken_back(share: Share) -> None:
    actions.revoke_share(by=share.supervisee, pk=share.pk)


def _run_out(share: Share) -> None:
    now = timezone.now()
    Share.objects.filter(pk=share.pk).update(
        shared_at=now - timedelta(days=1), expires_at=now - timedelta(seconds=1)
    )


@pytest.mark.parametrize("happens", [_taken_back, _run_out])
def test_comment_typed_while_the_share_closes_is_still_there_to_copy(
    open_page: OpenPage,
    okafor: User,
    share: Share,
    page_errors: list[str],
    happens: Callable[[Share], None],
) -> None:
    typed = "Waiting is the hard part of this plan."
    page = open_page()
    enter(page, okafor)
    page.goto(reverse("share_read", args=[share.pk]))
    page.get_by_text("Comment on this passage").last.click()
    page.get_by_label("Your comment").last.fill(typed)
    happens(share)
    page.get_by_role("button", name="Send").last.click()

    expect(page.get_by_role("heading", name="Your comment was not sent")).to_be_visible()
    expect(page.get_by_label("Your comment")).to_have_value(
        "Waiting is the hard part of this plan."
    )
    look(page)
    expect_statuses(page_errors, 409)
