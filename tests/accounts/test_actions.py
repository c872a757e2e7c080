"""What changes who belongs where: each act, its line in the log, and when it is refused."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils.timezone import now

from accounts import actions, ended
from accounts.models import AccountEvent, Clinic, Invitation, Membership, User
from accounts.rules import Refused
from tests.accounts.conftest import Post, path_in
from tests.factories import PASSWORD, make_invitation, make_membership, make_user, unlock
from vault.models import Unlock

pytestmark = pytest.mark.django_db


def last_event() -> AccountEvent:
    return AccountEvent.objects.latest("pk")


def invite(clinic: Clinic, by: User, email: str = "Nell@Example.com") -> Invitation:
    return actions.invite(
        clinic=clinic, email=email, name="Nell", is_clinician=True, is_admin=False, by=by
    )


class TestInvite:
    """Inviting, sending again, withdrawing."""

    def test_link_goes_to_the_invited_address_alone(
        self, alder_house: Clinic, ada: User, post: Post
    ) -> None:
        invite(alder_house, ada)

        (message,) = post()

        assert message.to == ["nell@example.com"]
        assert message.subject == "Ada Byrne invites you to Alder House on Mend"
        assert path_in(message).startswith("/invitation/")

    def test_last_day_is_that_of_the_clinics_clock(
        self, alder_house: Clinic, ada: User, post: Post
    ) -> None:
        Clinic.objects.update(timezone="Pacific/Auckland")
        alder_house.refresh_from_db()
        with time_machine.travel(datetime(2026, 6, 1, 18, tzinfo=UTC), tick=False):
            invite(alder_house, ada)
            (message,) = post()

        assert "until 16 June 2026" in message.body

    def test_link_opens_the_invitation_and_the_database_holds_no_token(
        self, alder_house: Clinic, ada: User, post: Post
    ) -> None:
        invitation = invite(alder_house, ada)

        (message,) = post()
        token = path_in(message).split("/")[2]

        assert Invitation.objects.with_token(token) == invitation
        assert token not in str(Invitation.objects.values().get())
        assert token not in str(AccountEvent.objects.values())

    def test_it_is_written_into_the_log(self, alder_house: Clinic, ada: User) -> None:
        invite(alder_house, ada)

        event = last_event()
        assert (event.kind, event.by, event.clinic) == ("invited", ada, alder_house)
        assert AccountEvent.objects.count() == 1

    def test_names_are_written_plainly(self, alder_house: Clinic, ada: User, post: Post) -> None:
        actions.invite(
            clinic=alder_house,
            email="una@example.com",
            name="Úna O'Brien & co",
            is_clinician=True,
            is_admin=True,
            by=ada,
        )

        (message,) = post()

        assert "Hello Úna O'Brien & co," in message.body
        assert "as: clinician, clinic admin." in message.body

    def test_a_second_invitation_replaces_the_first(self, alder_house: Clinic, ada: User) -> None:
        first = invite(alder_house, ada)
        second = invite(alder_house, ada)

        first.refresh_from_db()
        assert first.revoked_at
        assert list(Invitation.objects.open()) == [second]

    def test_somebody_who_belongs_here_is_not_invited(
        self, alder_house: Clinic, ada: User, mira: User
    ) -> None:
        with pytest.raises(actions.AlreadyHere) as here:
            invite(alder_house, ada, email=mira.email.upper())

        assert here.value.place == mira.memberships.get()
        assert not Invitation.objects.exists()

    def test_somebody_of_another_clinic_is_invited(
        self, alder_house: Clinic, ada: User, rune: User
    ) -> None:
        assert invite(alder_house, ada, email=rune.email)

    def test_sending_again_makes_a_new_link_and_ends_the_old(
        self, alder_house: Clinic, ada: User, post: Post
    ) -> None:
        invitation = make_invitation(
            clinic=alder_house, token="old", expires_at=now() - timedelta(days=1)
        )

        actions.resend_invitation(invitation=invitation, by=ada)

        (message,) = post()
        token = path_in(message).split("/")[2]
        found = Invitation.objects.open().with_token(token)
        assert found == invitation
        assert Invitation.objects.with_token("old") is None
        assert last_event().kind == "invitation_resent"

    def test_withdrawn_invitation_cannot_be_sent_again(
        self, alder_house: Clinic, ada: User
    ) -> None:
        invitation = make_invitation(clinic=alder_house)
        actions.revoke_invitation(invitation=invitation, by=ada)

        with pytest.raises(Refused):
            actions.resend_invitation(invitation=invitation, by=ada)

        assert last_event().kind == "invitation_revoked"

    def test_accepted_invitation_cannot_be_withdrawn(
        self, alder_house: Clinic, ada: User, rune: User
    ) -> None:
        invitation = make_invitation(clinic=alder_house)
        actions.accept_invitation(invitation=invitation, by=rune)

        with pytest.raises(Refused):
            actions.revoke_invitation(invitation=invitation, by=ada)


class TestAccept:
    """Taking the place one was invited to."""

    def test_a_second_acceptance_is_refused(
        self, alder_house: Clinic, rune: User, jonas: User
    ) -> None:
        invitation = make_invitation(clinic=alder_house)
        actions.accept_invitation(invitation=invitation, by=rune)

        with pytest.raises(Refused):
            actions.accept_invitation(invitation=invitation, by=jonas)

        assert invitation.clinic.memberships.filter(user=rune).count() == 1

    def test_a_place_that_had_ended_is_given_back_in_the_invited_roles(
        self, alder_house: Clinic, rune: User
    ) -> None:
        make_membership(user=rune, clinic=alder_house, deactivated_at=now())
        invitation = make_invitation(clinic=alder_house, is_clinician=False, is_admin=True)

        place = actions.accept_invitation(invitation=invitation, by=rune)

        assert place.is_current
        assert (place.is_clinician, place.is_admin) == (False, True)


class TestDeactivate:
    """Ending somebody's place, and giving it back."""

    def test_person_is_signed_out_and_locked_at_once(
        self, client: Client, ada: User, mira: User
    ) -> None:
        client.post("/accounts/login/", {"login": mira.email, "password": PASSWORD})
        unlock(Client(), mira)
        assert UserSession.objects.filter(user=mira).exists()

        actions.deactivate(place=mira.memberships.get(), by=ada)

        assert client.get("/account/").status_code == 302
        assert not Session.objects.filter(pk=client.cookies["session"].value).exists()
        assert not UserSession.objects.filter(user=mira).exists()
        assert not Unlock.objects.filter(user=mira).exists()

    def test_their_browser_says_so_at_once_and_once(
        self, client: Client, ada: User, mira: User
    ) -> None:
        client.post("/accounts/login/", {"login": mira.email, "password": PASSWORD})
        actions.deactivate(place=mira.memberships.get(), by=ada)

        asked = client.get("/vault/state/", headers={"accept": "application/json"})
        typed = client.post("/journal/new/", {"took_place": "I said it was nothing, and left."})
        first, second = (client.get("/journal/", follow=True) for _time in range(2))

        assert (asked.status_code, asked.json()["error"]) == (401, "switched_off")
        assert "switched off" in asked.json()["message"]
        assert typed.status_code == 401
        assert "I said it was nothing, and left." in typed.content.decode()
        assert "was switched off" in typed.content.decode()
        assert "The account that was signed in in this browser" in first.content.decode()
        assert second.redirect_chain == [("/accounts/login/?next=/journal/", 302)]

    def test_their_browser_offers_whoever_uses_it_next_to_sign_in(
        self, client: Client, ada: User, mira: User
    ) -> None:
        client.post("/accounts/login/", {"login": mira.email, "password": PASSWORD})
        actions.deactivate(place=mira.memberships.get(), by=ada)

        page = client.get("/journal/", follow=True)

        assert page.redirect_chain == [("/accounts/login/?next=/journal/", 302)]
        assert (
            "The account that was signed in in this browser was switched" in page.content.decode()
        )
        assert "This account" not in page.content.decode()
        assert 'name="password"' in page.content.decode()

    def test_text_that_was_refused_leads_to_the_sign_in(
        self, client: Client, ada: User, mira: User
    ) -> None:
        place = mira.memberships.get()
        client.post("/accounts/login/", {"login": mira.email, "password": PASSWORD})
        actions.deactivate(place=place, by=ada)
        typed = {"took_place": "I said it was nothing, and left.", "writer": str(mira.pk)}

        kept = client.post("/journal/new/", typed).content.decode().split("<main")[1]
        actions.reactivate(place=place, by=ada)
        client.post("/accounts/login/", {"login": mira.email, "password": PASSWORD})

        assert 'href="/accounts/login/" target="_blank"' in kept
        assert "switched off" not in client.post("/journal/new/", typed).content.decode()

    def test_word_goes_when_somebody_signs_in(
        self, client: Client, ada: User, mira: User, rune: User
    ) -> None:
        client.post("/accounts/login/", {"login": mira.email, "password": PASSWORD})
        actions.deactivate(place=mira.memberships.get(), by=ada)
        client.get("/accounts/login/")

        client.post("/accounts/login/", {"login": rune.email, "password": PASSWORD})

        assert client.session["_auth_user_id"] == str(rune.pk)
        assert ended.WORD not in client.session

    def test_nobody_else_is_told(self, client: Client, ada: User, mira: User) -> None:
        mine = Client()
        mine.post("/accounts/login/", {"login": mira.email, "password": PASSWORD})
        left = mine.cookies["session"].value
        mine.post("/accounts/logout/")
        actions.deactivate(place=mira.memberships.get(), by=ada)

        for key in ("", left, "0123456789abcdefghijklmnopqrstuv"):
            client.cookies["session"] = key
            assert client.get("/journal/")["Location"] == "/accounts/login/?next=/journal/"

    def test_person_cannot_sign_in_again_until_reactivated(
        self, client: Client, ada: User, mira: User
    ) -> None:
        place = mira.memberships.get()
        actions.deactivate(place=place, by=ada)
        client.post("/accounts/login/", {"login": mira.email, "password": PASSWORD})
        assert "_auth_user_id" not in client.session

        actions.reactivate(place=place, by=ada)
        client.post("/accounts/login/", {"login": mira.email, "password": PASSWORD})
        assert "_auth_user_id" in client.session

    def test_journal_is_untouched(self, ada: User, mira: User) -> None:
        before = list(mira.vaults.values())

        actions.deactivate(place=mira.memberships.get(), by=ada)

        assert list(mira.vaults.values()) == before

    def test_person_with_a_place_elsewhere_keeps_their_account(
        self, elsewhere: Clinic, ada: User, mira: User
    ) -> None:
        make_membership(user=mira, clinic=elsewhere)

        actions.deactivate(place=mira.memberships.get(clinic__name="Alder House"), by=ada)

        mira.refresh_from_db()
        assert mira.is_active
        assert [place.clinic for place in Membership.objects.of(mira)] == [elsewhere]

    def test_it_is_written_into_the_persons_log(self, ada: User, mira: User) -> None:
        actions.deactivate(place=mira.memberships.get(), by=ada)

        event = last_event()
        assert (event.kind, event.user, event.by) == ("deactivated", mira, ada)

    def test_nobody_deactivates_themselves(self, alder_house: Clinic, ada: User) -> None:
        make_membership(user=make_user(), clinic=alder_house, is_admin=True)

        with pytest.raises(Refused):
            actions.deactivate(place=ada.memberships.get(), by=ada)

        ada.refresh_from_db()
        assert ada.is_active
        assert not AccountEvent.objects.exists()

    def test_place_held_cannot_be_reactivated(self, ada: User, mira: User) -> None:
        with pytest.raises(Refused):
            actions.reactivate(place=mira.memberships.get(), by=ada)


