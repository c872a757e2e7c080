"""Accepting an invitation with the account one has."""

import pytest
from django.test import Client

from accounts.models import Clinic, Membership, User
from tests.factories import PASSWORD, make_invitation

pytestmark = pytest.mark.django_db
LINK = "/invitation/t0ken/"


@pytest.fixture
def for_rune(alder_house: Clinic, rune: User) -> None:
    """An invitation to Alder House at the address Rune signs in with."""
    make_invitation(clinic=alder_house, token="t0ken", email=rune.email)


@pytest.mark.usefixtures("for_rune")
class TestAccount:
    """The invited address has an account."""

    def test_visitor_is_asked_to_sign_in_and_comes_back(self, client: Client, rune: User) -> None:
        page = client.get(LINK).content.decode()
        assert "Sign in to accept" in page
        assert "invitation" not in client.session

        response = client.post(
            f"/accounts/login/?next={LINK}", {"login": rune.email, "password": PASSWORD}
        )
        assert response.headers["Location"] == LINK

    def test_looking_at_it_accepts_nothing(self, client: Client, rune: User) -> None:
        client.force_login(rune)

        page = client.get(LINK).content.decode()

        assert "Join Alder House?" in page
        assert Membership.objects.of(rune).count() == 1

    def test_accepting_adds_a_place(self, client: Client, rune: User, alder_house: Clinic) -> None:
        client.force_login(rune)

        client.post(LINK)

        assert Membership.objects.of(rune).filter(clinic=alder_house).exists()
        assert Membership.objects.of(rune).count() == 2

    def test_somebody_else_signed_in_cannot_accept(
        self, client: Client, mira: User, alder_house: Clinic
    ) -> None:
        client.force_login(mira)

        page = client.post(LINK).content.decode()

        assert "for another address" in page
        assert mira.memberships.count() == 1

    def test_second_address_counts_once_confirmed(
        self, client: Client, jonas: User, elsewhere: Clinic
    ) -> None:
        make_invitation(clinic=elsewhere, token="second", email="jonas@home.example")
        address = jonas.emailaddress_set.create(email="jonas@home.example", verified=False)
        client.force_login(jonas)
        assert "for another address" in client.get("/invitation/second/").content.decode()

        address.verified = True
        address.save()
        assert "Join Elsewhere?" in client.get("/invitation/second/").content.decode()
