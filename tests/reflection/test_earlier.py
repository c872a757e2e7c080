"""On this day: a year ago, or more, or three months ago; once, gently, and not where unwanted."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import User
from reflection.document import Document
from reflection.earlier import days_like
from reflection.models import Entry, TodayChoices
from tests import factories
from vault.crypto import VaultKeys

LONDON = ZoneInfo("Europe/London")


@pytest.mark.parametrize(
    ("today", "months", "expected"),
    [
        (date(2026, 5, 20), 12, (date(2025, 5, 20), date(2025, 5, 20))),
        (date(2026, 5, 20), 3, (date(2026, 2, 20), date(2026, 2, 20))),
        (date(2026, 1, 15), 3, (date(2025, 10, 15), date(2025, 10, 15))),
        (date(2025, 2, 28), 12, (date(2024, 2, 28), date(2024, 2, 29))),
        (date(2024, 2, 28), 12, (date(2023, 2, 28), date(2023, 2, 28))),
        (date(2024, 2, 29), 12, None),
        (date(2024, 2, 29), 48, (date(2020, 2, 29), date(2020, 2, 29))),
        (date(2026, 5, 31), 3, None),
        (date(2026, 5, 29), 3, None),
        (date(2026, 4, 30), 3, (date(2026, 1, 30), date(2026, 1, 31))),
        (date(2026, 2, 28), 3, (date(2025, 11, 28), date(2025, 11, 30))),
        (date(5, 1, 1), 120, None),
    ],
)
def test_day_like_today(today: date, months: int, expected: Any) -> None:
    assert days_like(today, months) == expected


def test_every_day_comes_back_just_once_a_year_later() -> None:
    days = [date.fromordinal(number) for number in range(date(2020, 1, 1).toordinal(), 739000)]
    seen: list[date] = []
    for day in days:
        if spans := days_like(day, 12):
            first, last = spans
            seen += [
                date.fromordinal(one) for one in range(first.toordinal(), last.toordinal() + 1)
            ]
    assert len(seen) == len(set(seen))
    assert seen == sorted(seen)
    assert (seen[-1] - seen[0]).days + 1 == len(seen)


@pytest.fixture
def keys(client: Client, mira: User) -> VaultKeys:
    """Mira's keys."""
    return factories.unlock(client, mira)


def begun(mira: User, keys: VaultKeys, at: datetime, title: str) -> Entry:
    document = Document(title=title)
    return factories.make_entry(
        owner=mira, keys=keys, document=document, created_at=at, finished_at=at
    )


def today_of(client: Client, mira: User, at: datetime) -> str:
    with time_machine.travel(at, tick=False):
        factories.unlock(client, mira)
        return " ".join(client.get("/").content.decode().split())


@pytest.mark.django_db
@pytest.mark.usefixtures("mira")
class TestToday:
    """The line on the first page."""

    NOON = datetime(2026, 5, 20, 12, tzinfo=UTC)

    def test_year_goes_before_three_months_and_the_nearest_first(
        self, client: Client, mira: User, keys: VaultKeys
    ) -> None:
        begun(mira, keys, datetime(2026, 2, 20, 9, tzinfo=UTC), "In winter")
        assert "Three months ago: <a" in today_of(client, mira, self.NOON)
        begun(mira, keys, datetime(2023, 5, 20, 9, tzinfo=UTC), "Long ago")
        assert "3 years ago today: <a" in today_of(client, mira, self.NOON)
        begun(mira, keys, datetime(2025, 5, 20, 9, tzinfo=UTC), "After the yawn")
        page = today_of(client, mira, self.NOON)
        assert "A year ago today: <a" in page
        assert "After the yawn" in page
        assert "In winter" not in page
        assert "Long ago" not in page

    def test_day_is_that_of_the_persons_own_clock(
        self, client: Client, mira: User, keys: VaultKeys
    ) -> None:
        begun(mira, keys, datetime(2025, 5, 19, 23, 30, tzinfo=UTC), "Just after midnight")
        assert "Just after midnight" in today_of(client, mira, self.NOON)  # 00:30 in London
        mira.timezone = "America/Lima"
        mira.save(update_fields=["timezone"])
        assert "Just after midnight" not in today_of(client, mira, self.NOON)

    @pytest.mark.parametrize("month_day", [(3, 29), (10, 25)])
    def test_day_on_which_the_clocks_change_is_whole(
        self, client: Client, mira: User, keys: VaultKeys, month_day: tuple[int, int]
    ) -> None:
        month, day = month_day
        late = datetime(2026, month, day, 23, 59, tzinfo=LONDON)
        begun(mira, keys, late, "Last minute")
        now = datetime(2027, month, day, 12, tzinfo=UTC)
        assert "Last minute" in today_of(client, mira, now)

    def test_who_wants_none_of_it_is_shown_none(
        self, client: Client, mira: User, keys: VaultKeys
    ) -> None:
        begun(mira, keys, datetime(2025, 5, 20, 9, tzinfo=UTC), "After the yawn")
        assert client.post(reverse("today_choices"), {}).status_code == 302
        assert not TodayChoices.objects.of(mira).shows_earlier
        assert "After the yawn" not in today_of(client, mira, self.NOON)
        client.force_login(mira)  # the clock was turned meanwhile
        client.post(reverse("today_choices"), {"shows_earlier": "on"})
        assert "After the yawn" in today_of(client, mira, self.NOON)

    def test_nothing_deleted_or_of_others_and_nothing_damaged_is_shown(
        self, client: Client, mira: User, okafor: User, keys: VaultKeys
    ) -> None:
        at = datetime(2025, 5, 20, 9, tzinfo=UTC)
        begun(okafor, factories.unlock(Client(), okafor), at, "Not hers")
        gone = begun(mira, keys, at, "Deleted")
        Entry.objects.filter(pk=gone.pk).update(deleted_at=at)
        broken = begun(mira, keys, at, "Broken")
        Entry.objects.filter(pk=broken.pk).update(body=b"\x01\x01" + bytes(40))
        page = today_of(client, mira, self.NOON)
        assert "year ago" not in page
        assert "Not hers" not in page

    def test_no_more_is_opened_than_is_shown(
        self, client: Client, mira: User, keys: VaultKeys, opened: list[Document]
    ) -> None:
        for hour in range(6):
            begun(mira, keys, datetime(2025, 5, 20, hour, tzinfo=UTC), f"At {hour}")
        assert "At 5" in today_of(client, mira, self.NOON)
        assert [document.title for document in opened] == ["At 5"]
