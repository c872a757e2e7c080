"""The desk and notifications in a browser: two people, each in a browser of their own."""

import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from accounts.models import User
from reflection.models import Entry
from supervision import actions
from supervision.desk import PAGE
from supervision.models import Agreement, NoticeKind, Notification, Share
from tests import factories
from tests.browser.accessibility import axe_clean, fits_its_width
from tests.browser.conftest import OpenPage
from tests.browser.people import enter
from tests.browser.shapes import LOOKS, NARROW, Scheme

STATES = ["", "new", "mine", "theirs", "ending", "closed"]


@pytest.fixture
def agreement(mira: User, okafor: User) -> Agreement:
    made = factories.make_agreement(supervisee=mira, supervisor=okafor)
    Notification.objects.all().delete()
    return made


@pytest.fixture
def entry(mira: User) -> Entry:
    return factories.make_entry(
        owner=mira, keys=factories.vault_keys(mira), document=factories.full_document()
    )


def desk(page: Page, **wanted: str) -> Locator:
    """Open a queue and return its rows."""
    page.goto(f"{reverse('supervision_home')}?{urlencode(wanted)}")
    return page.locator(".share-row")


def notices(page: Page) -> Locator:
    """Return what the bar says of notifications."""
    return page.locator(".bar-notices")


def test_copy_goes_from_new_to_answered_on_the_desks_of_both(
    open_page: OpenPage, mira: User, okafor: User, agreement: Agreement, entry: Entry
) -> None:
    theirs, mine = open_page(), open_page(width=NARROW)
    enter(theirs, okafor)
    enter(mine, mira)
    share = factories.make_share(agreement=agreement, entry=entry)

    # It arrives: named on no page before it is opened.
    expect(desk(theirs, state="new")).to_contain_text("A reflection shared by Mira Lindgren")
    expect(theirs.get_by_text("Finch")).to_have_count(0)
    expect(desk(mine, side="given", state="new")).to_contain_text("Not opened yet")
    expect(notices(theirs)).to_contain_text("1")
    notices(theirs).click()
    told = theirs.get_by_role("link", name="Mira Lindgren shared a reflection with you.")
    expect(theirs.get_by_text("Finch")).to_have_count(0)
    told.click()
    expect(theirs.get_by_role("heading", name="Finch, after the yawn")).to_be_visible()

    # It was read, and waits for its reader.
    expect(desk(theirs, state="new")).to_have_count(0)
    expect(theirs.get_by_text("Nothing new.")).to_be_visible()
    expect(notices(theirs)).to_have_count(0)
    expect(desk(theirs, state="mine")).to_contain_text("Nothing said yet")

    # What is held tells nobody; sent together, it is told once.
    for text in ("Rehearse the silence.", "Or bring the mouse."):
        factories.held_comment(share=share, author=okafor, text=text)
    expect(desk(mine, side="given", state="theirs")).to_have_count(1)
    expect(notices(mine)).to_have_count(0)
    desk(theirs, state="mine").get_by_role("link", name="Finch").click()
    theirs.get_by_role("button", name="Send 2 held comments").click()
    expect(theirs.get_by_text("2 comments sent.")).to_be_visible()
    expect(desk(theirs, state="theirs")).to_contain_text("2 comments")
    expect(desk(mine, side="given", state="mine")).to_contain_text("Waits for your answer")
    expect(notices(mine)).to_contain_text("1")

    # It is answered, and waits for its reader again.
    mine.locator(".share-row").get_by_role("link", name="Finch").click()
    mine.locator("summary").filter(has_text="Answer").first.click()
    mine.get_by_label("Your comment").locator("visible=true").fill("I will try it on Thursday.")
    mine.get_by_role("button", name="Send", exact=True).locator("visible=true").click()
    expect(mine.locator(".note").filter(has_text="I will try it on Thursday.")).to_be_visible()
    expect(notices(mine)).to_have_count(0)
    expect(desk(theirs, state="mine")).to_contain_text("Waits for your answer")
    notices(theirs).click()
    expect(theirs.get_by_text("Mira Lindgren wrote beside a shared reflection.")).to_be_visible()
    theirs.get_by_role("button", name="Mark all as seen").click()
    expect(notices(theirs)).to_have_count(0)


def test_copy_ends_and_is_closed_on_the_desks_of_both(
    open_page: OpenPage,
    mira: User,
    okafor: User,
    agreement: Agreement,
    entry: Entry,
    page_errors: list[str],
) -> None:
    share = factories.make_share(agreement=agreement, entry=entry)
    actions.note_opening(share=share, by=okafor, events=[])
    actions.see_all(by=okafor)
    theirs, mine = open_page(width=NARROW), open_page()
    enter(theirs, okafor)
    enter(mine, mira)

    expect(desk(theirs, state="ending")).to_have_count(0)
    Share.objects.filter(pk=share.pk).update(expires_at=timezone.now() + timedelta(days=2))
    expect(desk(theirs, state="ending")).to_have_count(1)
    expect(desk(mine, side="given", state="ending")).to_have_count(1)
    mine.get_by_role("link", name="Finch").click()
    mine.get_by_role("button", name="Take it back").click()
    expect(desk(theirs)).to_have_count(0)
    row = desk(theirs, state="closed")
    expect(row).to_contain_text("What Mira Lindgren had shared")
    expect(theirs.get_by_text("Finch")).to_have_count(0)
    expect(notices(theirs)).to_contain_text("1")
    row.get_by_role("link").click()
    expect(theirs.get_by_text("Mira Lindgren took this back")).to_be_visible()
    expect(notices(theirs)).to_have_count(0)
    expect(desk(mine, side="given", state="closed")).to_contain_text("Finch")
    assert ["status of 410" in error for error in page_errors] == [True]
    page_errors.clear()


