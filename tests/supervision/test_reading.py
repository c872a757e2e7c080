"""Reading a share: who gets what, comments, the log, the receipt, taking it back."""

import re
from datetime import timedelta
from typing import Any
from unittest import mock
from uuid import uuid4

import pytest
from django.core import mail
from django.db import models
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from reflection.actions import delete_entry, restore_entry
from reflection.models import Entry
from supervision import actions
from supervision.models import Agreement, Comment, Share, ShareEvent
from supervision.models.comment import COMMENT_LIMIT
from supervision.rules import Refused
from tests import factories
from tests.supervision.conftest import BrowserOf

OUTSIDERS = ["jonas", "ada", "rune", "operator"]


def page_of(share: Share) -> str:
    return reverse("share_read", args=[share.pk])


def say(browser: Client, share: Share, text: str, **fields: Any) -> Any:
    """Post a comment on *Repair*."""
    posted = {"passage": "repair", "text": text} | fields
    return browser.post(reverse("comment_add", args=[share.pk]), posted)


def taken_back(share: Share) -> None:
    actions.revoke_share(by=share.supervisee, pk=share.pk)


def run_out(share: Share) -> None:
    now = timezone.now()
    Share.objects.filter(pk=share.pk).update(
        shared_at=now - timedelta(days=2), expires_at=now - timedelta(seconds=1)
    )


# --- Reading -------------------------------------------------------------------------------------


def test_supervisor_reads_the_copy_and_what_was_asked(as_okafor: Client, share: Share) -> None:
    html = as_okafor.get(page_of(share)).content.decode()

    assert "Finch, after the yawn" in html
    assert "no explaining first" in html
    assert "Ask me about the apology." in html
    assert "Mira Lindgren would like you to <b>ask questions</b>" in html
    assert "Mira Lindgren has kept the other passages private." in html
    assert "I felt caught out" not in html
    assert "Take it back" not in html


def test_reader_of_a_copy_is_led_back_to_all_that_waits(
    as_okafor: Client, as_mira: Client, share: Share
) -> None:
    back = f'<a href="{reverse("supervision_home")}">Back to supervision</a>'
    page = reverse("share_read", args=[share.pk])
    assert back in as_okafor.get(page).content.decode()
    assert back not in as_mira.get(page).content.decode()


def test_title_of_the_browser_tab_says_nothing(as_okafor: Client, share: Share) -> None:
    html = as_okafor.get(page_of(share)).content.decode()

    assert "Finch" not in html[html.index("<title>") : html.index("</title>")]


def test_copy_stays_as_it_was_when_the_entry_is_edited(
    as_okafor: Client, share: Share, mira: User
) -> None:
    entry = share.entry
    assert entry is not None
    factories.make_entry(owner=mira, keys=factories.vault_keys(mira))
    entry.body = b"\x00"
    entry.save(update_fields=["body"])

    assert "no explaining first" in as_okafor.get(page_of(share)).content.decode()


@pytest.mark.parametrize("who", OUTSIDERS)
@pytest.mark.parametrize(
    ("name", "method"),
    [
        ("share_read", "get"),
        ("share_receipt", "get"),
        ("share_revoke", "post"),
        ("comment_add", "post"),
    ],
)
def test_outsider_is_told_nothing_of_a_share(
    browser_of: BrowserOf,
    share: Share,
    who: str,
    name: str,
    method: str,
    request: pytest.FixtureRequest,
) -> None:
    user = request.getfixturevalue(who)
    if not user.vaults.exists():
        factories.make_vault(user)
    browser = browser_of(user)
    posted = {"passage": "repair", "text": "Hello?"}

    for pk in (share.pk, uuid4()):
        answer = getattr(browser, method)(reverse(name, args=[pk]), posted)
        assert answer.status_code == 404
    share.refresh_from_db()
    assert share.key_supervisor is not None
    assert not Comment.objects.exists()


