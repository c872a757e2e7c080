"""Two people at cross purposes: what was typed stays with who typed it, and nothing goes out."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import leaving
from accounts.models import User
from accounts.tasks import complete_leavings
from reflection.actions import delete_entry
from reflection.models import Entry
from supervision import actions
from supervision.checking import check_record
from supervision.models import (
    Agreement,
    Comment,
    HeldComment,
    Notification,
    Share,
    SupervisionMeeting,
)
from tests import factories
from tests.supervision.conftest import BrowserOf

TYPED = "In the middle of a"


def say(browser: Client, share: Share, **posted: str) -> tuple[int, str]:
    """Post what was typed beside the copy; return the status and the page of the answer."""
    address = reverse("comment_add", args=[share.pk])
    answer = browser.post(
        address,
        {"passage": "repair", "text": TYPED, "do": "send"} | posted,
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    return answer.status_code, answer.content.decode()


def leave(user: User) -> None:
    """Delete an account as its person asks and its day comes."""
    leaving.ask_to_leave(by=user)
    with time_machine.travel(timezone.now() + timedelta(days=15), tick=False):
        complete_leavings()


def test_copy_taken_back_while_its_reader_is_locked_out_gives_the_words_back_on_unlocking(
    as_okafor: Client, share: Share, mira: User
) -> None:
    as_okafor.post(reverse("vault_lock"))
    assert say(as_okafor, share)[0] == 423
    actions.revoke_share(by=mira, pk=share.pk)

    status, page = say(as_okafor, share, vault_password=factories.PASSWORD)

    assert (status, TYPED in page) == (409, True)
    assert "Your comment was not sent" in page
    assert not Comment.objects.exists()


def test_words_typed_for_a_copy_whose_author_is_gone_come_back(
    as_okafor: Client, share: Share, okafor: User, mira: User
) -> None:
    factories.held_comment(share=share, author=okafor, text="A page I had not sent.")
    leave(mira)

    status, page = say(as_okafor, share)

    assert (status, TYPED in page) == (404, True)
    assert "Nothing was lost" in " ".join(page.split())
    assert "A page I had not sent." in as_okafor.get(reverse("held_list")).content.decode()
    assert not Comment.objects.exists()


def test_deactivated_supervisor_opens_nothing_and_their_words_stay_on_the_page(
    as_okafor: Client, share: Share, okafor: User
) -> None:
    okafor.is_active = False
    okafor.save(update_fields=["is_active"])

    status, page = say(as_okafor, share)

    assert (status, TYPED in page) == (401, True)
    assert as_okafor.get(reverse("share_read", args=[share.pk])).status_code == 302
    assert not Comment.objects.exists()


def test_who_is_active_again_finds_what_they_held(
    browser_of: BrowserOf, share: Share, okafor: User
) -> None:
    factories.held_comment(share=share, author=okafor, text="A page I had not sent.")
    for is_active in (False, True):
        okafor.is_active = is_active
        okafor.save(update_fields=["is_active"])

    page = browser_of(okafor).get(reverse("share_read", args=[share.pk]))

    assert "A page I had not sent." in page.content.decode()


def test_what_was_held_in_an_earlier_vault_is_kept_and_goes_out_nowhere(
    okafor: User, browser_of: BrowserOf, share: Share
) -> None:
    factories.held_comment(share=share, author=okafor, text="A page I had not sent.")
    okafor.vaults.update(sealed_at=timezone.now())
    factories.make_vault(okafor)
    browser = browser_of(okafor)

    listed = browser.get(reverse("held_list")).content.decode()
    sent = browser.post(reverse("held_send", args=[share.pk]), follow=True).content.decode()

    assert "it was held under another vault" in " ".join(listed.split())
    assert "A page I had not sent." not in listed
    assert "comment sent" not in sent
    assert HeldComment.objects.count() == 1
    assert not Comment.objects.exists()


def test_two_supervisors_of_one_reflection_learn_nothing_of_each_other(
    as_okafor: Client,
    browser_of: BrowserOf,
    share: Share,
    entry: Entry,
    mira: User,
    jonas: User,
    okafor: User,
) -> None:
    other = factories.make_agreement(supervisee=mira, supervisor=jonas)
    theirs = factories.make_share(agreement=other, entry=entry)
    factories.make_comment(share=theirs, author=jonas, text="Only between us two.")
    factories.held_comment(share=theirs, author=jonas, text="Not even that yet.")
    told = Notification.objects.to(okafor).count()

    for name in ("share_read", "share_receipt"):
        assert as_okafor.get(reverse(name, args=[theirs.pk])).status_code == 404
    assert say(as_okafor, theirs)[0] == 404
    for address in (
        reverse("share_read", args=[share.pk]),
        reverse("share_receipt", args=[share.pk]),
        reverse("supervision_home"),
        reverse("held_list"),
        reverse("record_read", args=[share.agreement_id]),
    ):
        page = as_okafor.get(address).content.decode()
        assert "Jonas" not in page
        assert "Only between us two." not in page
    assert Notification.objects.to(okafor).count() == told

    actions.revoke_share(by=mira, pk=share.pk)
    reads = browser_of(jonas).get(reverse("share_read", args=[theirs.pk]))
    assert "Only between us two." in reads.content.decode()


@pytest.mark.parametrize(("seconds", "sent"), [(-1, 1), (0, 0), (1, 0)])
def test_what_is_held_goes_out_to_the_second_the_time_is_over_and_is_kept_after(
    share: Share, okafor: User, seconds: int, sent: int
) -> None:
    factories.held_comment(share=share, author=okafor, text="A page I had not sent.")
    with time_machine.travel(share.expires_at + timedelta(seconds=seconds), tick=False):
        browser = Client()
        factories.unlock(browser, okafor)
        browser.post(reverse("held_send", args=[share.pk]))

    assert (Comment.objects.count(), HeldComment.objects.count()) == (sent, 1 - sent)


def test_clock_set_back_gives_nobody_a_closed_copy_again(
    share: Share, agreement: Agreement, okafor: User
) -> None:
    with time_machine.travel(share.expires_at + timedelta(minutes=3)):
        actions.expire_shares()

    with time_machine.travel(share.expires_at - timedelta(days=1)):
        browser = Client()
        factories.unlock(browser, okafor)
        answer = browser.get(reverse("share_read", args=[share.pk]))
        said = say(browser, share)

    assert answer.status_code == 410
    assert (said[0], TYPED in said[1]) == (409, True)
    assert check_record(agreement).is_whole


def test_words_typed_for_a_copy_of_a_reflection_deleted_a_moment_ago_come_back(
    as_okafor: Client, share: Share, entry: Entry, mira: User
) -> None:
    delete_entry(by=mira, pk=entry.pk)

    status, page = say(as_okafor, share)

    assert (status, TYPED in page) == (409, True)
    assert "put away the reflection" in page
    assert not Comment.objects.exists()


def test_ending_together_leaves_one_line_of_the_end_and_one_word_of_it_to_each(
    as_mira: Client, as_okafor: Client, agreement: Agreement, mira: User, okafor: User
) -> None:
    for browser in (as_mira, as_okafor):
        browser.post(reverse("agreement_end", args=[agreement.pk]))

    kinds = [line.kind for line in agreement.record.lines.log()]
    assert kinds.count("ended") == 1
    assert check_record(agreement).is_whole
    told = Notification.objects.about(agreement=agreement.pk).of_kinds(["ended"])
    assert [one.person for one in told] == [okafor]


# --- A page that somebody else had opened --------------------------------------------------------


@pytest.fixture
def meeting(agreement: Agreement) -> SupervisionMeeting:
    """Mira and Okafor meet tomorrow."""
    return factories.make_meeting(agreement=agreement, by=agreement.supervisee)


@pytest.mark.parametrize(
    ("place", "leads_to", "posted"),
    [
        ("meeting_read", "meeting_agenda", {"do": "add", "item": str(uuid4())}),
        ("meeting_read", "meeting_actions", {"do": "add", "owner": "both", "action": str(uuid4())}),
        ("meeting_bring", "meeting_bring", {}),
    ],
)
def test_words_of_whoever_opened_the_page_are_not_put_down_as_anothers(
    place: str,
    leads_to: str,
    posted: dict[str, str],
    as_mira: Client,
    as_okafor: Client,
    mira: User,
    meeting: SupervisionMeeting,
    share: Share,
) -> None:
    of = share.pk if place == "meeting_bring" else meeting.pk
    page = as_mira.get(reverse(place, args=[of])).content.decode()
    assert f'name="writer" value="{mira.pk}"' in page
    fields = {"text": TYPED, "writer": str(mira.pk), "meeting": str(meeting.pk), **posted}
    answer = as_okafor.post(reverse(leads_to, args=[of]), fields)
    assert answer.status_code == 409
    assert TYPED in answer.content.decode()
    before = meeting.revision
    meeting.refresh_from_db()
    assert meeting.revision == before
    assert as_mira.post(reverse(leads_to, args=[of]), fields).status_code == 302


def test_held_comments_and_proposals_go_out_in_the_name_of_who_looked_at_them(
    as_mira: Client, as_okafor: Client, okafor: User, mira: User, share: Share
) -> None:
    factories.held_comment(share=share, author=okafor, text=TYPED)
    page = as_okafor.get(reverse("share_read", args=[share.pk])).content.decode()
    sending = page.split(f'action="{reverse("held_send", args=[share.pk])}"')[1].split("</form>")[0]
    assert f'name="writer" value="{okafor.pk}"' in sending
    proposing = as_mira.get(reverse("agreement_new")).content.decode()
    assert f'name="writer" value="{mira.pk}"' in proposing
    for name, args in (("held_send", [share.pk]), ("agreement_new", [])):
        answer = as_okafor.post(reverse(name, args=args), {"writer": str(mira.pk)})
        assert answer.status_code == 409
    assert not Comment.objects.exists()