class TestClose:
    """The operator's closing of an account, which is apart from places ended."""

    @pytest.fixture
    def ended(self, elsewhere: Clinic, rune: User, mira: User) -> Membership:
        """Mira's place in Elsewhere, ended before; she has one in Alder House too."""
        place = make_membership(user=mira, clinic=elsewhere)
        actions.deactivate(place=place, by=rune)
        return place

    def test_clinic_cannot_open_what_the_operator_closed(
        self, ended: Membership, rune: User, mira: User, operator: User
    ) -> None:
        actions.close_account(person=mira, by=operator)

        with pytest.raises(Refused):
            actions.reactivate(place=ended, by=rune)

        mira.refresh_from_db()
        ended.refresh_from_db()
        assert not mira.is_active
        assert not ended.is_current

    def test_account_that_a_clinic_ended_first_can_be_closed_too(
        self, ada: User, mira: User, operator: User
    ) -> None:
        place = mira.memberships.get()
        actions.deactivate(place=place, by=ada)
        mira.refresh_from_db()
        actions.close_account(person=mira, by=operator)

        with pytest.raises(Refused):
            actions.reactivate(place=place, by=ada)

    def test_opened_by_the_operator_the_place_is_the_clinics_to_give_back(
        self, ended: Membership, rune: User, mira: User, operator: User
    ) -> None:
        actions.close_account(person=mira, by=operator)
        actions.open_account(person=mira, by=operator)

        actions.reactivate(place=ended, by=rune)

        mira.refresh_from_db()
        assert mira.is_active
        assert mira.closed_at is None

    def test_closing_signs_out_and_is_written_into_the_log(
        self, client: Client, mira: User, operator: User
    ) -> None:
        unlock(client, mira)
        actions.close_account(person=mira, by=operator)

        assert client.get("/account/").status_code == 302
        assert not Unlock.objects.filter(user=mira).exists()
        event = last_event()
        assert (event.kind, event.user, event.by) == ("deactivated", mira, operator)

    def test_closed_account_is_never_active(self, mira: User, operator: User) -> None:
        actions.close_account(person=mira, by=operator)

        with pytest.raises(IntegrityError), transaction.atomic():
            User.objects.filter(pk=mira.pk).update(is_active=True)