def test_visitor_is_asked_to_sign_in(client: Client, share: Share) -> None:
    answer = client.get(page_of(share))

    assert answer.status_code == 302
    assert reverse("account_login") in answer["Location"]


@pytest.mark.parametrize(
    ("happens", "sentence"),
    [
        (taken_back, "Mira Lindgren took this back on"),
        (run_out, "The time Mira Lindgren set for this was over on"),
        (
            lambda share: actions.end_agreement(by=share.supervisee, pk=share.agreement_id),
            "The supervision agreement ended on",
        ),
        (
            lambda share: delete_entry(by=share.supervisee, pk=share.entry_id),
            "Mira Lindgren put away the reflection",
        ),
    ],
)
def test_old_link_of_the_supervisor_says_why_and_nothing_of_the_content(
    as_okafor: Client, share: Share, happens: Any, sentence: str
) -> None:
    happens(share)

    answer = as_okafor.get(page_of(share))

    html = answer.content.decode()
    assert answer.status_code == 410
    assert sentence in html
    for written in ("Finch", "apology", "explaining", "Repair", "Looking again"):
        assert written not in html


def test_key_is_said_to_be_deleted_only_once_it_is(as_okafor: Client, share: Share) -> None:
    said = "Your key to it is deleted"
    run_out(share)
    assert said not in as_okafor.get(page_of(share)).content.decode()

    actions.expire_shares()

    assert said in as_okafor.get(page_of(share)).content.decode()


def test_closed_page_asks_nobody_to_ask_for_it_again_so_that_barring_looks_as_revoking_does(
    as_okafor: Client, agreement: Agreement, share: Share, mira: User, okafor: User
) -> None:
    def said(of: Share) -> str:
        html = as_okafor.get(reverse("share_read", args=[of.pk])).content.decode()
        shown = html.partition("<main")[2].partition("</main>")[0]
        return " ".join(shown.replace(str(of.pk), "").split())

    other = factories.make_share(agreement=agreement)
    keys = factories.vault_keys(mira)
    actions.bar_people(by=mira, keys=keys, pk=share.entry_uid, barred=[okafor.pk])
    actions.revoke_share(by=mira, pk=other.pk)

    assert "ask Mira" not in said(share)
    assert said(share) == said(other)


def test_held_comment_is_said_to_be_unsendable_for_now_while_a_reflection_is_deleted(
    as_okafor: Client, share: Share, entry: Entry, okafor: User, mira: User
) -> None:
    factories.held_comment(share=share, author=okafor)
    delete_entry(by=mira, pk=entry.pk)

    html = as_okafor.get(reverse("share_read", args=[share.pk])).content.decode()
    assert "It cannot be sent now." in html
    assert "any more. " not in html.partition("held-title")[2]

    actions.revoke_share(by=mira, pk=share.pk)
    html = as_okafor.get(reverse("share_read", args=[share.pk])).content.decode()
    assert "It cannot be sent any more." in html


def test_supervisee_still_reads_what_was_taken_back(as_mira: Client, share: Share) -> None:
    taken_back(share)

    answer = as_mira.get(page_of(share))

    assert answer.status_code == 200
    assert "no explaining first" in answer.content.decode()
    assert "Only you can read it now." in answer.content.decode()
    assert "Comment on this passage" not in answer.content.decode()


def test_entry_brought_back_from_the_bin_is_readable_again(
    as_okafor: Client, share: Share, mira: User
) -> None:
    assert share.entry_id is not None
    delete_entry(by=mira, pk=share.entry_id)
    assert as_okafor.get(page_of(share)).status_code == 410
    restore_entry(by=mira, pk=share.entry_id)

    assert as_okafor.get(page_of(share)).status_code == 200


