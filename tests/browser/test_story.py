"""The main job, once through, as three people in three browsers, and as those who are refused."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from reflection.models import Entry
from supervision.models import Share
from tests import factories
from tests.browser.conftest import OpenPage
from tests.browser.people import SAVED

pytestmark = pytest.mark.django_db(transaction=True)

KEPT_BACK = "Caught out, and cross about it."
POSTCODE = "SW1A 1AA"


@pytest.fixture(autouse=True)
def _content(transactional_db: None) -> None:
    factories.load_guide()
    factories.load_wordings()


def sign_in(page: Page, user: User) -> None:
    page.goto("/accounts/login/")
    page.locator("input[name=login]").fill(user.email)
    page.locator("input[name=password]").fill(factories.PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Lock now")).to_be_visible()


def write_reflection(page: Page) -> str:
    """Begin, write five passages, read back and finish; return the reflection's path."""
    page.goto("/")
    page.get_by_role("link", name="Begin a reflection").first.click()
    page.get_by_label("What took place?").fill("I yawned while Finch was speaking.")
    page.get_by_label("Case code").fill("Finch")
    page.get_by_label("A title").fill("After the yawn")
    page.get_by_label("A title").blur()
    expect(page.locator("[data-save-state]")).to_have_text(SAVED)
    page.get_by_role("button", name="Continue to my reaction").press("Enter")
    page.get_by_label("In my own words").fill(KEPT_BACK)
    page.get_by_label("They are making too much of it").check()
    page.get_by_role("button", name="Continue to looking again").press("Enter")
    expect(page.get_by_role("complementary", name=re.compile("making too much"))).to_be_visible()
    page.get_by_label("Is shame leading me to shrink this?").fill(
        f"Yes, some. The clinic at {POSTCODE} was hot that day and I hid behind that."
    )
    page.get_by_role("button", name="Continue to their side").press("Enter")
    page.get_by_label("When an event touches old trauma").check()
    page.get_by_role("button", name="Continue to repair").press("Enter")
    page.get_by_role("radiogroup", name="Offer a new experience").get_by_label("now").check()
    page.get_by_label("What do I want to do?").fill("No explaining first. Then wait.")
    page.get_by_label("Look back on").fill(timezone.localdate().isoformat())
    page.get_by_role("button", name="Read it back").last.click()
    expect(page.get_by_role("heading", name="After the yawn")).to_be_visible()
    page.get_by_role("button", name="Finish").click()
    expect(page.get_by_role("button", name="Mark as unfinished")).to_be_visible()
    return re.sub(r"^https?://[^/]+|#.*", "", page.url)


def follow(page: Page, link: str, path: str) -> None:
    page.get_by_role("link", name=link).first.click()
    page.wait_for_url(f"**{path}**")


def agree(mira_page: Page, okafor_page: Page, okafor: User) -> None:
    mira_page.goto("/supervision/agreements/new/")
    mira_page.get_by_label("I would like them to supervise me.").check()
    mira_page.get_by_label("A colleague").select_option(label=okafor.get_full_name())
    mira_page.get_by_label("I have read this agreement").check()
    mira_page.get_by_role("button", name="Propose it").click()
    expect(mira_page.get_by_role("button", name="Propose it")).to_have_count(0)
    okafor_page.goto("/")
    okafor_page.get_by_role("link", name="Read and answer").click()
    okafor_page.get_by_label("I have read this agreement").check()
    okafor_page.get_by_role("button", name="Accept").click()
    expect(okafor_page.get_by_text("Active since").first).to_be_visible()


def share_two_passages(page: Page, entry_path: str) -> None:
    page.goto(entry_path)
    page.get_by_role("link", name="Share passages").click()
    page.get_by_label("Looking again").check()
    page.get_by_label("Repair", exact=True).check()
    page.get_by_label("ask questions").check()
    page.get_by_label("What I would like help with").fill("Ask me about the apology.")
    page.get_by_label("A month, until").check()
    page.get_by_label("I asked my client about sharing this").check()
    page.get_by_role("button", name="See the copy").click()
    copy = page.get_by_role("region", name="After the yawn")
    expect(copy).to_contain_text("Then wait.")
    expect(copy).not_to_contain_text(KEPT_BACK)
    expect(page.get_by_role("region", name=re.compile("may identify"))).to_contain_text(POSTCODE)
    page.get_by_role("button", name=re.compile("Share with")).click()
    expect(page.get_by_text("Receipt").first).to_be_visible()


