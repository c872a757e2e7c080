"""The clinic's pages: for its admins, and for nobody else."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils.timezone import now
from pytest_django import DjangoAssertNumQueries

from accounts.models import AccountEvent, Clinic, Invitation, User
from tests.factories import make_invitation, make_membership, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_ada(client: Client, ada: User) -> Client:
    """A browser signed in as the admin of Alder House."""
    client.force_login(ada)
    return client


def place_of(user: User, clinic: Clinic) -> int:
    return user.memberships.get(clinic=clinic).pk


def every_page(clinic: Clinic, place: int, invitation: Invitation) -> list[tuple[str, str]]:
    """Return each of the clinic's pages, with the method it takes."""
    base = f"/clinic/{clinic.pk}/"
    return [
        ("get", base),
        ("get", f"{base}invite/"),
        ("post", f"{base}invite/"),
        ("post", f"{base}invitations/{invitation.pk}/resend/"),
        ("post", f"{base}invitations/{invitation.pk}/revoke/"),
        ("get", f"{base}people/{place}/"),
        ("post", f"{base}people/{place}/"),
        ("post", f"{base}people/{place}/deactivate/"),
        ("post", f"{base}people/{place}/reactivate/"),
    ]


class TestRefusals:
    """Nobody but the clinic's own admin learns that there is anything here."""

    @pytest.mark.parametrize("who", ["rune", "mira", "operator", "former admin"])
    def test_others_find_nothing(
        self,
        request: pytest.FixtureRequest,
        client: Client,
        alder_house: Clinic,
        jonas: User,
        who: str,
    ) -> None:
        if who == "former admin":
            user = make_user()
            make_membership(user=user, clinic=alder_house, is_admin=True, deactivated_at=now())
        else:
            user = request.getfixturevalue(who)
        invitation = make_invitation(clinic=alder_house)
        client.force_login(user)

        for method, path in every_page(alder_house, place_of(jonas, alder_house), invitation):
            assert getattr(client, method)(path).status_code == 404, (method, path)

        jonas.refresh_from_db()
        invitation.refresh_from_db()
        assert jonas.is_active
        assert invitation.revoked_at is None
        assert not AccountEvent.objects.exists()

    def test_admin_cannot_reach_another_clinics_people_through_their_own(
        self, as_ada: Client, alder_house: Clinic, elsewhere: Clinic, rune: User
    ) -> None:
        theirs = place_of(rune, elsewhere)
        invitation = make_invitation(clinic=elsewhere)

        for method, path in every_page(alder_house, theirs, invitation)[3:]:
            assert getattr(as_ada, method)(path).status_code == 404, (method, path)

        rune.refresh_from_db()
        assert rune.is_active

    def test_admin_of_two_clinics_reaches_each_only_by_its_own_address(
        self, as_ada: Client, ada: User, alder_house: Clinic, elsewhere: Clinic, rune: User
    ) -> None:
        make_membership(user=ada, clinic=elsewhere, is_admin=True)
        theirs = place_of(rune, elsewhere)

        assert as_ada.get(f"/clinic/{alder_house.pk}/people/{theirs}/").status_code == 404
        assert as_ada.get(f"/clinic/{elsewhere.pk}/people/{theirs}/").status_code == 200

    def test_clinic_that_does_not_exist_looks_like_anothers(self, as_ada: Client) -> None:
        assert as_ada.get(f"/clinic/{uuid4()}/").status_code == 404

    @pytest.mark.parametrize(
        "path", ["invitations/{i}/resend/", "invitations/{i}/revoke/", "people/{p}/deactivate/"]
    )
    def test_link_alone_changes_nothing(
        self, as_ada: Client, alder_house: Clinic, mira: User, path: str
    ) -> None:
        invitation = make_invitation(clinic=alder_house)
        address = path.format(i=invitation.pk, p=place_of(mira, alder_house))

        assert as_ada.get(f"/clinic/{alder_house.pk}/{address}").status_code == 405