def test_copy_that_does_not_open_is_explained_and_not_logged_as_opened(
    as_okafor: Client, share: Share
) -> None:
    Share.objects.filter(pk=share.pk).update(body=b"\x01\x01damaged")

    answer = as_okafor.get(page_of(share))

    assert answer.status_code == 409
    assert "Nothing was lost." in answer.content.decode()
    assert [event.kind for event in share.events.log()] == ["shared"]


def test_copy_sealed_to_an_earlier_vault_is_explained(
    okafor: User, browser_of: BrowserOf, share: Share
) -> None:
    okafor.vaults.update(sealed_at=timezone.now())
    factories.make_vault(okafor)

    answer = browser_of(okafor).get(page_of(share))

    assert answer.status_code == 409
    assert "ask Mira Lindgren to share it again" in answer.content.decode()


def test_locked_vault_sends_the_reader_to_unlock_and_back(as_okafor: Client, share: Share) -> None:
    as_okafor.post(reverse("vault_lock"))

    answer = as_okafor.get(page_of(share))

    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("vault_unlock"))
    assert str(share.pk) in answer["Location"]


def test_page_takes_a_constant_number_of_queries(
    as_okafor: Client,
    share: Share,
    okafor: User,
    mira: User,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    as_okafor.get(page_of(share))  # The first opening is put on record.
    with django_assert_max_num_queries(12) as first:
        as_okafor.get(page_of(share))
    for number in range(6):
        thread = factories.make_comment(share=share, author=okafor, text=f"Thread {number}")
        factories.make_comment(share=share, author=mira, text="Yes.", parent=thread.pk)
    with django_assert_max_num_queries(12):
        as_okafor.get(page_of(share))  # It notes that the news of the comments was seen.
    with django_assert_max_num_queries(12) as again:
        as_okafor.get(page_of(share))

    assert len(again) <= len(first)


# --- The log -------------------------------------------------------------------------------------


def openings(share: Share) -> int:
    return share.events.filter(kind=ShareEvent.Kind.OPENED).count()


def set_openings_back(share: Share, *, minutes: int) -> None:
    """Move a share's openings into the past, which the app itself cannot."""
    for event in share.events.filter(kind=ShareEvent.Kind.OPENED):
        rows: models.QuerySet[ShareEvent] = models.QuerySet(ShareEvent).filter(pk=event.pk)
        rows.update(at=event.at - timedelta(minutes=minutes))


def test_opening_is_logged_once_in_ten_minutes_and_shown_to_both(
    as_okafor: Client, as_mira: Client, share: Share
) -> None:
    as_okafor.get(page_of(share))
    as_okafor.get(page_of(share))
    assert openings(share) == 1

    set_openings_back(share, minutes=11)
    as_okafor.get(page_of(share))

    assert openings(share) == 2
    for browser in (as_okafor, as_mira):
        html = browser.get(page_of(share)).content.decode()
        assert html.count("Dr Chidi Okafor opened it") == 2


def test_log_of_a_share_is_append_only(share: Share) -> None:
    event = share.events.get()
    event.kind = ShareEvent.Kind.REVOKED

    with pytest.raises(TypeError):
        event.save()
    with pytest.raises(TypeError):
        event.delete()
    with pytest.raises(TypeError):
        share.events.all().delete()
    with pytest.raises(TypeError):
        share.events.all().update(kind="revoked")


# --- Comments ------------------------------------------------------------------------------------


def test_both_sides_comment_and_answer(as_okafor: Client, as_mira: Client, share: Share) -> None:
    answer = say(as_okafor, share, "What might they have heard?")
    first = Comment.objects.get()
    assert answer["Location"] == f"{page_of(share)}#comment-{first.pk}"

    say(as_mira, share, "That I wanted them to stop.", parent=str(first.pk))

    for browser in (as_okafor, as_mira):
        html = browser.get(page_of(share)).content.decode()
        assert html.index("What might they have heard?") < html.index("wanted them to stop.")
    assert Comment.objects.get(parent=first).author_id == share.supervisee_id
    assert [event.kind for event in share.events.log()].count("commented") == 2


def test_answer_to_an_answer_joins_the_thread(share: Share, okafor: User, mira: User) -> None:
    first = factories.make_comment(share=share, author=okafor)
    second = factories.make_comment(share=share, author=mira, parent=first.pk)

    third = factories.make_comment(share=share, author=okafor, parent=second.pk)

    assert third.parent == first


def test_comment_is_kept_exactly_as_it_was_written(as_okafor: Client, share: Share) -> None:
    written = (
        "  \u202eשלום & <script>alert(1)</script>\r\n\tZ\u0351a\u0300 \U0001f9d1\u200d\U0001f9d1  "
    )

    say(as_okafor, share, written)

    reader = factories.reader(share.supervisor)
    kept = Comment.objects.get().read(share.data_key(reader))
    assert kept == written.replace("\r\n", "\n")
    html = as_okafor.get(page_of(share)).content.decode()
    assert "<script>alert(1)" not in html
    assert "&lt;script&gt;alert(1)" in html


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Write something first."),
        (" \n\t", "Write something first."),
        ("x" * (COMMENT_LIMIT + 1), "holds up to 20,000 characters and now has 20,001"),
    ],
)
def test_comment_that_does_not_fit_is_still_on_the_page(
    as_okafor: Client, share: Share, text: str, said: str
) -> None:
    answer = say(as_okafor, share, text)

    html = answer.content.decode()
    assert answer.status_code == 422
    assert said in html
    assert text in html
    assert not Comment.objects.exists()


