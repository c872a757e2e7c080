"""Consent in a browser: three people, two supervisors, versions, records; usable at every width."""

import re

import msgspec
import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import User
from reflection.actions import Source, save_passage
from reflection.document import Document
from reflection.models import Entry
from supervision import actions
from supervision.models import Agreement, ConsentWording, Share
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


@pytest.fixture
def share(agreement: Agreement, entry: Entry) -> Share:
    return factories.make_share(agreement=agreement, entry=entry)


def look(page: Page) -> None:
    """Hold a page to what every page is held to."""
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    for summary in page.locator("main summary").all():
        summary.click()
    fits_its_width(page)
    axe_clean(page)


def rewrite_plan(entry: Entry, words: str) -> None:
    def changed(document: Document) -> Document:
        repair = msgspec.structs.replace(document.repair, plan=words)
        return msgspec.structs.replace(document, repair=repair)

    save_passage(
        by=entry.owner,
        keys=factories.vault_keys(entry.owner),
        pk=entry.pk,
        passage="repair",
        rewrite=changed,
        source=Source(entry.revision),
    )


def share_again(page: Page, share: Share) -> None:
    """Begin a new consent like ``share``, as far as the preview."""
    page.goto(reverse("share_receipt", args=[share.pk]))
    page.get_by_role("link", name="Share a new version").click()
    page.get_by_label("Three months, until").check()
    page.get_by_role("button", name="See the copy").click()
    expect(page.get_by_role("heading", name="Look before you share")).to_be_visible()


@LOOKS
def test_pages_of_consent_are_usable_at_every_width_and_in_both_schemes(
    open_page: OpenPage,
    width: int,
    scheme: Scheme,
    mira: User,
    okafor: User,
    jonas: User,
    share: Share,
    entry: Entry,
    agreement: Agreement,
) -> None:
    actions.note_opening(share=share, by=okafor, events=[])
    asked = actions.propose_agreement(by=jonas, supervisee=mira, supervisor=jonas)
    over = factories.make_agreement(supervisee=okafor, supervisor=mira)
    actions.end_agreement(by=okafor, pk=over.pk)
    old = agreement.wording
    ConsentWording.objects.create(
        slug=old.slug, version=old.version + 1, title=old.title, text=f"{old.text} And more."
    )
    page = open_page(width=width, scheme=scheme)
    enter(page, mira)
    for path in (
        reverse("home"),
        reverse("agreement_read", args=[agreement.pk]),
        reverse("agreement_read", args=[asked.pk]),
        reverse("agreement_take_back", args=[agreement.pk]),
        f"{reverse('record_read', args=[agreement.pk])}?noted=abc",
        reverse("share_receipt", args=[share.pk]),
        reverse("entry_barred", args=[entry.pk]),
        reverse("entry_read", args=[entry.pk]),
    ):
        page.goto(path)
        look(page)
    rewrite_plan(entry, "Say it on Tuesday, first thing.")
    share_again(page, share)
    expect(page.get_by_role("heading", name="What has changed since version 1")).to_be_visible()
    look(page)


def test_new_version_replaces_the_older_one_while_its_reader_has_it_open(
    open_page: OpenPage,
    mira: User,
    okafor: User,
    share: Share,
    entry: Entry,
    page_errors: list[str],
) -> None:
    mira_page, okafor_page = open_page(), open_page(width=NARROW)
    enter(mira_page, mira)
    enter(okafor_page, okafor)
    okafor_page.goto(reverse("share_read", args=[share.pk]))
    rewrite_plan(entry, "Say it on Tuesday, first thing.")

    share_again(mira_page, share)
    expect(mira_page.locator("ins").first).to_be_visible()
    older = mira_page.get_by_label("Take version 1 back when this one is shared")
    expect(older).not_to_be_checked()  # nothing is closed unasked
    older.check()
    mira_page.get_by_role("button", name=re.compile("^Share with")).click()

    expect(mira_page.get_by_role("heading", name="Receipt")).to_be_visible()
    okafor_page.reload()
    expect(okafor_page.get_by_text("This does not open any more").first).to_be_visible()
    okafor_page.goto(reverse("supervision_home"))
    okafor_page.get_by_role("link", name=re.compile("A reflection shared by")).click()
    expect(okafor_page.get_by_text("Say it on Tuesday, first thing.").first).to_be_visible()
    page_errors[:] = [error for error in page_errors if "status of 410" not in error]


def test_everything_is_taken_back_from_one_of_two_supervisors(
    open_page: OpenPage,
    mira: User,
    okafor: User,
    jonas: User,
    share: Share,
    agreement: Agreement,
    entry: Entry,
    page_errors: list[str],
) -> None:
    other = factories.make_agreement(supervisee=mira, supervisor=jonas)
    with_jonas = factories.make_share(agreement=other, entry=entry)
    mira_page, okafor_page, jonas_page = open_page(), open_page(), open_page(width=NARROW)
    for page, person in ((mira_page, mira), (okafor_page, okafor), (jonas_page, jonas)):
        enter(page, person)
    okafor_page.goto(reverse("share_read", args=[share.pk]))
    jonas_page.goto(reverse("share_read", args=[with_jonas.pk]))

    mira_page.goto(reverse("agreement_read", args=[agreement.pk]))
    mira_page.get_by_role("link", name="Take back everything").click()
    mira_page.get_by_role("button", name="Take back everything now").click()

    expect(mira_page.get_by_text("The record is whole.")).to_be_visible()
    expect(mira_page.get_by_text("Mira Lindgren took it back")).to_be_visible()
    okafor_page.reload()
    expect(okafor_page.get_by_text("This does not open any more").first).to_be_visible()
    jonas_page.reload()
    expect(jonas_page.get_by_role("article").first).to_be_visible()
    # The other side reads the same record, and the same hash at its end.
    head = mira_page.locator("code.hash").first.inner_text()
    okafor_page.goto(reverse("record_read", args=[agreement.pk]))
    expect(okafor_page.locator("code.hash").first).to_have_text(head)
    expect(okafor_page.get_by_role("link", name="Export as JSON")).to_have_count(0)
    page_errors[:] = [error for error in page_errors if "status of 410" not in error]


def test_who_is_barred_is_not_offered_and_another_is(
    open_page: OpenPage, mira: User, okafor: User, jonas: User, agreement: Agreement, entry: Entry
) -> None:
    factories.make_agreement(supervisee=mira, supervisor=jonas)
    page = open_page(width=NARROW)
    enter(page, mira)
    page.goto(reverse("entry_read", args=[entry.pk]))

    page.get_by_role("link", name="Choose whom this is never shared with").click()
    page.get_by_label(okafor.get_full_name()).check()
    page.get_by_role("button", name="Keep it so").click()

    expect(page.get_by_text(f"Never shared with {okafor.get_full_name()}.")).to_be_visible()
    page.get_by_role("link", name="Share passages").click()
    expect(page.get_by_label(jonas.get_full_name())).to_be_visible()
    expect(page.get_by_label(okafor.get_full_name())).to_have_count(0)
