"""Going to a month or a day of one's journal, without paging there."""

from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from reflection import actions
from reflection.document import Document
from tests import factories
from vault.crypto import VaultKeys

pytestmark = pytest.mark.django_db
BEGUN = {
    "Old": datetime(2023, 11, 30, 12, tzinfo=UTC),
    "Late in March": datetime(2024, 3, 31, 22, 30, tzinfo=UTC),  # in London, half past eleven
    "Early in March": datetime(2024, 3, 5, 12, tzinfo=UTC),
    "April, by her clock": datetime(2024, 3, 31, 23, 30, tzinfo=UTC),
    "New": datetime(2026, 1, 1, 12, tzinfo=UTC),
}


@pytest.fixture
def keys(client: Client, mira: User) -> VaultKeys:
    """Mira, signed in with her journal unlocked."""
    return factories.unlock(client, mira)


@pytest.fixture(autouse=True)
def _written(mira: User, keys: VaultKeys) -> None:
    for title, begun in BEGUN.items():
        document = Document(title=title)
        factories.make_entry(owner=mira, keys=keys, document=document, created_at=begun)


def listed(client: Client, day: str) -> list[str]:
    page = client.get(reverse("journal_list"), {"day": day})
    assert page.status_code == 200
    return [row.title for row in page.context["rows"]]


@pytest.mark.parametrize(
    ("day", "titles"),
    [
        ("2024-03", ["Late in March", "Early in March", "Old"]),
        ("2024-04", ["April, by her clock", "Late in March", "Early in March", "Old"]),
        ("2024-03-30", ["Early in March", "Old"]),
        ("2024-03-31", ["Late in March", "Early in March", "Old"]),
        ("2023-12", ["Old"]),
        ("2020-01", []),
    ],
)
def test_list_begins_with_the_month_or_day_that_is_named(
    client: Client, day: str, titles: list[str]
) -> None:
    assert listed(client, day) == titles


@pytest.mark.parametrize(
    "day", ["nonsense", "2024", "2024-13", "2024-02-30", "9999-12", "9999-12-31", "x" * 999]
)
def test_day_that_is_none_shows_the_newest(client: Client, day: str) -> None:
    assert listed(client, day) == [*sorted(BEGUN, key=lambda one: BEGUN[one], reverse=True)]


def test_months_are_those_something_was_begun_in_with_how_much(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    gone = factories.make_entry(owner=mira, keys=keys, created_at=datetime(2022, 2, 2, tzinfo=UTC))
    actions.delete_entry(by=mira, pk=gone.pk)

    page = client.get(reverse("journal_months"))

    assert [
        (year, [(month.month, number) for month, number in months])
        for year, months in page.context["years"]
    ] == [(2026, [(1, 1)]), (2024, [(4, 1), (3, 2)]), (2023, [(11, 1)])]
    assert 'href="/journal/?day=2024-03"' in page.content.decode()
    assert reverse("journal_months") in client.get(reverse("journal_list")).content.decode()


def test_months_are_asked_for_in_one_query_and_nothing_is_opened(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client.get(reverse("journal_months"))
    with django_assert_max_num_queries(8) as captured:
        client.get(reverse("journal_months"))
    assert not [one for one in captured if '"reflection_entry"."body"' in one["sql"]]


def test_months_are_ones_own_alone(okafor: User) -> None:
    other = Client()
    factories.unlock(other, okafor)

    assert other.get(reverse("journal_months")).context["years"] == []


def test_locked_journal_shows_no_months(mira: User) -> None:
    other = Client()
    other.force_login(mira)

    assert other.get(reverse("journal_months")).status_code == 302
