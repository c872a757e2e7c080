"""Supervision meetings in two people's browsers: widths, schemes, axe, and without a script."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Dialog, Page, expect

from accounts.models import User
from supervision import actions
from supervision.minutes import AgendaItem, AgreedAction, Minutes, Owner
from supervision.models import Agreement, Share, SupervisionMeeting
from tests import factories
from tests.browser.accessibility import axe_clean, fits_its_width
from tests.browser.conftest import OpenPage
from tests.browser.people import enter
from tests.browser.shapes import LOOKS, NARROW, Scheme
from tests.factories import make_meeting

LONG_WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"


@pytest.fixture
def agreement(mira: User, okafor: User) -> Agreement:
    return factories.make_agreement(supervisee=mira, supervisor=okafor)


@pytest.fixture
def share(agreement: Agreement) -> Share:
    return factories.make_share(agreement=agreement)


@pytest.fixture
def meeting(agreement: Agreement, share: Share, mira: User, okafor: User) -> SupervisionMeeting:
    """One of this morning, with something of everything."""
    minutes = Minutes(
        agenda=(
            AgendaItem(id=uuid4(), by=mira.pk, share=share.pk, text="Ask me about this."),
            AgendaItem(id=uuid4(), by=okafor.pk, text=LONG_WORD),
            AgendaItem(id=uuid4(), by=okafor.pk, text="שלום 🪡", is_done=True),
        ),
        notes=f"{LONG_WORD}\n\nRehearsed twice.",
        actions=(
            AgreedAction(
                id=uuid4(),
                text=LONG_WORD,
                owner=Owner.SUPERVISEE,
                due_on=timezone.localdate(),
                share=share.pk,
            ),
        ),
    )
    begun = timezone.now() - timedelta(hours=3)
    return make_meeting(agreement=agreement, by=mira, starts_at=begun, minutes=minutes)


def look(page: Page) -> None:
    """Hold a page to what every page is held to."""
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    fits_its_width(page)
    axe_clean(page)


def expect_statuses(page_errors: list[str], *statuses: int) -> None:
    """Chromium logs a page with such a status as an error; any other error stays one."""
    page_errors[:] = [
        error for error in page_errors if not any(f"status of {one}" in error for one in statuses)
    ]


@LOOKS
def test_pages_of_meetings_are_usable_at_every_width_and_in_both_schemes(
    open_page: OpenPage,
    width: int,
    scheme: Scheme,
    mira: User,
    okafor: User,
    meeting: SupervisionMeeting,
    share: Share,
    page_errors: list[str],
) -> None:
    page = open_page(width=width, scheme=scheme)
    enter(page, mira)
    at = reverse("meeting_read", args=[meeting.pk])
    for path in (
        reverse("meeting_list"),
        reverse("meeting_new"),
        at,
        reverse("meeting_notes", args=[meeting.pk]),
        reverse("meeting_move", args=[meeting.pk]),
        reverse("meeting_bring", args=[share.pk]),
        reverse("entry_look_back", args=[share.entry_uid]),
        reverse("home"),
    ):
        page.goto(path)
        for summary in page.locator("main summary").all():
            summary.click()
        look(page)
    page.goto(reverse("meeting_new"))
    page.get_by_role("button", name="Plan it").click()
    look(page)
    actions.note_meeting_took_place(by=mira, pk=meeting.pk)
    actions.sign_meeting(
        by=okafor, reader=factories.reader(okafor), pk=meeting.pk, revision=meeting.revision
    )
    signed = reverse("meeting_version", args=[meeting.pk, meeting.revision])
    for path in (at, f"{at}?change=1", signed, reverse("meeting_hours")):
        page.goto(path)
        look(page)
    expect_statuses(page_errors, 422)


def test_two_people_plan_gather_write_agree_and_sign(
    open_page: OpenPage,
    mira: User,
    okafor: User,
    share: Share,
    page_errors: list[str],
) -> None:
    hers, his = open_page(), open_page(width=NARROW)
    enter(hers, mira)
    enter(his, okafor)
    began = timezone.localtime() - timedelta(hours=2)
    hers.goto(reverse("share_read", args=[share.pk]))
    hers.get_by_role("link", name="Bring to supervision").first.click()
    hers.get_by_role("link", name="Plan a new meeting for it").click()
    hers.get_by_label("Day").fill(began.date().isoformat())
    hers.get_by_label("Begins at").fill(f"{began:%H:%M}")
    hers.get_by_label("by video").check()
    hers.get_by_role("button", name="Plan it").click()
    expect(hers.get_by_role("link", name="Finch, after the yawn")).to_be_visible()
    path = hers.url

    his.goto(path)
    expect(his.get_by_role("link", name="a copy not yet opened")).to_be_visible()
    his.get_by_text("Bring something", exact=True).click()
    his.get_by_label("Something to bring").fill("Your week.")
    his.get_by_role("button", name="Put it on the agenda").click()
    expect(his.get_by_text("Your week.").first).to_be_visible()

    hers.get_by_role("link", name="Write notes").click()
    hers.get_by_label("Notes").fill("Hers, saved by itself.")
    expect(hers.locator("[data-save-state]")).to_contain_text("sealed to both of you")
    his.goto(path)
    expect(his.get_by_text("Hers, saved by itself.")).to_be_visible()
    his.get_by_text("Note what you agreed", exact=True).click()
    his.get_by_label("What was agreed").fill("Ask, and then wait.")
    his.get_by_label("Who does it?").select_option(label="Mira Lindgren")
    his.get_by_role("button", name="Add it").click()
    his.get_by_role("button", name="It took place").click()
    his.get_by_role("button", name="Sign the record").click()
    expect(his.get_by_text("Signed by Dr Chidi Okafor")).to_be_visible()

    hers.get_by_label("Notes").fill("Hers, typed after he had signed.")
    expect(hers.get_by_role("button", name="Compare and choose")).to_be_visible()
    hers.get_by_role("button", name="Compare and choose").click()
    expect(hers.get_by_role("heading", name="Not saved yet")).to_be_visible()
    expect(hers.get_by_label("Notes")).to_have_value("Hers, typed after he had signed.")
    hers.get_by_role("link", name="To the record as it stands").click()
    expect(hers.get_by_text("Hers, saved by itself.")).to_be_visible()
    hers.get_by_role("button", name="Done: Ask, and then wait.").click()
    expect(hers.get_by_text("done, ticked by you")).to_be_visible()
    hers.get_by_role("button", name="Sign the record").click()
    expect(hers.get_by_text("Signed by both").first).to_be_visible()
    hers.get_by_role("link", name="Hours and records").click()
    expect(hers.get_by_role("cell", name="50 min").first).to_be_visible()
    with hers.expect_download() as saved:
        hers.get_by_role("link", name="(PDF)").click()
    assert saved.value.suggested_filename.endswith(".pdf")
    expect_statuses(page_errors, 409)


def test_notes_written_by_both_at_once_are_compared(
    open_page: OpenPage,
    mira: User,
    okafor: User,
    meeting: SupervisionMeeting,
    page_errors: list[str],
) -> None:
    hers, his = open_page(), open_page()
    for page, user in ((hers, mira), (his, okafor)):
        enter(page, user)
        page.goto(reverse("meeting_notes", args=[meeting.pk]))
    hers.get_by_label("Notes").fill("Hers.")
    expect(hers.locator("[data-save-state]")).to_contain_text("sealed to both of you")
    expect(hers.locator("[data-save-state]")).to_contain_text("Saved")
    his.get_by_label("Notes").fill("His.")
    his.get_by_role("button", name="Compare and choose").click()
    expect(his.get_by_role("heading", name="Two texts of the same notes")).to_be_visible()
    look(his)
    his.get_by_role("button", name="Put both together").click()
    expect(his.locator(".meeting-notes")).to_have_text("Hers.\n\nHis.")
    expect_statuses(page_errors, 409)


def test_record_is_written_and_signed_without_a_script(
    open_page: OpenPage, mira: User, meeting: SupervisionMeeting
) -> None:
    page = open_page(javascript=False, width=NARROW)
    enter(page, mira)
    page.goto(reverse("meeting_read", args=[meeting.pk]))
    page.get_by_text("Bring something", exact=True).click()
    page.get_by_label("Something to bring").fill("Without a script.")
    page.get_by_role("button", name="Put it on the agenda").click()
    page.get_by_role("button", name="Item 4: up").click()
    expect(page.locator(".agenda > li").nth(2)).to_contain_text("Without a script.")
    page.get_by_role("link", name="Write notes").click()
    page.get_by_label("Notes").fill("Plain.")
    page.get_by_role("button", name="Save and go back").click()
    expect(page.locator(".meeting-notes")).to_have_text("Plain.")
    page.get_by_role("button", name="It took place").click()
    page.get_by_role("button", name="Sign the record").click()
    expect(page.get_by_text("Signed by Mira Lindgren")).to_be_visible()
    page.get_by_role("link", name="Change it all the same").click()
    expect(page.get_by_text("You are about to change a signed record")).to_be_visible()
    page.get_by_role("button", name="Item 1: mark as talked about").click()
    expect(page.get_by_text("Not signed yet")).to_be_visible()
    page.get_by_text("Earlier versions").click()
    page.get_by_role("link", name="20").first.click()
    expect(page.get_by_text("What is stored is what was signed.")).to_be_visible()


def test_what_was_put_on_the_agenda_is_where_one_goes_on(
    page: Page, mira: User, meeting: SupervisionMeeting, share: Share
) -> None:
    enter(page, mira)
    page.goto(reverse("meeting_bring", args=[share.pk]))
    page.get_by_label("A few words about it").fill("And what I felt.")
    page.get_by_role("button", name="Put it on the agenda").click()
    expect(page.locator(".agenda-words", has_text="And what I felt.")).to_be_visible()
    expect(page.get_by_role("heading", name="Agenda")).to_be_focused()


def test_words_for_a_meeting_wait_for_the_connection_and_are_not_left_unasked(
    page: Page,
    mira: User,
    meeting: SupervisionMeeting,
    share: Share,
    page_errors: list[str],
) -> None:
    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    enter(page, mira)
    page.on("dialog", leave)
    for name, of, button, opens in (
        ("meeting_read", meeting.pk, "Put it on the agenda", "Bring something"),
        ("meeting_read", meeting.pk, "Add it", "Note what you agreed"),
        ("meeting_bring", share.pk, "Put it on the agenda", ""),
    ):
        page.goto(reverse(name, args=[of]))
        if opens:
            page.locator("summary").get_by_text(opens, exact=True).click()
        form = page.locator("form", has=page.get_by_role("button", name=button, exact=True))
        box = form.locator("textarea:visible")
        box.fill("Typed in the train")
        page.route("**/healthz", lambda route: route.abort())
        form.get_by_role("button", name=button, exact=True).click()
        expect(form.locator("[data-offline]")).to_contain_text("cannot be reached just now")
        expect(box).to_have_value("Typed in the train")
        page.unroute("**/healthz")
        page.goto(reverse("meeting_list"))
    assert asked == ["beforeunload"] * 3
    page_errors.clear()  # Chromium logs each request that failed.
