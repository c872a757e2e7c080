"""Supervision meetings: planning, writing, signing, and what goes wrong on the way."""

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import msgspec
import pytest
import time_machine
from django.contrib import admin
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.test import Client, TestCase
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from reflection.actions import Source
from supervision import actions
from supervision.forms.meeting import moment_of
from supervision.minutes import (
    NOTES_LIMIT,
    AgendaItem,
    AgreedAction,
    Minutes,
    Owner,
    agree,
    bring,
    reword,
)
from supervision.models import (
    Agreement,
    Facts,
    MeetingVersion,
    Notification,
    Share,
    Signature,
    SuperviseePin,
    SupervisionMeeting,
)
from supervision.rules import Refused
from tests import factories
from tests.factories import make_meeting
from vault.crypto import CannotOpen
from vault.models import Vault

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def meeting(agreement: Agreement) -> SupervisionMeeting:
    """Mira and Okafor meet tomorrow."""
    return make_meeting(agreement=agreement, by=agreement.supervisee)


@pytest.fixture
def held(agreement: Agreement) -> SupervisionMeeting:
    """Mira and Okafor met yesterday, and said so."""
    made = make_meeting(
        agreement=agreement, by=agreement.supervisee, starts_at=timezone.now() - timedelta(days=1)
    )
    return actions.note_meeting_took_place(by=agreement.supervisee, pk=made.pk)


def read(meeting: SupervisionMeeting, user: User) -> Minutes:
    fresh = SupervisionMeeting.objects.of_party(user).get(pk=meeting.pk)
    return fresh.read(fresh.data_key(factories.reader(user)))


def sign(meeting: SupervisionMeeting, user: User) -> Signature:
    meeting.refresh_from_db()
    return actions.sign_meeting(
        by=user, reader=factories.reader(user), pk=meeting.pk, revision=meeting.revision
    )


def write(meeting: SupervisionMeeting, user: User, rewrite: Any, **given: Any) -> actions.Written:
    return actions.rewrite_minutes(
        by=user, reader=factories.reader(user), pk=meeting.pk, rewrite=rewrite, **given
    )


def note(
    meeting: SupervisionMeeting, user: User, text: str, *, page: str = "p", **given: Any
) -> actions.Written:
    meeting.refresh_from_db()
    source = Source(given.pop("revision", meeting.revision), page, given.pop("turn", 1))
    return actions.write_notes(
        by=user, reader=factories.reader(user), pk=meeting.pk, text=text, source=source, **given
    )


def earlier(version: MeetingVersion, user: User) -> Minutes:
    fresh = SupervisionMeeting.objects.of_party(user).get(pk=version.meeting_id)
    version.meeting = fresh
    return version.read(fresh.data_key(factories.reader(user)))


def item(user: User, text: str = "The yawn", **given: Any) -> AgendaItem:
    return AgendaItem(id=uuid.uuid4(), by=user.pk, text=text, **given)


# --- Planning ------------------------------------------------------------------------------------


def test_both_plan_meetings_and_both_open_what_is_written(
    agreement: Agreement, mira: User, okafor: User
) -> None:
    minutes = Minutes(notes="Sie schwieg. 🪡 שלום")
    for number, by in enumerate((mira, okafor)):
        begins = timezone.now() + timedelta(days=number + 1)
        made = make_meeting(agreement=agreement, by=by, starts_at=begins, minutes=minutes)
        assert read(made, mira) == read(made, okafor) == minutes


def test_the_other_side_is_told_without_a_word_of_it(
    agreement: Agreement, mira: User, okafor: User, mailoutbox: list[EmailMessage]
) -> None:
    minutes = Minutes(notes="zznotes", agenda=(item(mira, "zzitem"),))
    begins = timezone.now() - HOUR
    with TestCase.captureOnCommitCallbacks(execute=True):
        made = make_meeting(agreement=agreement, by=mira, starts_at=begins, minutes=minutes)
        actions.note_meeting_took_place(by=mira, pk=made.pk)
        sign(made, mira)

    mails = [mail for mail in mailoutbox if okafor.email in mail.to and "meeting" in mail.subject]
    assert len(mails) == 2
    assert not any("zz" in mail.body for mail in mails)
    assert all(reverse("meeting_read", args=[made.pk]) in mail.body for mail in mails)


def test_supervisor_compares_the_supervisees_key_before_the_first_meeting(
    agreement: Agreement, okafor: User, as_okafor: Client
) -> None:
    page = reverse("meeting_new")
    posted = facts_posted(agreement)

    asked = as_okafor.post(page, posted)
    assert asked.status_code == 409
    assert "Compare the key of Mira Lindgren once" in asked.content.decode()
    assert not SupervisionMeeting.objects.exists()
    unsaid = as_okafor.post(page, posted | {"key_confirmed": ""})
    assert "Compare the key of Mira Lindgren first." in unsaid.content.decode()
    key = asked.context["value"]
    assert as_okafor.post(page, posted | {"key_confirmed": key}).status_code == 302
    assert SuperviseePin.objects.get().pinned_in == Vault.objects.get(user=okafor).pk
    posted |= {"time": "18:00", "meeting": str(uuid.uuid4())}
    assert as_okafor.post(page, posted).status_code == 302


def facts_posted(agreement: Agreement, /, **given: Any) -> dict[str, Any]:
    tomorrow = timezone.localdate() + timedelta(days=1)
    return {
        "agreement": str(agreement.pk),
        "meeting": str(uuid.uuid4()),
        "day": tomorrow.isoformat(),
        "time": "14:00",
        "duration": "50",
        "format": "video",
    } | given


@pytest.mark.parametrize("who", ["mira", "okafor"])
def test_changed_key_of_the_other_side_stops_the_plan_and_asks(
    agreement: Agreement, who: str, request: pytest.FixtureRequest, mira: User, okafor: User
) -> None:
    by = request.getfixturevalue(who)
    other = okafor if by == mira else mira
    make_meeting(agreement=agreement, by=by)
    Vault.objects.filter(user=other).update(sealed_at=timezone.now())
    factories._KEYS.clear()
    factories.make_vault(other)

    with pytest.raises(actions.KeyUnknown):
        actions.plan_meeting(
            by=by,
            reader=factories.reader(by),
            agreement=agreement.pk,
            facts=Facts(timezone.now() + timedelta(days=3), 50, "video"),
        )
    assert SupervisionMeeting.objects.count() == 1


def test_form_sent_twice_plans_one_meeting(agreement: Agreement, as_mira: Client) -> None:
    posted = facts_posted(agreement)
    first = as_mira.post(reverse("meeting_new"), posted)
    second = as_mira.post(reverse("meeting_new"), posted)

    assert first.url == second.url  # type: ignore[attr-defined]
    assert SupervisionMeeting.objects.count() == 1


