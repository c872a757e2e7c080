"""A query compiled once gives what it would give if it were compiled each time."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from django.db.models import Count, Window

from accounts.models import Membership, User
from tests import factories
from vault.prepared import Prepared

pytestmark = pytest.mark.django_db
PERSON = UUID(int=1)


def test_rows_are_those_of_the_values_given_each_time(mira: User, ada: User) -> None:
    held = Prepared(lambda user: Membership.objects.filter(user=user), user=PERSON)

    assert [row.pk for row in held(user=mira.pk)] == [mira.memberships.get().pk]
    assert held(user=ada.pk)[0].is_admin
    assert held(user=UUID(int=7)) == []


def test_what_is_related_comes_along_without_asking_again(
    mira: User, django_assert_num_queries: Any
) -> None:
    held = Prepared(
        lambda user: Membership.objects.filter(user=user).select_related("user", "clinic"),
        user=PERSON,
    )

    with django_assert_num_queries(1):
        row = held.first(user=mira.pk)
        assert row is not None
        assert (row.user, row.clinic.name) == (mira, "Alder House")


def test_values_and_annotations_are_given_as_the_query_gives_them(mira: User, jonas: User) -> None:
    emails = Prepared(
        lambda email: User.objects.filter(email=email).values_list("email", flat=True),
        email="somebody@example.org",
    )
    counted = Prepared(
        lambda email: User.objects.exclude(email=email).annotate(all=Window(Count("pk"))),
        email="somebody@example.org",
    )

    assert emails(email=mira.email) == [mira.email]
    assert [vars(one)["all"] for one in counted(email=mira.email)] == [1]


def test_first_is_none_where_there_is_no_row(db: None) -> None:
    nobody = Prepared(lambda user: Membership.objects.filter(user=user), user=PERSON)

    assert nobody.first(user=UUID(int=2)) is None


def test_moments_and_days_are_compared_as_the_database_has_them(mira: User) -> None:
    soon, late = datetime(2026, 1, 1, tzinfo=UTC), datetime(2126, 1, 1, tzinfo=UTC)
    joined = Prepared(
        lambda user, now, day: Membership.objects.filter(
            user=user, joined_at__lt=now, joined_at__date__gt=day
        ),
        user=PERSON,
        now=datetime(2001, 2, 3, tzinfo=UTC),
        day=date(2001, 2, 4),
    )
    factories.make_membership(user=mira, clinic=factories.make_clinic(name="Second"))

    assert len(joined(user=mira.pk, now=late, day=date(2020, 1, 1))) == 2
    assert joined(user=mira.pk, now=soon, day=date(2020, 1, 1)) == []
    assert joined(user=mira.pk, now=late, day=date(2126, 1, 1)) == []
