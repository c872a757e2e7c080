"""Hours of supervision and their records: what counts, in whose days, and that no word is in it."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from supervision import actions
from supervision.hours import FORMULA, Tally, as_csv, as_sheet, hours_of, in_hours, lines_of
from supervision.minutes import Minutes
from supervision.models import Agreement, Facts, MeetingVersion, SupervisionMeeting
from tests import factories
from tests.factories import make_meeting

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


def held(
    agreement: Agreement, starts_at: datetime, duration: int = 50, **given: Any
) -> SupervisionMeeting:
    by = agreement.supervisee
    made = make_meeting(agreement=agreement, by=by, starts_at=starts_at, duration=duration, **given)
    return actions.note_meeting_took_place(by=by, pk=made.pk)


def sign(meeting: SupervisionMeeting, *people: User) -> None:
    for user in people:
        actions.sign_meeting(
            by=user, reader=factories.reader(user), pk=meeting.pk, revision=meeting.revision
        )


def at(month: int, day: int, hour: int = 10, *, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


@time_machine.travel(NOW, tick=False)
def test_hours_count_what_was_held_by_month_and_year_with_signed_apart(
    agreement: Agreement, mira: User, okafor: User
) -> None:
    sign(held(agreement, at(3, 2)), mira, okafor)
    sign(held(agreement, at(3, 9), 60), mira)
    held(agreement, at(5, 4), 90)
    held(agreement, at(12, 30, year=2025))
    make_meeting(agreement=agreement, by=mira, starts_at=at(6, 1))
    off = make_meeting(agreement=agreement, by=mira, starts_at=at(6, 2))
    actions.call_off_meeting(by=mira, pk=off.pk)

    hours = hours_of(mira)
    assert hours.years == [(2026, Tally(3, 50, 150)), (2025, Tally(1, 0, 50))]
    [one] = hours.supervisors
    assert one.person == okafor
    assert one.months == [(date(2026, 3, 1), Tally(2, 50, 60)), (date(2026, 5, 1), Tally(1, 0, 90))]
    [same] = hours_of(okafor).supervisees
    assert (same.person, same.total) == (mira, one.total)


@time_machine.travel(NOW, tick=False)
def test_meeting_belongs_to_the_month_in_which_it_began_for_that_person(
    agreement: Agreement, mira: User
) -> None:
    held(agreement, datetime(2026, 1, 1, 2, tzinfo=UTC))
    with timezone.override("America/New_York"):
        assert hours_of(mira).years == [(2025, Tally(1, 0, 50))]
        assert [line.day for line in lines_of(mira, 2025)] == [date(2025, 12, 31)]
        assert not lines_of(mira, 2026)
    with timezone.override("Europe/Berlin"):
        assert hours_of(mira).years == [(2026, Tally(1, 0, 50))]
        assert [line.begun for line in lines_of(mira, 2026)] == ["03:00"]


@time_machine.travel(NOW, tick=False)
def test_agreements_one_after_another_with_the_same_person_are_added_up(
    agreement: Agreement, mira: User, okafor: User
) -> None:
    held(agreement, at(1, 5))
    actions.end_agreement(by=mira, pk=agreement.pk)
    held(factories.make_agreement(supervisee=mira, supervisor=okafor), at(2, 5))

    [one] = hours_of(mira).people
    assert one.total == Tally(2, 0, 100)


@pytest.mark.parametrize(
    ("minutes", "said"), [(0, "0 h"), (50, "50 min"), (60, "1 h"), (100, "1 h 40 min")]
)
def test_minutes_are_said_in_hours(minutes: int, said: str) -> None:
    assert in_hours(minutes) == said


def _rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


@time_machine.travel(NOW)
def test_csv_holds_facts_and_signatures_and_no_word(
    agreement: Agreement, mira: User, okafor: User, as_mira: Client
) -> None:
    meeting = held(agreement, at(3, 2), minutes=Minutes(notes="zzznotes"))
    sign(meeting, mira, okafor)
    answer = as_mira.get(reverse("meeting_record", args=["2026", "csv"]))

    assert answer["Content-Type"].startswith("text/csv")
    assert "no-store" in answer["Cache-Control"]
    text = answer.content.decode()
    assert "zzz" not in text
    [_head, row] = _rows(text)
    assert row[:2] == ["2026-03-02", f"{timezone.localtime(meeting.starts_at):%H:%M}"]
    assert row[2:8] == [
        "50",
        "by video",
        "Mira Lindgren",
        "Dr Chidi Okafor",
        "2026-07-01",
        "2026-07-01",
    ]
    assert len(row[8]) == 64


@pytest.mark.parametrize("sign", [*FORMULA, " =", "\u00a0="])
@time_machine.travel(NOW)
def test_no_name_is_a_formula_in_a_spreadsheet(agreement: Agreement, mira: User, sign: str) -> None:
    held(agreement, at(3, 2))
    User.objects.filter(pk=mira.pk).update(name=f"{sign}HYPERLINK(1)")
    [_head, row] = _rows(as_csv(lines_of(mira, 2026)))

    assert row[4].startswith("'")


@time_machine.travel(NOW)
def test_pdf_is_made_of_the_same_lines(
    agreement: Agreement, mira: User, okafor: User, as_okafor: Client
) -> None:
    for day in range(1, 29):
        meeting = held(agreement, at(2, day), minutes=Minutes(notes="zzznotes"))
    sign(meeting, mira, okafor)
    sheet = as_sheet(okafor, 2026, lines_of(okafor, 2026))
    assert "zzz" not in repr(sheet)
    [part] = sheet.parts
    assert part.title == "Supervision of Mira Lindgren"
    assert part.table is not None
    assert (len(part.table.rows), part.total) == (28, "Together: 23 h 20 min")

    answer = as_okafor.get(reverse("meeting_record", args=["2026", "pdf"]))
    assert answer.content.startswith(b"%PDF-")
    assert b"zzz" not in answer.content


@time_machine.travel(NOW)
def test_pdf_is_made_of_names_in_any_script_and_of_an_empty_year(
    agreement: Agreement, mira: User, as_mira: Client
) -> None:
    held(agreement, at(3, 2))
    User.objects.filter(pk=mira.pk).update(name="מִירָה #let x = [] 🪡 مرحبا")
    for year in ("2026", "2020"):
        answer = as_mira.get(reverse("meeting_record", args=[year, "pdf"]))
        assert answer.content.startswith(b"%PDF-"), year


@time_machine.travel(NOW)
def test_record_with_one_person_leaves_the_others_out(
    agreement: Agreement, mira: User, okafor: User, jonas: User, as_okafor: Client
) -> None:
    other = factories.make_agreement(supervisee=jonas, supervisor=okafor)
    held(agreement, at(3, 2))
    held(other, at(3, 3))
    page = reverse("meeting_record", args=["2026", "csv"])

    assert len(_rows(as_okafor.get(page).content.decode())) == 3
    [_head, row] = _rows(as_okafor.get(f"{page}?with={jonas.pk}").content.decode())
    assert row[4] == "Jonas Weber"
    assert as_okafor.get(f"{page}?with=nobody").status_code == 404


@time_machine.travel(NOW)
def test_record_of_others_is_nobodys(
    agreement: Agreement, mira: User, jonas: User, browser_of: Callable[[User], Client]
) -> None:
    held(agreement, at(3, 2))
    page = reverse("meeting_record", args=["2026", "csv"])

    assert len(_rows(browser_of(jonas).get(f"{page}?with={mira.pk}").content.decode())) == 1
    assert Client().get(page).status_code == 302
    assert browser_of(jonas).get("/supervision/hours/1/csv/").status_code == 404


def test_pdf_that_cannot_be_set_says_to_take_the_table(
    as_mira: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reflection.export.pdf.sys.executable", "/nowhere/python")
    answer = as_mira.get(reverse("meeting_record", args=["2026", "pdf"]))

    assert answer.status_code == 503
    assert "Take the table (CSV)" in answer.content.decode()


# --- Changed past Mend after it was signed -------------------------------------------------------


def _alter(meeting: SupervisionMeeting, **fields: Any) -> None:
    """Change the row as whoever holds the database can."""
    QuerySet(SupervisionMeeting).filter(pk=meeting.pk).update(**fields)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"duration": 480}, "It was signed with 50 min; 480 min is stored now."),
        ({"format": "in_person"}, "It was signed as by video; in person is stored now."),
        ({"starts_at": at(3, 3)}, "It was signed as begun on 2 Mar 2026, 10:00;"),
        ({"starts_at": at(3, 2, year=2025)}, "2 Mar 2025, 10:00 is stored now."),
        ({"body": b"other"}, "What you two wrote is stored otherwise than it was signed."),
        ({"supervisor_signed_at": None}, "The supervisor signed it; that is not stored now."),
        (
            {"supervisee_signed_at": at(3, 1)},
            "The supervisee signed it at another time than is stored now.",
        ),
        (
            {"held_at": None, "supervisee_signed_at": None, "supervisor_signed_at": None},
            "The supervisee signed it; that is not stored now.",
        ),
    ],
)
@time_machine.travel(NOW, tick=False)
def test_records_hold_what_was_signed_and_say_what_is_stored_otherwise(
    agreement: Agreement, mira: User, okafor: User, fields: dict[str, Any], said: str
) -> None:
    meeting = held(agreement, at(3, 2))
    sign(meeting, mira, okafor)
    with timezone.override("UTC"):
        [head, as_signed] = _rows(as_csv(lines_of(mira, 2026)))
        _alter(meeting, **fields)
        [_head, row] = _rows(as_csv(lines_of(mira, 2026)))
        sheet = as_sheet(mira, 2026, lines_of(mira, 2026))

    assert (head[9], as_signed[9]) == ("Not as it was signed", "")
    assert row[:9] == as_signed[:9]
    assert said in row[9]
    assert "Signed by both: 50 min" in sheet.about
    assert "1 meeting is not stored as it was signed" in sheet.about
    [part] = sheet.parts
    assert any(said in one and one.startswith("2 Mar 2026, 10:00") for one in part.said)


@time_machine.travel(NOW, tick=False)
def test_version_changed_past_mend_is_named_in_the_records(
    agreement: Agreement, mira: User, okafor: User
) -> None:
    meeting = held(agreement, at(3, 2))
    sign(meeting, mira, okafor)
    _alter(meeting, duration=480)
    QuerySet(MeetingVersion).filter(meeting=meeting).update(duration=480)

    [line] = lines_of(mira, 2026)
    assert line.differs == ["What was kept when it was signed has been changed since."]


@time_machine.travel(NOW, tick=False)
def test_signature_that_was_never_given_is_named_in_the_records(
    agreement: Agreement, mira: User, okafor: User
) -> None:
    meeting = held(agreement, at(3, 2))
    sign(meeting, mira)
    _alter(meeting, supervisor_signed_at=NOW)

    [_head, row] = _rows(as_csv(lines_of(mira, 2026)))
    assert row[6:8] == ["2026-07-01", ""]
    assert row[9] == "It is stored as signed by the supervisor; no signature of theirs is kept."


@time_machine.travel(NOW, tick=False)
def test_later_version_that_was_signed_is_missed(
    agreement: Agreement, mira: User, okafor: User
) -> None:
    meeting = held(agreement, at(3, 2))
    before = SupervisionMeeting.objects.values("body", "revision").get(pk=meeting.pk)
    actions.move_meeting(
        by=mira,
        reader=factories.reader(mira),
        pk=meeting.pk,
        facts=Facts(at(3, 2), 90, "video"),
        before=meeting.facts,
    )
    meeting.refresh_from_db()
    sign(meeting, mira, okafor)
    _alter(meeting, duration=50, supervisee_signed_at=None, supervisor_signed_at=None, **before)

    [line] = lines_of(mira, 2026)
    assert line.differs == ["A later version than the one that is stored now was signed."]


@time_machine.travel(NOW, tick=False)
def test_hours_count_what_was_signed_and_say_that_something_is_stored_otherwise(
    agreement: Agreement, mira: User, okafor: User, as_mira: Client
) -> None:
    for day in (2, 3, 4, 5):
        sign(held(agreement, at(3, day)), mira, okafor)
    calm = as_mira.get(reverse("meeting_hours")).content.decode()
    assert "as signed" not in calm
    two, three, four, _five = SupervisionMeeting.objects.order_by("starts_at")
    _alter(two, duration=480)
    _alter(three, starts_at=at(3, 3, year=2025))
    _alter(four, held_at=None, supervisee_signed_at=None, supervisor_signed_at=None)

    assert hours_of(mira).years == [(2026, Tally(4, 200, 0, changed=3))]
    page = as_mira.get(reverse("meeting_hours")).content.decode()
    assert "3 meetings are not stored as they were signed." in page


@time_machine.travel(NOW, tick=False)
def test_change_that_was_meant_is_no_difference(
    agreement: Agreement, mira: User, okafor: User
) -> None:
    meeting = held(agreement, at(3, 2))
    sign(meeting, mira, okafor)
    actions.move_meeting(
        by=mira,
        reader=factories.reader(mira),
        pk=meeting.pk,
        facts=Facts(at(3, 2), 60, "video"),
        before=meeting.facts,
        anew=True,
    )

    [line] = lines_of(mira, 2026)
    assert (line.facts.duration, line.digest, line.differs) == (60, "", [])
    assert hours_of(mira).years == [(2026, Tally(1, 0, 60))]


@time_machine.travel(NOW, tick=False)
def test_hours_and_records_take_two_queries_however_many_there_are(
    agreement: Agreement, mira: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    sign(held(agreement, at(3, 2)), mira)
    for day in (3, 4, 5):
        with django_assert_num_queries(2):
            hours_of(mira)
        with django_assert_num_queries(2):
            as_csv(lines_of(mira, 2026))
        sign(held(agreement, at(3, day)), mira)
