"""Captures, cases and looking back in a real browser: what only a browser shows."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from reflection import actions
from reflection.document import Alliance, Document, Happened, Items, Label, LookBack, Repair
from reflection.document import Strategy as Chosen
from reflection.models import Entry
from tests import factories
from tests.browser.accessibility import usable_in_every_shape
from tests.browser.conftest import OpenPage
from tests.browser.people import enter
from tests.browser.shapes import NARROW
from vault.crypto import VaultKeys

pytestmark = pytest.mark.django_db(transaction=True)
LOOK = LookBack(
    noted_at=datetime(2026, 5, 20, 12, tzinfo=UTC),
    standing="repaired",
    met="A long nod.",
    alliance=Alliance(mine=Items(bond=4)),
)


@pytest.fixture(autouse=True)
def _guide(transactional_db: None) -> None:
    factories.load_guide()


def begun(mira: User, keys: VaultKeys, code: str = "Finch", **fields: object) -> Entry:
    happened = Happened(
        case_code=code,
        took_place=f"I yawned, and {code} saw it.",
        kinds=(Label("type-bond", "Bond"),),
        strain=4,
        before=Alliance(mine=Items(bond=6)),
        after=Alliance(mine=Items(bond=3)),
    )
    document = Document(
        title="After the yawn",
        happened=happened,
        repair=Repair(plan="No explaining.", strategies=(Chosen("st", "Say it"),)),
        looking_back=(LOOK,),
    )
    return factories.make_entry(owner=mira, keys=keys, document=document, **fields)


def test_capture_is_the_first_thing_on_a_telephone_and_needs_few_touches(
    open_page: OpenPage, mira: User
) -> None:
    page = open_page(width=NARROW)
    enter(page, mira)
    page.goto("/")
    first = page.get_by_role("main").get_by_role("link").first
    expect(first).to_have_text("Capture a moment")
    box = first.bounding_box()
    assert box is not None
    assert box["width"] > NARROW * 0.8
    assert box["y"] + box["height"] < 400
    first.click()
    page.get_by_label("What happened, in a line or two?").fill("They left early.")
    page.get_by_label("Case code").fill("Wren")
    page.get_by_label("Gone in 7 days unless I keep it").check()
    page.get_by_role("button", name="Save it").click()
    expect(page.get_by_role("status").filter(has_text="Captured and sealed")).to_be_visible()
    spent = page.evaluate("performance.getEntriesByType('navigation')[0].responseStart")
    assert spent < 1000
    expect(page.get_by_text("Gone for good on")).to_be_visible()
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_text("Kept. It stays until you delete it.")).to_be_visible()
    expect(page.get_by_text("Gone for good on")).to_have_count(0)


def test_capture_is_one_press_or_one_key_away_from_any_page(page: Page, mira: User) -> None:
    enter(page, mira)
    for path in ("/guide/", "/supervision/", "/journal/", "/about/privacy/"):
        page.goto(path)
        link = page.locator(".bar [data-shortcut=c]")
        expect(link).to_have_count(1)
        expect(link).to_be_visible()
    link.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Capture a moment")
    page.goto("/guide/")
    page.keyboard.press("c")
    expect(page.get_by_role("heading", level=1)).to_have_text("Capture a moment")


def test_own_codes_are_offered_where_one_is_typed_and_kept_out_of_the_browsers_memory(
    page: Page, mira: User
) -> None:
    keys = enter(page, mira)
    begun(mira, keys, "Finch")
    begun(mira, keys, "🪶 צִפּוֹר")
    for path in ("/journal/new/", "/journal/capture/"):
        page.goto(path)
        box = page.get_by_label("Case code")
        offered = box.evaluate("box => [...box.list.options].map((option) => option.value)")
        assert offered == ["Finch", "🪶 צִפּוֹר"]
        expect(box).to_have_attribute("autocomplete", "off")


def test_page_open_while_the_code_is_changed_shows_both_and_brings_nothing_back(
    open_page: OpenPage, mira: User, page_errors: list[str]
) -> None:
    page = open_page()
    keys = enter(page, mira)
    entry = begun(mira, keys, "Finch")
    page.goto(f"/journal/{entry.pk}/happened/")
    other = page.context.new_page()
    other.goto("/journal/cases/")
    other.get_by_role("link", name="Finch", exact=True).click()
    other.get_by_role("link", name="Change the code").click()
    other.get_by_label("The new code").fill("Dunlin")
    other.get_by_role("button", name="Change it everywhere").click()
    expect(other.get_by_role("heading", level=1)).to_have_text("Dunlin")
    expect(other.get_by_text("Changed in 1 reflection")).to_be_visible()

    page.get_by_label("How did it surface?").fill("In silence.")
    expect(page.get_by_text("This passage was also changed in another tab").first).to_be_visible()

    expect(page.get_by_label("How did it surface?")).to_have_value("In silence.")
    assert Entry.objects.get(pk=entry.pk).open(keys).happened.case_code == "Dunlin"
    page_errors[:] = [error for error in page_errors if "409" not in error]


def test_not_yet_is_answered_by_keyboard(page: Page, mira: User) -> None:
    keys = enter(page, mira)
    entry = begun(mira, keys, follow_up_on=timezone.localdate())
    page.goto("/")
    expect(page.get_by_role("link", name="1 to look back at")).to_be_visible()
    page.get_by_role("link", name="Note what happened").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="In a week")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Mend asks again when you said")).to_be_visible()
    expect(page.get_by_role("link", name="1 to look back at")).to_have_count(0)
    in_a_week = timezone.localdate() + timedelta(days=7)
    assert Entry.objects.get(pk=entry.pk).follow_up_on == in_a_week


def test_look_back_is_edited_and_taken_away(page: Page, mira: User) -> None:
    keys = enter(page, mira)
    entry = begun(mira, keys)
    page.goto(f"/journal/{entry.pk}/")
    expect(
        page.get_by_text("Steady and trusting connection: 4 on 20 May 2026, was 6 before and 3")
    ).to_be_visible()
    page.get_by_role("link", name="Edit the look back of").click()
    page.get_by_label("How did they meet it?").fill("A short nod.")
    page.get_by_role("button", name="Save it").click()
    expect(page.get_by_text("A short nod.")).to_be_visible()
    page.get_by_role("button", name="Take it away").click()
    expect(page.get_by_text("Taken away.")).to_be_visible()
    assert Entry.objects.get(pk=entry.pk).open(keys).looking_back == ()


def test_pages_are_free_of_what_axe_finds(page: Page, mira: User, page_errors: list[str]) -> None:
    keys = enter(page, mira)
    entry = begun(mira, keys, "Ein-sehr-langes-Kennwort-ohne-Leerzeichen-🪶-und-mehr-davon")
    a_year = timezone.localtime() - timedelta(days=365)
    begun(mira, keys, created_at=a_year, finished_at=a_year)
    broken = begun(mira, keys)
    Entry.objects.filter(pk=broken.pk).update(body=b"\x01\x01" + bytes(40))
    actions.set_look_back(by=mira, pk=entry.pk, follow_up_on=timezone.localdate())
    actions.begin_entry(
        by=mira,
        keys=keys,
        document=Document(happened=Happened(case_code="Finch", took_place="They left.")),
        is_capture=True,
        expires_at=timezone.now() + timedelta(days=7),
    )
    page.goto("/journal/cases/")
    case = page.get_by_role("link", name="Finch", exact=True).get_attribute("href")
    paths = [
        "/",
        "/journal/",
        "/journal/capture/",
        "/journal/captures/",
        "/journal/cases/",
        "/journal/today/",
        f"{case}",
        f"{case}rename/",
        f"/journal/{entry.pk}/",
        f"/journal/{entry.pk}/look-back/",
        f"/journal/{entry.pk}/look-back/1/",
        f"/journal/{entry.pk}/remind/",
    ]
    for path in paths:
        page.goto(path)
        for summary in page.locator("main details > summary").all():
            if summary.is_visible():
                summary.click()
        usable_in_every_shape(page)
    page.goto(f"{case}rename/")
    page.get_by_label("The new code").fill("A.B.")
    page.get_by_role("button", name="Change it everywhere").click()
    expect(page.locator("#id_word_error")).to_contain_text("looks like initials")
    usable_in_every_shape(page)
    page.get_by_label("The new code").fill("Dunlin")
    page.get_by_role("button", name="Change it everywhere").click()
    expect(page.get_by_role("heading", name="Dunlin")).to_be_visible()
    usable_in_every_shape(page)
    page_errors[:] = [error for error in page_errors if "422" not in error]
