"""A group in a browser: three people at once; usable at every width and in both schemes."""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import User
from reflection.models import Entry
from supervision import actions
from supervision.models import Agreement, Share, SupervisionGroup
from tests import factories
from tests.browser.accessibility import axe_clean, fits_its_width
from tests.browser.conftest import OpenPage
from tests.browser.people import enter
from tests.browser.shapes import LOOKS, NARROW, Scheme


@pytest.fixture
def agreement(mira: User, okafor: User) -> Agreement:
    return factories.make_agreement(supervisee=mira, supervisor=okafor)


@pytest.fixture
def entry(mira: User) -> Entry:
    return factories.make_entry(
        owner=mira, keys=factories.vault_keys(mira), document=factories.full_document()
    )


def look(page: Page, path: str) -> None:
    """Hold a page to what every page is held to, with everything unfolded."""
    page.goto(path)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    for summary in page.locator("main summary:visible").all():
        summary.click()
    fits_its_width(page)
    axe_clean(page)


@LOOKS
def test_pages_of_a_group_are_usable_at_every_width_and_in_both_schemes(
    open_page: OpenPage,
    width: int,
    scheme: Scheme,
    mira: User,
    okafor: User,
    jonas: User,
    agreement: Agreement,
    entry: Entry,
    page_errors: list[str],
) -> None:
    asked = factories.make_group(supervisor=okafor, members=[], asked=[mira], name="Mondays")
    group = factories.make_group(supervisor=okafor, members=[mira, jonas], name="Thursdays at six")
    share = factories.make_share(
        agreement=agreement, entry=entry, readers=factories.reading_terms(group, jonas)
    )
    factories.make_comment(share=share, author=jonas)
    paths: dict[User, list[Any]] = {
        okafor: ["group_new", group, share],
        mira: [asked, group, share, ("share_receipt", share), ("share_new", entry)],
        jonas: [group, share],
    }
    for person, pages in paths.items():
        page = open_page(width=width, scheme=scheme)
        enter(page, person)
        for one in pages:
            look(page, _path(one))
    actions.leave_group(by=jonas, pk=group.pk)
    look(page, reverse("group_read", args=[group.pk]))
    look(page, reverse("share_read", args=[share.pk]))
    assert len(page_errors) == 2  # both say 410, with a page
    page_errors.clear()


def _path(one: Any) -> str:
    if isinstance(one, str):
        return reverse(one)
    if isinstance(one, tuple):
        return reverse(one[0], args=[one[1].pk])
    name = "group_read" if isinstance(one, SupervisionGroup) else "share_read"
    return reverse(name, args=[one.pk])


def test_three_people_make_a_group_share_in_it_and_one_leaves(
    open_page: OpenPage,
    mira: User,
    okafor: User,
    jonas: User,
    agreement: Agreement,
    entry: Entry,
    page_errors: list[str],
) -> None:
    factories.make_agreement(supervisee=jonas, supervisor=okafor)
    theirs, mine, fellows = open_page(), open_page(), open_page(width=NARROW)
    for page, person in ((theirs, okafor), (mine, mira), (fellows, jonas)):
        enter(page, person)
    theirs.goto(reverse("supervision_home"))
    theirs.get_by_role("link", name="Make a group").click()
    theirs.get_by_label("What is it called?").fill("Thursdays at six")
    for person in (mira, jonas):
        theirs.get_by_label(person.get_full_name()).check()
    theirs.get_by_label("I have read this wording").check()
    theirs.get_by_role("button", name="Make the group").click()
    for page in (mine, fellows):
        page.goto(reverse("home"))
        page.get_by_role("link", name="Read and answer").click()
        page.get_by_label("I have read this agreement").check()
        page.get_by_role("button", name="Accept").click()
        expect(page.get_by_role("heading", name="Shared in it")).to_be_visible()

    mine.goto(reverse("share_new", args=[entry.pk]))
    mine.get_by_label("Jonas Weber").check()
    mine.get_by_label("Repair", exact=True).check()
    mine.get_by_label("ask questions").check()
    mine.get_by_label("A month, until").check()
    mine.get_by_label("My client has agreed").check()
    mine.get_by_role("button", name="See the copy").click()
    mine.get_by_label("I have compared it with Jonas Weber").check()
    mine.get_by_role("button", name="See the copy").click()
    expect(mine.get_by_text("Jonas Weber would read it along.")).to_be_visible()
    mine.get_by_role("button", name="and 1 of the group").click()
    expect(mine.get_by_role("heading", name="Receipt")).to_be_visible()
    share = Share.objects.get()

    fellows.goto(reverse("share_read", args=[share.pk]))
    fellows.get_by_text("Comment on this passage").first.click()
    fellows.locator("details.say[open] textarea[name=text]").first.fill("I know that silence.")
    fellows.locator("details.say[open]").get_by_role("button", name="Send").first.click()
    expect(fellows.locator(".note .written").get_by_text("I know that silence.")).to_be_visible()
    theirs.goto(reverse("share_read", args=[share.pk]))
    expect(theirs.locator(".note .written").get_by_text("I know that silence.")).to_be_visible()
    expect(theirs.get_by_text("Jonas Weber reads along")).to_be_visible()

    group = SupervisionGroup.objects.get()
    fellows.goto(reverse("group_read", args=[group.pk]))
    fellows.get_by_text("Leave this group").click()
    fellows.get_by_role("button", name="Leave it now").click()
    expect(fellows.get_by_text("You left this group")).to_be_visible()
    fellows.goto(reverse("share_read", args=[share.pk]))
    expect(fellows.get_by_text("Your place in the group ended")).to_be_visible()
    theirs.reload()
    expect(theirs.locator(".note .written").get_by_text("I know that silence.")).to_be_visible()
    # The key that had to be compared, the group that was left, the copy that no longer opens.
    assert [text.split("status of ")[1][:3] for text in page_errors] == ["422", "410", "410"]
    page_errors.clear()