class TestHome:
    """``/clinic/`` leads to the clinic one manages."""

    def test_one_clinic_is_gone_to(self, as_ada: Client, alder_house: Clinic) -> None:
        assert as_ada.get("/clinic/").headers["Location"] == f"/clinic/{alder_house.pk}/"

    def test_several_are_offered(
        self, as_ada: Client, ada: User, alder_house: Clinic, elsewhere: Clinic
    ) -> None:
        make_membership(user=ada, clinic=elsewhere, is_admin=True)

        page = as_ada.get("/clinic/").content.decode()

        assert f"/clinic/{alder_house.pk}/" in page
        assert f"/clinic/{elsewhere.pk}/" in page

    def test_clinician_finds_nothing(self, client: Client, mira: User) -> None:
        client.force_login(mira)

        assert client.get("/clinic/").status_code == 404


class TestPeople:
    """The list of people."""

    def test_people_of_this_clinic_are_listed(
        self, as_ada: Client, alder_house: Clinic, mira: User, rune: User
    ) -> None:
        page = as_ada.get(f"/clinic/{alder_house.pk}/").content.decode()

        assert "Mira Lindgren" in page
        assert "mira@alder.example" in page
        assert "Rune Dahl" not in page

    def test_who_left_comes_last_and_is_marked(
        self, as_ada: Client, alder_house: Clinic, mira: User
    ) -> None:
        make_membership(
            user=make_user(name="Aaron Early"), clinic=alder_house, deactivated_at=now()
        )

        page = as_ada.get(f"/clinic/{alder_house.pk}/").content.decode()

        assert page.index("Mira Lindgren") < page.index("Aaron Early")
        assert "deactivated" in page

    def test_invitations_wait_above_and_expired_ones_say_so(
        self, as_ada: Client, alder_house: Clinic
    ) -> None:
        make_invitation(clinic=alder_house, email="a@example.com")
        make_invitation(
            clinic=alder_house, email="b@example.com", expires_at=now() - timedelta(days=1)
        )
        make_invitation(clinic=alder_house, email="c@example.com", revoked_at=now())

        page = as_ada.get(f"/clinic/{alder_house.pk}/").content.decode()

        assert "a@example.com" in page
        assert "ran out on" in page
        assert "c@example.com" not in page

    def test_number_of_queries_does_not_grow_with_the_people(
        self,
        as_ada: Client,
        alder_house: Clinic,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        for number in range(60):
            make_membership(user=make_user(name=f"Person {number:02}"), clinic=alder_house)
        for number in range(10):
            make_invitation(clinic=alder_house, email=f"i{number}@example.com")

        # session, person, clinic, count, people, invitations, places, ways, vault
        with django_assert_num_queries(10):
            first = as_ada.get(f"/clinic/{alder_house.pk}/")

        second = as_ada.get(f"/clinic/{alder_house.pk}/?page=2").content.decode()
        assert "Page 1 of 2" in first.content.decode()
        assert "Person 59" in second


class TestInvite:
    """Inviting somebody."""

    def test_invitation_is_made(self, as_ada: Client, alder_house: Clinic, ada: User) -> None:
        response = as_ada.post(
            f"/clinic/{alder_house.pk}/invite/",
            {"name": "Nell Ward", "email": "Nell@Example.com", "is_clinician": "on"},
            follow=True,
        )

        invitation = Invitation.objects.get()
        assert "on its way to nell@example.com" in response.content.decode()
        assert (invitation.clinic, invitation.invited_by) == (alder_house, ada)
        assert (invitation.is_clinician, invitation.is_admin) == (True, False)

    def test_name_of_who_is_invited_is_one_line(self, as_ada: Client, alder_house: Clinic) -> None:
        as_ada.post(
            f"/clinic/{alder_house.pk}/invite/",
            {"name": "Nell\r\n\r\nPay", "email": "n@example.com", "is_clinician": "on"},
        )

        assert Invitation.objects.get().name == "Nell Pay"

    def test_invitation_without_a_role_is_not_made(
        self, as_ada: Client, alder_house: Clinic
    ) -> None:
        response = as_ada.post(
            f"/clinic/{alder_house.pk}/invite/", {"name": "Nell", "email": "n@example.com"}
        )

        assert "Choose at least one role" in response.content.decode()
        assert not Invitation.objects.exists()

    @pytest.mark.parametrize(
        ("deactivated", "said"),
        [(False, "belongs to this clinic already"), (True, "Reactivate them")],
    )
    def test_somebody_who_is_or_was_here_is_not_invited(
        self, as_ada: Client, alder_house: Clinic, *, deactivated: bool, said: str
    ) -> None:
        user = make_user(email="nell@example.com")
        make_membership(
            user=user, clinic=alder_house, deactivated_at=now() if deactivated else None
        )

        response = as_ada.post(
            f"/clinic/{alder_house.pk}/invite/",
            {"name": "Nell", "email": "nell@example.com", "is_clinician": "on"},
        )

        assert said in response.content.decode()
        assert not Invitation.objects.exists()

    def test_withdrawing_ends_the_link(self, as_ada: Client, alder_house: Clinic) -> None:
        invitation = make_invitation(clinic=alder_house, token="t0ken")

        as_ada.post(f"/clinic/{alder_house.pk}/invitations/{invitation.pk}/revoke/")

        assert Client().get("/invitation/t0ken/").status_code == 410

    def test_sending_again_after_it_was_accepted_says_that_nothing_changed(
        self, as_ada: Client, alder_house: Clinic, rune: User
    ) -> None:
        invitation = make_invitation(
            clinic=alder_house, accepted_at=now(), accepted_by=rune, token="t0ken"
        )

        response = as_ada.post(
            f"/clinic/{alder_house.pk}/invitations/{invitation.pk}/resend/", follow=True
        )

        assert "Nothing was changed" in response.content.decode()


class TestPerson:
    """One person's place."""

    def test_roles_are_changed(self, as_ada: Client, alder_house: Clinic, mira: User) -> None:
        place = place_of(mira, alder_house)

        as_ada.post(
            f"/clinic/{alder_house.pk}/people/{place}/", {"is_clinician": "on", "is_admin": "on"}
        )

        assert mira.memberships.get().is_admin

    def test_last_admin_cannot_untick_herself(
        self, as_ada: Client, ada: User, alder_house: Clinic
    ) -> None:
        path = f"/clinic/{alder_house.pk}/people/{place_of(ada, alder_house)}/"

        page = as_ada.get(path)
        as_ada.post(path, {"is_clinician": "on"})

        assert "only admin here" in page.content.decode()
        assert page.context["form"].fields["is_admin"].disabled
        place = ada.memberships.get()
        assert (place.is_clinician, place.is_admin) == (True, True)

    def test_admin_who_steps_down_is_led_out(
        self, as_ada: Client, ada: User, alder_house: Clinic
    ) -> None:
        make_membership(user=make_user(), clinic=alder_house, is_admin=True)

        response = as_ada.post(
            f"/clinic/{alder_house.pk}/people/{place_of(ada, alder_house)}/", {"is_clinician": "on"}
        )

        assert response.headers["Location"] == "/"
        assert as_ada.get("/clinic/").status_code == 404

    def test_own_place_offers_no_deactivation(
        self, as_ada: Client, ada: User, alder_house: Clinic
    ) -> None:
        path = f"/clinic/{alder_house.pk}/people/{place_of(ada, alder_house)}/"

        page = as_ada.get(path)
        tried = as_ada.post(f"{path}deactivate/", follow=True)

        assert "Deactivate Ada" not in page.content.decode()
        assert "Nothing was changed" in tried.content.decode()
        ada.refresh_from_db()
        assert ada.is_active

    def test_person_is_deactivated_and_reactivated(
        self, as_ada: Client, alder_house: Clinic, mira: User
    ) -> None:
        path = f"/clinic/{alder_house.pk}/people/{place_of(mira, alder_house)}/"

        as_ada.post(f"{path}deactivate/")
        mira.refresh_from_db()
        assert not mira.is_active

        assert "Reactivate Mira Lindgren" in as_ada.get(path).content.decode()
        as_ada.post(f"{path}reactivate/")
        mira.refresh_from_db()
        assert mira.is_active

    def test_account_the_operator_closed_is_not_the_clinics_to_open(
        self, as_ada: Client, alder_house: Clinic, mira: User
    ) -> None:
        User.objects.filter(pk=mira.pk).update(is_active=False)
        path = f"/clinic/{alder_house.pk}/people/{place_of(mira, alder_house)}/"

        page = as_ada.get(path).content.decode()
        as_ada.post(f"{path}reactivate/")
        as_ada.post(f"{path}deactivate/")

        mira.refresh_from_db()
        assert "operator of Mend has closed this account" in page
        assert not mira.is_active
        assert mira.memberships.get().is_current
