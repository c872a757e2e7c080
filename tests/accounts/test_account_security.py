"""One's own account page."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts import actions
from accounts.models import AccountEvent, Clinic, User
from tests.factories import make_user

pytestmark = pytest.mark.django_db
PAGE = "/account/"


@pytest.fixture
def as_mira(client: Client, mira: User) -> Client:
    """A browser signed in as Mira."""
    client.force_login(mira)
    return client


def test_name_and_time_zone_are_changed(as_mira: Client, mira: User) -> None:
    as_mira.post(PAGE, {"name": "Mira L.", "timezone": "Europe/Oslo"})

    mira.refresh_from_db()
    assert (mira.name, mira.timezone) == ("Mira L.", "Europe/Oslo")
    assert AccountEvent.objects.get().kind == "profile_changed"


def test_saving_what_was_there_writes_nothing(as_mira: Client, mira: User) -> None:
    as_mira.post(PAGE, {"name": mira.name, "timezone": mira.timezone})

    assert not AccountEvent.objects.exists()


@pytest.mark.parametrize("posted", [{"name": ""}, {"timezone": "Mars/Base"}])
def test_name_left_out_or_zone_that_is_none_is_refused(
    as_mira: Client, mira: User, posted: dict[str, str]
) -> None:
    response = as_mira.post(PAGE, {"name": "Mira", "timezone": "Europe/London", **posted})

    assert response.context["form"].errors
    assert User.objects.get(pk=mira.pk).name == mira.name


@pytest.mark.parametrize(
    "name",
    [
        "Úna O’Brien & co",
        "María-José Ñandú",
        "Ахмед ибн Юсуф",
        "مريم العلي",
        "می\u200cنا",  # with a ZWNJ, as Persian is written
        "क्\u200dष",  # with a ZWJ
        "王小明",
        "שָׁלוֹם",
    ],
)
def test_name_may_be_in_any_script(as_mira: Client, mira: User, name: str) -> None:
    as_mira.post(PAGE, {"name": name, "timezone": "Europe/London"})

    mira.refresh_from_db()
    assert mira.name == name


def test_name_is_one_line(as_mira: Client, mira: User) -> None:
    name = " Mira\r\nBcc: evil@example.com\r\n\r\nPay\u2028here\x85now\x0bor\x1cnot "
    as_mira.post(PAGE, {"name": name, "timezone": "Europe/London"})

    mira.refresh_from_db()
    assert mira.name == "Mira Bcc: evil@example.com Pay here now or not"


@pytest.mark.parametrize("sign", ["\u202e", "\u2066", "\u200f", "\u061c", "\x1b", "\x7f", "\ufeff"])
def test_name_with_what_is_not_seen_is_refused(as_mira: Client, mira: User, sign: str) -> None:
    page = as_mira.post(PAGE, {"name": f"Mira{sign}L.", "timezone": "Europe/London"})

    assert "cannot be seen" in page.content.decode()
    assert User.objects.get(pk=mira.pk).name == mira.name


@pytest.mark.parametrize("name", ["\u200d\u200c", "\u200c \u200c", " \u200d \u200c\u200d "])
def test_name_of_nothing_that_is_seen_is_refused(as_mira: Client, mira: User, name: str) -> None:
    page = as_mira.post(PAGE, {"name": name, "timezone": "Europe/London"})

    assert page.context["form"].errors["name"]
    assert User.objects.get(pk=mira.pk).name == mira.name


def test_address_cannot_be_changed_here(as_mira: Client, mira: User) -> None:
    as_mira.post(PAGE, {"name": "Mira", "timezone": "Europe/London", "email": "x@example.com"})

    mira.refresh_from_db()
    assert mira.email == "mira@alder.example"


def test_page_leads_to_everything_about_signing_in(as_mira: Client) -> None:
    page = as_mira.get(PAGE).content.decode()

    for path in (
        "/accounts/email/",
        "/accounts/password/change/",
        "/accounts/2fa/",
        "/accounts/sessions/",
        "/vault/recovery/",
    ):
        assert f'href="{path}"' in page


def test_log_says_who_touched_what(as_mira: Client, mira: User, ada: User) -> None:
    actions.change_roles(place=mira.memberships.get(), is_clinician=True, is_admin=True, by=ada)

    page = as_mira.get(PAGE).content.decode()

    assert "Roles changed: clinician, clinic admin" in page
    assert "by Ada Byrne" in page


def test_log_holds_what_happened_to_the_vault(as_mira: Client, mira: User) -> None:
    lines = [line.what for line in as_mira.get(PAGE).context["log"]]

    assert lines == [event.get_kind_display() for event in mira.vaults.get().events.all()]


def test_log_of_somebody_else_is_not_shown(
    as_mira: Client, ada: User, jonas: User, alder_house: Clinic
) -> None:
    actions.deactivate(place=jonas.memberships.get(), by=ada)

    assert "Deactivated" not in as_mira.get(PAGE).content.decode()


def test_log_is_fifty_lines_long_at_most_and_takes_no_more_queries(
    as_mira: Client, mira: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(60):
        actions.record(AccountEvent.Kind.PROFILE_CHANGED, user=mira, by=make_user())

    # session, person, places with the numbers, their clinics, two logs, vault
    with django_assert_num_queries(7):
        response = as_mira.get(PAGE)

    assert len(response.context["log"]) == 50
