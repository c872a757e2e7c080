"""Who has something in the journal or in supervision keeps the way there, whatever their role."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Membership, User
from reflection.models import Entry
from supervision import actions
from supervision.models import Agreement, Share
from tests import factories
from tests.supervision.conftest import BrowserOf

PAGE = "/about/privacy/"


def nav(client: Client) -> list[str]:
    return [item["label"] for item in client.get(PAGE).context["nav"]]


def make_admin_only(user: User) -> None:
    Membership.objects.filter(user=user).update(is_clinician=False, is_admin=True)


def test_who_is_made_admin_only_keeps_the_way_to_what_is_theirs(
    share: Share, okafor: User, mira: User, as_okafor: Client, as_mira: Client
) -> None:
    for user in (okafor, mira):
        make_admin_only(user)

    assert nav(as_okafor) == ["Guide", "Supervision", "Clinic"]
    assert nav(as_mira) == ["Journal", "Guide", "Supervision", "Clinic"]
    assert as_okafor.get(reverse("supervision_home")).status_code == 200
    assert "bar-notices" in as_okafor.get(PAGE).content.decode()


def test_who_lost_their_place_keeps_the_way_to_what_is_theirs(
    share: Share, mira: User, as_mira: Client
) -> None:
    Membership.objects.filter(user=mira).update(deactivated_at=timezone.now())

    assert nav(as_mira) == ["Journal", "Guide", "Supervision"]


def test_admin_who_proposed_for_two_or_to_an_address_has_the_way_there(
    ada: User, mira: User, okafor: User, browser_of: BrowserOf
) -> None:
    factories.load_wordings()
    client = browser_of(ada)
    assert nav(client) == ["Guide", "Clinic"]

    clinic = ada.memberships.get().clinic
    agreement = actions.propose_agreement(by=ada, supervisee=mira, supervisor=okafor, clinic=clinic)
    assert nav(client) == ["Guide", "Supervision", "Clinic"]
    actions.decline_agreement(by=mira, pk=agreement.pk)
    assert nav(client) == ["Guide", "Clinic"]

    actions.propose_to_address(by=ada, email="somebody@else.example", side="supervisor")
    assert nav(client) == ["Guide", "Supervision", "Clinic"]


def test_admin_who_is_asked_by_address_has_the_way_there(
    ada: User, rune: User, browser_of: BrowserOf
) -> None:
    factories.load_wordings()
    client = browser_of(ada)
    actions.propose_to_address(by=rune, email="ADA@alder.example", side="supervisor")

    assert nav(client) == ["Guide", "Supervision", "Clinic"]


@pytest.mark.parametrize("who", ["ada", "operator"])
def test_what_others_have_is_no_way_for_somebody_else(
    share: Share, entry: Entry, who: str, request: pytest.FixtureRequest, browser_of: BrowserOf
) -> None:
    labels = nav(browser_of(request.getfixturevalue(who)))

    assert not {"Journal", "Supervision"} & set(labels)


def test_way_costs_whoever_holds_a_place_no_query(
    ada: User,
    mira: User,
    browser_of: BrowserOf,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    clients = browser_of(ada), browser_of(mira)
    for client in clients:
        client.get(PAGE)

    with django_assert_max_num_queries(5):  # session, person, vault, its key, places
        clients[0].get(PAGE)
    with django_assert_max_num_queries(6):  # and what the bar says
        clients[1].get(PAGE)


def test_agreement_that_ended_still_leads_there(agreement: Agreement, okafor: User) -> None:
    actions.end_agreement(by=okafor, pk=agreement.pk)
    make_admin_only(okafor)
    client = Client()
    client.force_login(okafor)

    assert "Supervision" in nav(client)