class TestRoles:
    """Changing what somebody is in the clinic."""

    def test_roles_change_and_the_log_says_to_what(self, ada: User, mira: User) -> None:
        place = actions.change_roles(
            place=mira.memberships.get(), is_clinician=True, is_admin=True, by=ada
        )

        assert place.is_admin
        assert (last_event().kind, last_event().detail) == (
            "roles_changed",
            "clinician, clinic admin",
        )

    def test_the_same_roles_again_write_nothing(self, ada: User, mira: User) -> None:
        actions.change_roles(
            place=mira.memberships.get(), is_clinician=True, is_admin=False, by=ada
        )

        assert not AccountEvent.objects.exists()

    def test_last_admin_stays_admin(self, ada: User) -> None:
        with pytest.raises(Refused):
            actions.change_roles(
                place=ada.memberships.get(), is_clinician=True, is_admin=False, by=ada
            )

        assert ada.memberships.get().is_admin

    def test_two_admins_cannot_leave_the_clinic_with_none(
        self, alder_house: Clinic, ada: User
    ) -> None:
        other = make_user()
        theirs = make_membership(user=other, clinic=alder_house, is_admin=True)
        actions.change_roles(place=theirs, is_clinician=True, is_admin=False, by=ada)

        with pytest.raises(Refused):
            actions.change_roles(
                place=ada.memberships.get(), is_clinician=True, is_admin=False, by=ada
            )

    def test_somebody_without_any_role_is_refused(self, ada: User, mira: User) -> None:
        with pytest.raises(Refused):
            actions.change_roles(
                place=mira.memberships.get(), is_clinician=False, is_admin=False, by=ada
            )

    def test_deactivated_person_gets_no_role(self, ada: User, mira: User) -> None:
        place = mira.memberships.get()
        actions.deactivate(place=place, by=ada)

        with pytest.raises(Refused):
            actions.change_roles(place=place, is_clinician=True, is_admin=True, by=ada)