def test_form_sent_at_once_with_two_agreements_plans_one_meeting(
    agreement: Agreement, as_mira: Client, mira: User, rune: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each press locks another agreement, so neither waits for the other to be through."""
    another = factories.make_agreement(supervisee=mira, supervisor=rune)
    posted = facts_posted(agreement)
    planned: list[SupervisionMeeting] = []

    def meanwhile(found: Agreement, facts: Facts) -> None:
        if found == agreement:
            first = actions.plan_meeting(
                by=mira,
                reader=factories.reader(mira),
                agreement=another.pk,
                facts=facts,
                form=uuid.UUID(posted["meeting"]),
            )
            planned.append(first)

    monkeypatch.setattr("supervision.actions.meeting._refuse_overlap", meanwhile)
    answer = as_mira.post(reverse("meeting_new"), posted)

    assert answer.url == reverse("meeting_read", args=[planned[0].pk])  # type: ignore[attr-defined]
    assert SupervisionMeeting.objects.get().agreement == another
    assert Notification.objects.filter(kind="planned").count() == 1


def test_form_with_the_id_of_other_peoples_meeting_tells_nothing_of_it(
    agreement: Agreement, as_mira: Client, jonas: User, rune: User
) -> None:
    theirs = factories.make_agreement(supervisee=jonas, supervisor=rune)
    known = make_meeting(agreement=theirs, by=jonas)

    answers = []
    for pk, begins in ((known.pk, "14:00"), (uuid.uuid4(), "17:00")):
        posted = facts_posted(agreement, time=begins, meeting=str(pk))
        answers.append(as_mira.post(reverse("meeting_new"), posted))
        assert str(pk) not in answers[-1].url  # type: ignore[attr-defined]
        assert as_mira.get(answers[-1].url).status_code == 200  # type: ignore[attr-defined]
    assert {one.status_code for one in answers} == {302}
    assert SupervisionMeeting.objects.count() == 3


def test_two_meetings_at_once_are_refused_so_that_hours_count_once(
    agreement: Agreement, as_mira: Client
) -> None:
    as_mira.post(reverse("meeting_new"), facts_posted(agreement))
    answer = as_mira.post(reverse("meeting_new"), facts_posted(agreement, time="14:30"))

    assert answer.status_code == 422
    assert "You two have a meeting at that time already." in answer.content.decode()
    after = as_mira.post(reverse("meeting_new"), facts_posted(agreement, time="14:50"))
    assert after.status_code == 302


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"day": "2999-01-01"}, "Is the year right?"),
        ({"day": "1901-01-01"}, "Is the year right?"),
        ({"day": "tomorrow"}, "This is not a day."),
        ({"time": "25:00"}, "This is not a time of day."),
        ({"duration": "0"}, "At least 5 minutes."),
        ({"duration": "721"}, "At most 720 minutes"),
        ({"duration": "fifty"}, "whole minutes"),
        ({"format": "telepathy"}, "telepathy"),
        ({"agreement": "x"}, "Select a valid choice"),
    ],
)
def test_plan_that_cannot_be_meant_is_refused_in_words(
    agreement: Agreement, as_mira: Client, given: dict[str, str], said: str
) -> None:
    answer = as_mira.post(reverse("meeting_new"), facts_posted(agreement, **given))

    assert answer.status_code == 422
    assert said in answer.content.decode()


def test_time_the_clocks_leave_out_is_refused_and_one_they_repeat_is_the_first() -> None:
    with timezone.override("Europe/Berlin"):
        assert moment_of(date(2026, 3, 29), time(2, 30)) is None
        twice = moment_of(date(2026, 10, 25), time(2, 30))
        assert twice == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
        usual = moment_of(date(2026, 3, 29), time(3, 30))
        assert usual == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_meeting_through_a_clock_change_lasts_its_minutes(agreement: Agreement) -> None:
    with timezone.override("Europe/Berlin"):
        begins = moment_of(date(2026, 10, 25), time(1, 30))
        assert begins is not None
        ends = Facts(begins, 120, "video").ends_at
        assert f"{timezone.localtime(ends):%H:%M}" == "02:30"


def test_database_holds_one_meeting_at_a_time_and_signed_ones_held(
    meeting: SupervisionMeeting,
) -> None:
    rows = SupervisionMeeting.objects.filter(pk=meeting.pk)
    for wrong in (
        {"duration": 0},
        {"supervisee_signed_at": timezone.now()},
        {"held_at": timezone.now(), "called_off_at": timezone.now()},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**wrong)


def test_meeting_is_moved_and_its_words_stay(
    meeting: SupervisionMeeting, mira: User, okafor: User
) -> None:
    write(meeting, mira, bring(item(mira)))
    later = Facts(meeting.starts_at + HOUR, 90, "in_person")
    actions.move_meeting(
        by=okafor,
        reader=factories.reader(okafor),
        pk=meeting.pk,
        facts=later,
        before=meeting.facts,
    )

    meeting.refresh_from_db()
    assert meeting.facts == later
    assert [one.text for one in read(meeting, mira).agenda] == ["The yawn"]


def test_move_made_from_a_page_that_is_out_of_date_says_so(
    meeting: SupervisionMeeting, mira: User, okafor: User, as_okafor: Client
) -> None:
    before = as_okafor.get(reverse("meeting_move", args=[meeting.pk])).context["before"]
    actions.move_meeting(
        by=mira,
        reader=factories.reader(mira),
        pk=meeting.pk,
        facts=Facts(meeting.starts_at + HOUR, 90, "video"),
        before=meeting.facts,
    )

    posted = facts_posted(meeting.agreement, time="09:00") | {"before": before}
    answer = as_okafor.post(reverse("meeting_move", args=[meeting.pk]), posted)
    assert answer.status_code == 409
    assert "were changed meanwhile" in answer.content.decode()
    meeting.refresh_from_db()
    assert meeting.duration == 90


def test_meeting_is_held_only_once_it_has_begun(meeting: SupervisionMeeting, mira: User) -> None:
    with pytest.raises(Refused, match="has not begun yet"):
        actions.note_meeting_took_place(by=mira, pk=meeting.pk)
    with time_machine.travel(meeting.starts_at):
        actions.note_meeting_took_place(by=mira, pk=meeting.pk)
        actions.note_meeting_took_place(by=mira, pk=meeting.pk)
    meeting.refresh_from_db()
    assert meeting.state == "held"


# --- Agenda and agreed actions -------------------------------------------------------------------


def post_item(client: Client, meeting: SupervisionMeeting, do: str, **given: Any) -> Any:
    return client.post(reverse("meeting_agenda", args=[meeting.pk]), {"do": do, **given})


def test_both_gather_reorder_tick_and_take_off(
    meeting: SupervisionMeeting, mira: User, as_mira: Client, as_okafor: Client
) -> None:
    ids = [str(uuid.uuid4()) for _ in range(3)]
    for client, pk, text in zip((as_mira, as_okafor, as_mira), ids, "abc", strict=True):
        post_item(client, meeting, "add", item=pk, text=text)
    post_item(as_okafor, meeting, "up", item=ids[2])
    post_item(as_mira, meeting, "down", item=ids[1])
    post_item(as_mira, meeting, "up", item=ids[0])
    post_item(as_mira, meeting, "tick", item=ids[0])
    post_item(as_okafor, meeting, "drop", item=ids[1])
    post_item(as_okafor, meeting, "drop", item=ids[1])

    agenda = read(meeting, mira).agenda
    assert [(one.text, one.is_done) for one in agenda] == [("a", True), ("c", False)]


def test_item_reworded_in_two_tabs_keeps_both_wordings(
    meeting: SupervisionMeeting, mira: User, okafor: User
) -> None:
    brought = item(mira, "The yawn")
    write(meeting, mira, bring(brought))
    write(meeting, okafor, reword(brought.id, "The yawn, again", before="The yawn", by=okafor.pk))
    write(meeting, mira, reword(brought.id, "What I felt", before="The yawn", by=mira.pk))

    assert [one.text for one in read(meeting, mira).agenda] == ["The yawn, again", "What I felt"]


def test_words_typed_on_after_an_answer_was_lost_are_kept_and_sent_twice_kept_once(
    meeting: SupervisionMeeting, mira: User, as_mira: Client
) -> None:
    pk = str(uuid.uuid4())
    for text in ("First", "First, and a second", "First, and a second", "First"):
        assert post_item(as_mira, meeting, "add", item=pk, text=text).status_code == 302
        given = {"do": "add", "action": pk, "text": text, "owner": "both"}
        answer = as_mira.post(reverse("meeting_actions", args=[meeting.pk]), given)
        assert answer.status_code == 302

    minutes = read(meeting, mira)
    for rows in (minutes.agenda, minutes.actions):
        assert [one.text for one in rows] == ["First", "First, and a second"]


def test_words_of_the_other_stay_readable_when_they_are_changed(
    meeting: SupervisionMeeting, mira: User, as_mira: Client, as_okafor: Client
) -> None:
    pk = str(uuid.uuid4())
    agreed = reverse("meeting_actions", args=[meeting.pk])
    post_item(as_mira, meeting, "add", item=pk, text="What hurt her")
    as_mira.post(agreed, {"do": "add", "action": pk, "text": "Ask her", "owner": "both"})
    post_item(as_mira, meeting, "reword", item=pk, before="What hurt her", text="What hurt her so")
    assert not MeetingVersion.objects.exists()  # Nothing is gone that was written.

    post_item(as_okafor, meeting, "reword", item=pk, before="What hurt her so", text="x")
    change = {"do": "change", "action": pk, "before": "Ask her", "text": "y", "owner": "both"}
    as_okafor.post(agreed, change)
    post_item(as_okafor, meeting, "drop", item=pk)

    kept = [earlier(one, mira) for one in MeetingVersion.objects.order_by("revision")]
    assert [[one.text for one in minutes.agenda] for minutes in kept] == [
        ["What hurt her so"],
        ["x"],
        ["x"],
    ]
    assert [[one.text for one in minutes.actions] for minutes in kept] == [
        ["Ask her"],
        ["Ask her"],
        ["y"],
    ]


def test_rewording_what_the_other_took_off_hands_the_words_back(
    meeting: SupervisionMeeting, as_mira: Client
) -> None:
    gone = str(uuid.uuid4())
    answer = post_item(as_mira, meeting, "reword", item=gone, before="x", text="My long words")

    assert answer.status_code == 409
    page = answer.content.decode()
    assert "taken off the agenda meanwhile" in page
    assert "My long words" in page


def test_empty_and_too_long_items_are_refused_and_stand_in_the_page(
    meeting: SupervisionMeeting, as_mira: Client
) -> None:
    pk = str(uuid.uuid4())
    assert post_item(as_mira, meeting, "add", item=pk, text="  \n ").status_code == 422
    answer = post_item(as_mira, meeting, "add", item=pk, text="w" * 2001)
    assert answer.status_code == 422
    assert "w" * 2001 in answer.content.decode()


def test_agenda_is_full_at_a_hundred(
    meeting: SupervisionMeeting, mira: User, as_mira: Client
) -> None:
    rows = tuple(item(mira, str(number)) for number in range(100))
    write(meeting, mira, lambda minutes: msgspec.structs.replace(minutes, agenda=rows))
    answer = post_item(as_mira, meeting, "add", item=str(uuid.uuid4()), text="one more")

    assert answer.status_code == 422
    assert "no room for more than a hundred" in answer.content.decode()
    assert "one more" in answer.content.decode()


def test_copy_is_brought_once_and_named_to_whoever_may_open_it(
    meeting: SupervisionMeeting, share: Share, as_mira: Client, as_okafor: Client, mira: User
) -> None:
    bring_page = reverse("meeting_bring", args=[share.pk])
    for _ in range(2):
        as_mira.post(bring_page, {"meeting": str(meeting.pk), "text": "Ask me about this."})
    page = reverse("meeting_read", args=[meeting.pk])

    assert len(read(meeting, mira).agenda) == 1
    assert "Finch, after the yawn" in as_mira.get(page).content.decode()
    unopened = as_okafor.get(page).content.decode()
    assert "a copy not yet opened" in unopened
    assert "Finch, after" not in unopened
    as_okafor.get(reverse("share_read", args=[share.pk]))
    assert "Finch, after the yawn" in as_okafor.get(page).content.decode()


def test_words_about_a_copy_that_is_on_the_agenda_stand_beside_it(
    meeting: SupervisionMeeting, share: Share, as_mira: Client, as_okafor: Client, mira: User
) -> None:
    page = reverse("meeting_bring", args=[share.pk])
    given = {"meeting": str(meeting.pk)}
    as_mira.post(page, given | {"text": "Mine."})
    write(meeting, mira, bring(item(mira)))
    for _ in range(2):
        as_okafor.post(page, given | {"text": "What I would ask."})
    again = as_okafor.post(page, given, follow=True)

    agenda = read(meeting, mira).agenda
    assert [one.text for one in agenda] == ["Mine.", "What I would ask.", "The yawn"]
    assert [one.share for one in agenda] == [share.pk, share.pk, None]
    assert "It is on the agenda already." in again.content.decode()


def test_words_brought_to_a_meeting_called_off_meanwhile_are_handed_back(
    meeting: SupervisionMeeting, share: Share, as_mira: Client, mira: User
) -> None:
    actions.call_off_meeting(by=mira, pk=meeting.pk)
    given = {"meeting": str(meeting.pk), "text": "\nWhat I would ask."}
    answer = as_mira.post(reverse("meeting_bring", args=[share.pk]), given)

    assert answer.status_code == 422
    page = answer.content.decode()
    assert "data-unsaved" in page
    assert "readonly>\n\nWhat I would ask.</textarea>" in page
    assert "no meeting whose agenda is still open" in page


def test_copy_taken_back_stays_on_the_agenda_without_its_title(
    meeting: SupervisionMeeting, share: Share, as_okafor: Client, as_mira: Client, mira: User
) -> None:
    as_okafor.get(reverse("share_read", args=[share.pk]))
    as_okafor.post(reverse("meeting_bring", args=[share.pk]), {"meeting": str(meeting.pk)})
    actions.revoke_share(by=mira, pk=share.pk)
    page = reverse("meeting_read", args=[meeting.pk])

    supervisor = as_okafor.get(page).content.decode()
    assert "a copy that was taken back" in supervisor
    assert "Finch, after" not in supervisor
    assert "Finch, after the yawn" in as_mira.get(page).content.decode()


def test_comment_is_brought_with_its_place(
    meeting: SupervisionMeeting, share: Share, okafor: User, as_mira: Client
) -> None:
    comment = factories.make_comment(share=share, author=okafor)
    page = reverse("meeting_bring", args=[share.pk])
    assert str(comment.pk) in as_mira.get(f"{page}?comment={comment.pk}").content.decode()
    as_mira.post(page, {"meeting": str(meeting.pk), "comment": str(comment.pk)})

    shown = as_mira.get(reverse("meeting_read", args=[meeting.pk])).content.decode()
    assert f"{reverse('share_read', args=[share.pk])}#comment-{comment.pk}" in shown


def test_open_copies_are_brought_from_the_meetings_own_page(
    meeting: SupervisionMeeting, share: Share, mira: User, as_mira: Client, as_okafor: Client
) -> None:
    closed = factories.make_share(agreement=meeting.agreement)
    actions.revoke_share(by=mira, pk=closed.pk)
    page = reverse("meeting_read", args=[meeting.pk])
    html = as_mira.get(page).content.decode()
    bring_it, bring_closed = (
        f'action="{reverse("meeting_bring", args=[one.pk])}"' for one in (share, closed)
    )
    assert bring_it in html
    assert bring_closed not in html
    # Whoever has not opened a copy is told no title.
    assert "A reflection shared by Mira Lindgren" in as_okafor.get(page).content.decode()
    assert "Finch, after the yawn" not in as_okafor.get(page).content.decode()

    answer = as_mira.post(
        reverse("meeting_bring", args=[share.pk]), {"meeting": str(meeting.pk)}, follow=True
    )

    html = answer.content.decode()
    assert [one.share for one in read(meeting, mira).agenda] == [share.pk]
    assert "Finch, after the yawn" in html
    assert bring_it not in html


def test_agreed_action_without_a_day_stands_on_the_first_page_until_it_is_done(
    meeting: SupervisionMeeting, mira: User, as_mira: Client, as_okafor: Client
) -> None:
    today = timezone.localdate().isoformat()
    post_action(as_okafor, meeting, "add", text="Whenever it fits")
    post_action(as_okafor, meeting, "add", text="By today", due_on=today)
    html = as_mira.get(reverse("home")).content.decode()
    assert -1 < html.find("By today") < html.find("Whenever it fits")
    assert "Whenever it fits" not in as_okafor.get(reverse("home")).content.decode()

    action = next(one for one in read(meeting, mira).actions if one.due_on is None)
    as_mira.post(
        reverse("meeting_follow", args=[meeting.pk]), {"action": str(action.id), "do": "done"}
    )

    assert "Whenever it fits" not in as_mira.get(reverse("home")).content.decode()


def test_only_who_may_read_a_copy_brings_it_and_only_to_a_meeting_of_the_two(
    meeting: SupervisionMeeting,
    share: Share,
    mira: User,
    jonas: User,
    as_okafor: Client,
    browser_of: Callable[[User], Client],
) -> None:
    other = factories.make_agreement(supervisee=jonas, supervisor=meeting.agreement.supervisor)
    elsewhere = make_meeting(agreement=other, by=jonas)
    page = reverse("meeting_bring", args=[share.pk])

    assert browser_of(jonas).get(page).status_code == 404
    assert as_okafor.post(page, {"meeting": str(elsewhere.pk)}).status_code == 422
    actions.revoke_share(by=mira, pk=share.pk)
    assert as_okafor.get(page).status_code == 404


def post_action(client: Client, meeting: SupervisionMeeting, do: str, **given: Any) -> Any:
    posted = {"do": do, "action": str(uuid.uuid4()), "owner": "supervisee"} | given
    return client.post(reverse("meeting_actions", args=[meeting.pk]), posted)


def test_agreed_action_shows_where_its_author_looks_back_and_is_ticked_there(
    meeting: SupervisionMeeting, share: Share, mira: User, as_mira: Client, as_okafor: Client
) -> None:
    as_mira.post(reverse("meeting_bring", args=[share.pk]), {"meeting": str(meeting.pk)})
    today = timezone.localdate().isoformat()
    answer = post_action(
        as_okafor, meeting, "add", text="Open without explaining", due_on=today, share=str(share.pk)
    )
    assert answer.status_code == 302
    look_back = reverse("entry_look_back", args=[share.entry_uid])
    for page in (look_back, reverse("entry_read", args=[share.entry_uid]), reverse("home")):
        assert "Open without explaining" in as_mira.get(page).content.decode(), page
    assert "Open without explaining" not in as_okafor.get(reverse("home")).content.decode()

    [action] = read(meeting, mira).actions
    follow = reverse("meeting_follow", args=[meeting.pk])
    posted = {"action": str(action.id), "do": "done", "next": look_back}
    assert as_mira.post(follow, posted).url == look_back  # type: ignore[attr-defined]
    assert "done, ticked by you" in as_mira.get(look_back).content.decode()
    assert "Open without explaining" not in as_mira.get(reverse("home")).content.decode()
    elsewhere = as_mira.post(follow, posted | {"do": "open", "next": "https://evil.example/"})
    assert "evil" not in elsewhere.url  # type: ignore[attr-defined]
    nowhere = as_mira.post(follow, posted | {"do": "open", "next": "abc"})
    assert nowhere.url.startswith(reverse("meeting_read", args=[meeting.pk]))  # type: ignore[attr-defined]


def test_changed_action_keeps_both_wordings_when_the_other_changed_it_first(
    meeting: SupervisionMeeting, mira: User, as_mira: Client, as_okafor: Client
) -> None:
    pk = str(uuid.uuid4())
    post_action(as_mira, meeting, "add", action=pk, text="Write to them")
    post_action(as_okafor, meeting, "change", action=pk, before="Write to them", text="Ring them")
    post_action(as_mira, meeting, "change", action=pk, before="Write to them", text="Wait a week")

    assert [one.text for one in read(meeting, mira).actions] == ["Ring them", "Wait a week"]


# --- Notes ---------------------------------------------------------------------------------------


def test_notes_written_by_both_at_once_are_both_kept(
    meeting: SupervisionMeeting, mira: User, okafor: User
) -> None:
    note(meeting, mira, "Mira's words", page="one", revision=1)
    late = note(meeting, okafor, "Okafor's words", page="two", revision=1)

    assert late.mine == "Okafor's words"
    assert read(meeting, mira).notes == "Mira's words"
    [kept] = MeetingVersion.objects.of([meeting.pk]).conflicts()
    kept.meeting = meeting
    assert kept.read(meeting.data_key(factories.reader(mira))).notes == "Okafor's words"
    again = note(meeting, okafor, "Okafor's words", page="two", revision=1)
    assert again.mine
    assert MeetingVersion.objects.conflicts().count() == 1


def test_notes_one_replaces_after_reading_them_are_kept_as_a_version(
    meeting: SupervisionMeeting, mira: User, okafor: User
) -> None:
    note(meeting, mira, "Mira's words", page="one")
    note(meeting, okafor, "Shorter", page="two")

    kept = MeetingVersion.objects.of([meeting.pk]).first()
    assert kept is not None
    kept.meeting = meeting
    assert kept.read(meeting.data_key(factories.reader(mira))).notes == "Mira's words"


@pytest.mark.parametrize(
    "words",
    [
        "We spoke of the pull to explain, and of what silence might have said to Finch.",
        "我们谈到了上周四的会谈和她的沉默以及我自己的羞愧",
    ],
)
def test_many_words_taken_from_the_notes_at_once_are_kept_however_new(
    meeting: SupervisionMeeting, mira: User, words: str
) -> None:
    note(meeting, mira, words, turn=1)
    note(meeting, mira, f"{words} Then", turn=2)
    assert not MeetingVersion.objects.of([meeting.pk]).exists()
    note(meeting, mira, "x", turn=3)

    [kept] = MeetingVersion.objects.of([meeting.pk])
    kept.meeting = meeting
    assert kept.read(meeting.data_key(factories.reader(mira))).notes == f"{words} Then"


def test_older_save_of_the_same_page_does_not_undo_a_newer_one(
    meeting: SupervisionMeeting, mira: User
) -> None:
    note(meeting, mira, "newer", turn=2)
    note(meeting, mira, "older", turn=1)

    assert read(meeting, mira).notes == "newer"


def test_agenda_changed_meanwhile_is_no_conflict_of_the_notes(
    meeting: SupervisionMeeting, mira: User, okafor: User
) -> None:
    write(meeting, okafor, bring(item(okafor)))
    assert note(meeting, mira, "words", revision=1).mine is None
    minutes = read(meeting, mira)
    assert (minutes.notes, len(minutes.agenda)) == ("words", 1)


def test_notes_page_saves_says_conflicts_and_offers_both_texts(
    meeting: SupervisionMeeting, mira: User, as_mira: Client, as_okafor: Client
) -> None:
    page = reverse("meeting_notes", args=[meeting.pk])
    opened = as_okafor.get(page)
    assert "Up to 200,000 characters" in opened.content.decode()
    as_json: dict[str, Any] = {"headers": {"accept": "application/json"}}
    told = as_mira.post(
        page, {"notes": "hers", "revision": "1", "page": "a", "turn": "1"}, **as_json
    )
    assert told.json()["state"] == "saved"
    late = {"notes": "his", "revision": "1", "page": "b", "turn": "1"}
    assert as_okafor.post(page, late, **as_json).status_code == 409
    shown = as_okafor.post(page, late)
    assert shown.status_code == 409
    assert shown.context["both"] == "hers\n\nhis"


def test_notes_hold_two_hundred_thousand_signs_and_hand_back_more(
    meeting: SupervisionMeeting, mira: User, as_mira: Client
) -> None:
    page = reverse("meeting_notes", args=[meeting.pk])
    signs = ("🪡שלום" * (NOTES_LIMIT // 5))[:NOTES_LIMIT]
    assert as_mira.post(page, {"notes": signs, "revision": "1"}).status_code == 302
    assert read(meeting, mira).notes == signs
    over = as_mira.post(page, {"notes": signs + "x", "revision": "2"})
    assert over.status_code == 422
    assert signs + "x" in over.content.decode()


def test_locked_vault_keeps_the_notes_that_were_typed(
    meeting: SupervisionMeeting, as_mira: Client
) -> None:
    as_mira.post(reverse("vault_lock"))
    page = reverse("meeting_notes", args=[meeting.pk])
    answer = as_mira.post(page, {"notes": "typed while locked", "revision": "1"})

    assert answer.status_code == 423
    assert "typed while locked" in answer.content.decode()
    read_page = reverse("meeting_read", args=[meeting.pk])
    assert as_mira.get(read_page).status_code == 302


# --- Signing -------------------------------------------------------------------------------------


def test_both_sign_and_the_record_is_fixed(
    held: SupervisionMeeting, mira: User, okafor: User
) -> None:
    first, second = sign(held, mira), sign(held, okafor)

    held.refresh_from_db()
    assert held.state == "signed"
    assert first.digest == second.digest == first.version.digest
    assert sign(held, mira) == first


def test_signature_is_of_what_was_read(held: SupervisionMeeting, mira: User, okafor: User) -> None:
    seen = held.revision
    write(held, okafor, bring(item(okafor)))
    with pytest.raises(Refused, match="was changed after you opened this page"):
        actions.sign_meeting(by=mira, reader=factories.reader(mira), pk=held.pk, revision=seen)
    assert not Signature.objects.exists()


def test_change_after_a_signature_has_to_be_meant_and_leaves_the_signed_version(
    held: SupervisionMeeting, mira: User, okafor: User
) -> None:
    note(held, mira, "as signed")
    signature = sign(held, mira)
    with pytest.raises(actions.SignedAlready):
        note(held, okafor, "other", page="two")
    with pytest.raises(actions.SignedAlready):
        write(held, okafor, bring(item(okafor)))
    note(held, okafor, "other", page="two", anew=True)

    held.refresh_from_db()
    assert held.state == "held"
    version = signature.version
    version.refresh_from_db()
    version.meeting = held
    assert version.read(held.data_key(factories.reader(okafor))).notes == "as signed"
    assert version.digest == signature.digest
    assert Signature.objects.count() == 1


def _add_an_item(meeting: SupervisionMeeting, by: User) -> None:
    write(meeting, by, bring(item(by, "zzitem")), anew=True)


def _write_notes(meeting: SupervisionMeeting, by: User) -> None:
    note(meeting, by, "zznotes", page="theirs", anew=True)


def _write_notes_late(meeting: SupervisionMeeting, by: User) -> None:
    note(meeting, by, "zzlate", page="theirs", revision=1, anew=True)


def _move(meeting: SupervisionMeeting, by: User) -> None:
    meeting.refresh_from_db()
    facts = Facts(meeting.starts_at, 90, meeting.format)
    reader = factories.reader(by)
    actions.move_meeting(
        by=by, reader=reader, pk=meeting.pk, facts=facts, before=meeting.facts, anew=True
    )


CHANGES = pytest.mark.parametrize("change", [_add_an_item, _write_notes, _write_notes_late, _move])


@CHANGES
def test_whose_signature_went_by_the_others_change_is_told_without_a_word_of_it(
    held: SupervisionMeeting,
    mira: User,
    okafor: User,
    mailoutbox: list[EmailMessage],
    change: Callable[[SupervisionMeeting, User], None],
) -> None:
    note(held, mira, "as signed", page="mine")
    for user in (mira, okafor):
        sign(held, user)
    Notification.objects.all().delete()
    with TestCase.captureOnCommitCallbacks(execute=True):
        change(held, okafor)

    gone = Notification.objects.filter(kind="signature_gone")
    assert [(one.person, one.by, one.path) for one in gone] == [
        (mira, okafor, reverse("meeting_read", args=[held.pk]))
    ]
    [told] = [mail for mail in mailoutbox if "signature" in mail.subject]
    assert told.to == [mira.email]
    assert reverse("meeting_read", args=[held.pk]) in told.body
    assert not any("zz" in f"{mail.subject} {mail.body}" for mail in mailoutbox)


@CHANGES
def test_nobody_is_told_of_a_signature_where_none_went_but_ones_own(
    held: SupervisionMeeting,
    mira: User,
    okafor: User,
    change: Callable[[SupervisionMeeting, User], None],
) -> None:
    note(held, mira, "as signed", page="mine")
    sign(held, okafor)
    change(held, okafor)
    change(held, okafor)

    assert not Notification.objects.filter(kind="signature_gone").exists()


def test_other_side_is_told_once_however_often_the_record_is_changed_then(
    held: SupervisionMeeting, mira: User, okafor: User
) -> None:
    sign(held, mira)
    for number in range(3):
        note(held, okafor, f"later {number}", turn=number + 1, anew=True)

    assert Notification.objects.filter(kind="signature_gone").count() == 1


def test_whose_signature_went_reads_so_on_the_page_until_they_sign_again(
    held: SupervisionMeeting, mira: User, okafor: User, as_mira: Client, as_okafor: Client
) -> None:
    page = reverse("meeting_read", args=[held.pk])
    said = "This record was changed after you signed it"
    signed = reverse("meeting_version", args=[held.pk, sign(held, mira).version.revision])
    assert said not in as_mira.get(page).content.decode()
    note(held, okafor, "other", anew=True)

    read = as_mira.get(page).content.decode()
    assert said in read
    assert f'href="{signed}"' in read
    assert said not in as_okafor.get(page).content.decode()
    assert not Notification.objects.to(mira).unseen().filter(kind="signature_gone").exists()
    sign(held, mira)
    assert said not in as_mira.get(page).content.decode()


def test_text_typed_while_the_other_signed_is_handed_back_and_saved_as_a_new_version(
    held: SupervisionMeeting, mira: User, okafor: User, as_mira: Client
) -> None:
    sign(held, okafor)
    page = reverse("meeting_notes", args=[held.pk])
    posted = {"notes": "my late words", "revision": "1", "page": "p", "turn": "1"}
    answer = as_mira.post(page, posted)

    assert answer.status_code == 409
    assert "my late words" in answer.content.decode()
    assert "Save it as a new version" in answer.content.decode()
    assert as_mira.post(page, posted | {"anew": "on"}).status_code == 302
    assert read(held, okafor).notes == "my late words"


def test_tick_of_an_agreed_action_leaves_signatures_alone(
    held: SupervisionMeeting, mira: User, okafor: User
) -> None:
    action = AgreedAction(id=uuid.uuid4(), text="Ring them", owner=Owner.BOTH)
    write(held, mira, agree(action))
    sign(held, mira)
    sign(held, okafor)
    actions.follow_action(
        by=okafor, reader=factories.reader(okafor), pk=held.pk, action=action.id, is_done=True
    )

    held.refresh_from_db()
    assert held.state == "signed"
    done = held.read_progress(held.data_key(factories.reader(mira)))
    assert done[str(action.id)].by == okafor.pk


def test_signatures_and_versions_are_append_only(held: SupervisionMeeting, mira: User) -> None:
    signature = sign(held, mira)
    for row in (signature, signature.version):
        with pytest.raises(TypeError):
            row.save()
        with pytest.raises(TypeError):
            row.delete()


def test_record_changed_past_mend_is_shown_as_changed(
    held: SupervisionMeeting, mira: User, as_mira: Client
) -> None:
    signature = sign(held, mira)
    page = reverse("meeting_version", args=[held.pk, signature.version.revision])
    assert "What is stored is what was signed." in as_mira.get(page).content.decode()

    QuerySet(MeetingVersion).filter(pk=signature.version_id).update(duration=600)
    assert "is not what was signed" in as_mira.get(page).content.decode()


def test_signed_meeting_changed_past_mend_says_so_where_it_is_read(
    held: SupervisionMeeting, mira: User, okafor: User, as_mira: Client
) -> None:
    sign(held, mira)
    sign(held, okafor)
    page = reverse("meeting_read", args=[held.pk])
    signed = reverse("meeting_version", args=[held.pk, held.revision])
    calm = as_mira.get(page).content.decode()
    assert "is not what was signed" not in calm
    assert signed in calm

    QuerySet(SupervisionMeeting).filter(pk=held.pk).update(duration=480)
    answer = as_mira.get(page).content.decode()
    assert "What is stored is not what was signed" in answer
    assert "It was signed with 50 min; 480 min is stored now." in answer
    assert signed in answer


def test_signed_meeting_whose_words_were_exchanged_leads_to_what_was_signed(
    held: SupervisionMeeting, mira: User, as_mira: Client
) -> None:
    sign(held, mira)
    QuerySet(SupervisionMeeting).filter(pk=held.pk).update(body=b"other")

    answer = as_mira.get(reverse("meeting_read", args=[held.pk])).content.decode()
    assert "What is stored is not what was signed" in answer
    assert reverse("meeting_version", args=[held.pk, held.revision]) in answer


def test_earlier_version_changed_past_mend_is_marked_in_the_list(
    held: SupervisionMeeting, mira: User, as_mira: Client
) -> None:
    signature = sign(held, mira)
    note(held, mira, "later", anew=True)
    page = reverse("meeting_read", args=[held.pk])
    assert "not as it was signed" not in as_mira.get(page).content.decode()

    QuerySet(MeetingVersion).filter(pk=signature.version_id).update(duration=600)
    assert "not as it was signed" in as_mira.get(page).content.decode()


def test_nobody_signs_beside_a_signature_of_something_else(
    held: SupervisionMeeting, mira: User, okafor: User, as_okafor: Client
) -> None:
    sign(held, mira)
    page = reverse("meeting_read", args=[held.pk])
    assert "Sign the record" in as_okafor.get(page).content.decode()
    QuerySet(SupervisionMeeting).filter(pk=held.pk).update(duration=480)

    assert "Sign the record" not in as_okafor.get(page).content.decode()

    with pytest.raises(Refused, match="no longer what the other of you signed"):
        sign(held, okafor)
    assert Signature.objects.count() == 1


def test_planned_meeting_is_not_signed(meeting: SupervisionMeeting, mira: User) -> None:
    with pytest.raises(Refused, match="Say first that it took place"):
        sign(meeting, mira)


# --- The end of an agreement, a new vault --------------------------------------------------------


def test_after_the_end_meetings_are_read_and_signed_and_none_is_planned(
    held: SupervisionMeeting, mira: User, okafor: User, as_okafor: Client, as_mira: Client
) -> None:
    actions.end_agreement(by=mira, pk=held.agreement_id)
    held = SupervisionMeeting.objects.of_party(mira).get(pk=held.pk)

    for client in (as_mira, as_okafor):
        page = client.get(reverse("meeting_read", args=[held.pk])).content.decode()
        assert "can still read and sign" in page
    sign(held, mira)
    sign(held, okafor)
    with pytest.raises(Refused, match="has ended"):
        write(held, okafor, bring(item(okafor)), anew=True)
    answer = as_mira.post(reverse("meeting_new"), facts_posted(held.agreement))
    assert answer.status_code == 422
    assert SupervisionMeeting.objects.count() == 1


def test_meeting_whose_time_is_past_is_called_off_in_the_past_tense(
    meeting: SupervisionMeeting, as_mira: Client
) -> None:
    page = reverse("meeting_read", args=[meeting.pk])
    assert "It does not take place" in as_mira.get(page).content.decode()
    SupervisionMeeting.objects.update(starts_at=timezone.now() - 2 * HOUR)
    html = as_mira.get(page).content.decode()
    assert "It did not take place" in html
    assert "It does not take place" not in html


def test_plan_that_lay_behind_the_end_cannot_be_said_to_have_taken_place(
    meeting: SupervisionMeeting, mira: User
) -> None:
    actions.end_agreement(by=mira, pk=meeting.agreement_id)
    with time_machine.travel(meeting.starts_at + HOUR), pytest.raises(Refused):
        actions.note_meeting_took_place(by=mira, pk=meeting.pk)


def test_plan_that_lay_behind_the_end_can_be_called_off_by_either(
    meeting: SupervisionMeeting, mira: User, as_okafor: Client, as_mira: Client
) -> None:
    actions.end_agreement(by=mira, pk=meeting.agreement_id)
    page = reverse("meeting_read", args=[meeting.pk])
    for client in (as_mira, as_okafor):
        html = client.get(page).content.decode()
        assert "this was only planned" in html
        assert "Call it off" in html

    as_okafor.post(reverse("meeting_call_off", args=[meeting.pk]))

    assert "Called off" in as_mira.get(page).content.decode()
    assert "Planned" not in as_mira.get(reverse("meeting_list")).content.decode()


def test_record_of_a_meeting_that_took_place_is_not_called_off_after_the_end(
    held: SupervisionMeeting, mira: User, okafor: User
) -> None:
    actions.end_agreement(by=mira, pk=held.agreement_id)

    with pytest.raises(Refused):
        actions.call_off_meeting(by=okafor, pk=held.pk)


def _fresh_vault(user: User) -> None:
    Vault.objects.filter(user=user).update(sealed_at=timezone.now())
    factories._KEYS.clear()
    factories.make_vault(user)


def test_new_vault_opens_nothing_until_the_other_side_seals_to_it_after_asking(
    meeting: SupervisionMeeting,
    mira: User,
    okafor: User,
    as_mira: Client,
    browser_of: Callable[[User], Client],
) -> None:
    _fresh_vault(okafor)
    page = reverse("meeting_read", args=[meeting.pk])
    fresh = browser_of(okafor)
    assert fresh.get(page).status_code == 409
    typed = post_item(fresh, meeting, "add", item=str(uuid.uuid4()), text="typed all the same")
    assert "typed all the same" in typed.content.decode()

    assert "Let Dr Chidi Okafor read it again" in as_mira.get(page).content.decode()
    seal = reverse("meeting_seal_anew", args=[meeting.pk])
    asked = as_mira.post(seal)
    assert asked.status_code == 409
    assert "The key of Dr Chidi Okafor has changed" in asked.content.decode()
    assert as_mira.post(seal, {"key_confirmed": asked.context["value"]}).status_code == 302
    assert fresh.get(page).status_code == 200


# --- Who sees it ---------------------------------------------------------------------------------

PAGES = ("meeting_read", "meeting_notes", "meeting_move")
POSTS = (
    "meeting_agenda",
    "meeting_actions",
    "meeting_follow",
    "meeting_sign",
    "meeting_took_place",
    "meeting_call_off",
    "meeting_seal_anew",
    "meeting_notes",
    "meeting_move",
)


@pytest.mark.parametrize("who", ["jonas", "ada", "rune", "operator"])
def test_nobody_else_reaches_a_meeting_in_any_way(
    meeting: SupervisionMeeting,
    who: str,
    request: pytest.FixtureRequest,
    browser_of: Callable[[User], Client],
) -> None:
    user = request.getfixturevalue(who)
    if not user.vaults.exists():
        factories.make_vault(user)
    client = browser_of(user)

    for name in PAGES:
        assert client.get(reverse(name, args=[meeting.pk])).status_code == 404, name
    for name in POSTS:
        assert client.post(reverse(name, args=[meeting.pk])).status_code == 404, name
    assert client.get(reverse("meeting_version", args=[meeting.pk, 1])).status_code == 404
    assert str(meeting.pk) not in client.get(reverse("meeting_list")).content.decode()
    with pytest.raises(CannotOpen):
        meeting.data_key(factories.reader(user))


def test_visitor_is_sent_to_sign_in(meeting: SupervisionMeeting, client: Client) -> None:
    for name in PAGES:
        answer = client.get(reverse(name, args=[meeting.pk]))
        assert answer.status_code == 302
        assert answer.url.startswith(reverse("account_login"))  # type: ignore[attr-defined]


def test_meetings_are_not_in_the_admin() -> None:
    for model in (SupervisionMeeting, MeetingVersion, Signature, SuperviseePin):
        assert not admin.site.is_registered(model)


def test_every_page_that_shows_words_needs_an_open_vault_and_lists_do_not(
    meeting: SupervisionMeeting, as_mira: Client
) -> None:
    as_mira.post(reverse("vault_lock"))
    for name in ("meeting_list", "meeting_hours"):
        assert as_mira.get(reverse(name)).status_code == 200
    assert as_mira.get(reverse("meeting_read", args=[meeting.pk])).status_code == 302


# --- Ciphertext ----------------------------------------------------------------------------------


def test_swapped_rows_do_not_open(agreement: Agreement, mira: User, okafor: User) -> None:
    one, other = (
        make_meeting(agreement=agreement, by=mira, starts_at=timezone.now() + day)
        for day in (timedelta(days=1), timedelta(days=2))
    )
    reader = factories.reader(mira)
    key = one.data_key(reader)
    for name in ("key_supervisee", "body"):
        mixed = SupervisionMeeting.objects.of_party(mira).get(pk=one.pk)
        setattr(mixed, name, getattr(other, name))
        with pytest.raises(CannotOpen):
            mixed.read(mixed.data_key(reader))
    one.revision += 1
    with pytest.raises(CannotOpen):
        one.read(key)
    one.key_supervisor, one.sealed_to_supervisor = one.key_supervisee, one.sealed_to_supervisee
    with pytest.raises(CannotOpen):
        one.data_key(factories.reader(okafor))


def test_nothing_written_stands_in_clear(held: SupervisionMeeting, mira: User) -> None:
    action = AgreedAction(id=uuid.uuid4(), text="zzzaction", owner=Owner.BOTH)
    write(held, mira, bring(item(mira, "zzzitem")))
    write(held, mira, agree(action))
    note(held, mira, "zzznotes")
    sign(held, mira)
    held.refresh_from_db()
    for row in (held, *MeetingVersion.objects.of([held.pk])):
        for field in row._meta.concrete_fields:
            value = getattr(row, field.attname)
            stored = bytes(value) if isinstance(value, memoryview | bytes) else str(value).encode()
            assert b"zzz" not in stored, field.name


# --- Lists, today, queries -----------------------------------------------------------------------


def _many(agreement: Agreement, number: int, **given: Any) -> list[SupervisionMeeting]:
    since = timezone.now() - timedelta(days=number + 1)
    by = agreement.supervisee
    return [
        make_meeting(agreement=agreement, by=by, starts_at=since + timedelta(days=day), **given)
        for day in range(number)
    ]


def test_list_goes_on_by_keyset(agreement: Agreement, as_mira: Client) -> None:
    made = _many(agreement, 27)
    first = as_mira.get(reverse("meeting_list"))
    second = as_mira.get(f"{reverse('meeting_list')}?after={first.context['following']}")

    shown = [one.pk for page in (first, second) for one, _other in page.context["rows"]]
    assert shown == [one.pk for one in reversed(made)]
    assert second.context["following"] is None


@pytest.mark.parametrize("name", ["meeting_list", "meeting_hours", "meeting_read"])
def test_queries_do_not_grow_with_what_there_is(
    agreement: Agreement,
    share: Share,
    okafor: User,
    mira: User,
    as_mira: Client,
    name: str,
    django_assert_max_num_queries: Callable[..., Any],
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    first = _many(agreement, 1)[0]
    at = reverse(name, args=[first.pk]) if name == "meeting_read" else reverse(name)
    as_mira.get(at)
    with django_assert_max_num_queries(12) as few:
        as_mira.get(at)
        number = len(few)
    if name == "meeting_read":
        rows = tuple(item(mira, "x", share=share.pk, comment=uuid.uuid4()) for _ in range(9))
        write(first, mira, lambda minutes: msgspec.structs.replace(minutes, agenda=rows))
        as_mira.get(at)
    begins = timezone.now() + timedelta(days=1)
    for hours in range(8):
        make_meeting(agreement=agreement, by=mira, starts_at=begins + hours * HOUR)
    # What an agenda refers to costs one query more, however much that is.
    with django_assert_max_num_queries(number + (name == "meeting_read")):
        as_mira.get(at)


def test_today_shows_the_next_meeting_and_what_waits(
    agreement: Agreement, meeting: SupervisionMeeting, as_mira: Client, mira: User
) -> None:
    past = make_meeting(agreement=agreement, by=mira, starts_at=timezone.now() - timedelta(days=2))
    page = as_mira.get(reverse("home")).content.decode()
    assert reverse("meeting_read", args=[meeting.pk]) in page
    assert "take place?" in page
    actions.note_meeting_took_place(by=mira, pk=past.pk)
    assert "waits for your signature" in as_mira.get(reverse("home")).content.decode()
    sign(past, mira)
    assert "waits for your signature" not in as_mira.get(reverse("home")).content.decode()


@pytest.mark.parametrize("name", ["home", "supervision_home"])
def test_what_waits_for_an_answer_stands_before_every_list(
    agreement: Agreement,
    meeting: SupervisionMeeting,
    as_mira: Client,
    mira: User,
    jonas: User,
    name: str,
) -> None:
    past = make_meeting(agreement=agreement, by=mira, starts_at=timezone.now() - timedelta(days=2))
    factories.make_agreement(supervisee=jonas, supervisor=mira, is_active=False)
    factories.make_share(agreement=agreement)
    actions.note_meeting_took_place(by=mira, pk=past.pk)

    page = as_mira.get(reverse(name)).content.decode()

    lists = page.index("<ol"), page.index(reverse("meeting_read", args=[meeting.pk]))
    for waits in ("waits for your signature", "proposes a supervision agreement"):
        assert page.count(waits) == 1
        assert page.index(waits) < min(lists)
