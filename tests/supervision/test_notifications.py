"""What people are told of: in the app and by mail as they chose, and never what was written."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from reflection.models import Entry
from supervision import actions, notices
from supervision.models import (
    WITHOUT_MAIL,
    Agreement,
    ConsentWording,
    NoticeKind,
    Notification,
    Record,
    Share,
)
from supervision.tasks import purge_notifications
from tests import factories
from tests.supervision.conftest import BrowserOf

LIST, CHOICES = "notification_list", "notification_choices"


def told(person: User) -> list[str]:
    """Return of what kinds ``person`` was told and has not seen, the earliest first."""
    found = Notification.objects.of_person(person).unseen().order_by("at", "id")
    return [one.kind for one in found]


def clear() -> None:
    Notification.objects.all().delete()
    mail.outbox.clear()


def test_each_side_is_told_of_what_the_other_does(
    agreement: Agreement, share: Share, entry: Entry, mira: User, okafor: User
) -> None:
    assert told(mira) == ["accepted"]
    assert told(okafor) == ["proposed", "shared"]
    clear()

    comment = factories.make_comment(share=share, author=okafor)
    actions.react(
        by=mira,
        pk=share.pk,
        comment=comment.pk,
        kind=comment.reactions.model.Kind.THANKS,
        is_on=True,
    )
    factories.make_share(agreement=agreement, entry=entry, at=timezone.now())
    actions.revoke_share(by=mira, pk=share.pk)
    assert told(mira) == ["commented"]
    assert told(okafor) == ["thanked", "new_version", "taken_back"]
    clear()

    meeting = factories.make_meeting(agreement=agreement, by=okafor)
    actions.call_off_meeting(by=mira, pk=meeting.pk)
    actions.end_agreement(by=okafor, pk=agreement.pk)
    assert told(mira) == ["planned", "ended"]
    assert told(okafor) == ["called_off"]


def test_supervisee_is_told_before_and_when_a_time_is_over(share: Share, mira: User) -> None:
    clear()
    now = timezone.now()
    Share.objects.filter(pk=share.pk).update(
        shared_at=now - timedelta(days=30), expires_at=now + timedelta(days=2)
    )
    actions.remind_of_expiry()
    Share.objects.filter(pk=share.pk).update(expires_at=now - timedelta(seconds=1))
    actions.expire_shares()

    assert told(mira) == ["ending", "expired"]


def test_many_taken_back_at_once_are_one_notification(
    agreement: Agreement, okafor: User, mira: User
) -> None:
    for _number in range(3):
        factories.make_share(agreement=agreement)
    clear()

    actions.take_back_everything(by=mira, pk=agreement.pk)

    [one] = Notification.objects.of_person(okafor)
    assert one.words == "Mira Lindgren took back 3 copies they had shared with you."
    assert one.path == reverse("agreement_read", args=[agreement.pk])


def test_what_happens_again_unseen_moves_the_notification_there_is(
    share: Share, okafor: User, mira: User
) -> None:
    clear()
    for number in range(3):
        factories.make_comment(share=share, author=okafor, text=f"And then? {number}")
    assert told(mira) == ["commented"]

    actions.see_all(by=mira)
    factories.make_comment(share=share, author=okafor, text="And now?")

    assert Notification.objects.of_person(mira).count() == 2
    assert told(mira) == ["commented"]


def test_comment_that_is_held_tells_nobody_anything(share: Share, okafor: User, mira: User) -> None:
    clear()
    factories.held_comment(share=share, author=okafor)
    assert told(mira) == []

    actions.send_held(by=okafor, reader=factories.reader(okafor), pk=share.pk)

    assert told(mira) == ["commented"]


def test_what_is_not_done_leaves_no_notification(share: Share, jonas: User, okafor: User) -> None:
    clear()

    with pytest.raises(Share.DoesNotExist):
        actions.revoke_share(by=jonas, pk=share.pk)

    assert told(okafor) == []


def test_no_notification_holds_a_word_of_what_was_written(
    share: Share, okafor: User, mira: User, as_okafor: Client
) -> None:
    factories.make_comment(share=share, author=okafor, text="Heron on the sill.")

    kept = repr(list(Notification.objects.values()))
    html = as_okafor.get(reverse(LIST)).content.decode()

    for text in (kept, html, *(f"{one.subject} {one.body}" for one in mail.outbox)):
        for word in ("Finch", "yawn", "Heron", "Ask me about"):
            assert word not in text


@pytest.mark.parametrize(("in_app", "by_mail"), [(True, False), (False, True), (False, False)])
def test_each_kind_comes_in_the_ways_that_were_chosen(
    agreement: Agreement, okafor: User, as_okafor: Client, in_app: bool, by_mail: bool
) -> None:
    as_okafor.post(
        reverse(CHOICES),
        {
            "in_app": ["shared"] if in_app else ["commented"],
            "by_mail": ["shared"] if by_mail else ["commented"],
        },
    )
    clear()

    factories.make_share(agreement=agreement)

    assert told(okafor) == (["shared"] if in_app else [])
    assert [one.to for one in mail.outbox] == ([[okafor.email]] if by_mail else [])


def test_choices_show_what_was_chosen_and_only_what_differs_is_kept(
    okafor: User, as_okafor: Client
) -> None:
    every = [kind.value for kind in NoticeKind]
    mailed = [kind.value for kind in NoticeKind if kind not in WITHOUT_MAIL]

    as_okafor.post(reverse(CHOICES), {"in_app": every, "by_mail": mailed})
    assert not okafor.notice_choices.exists()
    as_okafor.post(reverse(CHOICES), {"in_app": every, "by_mail": mailed[1:], "odd": "x"})

    [one] = okafor.notice_choices.all()
    assert (one.kind, one.in_app, one.by_mail) == (mailed[0], True, False)
    choices = dict(as_okafor.get(reverse(CHOICES)).context["choices"])
    assert not choices[NoticeKind(mailed[0])].by_mail


# What is told of a group stands in test_group_notifications.
IN_GROUPS = {NoticeKind.COMMENTED_ALONG, NoticeKind.GROUP_JOINED, NoticeKind.GROUP_DECLINED}


@pytest.mark.parametrize("kind", sorted(WITHOUT_MAIL - IN_GROUPS))
def test_kinds_without_mail_can_be_asked_for_by_mail(
    share: Share, okafor: User, mira: User, kind: str
) -> None:
    comment = factories.make_comment(share=share, author=okafor)
    clear()
    actions.choose_notices(by=okafor, in_app=[kind], by_mail=[kind])

    if kind == NoticeKind.THANKED:
        thanks = comment.reactions.model.Kind.THANKS
        actions.react(by=mira, pk=share.pk, comment=comment.pk, kind=thanks, is_on=True)
    elif kind == NoticeKind.EXTENDED:
        wording = ConsentWording.objects.current(ConsentWording.SHARE).pk
        until = timezone.localdate() + timedelta(days=91)
        longer = actions.Extension(share.expires_at, until, "asked", wording, {})
        actions.extend_share(by=mira, pk=share.pk, extension=longer)
    else:
        actions.revoke_share(by=mira, pk=share.pk)

    [notice] = mail.outbox
    assert notice.to == [okafor.email]
    assert "Finch" not in f"{notice.subject} {notice.body}"


def test_somebody_who_is_inactive_is_told_nothing(
    agreement: Agreement, share: Share, okafor: User, mira: User
) -> None:
    okafor.is_active = False
    okafor.save(update_fields=["is_active"])
    clear()

    actions.revoke_share(by=mira, pk=share.pk)

    assert told(okafor) == []


# --- Seeing --------------------------------------------------------------------------------------


def test_opening_one_leads_there_and_notes_that_it_was_seen(
    as_okafor: Client, share: Share, okafor: User
) -> None:
    one = Notification.objects.of_person(okafor).get(kind="shared")

    answer = as_okafor.get(reverse("notification_open", args=[one.pk]))

    assert answer["Location"] == reverse("share_read", args=[share.pk])
    assert "shared" not in told(okafor)


@pytest.mark.parametrize("who", ["mira", "jonas", "ada", "rune", "operator"])
def test_nobody_elses_notification_is_found_or_seen(
    browser_of: BrowserOf, share: Share, okafor: User, who: str, request: pytest.FixtureRequest
) -> None:
    one = Notification.objects.of_person(okafor).get(kind="shared")
    browser = browser_of(request.getfixturevalue(who))

    assert browser.get(reverse("notification_open", args=[one.pk])).status_code == 404
    assert "shared a reflection" not in browser.get(reverse(LIST)).content.decode()
    browser.post(reverse("notification_see_all"))
    assert "shared" in told(okafor)


@pytest.mark.parametrize(
    ("kind", "page"),
    [
        ("shared", lambda share: reverse("share_read", args=[share.pk])),
        ("proposed", lambda share: reverse("agreement_read", args=[share.agreement_id])),
    ],
)
def test_what_it_is_about_counts_as_seen_when_it_is_looked_at(
    as_okafor: Client, share: Share, okafor: User, kind: str, page: Callable[[Share], str]
) -> None:
    assert kind in told(okafor)

    as_okafor.get(page(share))

    assert kind not in told(okafor)


def test_closed_copys_page_counts_as_looking_at_what_closed_it(
    as_okafor: Client, share: Share, okafor: User, mira: User
) -> None:
    actions.revoke_share(by=mira, pk=share.pk)
    assert "taken_back" in told(okafor)

    as_okafor.get(reverse("share_read", args=[share.pk]))

    assert told(okafor) == ["proposed"]


def test_receipt_counts_as_looking_at_the_end_of_its_copy_and_at_no_comment(
    as_mira: Client, share: Share, mira: User, okafor: User
) -> None:
    clear()
    factories.make_comment(share=share, author=okafor)
    notices.share_ending(share)
    notices.share_expired(share)
    assert told(mira) == ["commented", "ending", "expired"]

    as_mira.get(reverse("share_receipt", args=[share.pk]))

    assert told(mira) == ["commented"]


def test_all_can_be_marked_as_seen_though_only_an_older_page_holds_one(
    as_mira: Client, mira: User, okafor: User
) -> None:
    now = timezone.now()
    Notification.objects.bulk_create(
        Notification(
            person=mira,
            by=okafor,
            kind="commented",
            at=now - timedelta(hours=number),
            seen_at=None if number == 35 else now,
        )
        for number in range(40)
    )

    assert "Mark all as seen" in as_mira.get(reverse(LIST)).content.decode()


def test_all_are_marked_as_seen_at_once(as_okafor: Client, share: Share, okafor: User) -> None:
    address = reverse("notification_see_all")
    as_okafor.get(address)
    assert told(okafor)

    as_okafor.post(address)

    assert told(okafor) == []
    assert "Mark all as seen" not in as_okafor.get(reverse(LIST)).content.decode()


def test_bar_says_how_many_until_they_were_seen(
    as_okafor: Client, share: Share, okafor: User
) -> None:
    def said() -> str:
        html = " ".join(as_okafor.get(reverse("journal_list")).content.decode().split())
        return html.partition('bar-notices"')[2][:140]

    assert "<b>2</b>" in said()
    actions.see_all(by=okafor)
    assert said() == ""


def test_list_goes_on_where_the_page_ended(as_mira: Client, mira: User, okafor: User) -> None:
    now = timezone.now()
    Notification.objects.bulk_create(
        Notification(
            person=mira, by=okafor, kind="commented", at=now - timedelta(hours=number // 2)
        )
        for number in range(65)
    )

    seen, address = [], reverse(LIST)
    while address:
        page = as_mira.get(address)
        seen += [one.pk for one in page.context["notifications"]]
        following = page.context["following"]
        address = f"{reverse(LIST)}?after={following}" if following else ""

    assert len(seen) == len(set(seen)) == 65


def test_list_needs_no_open_vault(as_okafor: Client, share: Share) -> None:
    as_okafor.post(reverse("vault_lock"))

    assert "Mira Lindgren shared a reflection" in as_okafor.get(reverse(LIST)).content.decode()


def test_pages_take_few_queries_however_many_there_are(
    as_mira: Client, mira: User, okafor: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _round in range(2):
        Notification.objects.bulk_create(
            Notification(person=mira, by=okafor, kind="commented") for _number in range(40)
        )
        for name in (LIST, CHOICES):
            with django_assert_max_num_queries(9):
                as_mira.get(reverse(name))


def test_they_are_gone_after_ninety_days(share: Share, okafor: User) -> None:
    number = Notification.objects.count()
    old = Notification.objects.of_person(okafor).filter(kind="shared")
    old.update(at=timezone.now() - timedelta(days=90, minutes=1))

    assert purge_notifications() == 1
    assert Notification.objects.count() == number - 1
    assert purge_notifications() == 0


def test_both_are_told_once_that_a_record_does_not_hold_together(
    as_okafor: Client, agreement: Agreement, mira: User, okafor: User
) -> None:
    clear()
    page = reverse("record_read", args=[agreement.pk])
    as_okafor.get(page)
    assert told(mira) == told(okafor) == []
    Record.objects.filter(pk=agreement.pk).update(length=9)

    for _look in range(2):
        as_okafor.get(page)

    assert told(mira) == told(okafor) == ["record_failed"]
    assert len(mail.outbox) == 2


@pytest.mark.parametrize("kind", NoticeKind.values)
def test_every_kind_has_its_words_and_somewhere_to_look(
    share: Share, agreement: Agreement, okafor: User, mira: User, kind: str
) -> None:
    one = Notification(person=mira, by=okafor, kind=kind, agreement=agreement)

    assert "Okafor" in one.words
    assert "%" not in one.words
    assert one.path.startswith("/supervision/agreements/")
    one.by = None
    assert "Somebody who left" in one.words
