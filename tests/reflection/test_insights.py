"""Insights: what the journal shows over time, in words, drawings and tables, for its author."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from reflection.document import (
    Alliance,
    Document,
    Happened,
    Items,
    Label,
    LookBack,
    Reaction,
    Repair,
    Strategy,
)
from reflection.insights.charts import (
    ENOUGH,
    MOST_LISTED,
    strain_over_time,
    time_to_raising,
)
from reflection.insights.drawing import Chart, EntryLink
from reflection.insights.months import columns_for, span_in_words
from reflection.insights.noted import Noted
from reflection.models import Entry
from tests import factories
from vault.crypto import VaultKeys

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINIMISING = Label("minimising", "They are making too much of it")
DEFENDING = Label("defending", "I meant well")


@pytest.fixture(autouse=True)
def _now() -> Any:
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def keys(client: Client, mira: User) -> VaultKeys:
    """Mira, signed in with her journal unlocked."""
    return factories.unlock(client, mira)


def write(mira: User, keys: VaultKeys, on: date | None = None, **fields: Any) -> Entry:
    """Write an entry of a therapy session ``on`` that day, begun the day after."""
    happened = fields.pop("happened", None) or Happened(occurred_on=on)
    begun = datetime(on.year, on.month, on.day, 18, tzinfo=UTC) + timedelta(days=1) if on else NOW
    times = {"created_at": begun, **fields.pop("times", {})}
    document = Document(happened=happened, **fields)
    return factories.make_entry(owner=mira, keys=keys, document=document, **times)


def insights(client: Client, **asked: Any) -> dict[str, Chart]:
    response = client.get(reverse("journal_insights"), asked)
    assert response.status_code == 200
    return {chart.slug: chart for chart in response.context["charts"]}


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


def test_thoughts_are_said_in_a_sentence(client: Client, mira: User, keys: VaultKeys) -> None:
    for month in (3, 5, 5, 11):
        write(mira, keys, date(2026, month, 2), reaction=Reaction(patterns=(MINIMISING,)))
    for month in (3, 4):
        both = Reaction(patterns=(MINIMISING, DEFENDING))
        write(mira, keys, date(2026, month, 9), reaction=both)
    chart = insights(client)["thoughts"]
    assert chart.sentence == (
        "Between March and November 2026 you noted 6 ruptures with a thought you recognised; "
        "“They are making too much of it” came most often, in 6."
    )
    assert chart.table is not None
    assert list(chart.table.rows) == [
        (MINIMISING.text, 6, "March 2026: 2; April 2026: 1; May 2026: 2; November 2026: 1"),
        (DEFENDING.text, 2, "March 2026: 1; April 2026: 1"),
    ]


def test_strain_is_drawn_by_day_and_never_averaged(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    for day, strain in enumerate((0, 5, 3, 3, 1), start=1):
        on = date(2026, 6, day)
        write(mira, keys, on, happened=Happened(occurred_on=on, strain=strain))
    chart = insights(client)["strain"]
    assert chart.sentence == ("In June 2026 you noted the strain of 5 ruptures, from 0 to 5 of 5.")
    assert chart.table is not None
    assert [row[2] for row in chart.table.rows] == [0, 5, 3, 3, 1]
    assert "average" not in text_of(client.get(reverse("journal_insights"))).lower()


def noted(day: date, strain: int, raised_after: int) -> Noted:
    nothing = Alliance()
    return Noted(
        *(uuid4(), "Finch", day, (), (), ()),
        strain,
        "raised",
        raised_after,
        nothing,
        nothing,
        nothing,
    )


def test_what_is_too_much_to_list_is_counted() -> None:
    first = date(2020, 1, 1)
    many = [noted(first + timedelta(days=one), one % 6, one % 20) for one in range(2_000)]

    strain, raising = strain_over_time(many), time_to_raising(many)

    assert strain.table is not None
    assert [row[0] for row in strain.table.rows] == ["2020", "2021", "2022", "2023", "2024", "2025"]
    numbers = [cell for row in strain.table.rows for cell in row if isinstance(cell, int)]
    assert sum(numbers) == 2_000
    assert strain.drawing is not None
    assert len(strain.drawing.shapes) < 700
    assert raising.table is not None
    assert [row[1] for row in raising.table.rows] == [100, 700, 700, 500, 0]


def test_few_are_listed_with_a_way_to_each() -> None:
    few = [noted(date(2026, 1, 1) + timedelta(days=one), 3, 1) for one in range(MOST_LISTED)]

    for chart in (strain_over_time(few), time_to_raising(few)):
        assert chart.table is not None
        assert len(chart.table.rows) == MOST_LISTED
        assert all(any(isinstance(cell, EntryLink) for cell in row) for row in chart.table.rows)


def test_repairs_are_told_by_strategy(client: Client, mira: User, keys: VaultKeys) -> None:
    plan = Repair(strategies=(Strategy("clarify", "Clarify the misunderstanding"),))
    for standing in ("repaired", "partly", "partly", "not_repaired"):
        looks = (LookBack(noted_at=NOW, standing=standing),)
        write(mira, keys, date(2026, 6, 1), repair=plan, looking_back=looks)
    write(mira, keys, date(2026, 6, 1), repair=plan)
    chart = insights(client)["repairs"]
    assert chart.sentence == (
        "Of 5 ruptures with a plan, you noted 3 as repaired or partly repaired; 1 is open, or "
        "nothing is noted yet. Also noted: 1 not repaired."
    )
    assert chart.table is not None
    assert list(chart.table.rows) == [
        (
            "Clarify the misunderstanding",
            5,
            "1 repaired, 2 partly repaired, 1 not repaired, 1 open, or nothing noted",
        )
    ]


def test_time_to_raising_ends_with_the_first_look_back_that_says_so(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    for days in (0, 3, 6, 20, 90):
        occurred = datetime(2026, 6, 1, 12, tzinfo=UTC)
        looks = (
            LookBack(noted_at=occurred, standing="open"),
            LookBack(noted_at=occurred + timedelta(days=days), standing="partly"),
            LookBack(noted_at=occurred + timedelta(days=days + 9), standing="repaired"),
        )
        write(mira, keys, date(2026, 6, 1), looking_back=looks)
    write(mira, keys, date(2026, 6, 1), looking_back=(LookBack(noted_at=NOW, standing="ended"),))
    write(mira, keys, looking_back=(LookBack(noted_at=NOW, standing="raised"),))
    chart = insights(client)["raising"]
    assert chart.number == 5
    assert "for at least half of them that was no more than 6 days after" in chart.sentence
    assert chart.table is not None
    assert sorted(row[2] for row in chart.table.rows) == [0, 3, 6, 20, 90]  # type: ignore[type-var]


def test_time_to_raising_says_so_where_all_were_raised_by_then() -> None:
    chart = time_to_raising([noted(date(2026, 6, 1), 3, days) for days in (1, 2, 7, 7, 7)])

    assert "for all of them that was no more than 7 days after" in chart.sentence


def test_time_to_raising_goes_by_the_day_it_was_raised_and_not_the_day_of_typing(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    thursday, sunday = date(2026, 6, 4), datetime(2026, 6, 7, 18, tzinfo=UTC)
    for _number in range(5):
        looks = (LookBack(noted_at=sunday, occurred_on=thursday, standing="raised"),)
        write(mira, keys, date(2026, 6, 1), looking_back=looks)
    chart = insights(client)["raising"]
    assert chart.table is not None
    assert {row[2] for row in chart.table.rows} == {3}


def test_alliance_is_shown_as_plain_change(client: Client, mira: User, keys: VaultKeys) -> None:
    for after in (2, 3, 4, 7, 8):
        happened = Happened(
            occurred_on=date(2026, 6, 1),
            before=Alliance(mine=Items(bond=7), said=Items(bond=9)),
            after=Alliance(mine=Items(bond=after), said=Items(bond=5)),
        )
        looks = (LookBack(noted_at=NOW, alliance=Alliance(mine=Items(bond=6))),)
        write(mira, keys, date(2026, 6, 1), happened=happened, looking_back=looks)
    chart = insights(client)["alliance"]
    assert "The bond was lower right after in 3 of 5." in chart.sentence
    assert "Looking back, it was higher again in 3 of 5." in chart.sentence
    assert chart.table is not None
    said = {(str(row[0]), str(row[1])): row[3] for row in chart.table.rows}
    assert said["From before it to after it", "My view"] == "3 lower, 1 the same, 1 higher"
    assert said["From before it to after it", "What they said"] == "5 lower"


def test_feelings_are_counted(client: Client, mira: User, keys: VaultKeys) -> None:
    ashamed, tired = Label("shame", "Ashamed"), Label("tired", "Tired")
    for feelings in ((ashamed,), (ashamed, tired), (ashamed,), (tired,), (ashamed,)):
        write(mira, keys, date(2026, 6, 1), reaction=Reaction(feelings=feelings))
    chart = insights(client)["feelings"]
    assert "“Ashamed” came most often, in 4." in chart.sentence
    assert chart.table is not None
    assert list(chart.table.rows) == [("Ashamed", 4), ("Tired", 2)]


def test_equals_are_both_named(client: Client, mira: User, keys: VaultKeys) -> None:
    both = Reaction(feelings=(Label("shame", "Ashamed"), Label("tired", "Tired")))
    for _ in range(5):
        write(mira, keys, date(2026, 6, 1), reaction=both)
    assert (
        "“Ashamed” and “Tired” came most often, in 5 each" in insights(client)["feelings"].sentence
    )


def test_under_five_there_is_too_little_to_say(client: Client, mira: User, keys: VaultKeys) -> None:
    for _ in range(ENOUGH - 1):
        write(mira, keys, date(2026, 6, 1), reaction=Reaction(patterns=(MINIMISING,)))
    page = text_of(client.get(reverse("journal_insights")))
    assert "Too little to say" in page
    assert '<svg class="drawing"' not in page
    write(mira, keys, date(2026, 6, 1))
    charts = insights(client)
    assert not charts["thoughts"].has_enough
    page = text_of(client.get(reverse("journal_insights")))
    assert "Too little to say: 4 reflections have what this is made of, and it takes 5." in page


def test_span_of_months_can_be_chosen(client: Client, mira: User, keys: VaultKeys) -> None:
    for month in (1, 8, 9, 10, 11):
        write(mira, keys, date(2026, month, 2), reaction=Reaction(patterns=(MINIMISING,)))
    assert insights(client)["thoughts"].number == 5
    assert insights(client, months=12)["thoughts"].number == 5
    assert insights(client, months=3)["thoughts"].number == 3
    assert insights(client, months=7)["thoughts"].number == 5


def test_captures_that_wait_are_not_counted(client: Client, mira: User, keys: VaultKeys) -> None:
    for _ in range(5):
        write(
            mira,
            keys,
            date(2026, 6, 1),
            reaction=Reaction(patterns=(MINIMISING,)),
            times={"is_capture": True},
        )
    assert insights(client)["thoughts"].number == 0


def test_days_that_cannot_be_meant_do_not_stretch_the_drawing(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    for year in (1, 1900, 2030, 9999, 2026):
        happened = Happened(occurred_on=date(year, 1, 1), strain=2)
        reaction = Reaction(patterns=(MINIMISING,))
        write(mira, keys, happened=happened, reaction=reaction)
    assert "Between January and November 2026" in insights(client)["thoughts"].sentence


def test_entry_begun_at_an_end_of_the_calendar_breaks_no_page(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    for begun in (datetime(1, 1, 3, tzinfo=UTC), datetime(9999, 12, 29, tzinfo=UTC)):
        happened = Happened(case_code="Finch", occurred_on=date(2026, 5, 4))
        document = Document(happened=happened)
        factories.make_entry(owner=mira, keys=keys, document=document, created_at=begun)
    for name in ("journal_insights", "case_list", "journal_list"):
        assert client.get(reverse(name)).status_code == 200
    answer = client.post(reverse("journal_search"), {"words": "", "since": "2026-01"}, follow=True)
    assert answer.status_code == 200


def test_damaged_entry_is_said_and_the_rest_is_counted(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    for _ in range(5):
        write(mira, keys, date(2026, 6, 1), reaction=Reaction(patterns=(MINIMISING,)))
    broken = write(mira, keys, date(2026, 6, 1))
    Entry.objects.filter(pk=broken.pk).update(body=bytes(broken.body)[:-1] + b"x")
    page = text_of(client.get(reverse("journal_insights")))
    assert "One reflection cannot be opened and is not counted" in page
    assert insights(client)["thoughts"].number == 5


def test_drawing_has_no_style_and_says_its_sentence(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    for _ in range(5):
        title = Label("odd", 'An <odd> "thought" & more')
        write(mira, keys, date(2026, 6, 1), reaction=Reaction(patterns=(title,)))
    page = client.get(reverse("journal_insights")).content.decode()
    assert "style=" not in page
    assert 'role="img"' in page
    assert "An &lt;odd&gt; &quot;thought&quot; &amp; more" in page


def test_insights_ask_a_constant_number_of_queries(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    client.get(reverse("journal_insights"))  # The guide is read, and kept for a minute.
    counted = []
    for number in (1, 30):
        for _ in range(number):
            write(mira, keys, date(2026, 6, 1), reaction=Reaction(patterns=(MINIMISING,)))
        with CaptureQueriesContext(connection) as asked:
            client.get(reverse("journal_insights"))
        counted.append(len(asked))
    assert counted[0] == counted[1] <= 12


def test_nobody_sees_somebody_elses_insights(
    client: Client, mira: User, jonas: User, keys: VaultKeys
) -> None:
    for _ in range(5):
        write(mira, keys, date(2026, 6, 1), reaction=Reaction(patterns=(MINIMISING,)))
    other = Client()
    factories.unlock(other, jonas)
    assert insights(other)["thoughts"].number == 0


def test_insights_are_refused_while_locked_and_to_visitors(client: Client, mira: User) -> None:
    assert "login" in client.get(reverse("journal_insights"))["Location"]
    client.force_login(mira)
    assert client.get(reverse("journal_insights"))["Location"].startswith("/vault/unlock/")


@pytest.mark.parametrize(
    ("first", "last", "count", "months"),
    [
        (date(2026, 3, 1), date(2026, 3, 9), 1, 1),
        (date(2025, 12, 31), date(2026, 11, 1), 12, 1),
        (date(2025, 11, 30), date(2026, 11, 1), 5, 3),
        (date(2023, 1, 1), date(2026, 11, 1), 4, 12),
        (date(1970, 1, 1), date(2026, 11, 1), 12, 12),
    ],
)
def test_time_is_in_at_most_twelve_columns(
    first: date, last: date, count: int, months: int
) -> None:
    columns = columns_for([first, last])
    assert (columns.count, columns.months) == (count, months)
    assert columns.of(first) == 0
    assert columns.of(last) == count - 1


def test_columns_have_names() -> None:
    quarters = columns_for([date(2025, 11, 30), date(2026, 11, 1)])
    assert quarters.name(1) == "January to March 2026"
    assert columns_for([date(1970, 1, 1), date(2026, 11, 1)]).name(0) == "to 2015"


def test_span_is_said_with_its_years() -> None:
    assert span_in_words([date(2025, 3, 1), date(2026, 11, 1)]) == (
        "Between March 2025 and November 2026"
    )