def test_long_queue_is_paged_narrowed_to_one_person_and_walked_by_keys(
    open_page: OpenPage, okafor: User, jonas: User, agreement: Agreement
) -> None:
    other = factories.make_agreement(supervisee=jonas, supervisor=okafor)
    factories.make_share(agreement=other, at=timezone.now() - timedelta(hours=1))
    for _number in range(PAGE + 1):
        factories.make_share(agreement=agreement)
    page = open_page()
    enter(page, okafor)

    # Beyond a page the queue goes on, and repeats none.
    rows = desk(page)
    expect(rows).to_have_count(PAGE)
    first = _addresses(rows)
    page.get_by_role("link", name="Go on").click()
    expect(page.get_by_role("link", name="Back to the beginning")).to_be_visible()
    rest = _addresses(rows)
    assert len({*first, *rest}) == len(first) + len(rest) == PAGE + 2
    page.get_by_role("link", name="Back to the beginning").click()
    expect(rows).to_have_count(PAGE)

    # One person's, and their filters.
    page.get_by_label("Person").select_option("Jonas Weber")
    page.get_by_role("button", name="Show").click()
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("Jonas Weber")
    page.get_by_role("link", name="Ending within 7 days").click()
    expect(page.get_by_text("Nothing ends within the next seven days.")).to_be_visible()
    expect(page.get_by_label("Person")).to_have_value(str(jonas.pk))
    page.get_by_role("link", name="Show everybody").click()
    page.get_by_role("link", name="New").first.click()
    expect(rows).to_have_count(PAGE)

    # From one copy to the next and back, by keys and by links.
    page.goto(first[0])
    for key, at in (("j", 1), ("j", 2), ("k", 1)):
        page.locator("main").focus()
        page.keyboard.press(key)
        expect(page).to_have_url(re.compile(first[at]))
    page.get_by_role("link", name="Previous copy").click()
    expect(page).to_have_url(re.compile(first[0]))
    expect(page.get_by_role("link", name="Previous copy")).to_have_count(0)


def _addresses(rows: Locator) -> list[str]:
    links = rows.locator("h3 a")
    return [str(one.get_attribute("href")) for one in links.all()]


def test_each_kind_is_told_as_it_was_chosen_without_a_script(
    open_page: OpenPage, mira: User, okafor: User, agreement: Agreement, entry: Entry
) -> None:
    page = open_page(javascript=False, width=NARROW)
    enter(page, okafor)
    page.goto(reverse("notification_list"))
    page.get_by_role("link", name="Choose what to be told of").click()
    kind = NoticeKind.SHARED.label
    page.get_by_role("checkbox", name=f"{kind}: tell me in Mend").uncheck()
    page.get_by_role("checkbox", name=f"{NoticeKind.COMMENTED.label}: write me a mail").uncheck()
    page.get_by_role("button", name="Save it").click()
    expect(page.get_by_text("Saved. It holds from now on.")).to_be_visible()
    expect(page.get_by_role("checkbox", name=f"{kind}: tell me in Mend")).not_to_be_checked()
    expect(page.get_by_role("checkbox", name=f"{kind}: write me a mail")).to_be_checked()
    mail.outbox.clear()

    share = factories.make_share(agreement=agreement, entry=entry)
    page.reload()
    expect(notices(page)).to_have_count(0)
    assert [one.to for one in mail.outbox] == [[okafor.email]]

    factories.make_comment(share=share, author=mira)
    page.reload()
    expect(notices(page)).to_contain_text("1")
    assert len(mail.outbox) == 1


@LOOKS
def test_desk_and_notifications_are_usable_at_every_width_and_in_both_schemes(
    open_page: OpenPage,
    width: int,
    scheme: Scheme,
    mira: User,
    okafor: User,
    jonas: User,
    agreement: Agreement,
) -> None:
    factories.make_agreement(supervisee=jonas, supervisor=okafor)
    factories.make_agreement(supervisee=okafor, supervisor=jonas)
    new, answered, ending, closed = (
        factories.make_share(agreement=agreement) for _number in range(4)
    )
    assert new.is_live
    factories.make_comment(share=answered, author=okafor)
    soon = timezone.now() + timedelta(days=2)
    Share.objects.filter(pk=ending.pk).update(expires_at=soon)
    actions.revoke_share(by=mira, pk=closed.pk)
    for person, side in ((okafor, "received"), (mira, "given")):
        page = open_page(width=width, scheme=scheme)
        enter(page, person)
        queues = [
            f"{reverse('supervision_home')}?{urlencode({'side': side, 'state': state})}"
            for state in STATES
        ]
        for path in (*queues, reverse("notification_list"), reverse("notification_choices")):
            page.goto(path)
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            fits_its_width(page)
            axe_clean(page)
