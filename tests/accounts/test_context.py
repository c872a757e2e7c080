"""The frame of every page: where one can go, and whether the vault is open."""

import pytest
from django.test import Client, RequestFactory
from django.utils.timezone import now
from pytest_django import DjangoAssertNumQueries

from accounts.context_processors import mend
from accounts.models import Clinic, User
from tests.factories import make_membership, make_user, unlock

pytestmark = pytest.mark.django_db


def nav(client: Client, path: str = "/about/privacy/") -> list[str]:
    """Return the labels of the main navigation, the current one in brackets."""
    items = client.get(path).context["nav"]
    return [f"[{item['label']}]" if item["current"] else item["label"] for item in items]


def test_visitor_is_offered_the_guide(client: Client) -> None:
    assert nav(client) == ["Guide"]


def test_clinician_is_offered_journal_and_supervision(client: Client, mira: User) -> None:
    client.force_login(mira)

    assert nav(client) == ["Journal", "Guide", "Supervision"]


def test_admin_is_offered_the_clinic_and_no_journal(client: Client, ada: User) -> None:
    client.force_login(ada)

    assert nav(client) == ["Guide", "Clinic"]


def test_operator_without_a_clinic_is_offered_the_guide(client: Client, operator: User) -> None:
    client.force_login(operator)

    assert nav(client) == ["Guide"]


def test_place_that_ended_offers_nothing(client: Client, alder_house: Clinic) -> None:
    user = make_user()
    make_membership(user=user, clinic=alder_house, is_admin=True, deactivated_at=now())
    client.force_login(user)

    assert nav(client) == ["Guide"]


def test_current_part_is_marked(client: Client, ada: User, alder_house: Clinic) -> None:
    client.force_login(ada)

    assert nav(client, f"/clinic/{alder_house.pk}/") == ["Guide", "[Clinic]"]


def test_visitors_page_asks_the_database_nothing(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        client.get("/about/privacy/")


def test_frame_of_a_signed_in_page_takes_four_queries(
    client: Client, mira: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    unlock(client, mira)

    with django_assert_num_queries(4):  # session, person, vault and key, places with the numbers
        client.get("/about/privacy/")


def test_open_vault_says_when_it_locks(client: Client, mira: User) -> None:
    unlock(client, mira)

    context = client.get("/about/privacy/").context

    assert context["vault_state"] == "unlocked"
    assert context["vault_minutes_left"] == 15
    assert context["vault_locks_at"] > now()


def test_locked_vault_says_so(client: Client, mira: User) -> None:
    client.force_login(mira)

    context = client.get("/about/privacy/").context

    assert (context["vault_state"], context["vault_minutes_left"]) == ("locked", None)


def test_request_that_failed_early_still_gets_a_frame() -> None:
    context = mend(RequestFactory().get("/"))

    assert context["vault_state"] == ""
    assert [item["label"] for item in context["nav"]] == ["Guide"]