def test_longest_comment_fits_however_the_browser_ends_lines(
    as_okafor: Client, share: Share
) -> None:
    assert say(as_okafor, share, "x\r\n" * (COMMENT_LIMIT // 2)).status_code == 302


def test_comment_that_did_not_fit_stays_where_it_was_written(
    as_okafor: Client, share: Share, mira: User
) -> None:
    thread = factories.make_comment(share=share, author=mira)

    page = say(as_okafor, share, "x" * 20_001, parent=str(thread.pk))

    bound = [
        (one.passage.slug, note.comment.pk)
        for one in page.context["beside"]
        for note in one.threads
        if note.form.is_bound
    ]
    assert bound == [("repair", thread.pk)]
    assert not any(one.form.is_bound for one in page.context["beside"])


@pytest.mark.parametrize("passage", ["happened", "nonsense"])
def test_passage_that_was_not_shared_takes_no_comment(
    as_okafor: Client, share: Share, passage: str
) -> None:
    answer = say(as_okafor, share, "And what about this?", passage=passage)

    assert answer.status_code == 409
    assert "And what about this?" in answer.content.decode()
    assert not Comment.objects.exists()


def test_answer_to_another_shares_comment_is_refused(
    agreement: Agreement, share: Share, okafor: User
) -> None:
    other = factories.make_share(agreement=agreement)
    elsewhere = factories.make_comment(share=other, author=okafor)

    with pytest.raises(Refused):
        factories.make_comment(share=share, author=okafor, parent=elsewhere.pk)
    with pytest.raises(Refused):
        factories.make_comment(
            share=other, author=okafor, passage="looking_again", parent=elsewhere.pk
        )


@pytest.mark.parametrize("happens", [taken_back, run_out])
@pytest.mark.parametrize("who", ["okafor", "mira"])
def test_comment_on_a_share_closed_a_second_ago_is_handed_back(
    browser_of: BrowserOf,
    share: Share,
    happens: Any,
    who: str,
    request: pytest.FixtureRequest,
) -> None:
    browser = browser_of(request.getfixturevalue(who))
    happens(share)

    answer = say(browser, share, "Waiting is the hard part of this plan.")

    html = answer.content.decode()
    assert answer.status_code == 409
    assert "Waiting is the hard part of this plan." in html
    assert "Nothing you wrote was lost" in html
    assert "Finch" not in html
    assert not Comment.objects.exists()


def test_share_taken_back_between_the_check_and_the_comment_keeps_the_text(
    as_okafor: Client, share: Share
) -> None:
    real = actions.add_comment

    def too_late(**fields: Any) -> Comment:
        taken_back(share)
        return real(**fields)

    with mock.patch("supervision.views.reading.actions.add_comment", too_late):
        answer = say(as_okafor, share, "A word, too late.")

    assert answer.status_code == 409
    assert "A word, too late." in answer.content.decode()
    assert not Comment.objects.exists()


def test_button_pressed_twice_sends_one_comment_and_one_mail(
    as_okafor: Client, share: Share
) -> None:
    form = as_okafor.get(page_of(share)).context["beside"][1].form
    sent = {"comment": str(form["comment"].value())}
    mail.outbox.clear()

    answers = [say(as_okafor, share, "And then?", **sent) for _ in range(2)]

    assert Comment.objects.count() == 1
    assert {answer["Location"] for answer in answers} == {
        f"{page_of(share)}#comment-{Comment.objects.get().pk}"
    }
    assert len(mail.outbox) == 1
    assert [event.kind for event in share.events.log()].count("commented") == 1


@pytest.mark.parametrize("changed", [{"text": "Other words."}, {"passage": "looking_again"}])
def test_other_words_sent_from_the_same_form_are_another_comment(
    as_okafor: Client, share: Share, changed: dict[str, str]
) -> None:
    sent = {"text": "And then?", "comment": str(uuid4())}
    say(as_okafor, share, **sent)

    say(as_okafor, share, **(sent | changed))

    assert Comment.objects.count() == 2


def test_id_of_somebody_elses_comment_changes_nothing_of_it(
    as_okafor: Client, share: Share, mira: User
) -> None:
    theirs = factories.make_comment(share=share, author=mira, text="Mine.")

    say(as_okafor, share, "Mine.", comment=str(theirs.pk))

    assert [one.author.name for one in share.comments.conversation()] == [
        "Mira Lindgren",
        "Dr Chidi Okafor",
    ]


def test_every_form_of_a_page_has_an_id_of_its_own(
    as_okafor: Client, share: Share, mira: User
) -> None:
    factories.make_comment(share=share, author=mira)

    html = as_okafor.get(page_of(share)).content.decode()

    ids = re.findall(r'name="comment" value="([^"]+)"', html)
    assert len(set(ids)) == len(ids) == 3


@pytest.mark.parametrize("text", ["A word about waiting.", "x" * (COMMENT_LIMIT + 1)])
def test_comment_under_another_vault_is_handed_back(
    okafor: User, browser_of: BrowserOf, share: Share, text: str
) -> None:
    okafor.vaults.update(sealed_at=timezone.now())
    factories.make_vault(okafor)

    answer = say(browser_of(okafor), share, text)

    assert answer.status_code == 409
    assert text in answer.content.decode()
    assert "sealed to another vault" in answer.content.decode()
    assert not Comment.objects.exists()


def test_comment_while_locked_keeps_its_text_and_is_sent_with_the_password(
    as_okafor: Client, share: Share
) -> None:
    as_okafor.post(reverse("vault_lock"))
    answer = say(as_okafor, share, "Typed before it locked.")
    assert answer.status_code == 423
    assert "Typed before it locked." in answer.content.decode()

    say(as_okafor, share, "Typed before it locked.", vault_password=factories.PASSWORD)

    assert Comment.objects.count() == 1


def test_comment_that_is_damaged_hides_no_other(
    as_okafor: Client, share: Share, okafor: User
) -> None:
    damaged = factories.make_comment(share=share, author=okafor, text="Lost to a bad disk.")
    Comment.objects.filter(pk=damaged.pk).update(body=b"\x01\x01")
    factories.make_comment(share=share, author=okafor, text="Still here.")

    html = as_okafor.get(page_of(share)).content.decode()

    assert "This comment does not open" in html
    assert "Still here." in html


def test_notice_of_a_comment_goes_to_the_other_side_without_its_words(
    share: Share, okafor: User, mira: User
) -> None:
    mail.outbox.clear()
    factories.make_comment(share=share, author=okafor, text="canary")
    factories.make_comment(share=share, author=mira, text="canary")

    assert [notice.to for notice in mail.outbox] == [[mira.email], [okafor.email]]
    assert not any("canary" in f"{notice.subject} {notice.body}" for notice in mail.outbox)


# --- Taking it back ------------------------------------------------------------------------------


def test_one_click_takes_it_back_at_once(
    as_mira: Client, as_okafor: Client, share: Share, mira: User
) -> None:
    answer = as_mira.post(reverse("share_revoke", args=[share.pk]), follow=True)

    share.refresh_from_db()
    assert share.revoked_by == mira
    assert share.key_supervisor is None
    assert "What was read cannot be unread." in answer.content.decode()
    assert as_okafor.get(page_of(share)).status_code == 410
    assert [event.kind for event in share.events.log()] == ["shared", "revoked"]


def test_taking_back_needs_no_open_vault(as_mira: Client, share: Share) -> None:
    as_mira.post(reverse("vault_lock"))

    as_mira.post(reverse("share_revoke", args=[share.pk]))

    share.refresh_from_db()
    assert share.revoked_at is not None


def test_taking_back_twice_changes_nothing(as_mira: Client, share: Share) -> None:
    address = reverse("share_revoke", args=[share.pk])
    as_mira.post(address)
    first = Share.objects.get(pk=share.pk).revoked_at

    assert as_mira.post(address).status_code == 302
    assert Share.objects.get(pk=share.pk).revoked_at == first
    assert [event.kind for event in share.events.log()] == ["shared", "revoked"]


def test_supervisor_cannot_take_back_what_is_not_theirs(as_okafor: Client, share: Share) -> None:
    assert as_okafor.post(reverse("share_revoke", args=[share.pk])).status_code == 404
    with pytest.raises(Share.DoesNotExist):
        actions.revoke_share(by=share.supervisor, pk=share.pk)
    share.refresh_from_db()
    assert share.revoked_at is None


def test_looking_at_the_address_takes_nothing_back(as_mira: Client, share: Share) -> None:
    answer = as_mira.get(reverse("share_revoke", args=[share.pk]))

    assert answer["Location"] == reverse("share_read", args=[share.pk])


# --- The receipt ---------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["mira", "okafor"])
@pytest.mark.parametrize("happens", [lambda share: None, taken_back, run_out])
def test_receipt_says_the_facts_to_both_and_nothing_that_was_written(
    browser_of: BrowserOf,
    share: Share,
    who: str,
    happens: Any,
    request: pytest.FixtureRequest,
) -> None:
    happens(share)
    browser = browser_of(request.getfixturevalue(who))

    html = browser.get(reverse("share_receipt", args=[share.pk])).content.decode()

    for fact in (
        "Mira Lindgren",
        "Dr Chidi Okafor",
        "Looking again, Repair",
        "ask questions",
        "My client has agreed that I take our work to supervision.",
        share.content_hash,
        "Wording, version 1",
        "You hand a frozen copy",
        "Mira Lindgren shared it",
    ):
        assert fact in html
    for written in ("Finch", "apology", "explaining", "Ask me about"):
        assert written not in html


def test_receipt_opens_while_the_vault_is_locked(as_okafor: Client, share: Share) -> None:
    as_okafor.post(reverse("vault_lock"))

    assert as_okafor.get(reverse("share_receipt", args=[share.pk])).status_code == 200


def test_no_superuser_reads_a_share(operator: User, share: Share) -> None:
    assert not Share.objects.readable_by(operator).exists()
    assert not Share.objects.known_to(operator).exists()