def refuse_everybody_else(
    open_page: OpenPage, people: tuple[User, ...], entry_path: str, share_path: str
) -> None:
    """A colleague, the clinic's admin, another clinic's and a visitor find nothing."""
    for person in people:
        stranger = open_page()
        sign_in(stranger, person)
        for path in (entry_path, f"{entry_path}happened/", share_path, f"{share_path}receipt/"):
            response = stranger.goto(path)
            assert response is not None
            assert response.status == 404, (person.name, path)
        assert "After the yawn" not in stranger.content()
    visitor = open_page()
    for path in (entry_path, share_path):
        visitor.goto(path)
        assert "/accounts/login/" in visitor.url


def test_the_main_job_once_through(
    open_page: OpenPage,
    mira: User,
    okafor: User,
    jonas: User,
    ada: User,
    rune: User,
    page_errors: list[str],
) -> None:
    mira_page, okafor_page = open_page(), open_page(width=390)
    sign_in(mira_page, mira)
    sign_in(okafor_page, okafor)
    entry_path = write_reflection(mira_page)
    agree(mira_page, okafor_page, okafor)
    share_two_passages(mira_page, entry_path)
    share = Share.objects.get()
    share_path = f"/supervision/shares/{share.pk}/"

    # Okafor finds it on her first page, by no title before she opens it; reads what was chosen and
    # nothing else, and comments.
    okafor_page.goto("/")
    assert "After the yawn" not in okafor_page.content()
    okafor_page.get_by_role("link", name="A reflection shared by Mira Lindgren").click()
    expect(okafor_page.get_by_text("Then wait.")).to_be_visible()
    asked = okafor_page.get_by_text("Ask me about the apology.").locator("visible=true")
    expect(asked.first).to_be_visible()
    expect(okafor_page.get_by_text("has kept the other passages private")).to_be_visible()
    assert KEPT_BACK not in okafor_page.content()
    okafor_page.get_by_text("Comment on this passage").first.click()
    comment = okafor_page.get_by_label("Your comment").locator("visible=true")
    comment.fill("What might Finch have heard in its speed?")
    okafor_page.get_by_role("button", name="Send").locator("visible=true").click()
    expect(
        okafor_page.locator("p.written", has_text="What might Finch have heard in its speed?")
    ).to_be_visible()

    # Mira sees it opened and commented, and answers.
    mira_page.goto("/")
    follow(mira_page, "After the yawn", share_path)
    expect(
        mira_page.locator("p.written", has_text="What might Finch have heard in its speed?")
    ).to_be_visible()
    mira_page.get_by_text("Answer", exact=True).first.click()
    mira_page.get_by_label("Your comment").locator("visible=true").fill("That I wanted it over.")
    mira_page.get_by_role("button", name="Send").locator("visible=true").click()
    expect(mira_page.locator("p.written", has_text="That I wanted it over.")).to_be_visible()
    mira_page.get_by_text("Who opened it, and when").click()
    expect(mira_page.get_by_text("opened", exact=False).first).to_be_visible()

    # She looks back after Thursday's session.
    mira_page.goto("/")
    mira_page.get_by_role("link", name="Note what happened").click()
    mira_page.get_by_label("What did I do?").fill("I said I had missed the risk, and waited.")
    mira_page.get_by_label("partly repaired").check()
    mira_page.get_by_role("button", name="Save it").click()
    expect(mira_page.get_by_text("I said I had missed the risk, and waited.").first).to_be_visible()

    refuse_everybody_else(open_page, (jonas, ada, rune), entry_path, share_path)
    page_errors.clear()  # Chromium logs each 404.

    # A month later she takes it back: the old link says so and shows nothing.
    mira_page.goto(share_path)
    mira_page.get_by_role("button", name="Take it back").click()
    expect(mira_page.get_by_text("taken back", exact=False).first).to_be_visible()
    okafor_page.goto(share_path)
    expect(okafor_page.get_by_role("heading", name="This does not open any more")).to_be_visible()
    assert "Then wait." not in okafor_page.content()
    assert "After the yawn" not in okafor_page.content()
    share.refresh_from_db()
    assert share.key_supervisor is None
    assert Entry.objects.owned_by(mira).count() == 1
    page_errors.clear()


def test_expired_share_does_not_open_from_an_old_link(
    open_page: OpenPage, mira: User, okafor: User, page_errors: list[str]
) -> None:
    mira_page, okafor_page = open_page(), open_page()
    sign_in(mira_page, mira)
    sign_in(okafor_page, okafor)
    entry_path = write_reflection(mira_page)
    agree(mira_page, okafor_page, okafor)
    share_two_passages(mira_page, entry_path)
    share = Share.objects.get()
    now = timezone.now()
    Share.objects.filter(pk=share.pk).update(
        shared_at=now - timedelta(days=1), expires_at=now - timedelta(seconds=1)
    )
    okafor_page.goto(f"/supervision/shares/{share.pk}/")
    expect(okafor_page.get_by_role("heading", name="This does not open any more")).to_be_visible()
    assert "Then wait." not in okafor_page.content()
    page_errors.clear()
