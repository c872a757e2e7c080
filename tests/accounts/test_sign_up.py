"""Signing up: by invitation, or where the installation is open to anybody."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.utils.timezone import now
from pytest_django import Settings

from accounts.models import AccountEvent, Clinic, Invitation, Membership, User
from tests.accounts.conftest import Post, path_in
from tests.factories import PASSWORD, make_clinic, make_invitation, make_user

pytestmark = pytest.mark.django_db
TOKEN = "a-token-only-the-mail-holds"
SIGN_UP = "/accounts/signup/"


def invited(**fields: Any) -> Invitation:
    clinic = make_clinic(timezone="Europe/Dublin")
    return make_invitation(clinic=clinic, token=TOKEN, email="nell@example.com", **fields)


def answer(client: Client, **changes: str) -> None:
    """Fill in the sign-up form as it was given to the browser."""
    posted = {"name": "Nell Ward", "email": "nell@example.com", "password1": PASSWORD, **changes}
    response = client.post(SIGN_UP, posted)
    assert response.status_code == 302, response.context["form"].errors


def test_invitation_link_leads_to_sign_up_with_the_address_fixed(client: Client) -> None:
    invited(name="Nell W")

    response = client.get(f"/invitation/{TOKEN}/", follow=True)

    form = response.context["form"]
    assert response.redirect_chain == [(SIGN_UP, 302)]
    assert form["email"].value() == "nell@example.com"
    assert form["name"].value() == "Nell W"
    assert form.fields["email"].disabled
    assert f"You are invited to {form.invitation.clinic.name}." in response.content.decode()
    assert b'src="/static/js/timezone.js"' in response.content


def test_name_at_sign_up_is_one_line(client: Client) -> None:
    invited()
    client.get(f"/invitation/{TOKEN}/")

    answer(client, name="Nell\r\n\r\nWard")

    assert User.objects.get(email="nell@example.com").name == "Nell Ward"


def test_invited_person_is_signed_in_with_a_verified_address_and_their_roles(
    client: Client,
) -> None:
    invitation = invited(is_admin=True)
    client.get(f"/invitation/{TOKEN}/")

    answer(client, timezone="America/New_York")

    person = User.objects.get(email="nell@example.com")
    place = Membership.objects.get(user=person)
    invitation.refresh_from_db()
    assert client.session["_auth_user_id"] == str(person.pk)
    assert EmailAddress.objects.get(user=person).verified
    assert (person.name, person.timezone) == ("Nell Ward", "America/New_York")
    assert (place.clinic, place.is_clinician, place.is_admin) == (invitation.clinic, True, True)
    assert invitation.accepted_by == person


def test_new_clinician_is_led_to_setting_up_the_vault(client: Client) -> None:
    invited()
    client.get(f"/invitation/{TOKEN}/")

    response = client.post(SIGN_UP, {"name": "Nell", "password1": PASSWORD})

    assert response.headers["Location"] == "/vault/setup/"


def test_new_admin_who_keeps_no_journal_is_led_to_the_first_page(client: Client) -> None:
    invited(is_clinician=False, is_admin=True)
    client.get(f"/invitation/{TOKEN}/")

    response = client.post(SIGN_UP, {"name": "Nell", "password1": PASSWORD})

    assert response.headers["Location"] == "/"


def test_joining_is_written_into_the_log_once(client: Client) -> None:
    invitation = invited()
    client.get(f"/invitation/{TOKEN}/")

    answer(client)

    event = AccountEvent.objects.get()
    assert (event.kind, event.user, event.clinic) == (
        "joined",
        User.objects.get(),
        invitation.clinic,
    )


def test_another_address_posted_with_an_invitation_is_ignored(client: Client) -> None:
    invited()
    client.get(f"/invitation/{TOKEN}/")

    answer(client, email="mallory@example.com")

    assert User.objects.get().email == "nell@example.com"


@pytest.mark.parametrize("given", ["", "Mars/Olympus_Mons", "../../etc/passwd"])
def test_clinics_time_zone_stands_in_for_one_that_is_none(client: Client, given: str) -> None:
    invited()
    client.get(f"/invitation/{TOKEN}/")

    answer(client, timezone=given)

    assert User.objects.get().timezone == "Europe/Dublin"


def test_visitor_without_an_invitation_cannot_sign_up(client: Client) -> None:
    page = client.get(SIGN_UP)
    client.post(SIGN_UP, {"name": "M", "email": "m@example.com", "password1": PASSWORD})

    assert "Accounts are by invitation" in page.content.decode()
    assert not User.objects.exists()


def test_invitation_withdrawn_while_the_form_was_open_signs_nobody_up(client: Client) -> None:
    invitation = invited()
    client.get(f"/invitation/{TOKEN}/")
    Invitation.objects.filter(pk=invitation.pk).update(revoked_at=now())

    response = client.post(SIGN_UP, {"name": "Nell", "password1": PASSWORD})

    assert response.status_code == 200
    assert "Accounts are by invitation" in response.content.decode()
    assert not User.objects.exists()


def test_invitation_works_once(client: Client) -> None:
    invited()
    client.get(f"/invitation/{TOKEN}/")
    answer(client)

    response = Client().get(f"/invitation/{TOKEN}/")

    assert response.status_code == 410
    assert "has been used" in response.content.decode()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"expires_at": now() - timedelta(minutes=1)}, "has run out"),
        ({"revoked_at": now()}, "was withdrawn"),
    ],
)
def test_closed_invitation_says_why_and_what_to_do(
    client: Client, fields: dict[str, Any], said: str
) -> None:
    invited(**fields)

    response = client.get(f"/invitation/{TOKEN}/")

    assert response.status_code == 410
    assert said in response.content.decode()
    assert "invitation" not in client.session


def test_unknown_token_gets_a_clear_page(client: Client) -> None:
    response = client.get("/invitation/no-such-token/")

    assert response.status_code == 404
    assert "We do not know this invitation" in response.content.decode()


def test_weak_password_is_refused_with_a_reason(client: Client) -> None:
    invited()
    client.get(f"/invitation/{TOKEN}/")

    response = client.post(SIGN_UP, {"name": "Nell", "password1": "password1234"})

    assert response.context["form"].errors["password1"]
    assert not User.objects.exists()


def test_password_made_of_ones_own_name_is_refused(client: Client) -> None:
    invited()
    client.get(f"/invitation/{TOKEN}/")

    response = client.post(
        SIGN_UP, {"name": "Philippa Moorhouse", "password1": "philippa-moorhouse"}
    )

    assert "too similar" in str(response.context["form"].errors["password1"])


def test_invitation_page_is_never_kept_by_a_cache(client: Client) -> None:
    invited()

    response = client.get(f"/invitation/{TOKEN}/")

    assert "no-store" in response.headers["Cache-Control"]


class TestOpenSignUp:
    """With ``OPEN_SIGNUP`` anybody makes a practice of their own."""

    @pytest.fixture(autouse=True)
    def _open(self, settings: Settings) -> None:
        settings.OPEN_SIGNUP = True

    def test_a_practice_of_ones_own_is_made(self, client: Client) -> None:
        answer(client, timezone="Europe/Oslo")

        clinic = Clinic.objects.get()
        place = Membership.objects.get()
        assert (clinic.is_solo, clinic.name) == (True, "Nell Ward's practice")
        assert clinic.timezone == "Europe/Oslo"
        assert (place.is_clinician, place.is_admin) == (True, True)
        assert AccountEvent.objects.get().kind == "practice_made"

    def test_the_address_has_to_be_confirmed_first(self, client: Client, post: Post) -> None:
        answer(client)
        (message,) = post()

        assert "_auth_user_id" not in client.session
        client.post(path_in(message))
        assert EmailAddress.objects.get().verified

    def test_an_address_that_is_taken_is_not_given_away(self, client: Client, post: Post) -> None:
        make_user(name="Nell Ward", email="nell@example.com")

        answer(client)
        (message,) = post()

        assert User.objects.count() == 1
        assert message.subject == "You have an account in Mend already"

    def test_an_invitation_still_leads_into_the_inviting_clinic(self, client: Client) -> None:
        invitation = invited()
        client.get(f"/invitation/{TOKEN}/")

        answer(client)

        assert Membership.objects.get().clinic == invitation.clinic
