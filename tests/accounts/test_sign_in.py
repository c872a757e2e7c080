"""Signing in: the address as the login, confirmed; reset, change, two steps, browsers."""

import re
from datetime import UTC, datetime

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.usersessions.models import UserSession
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.adapter import MFAAdapter
from accounts.models import AccountEvent, User
from tests.accounts.conftest import Post, path_in
from tests.factories import PASSWORD, make_user
from vault.crypto import CannotOpen

pytestmark = pytest.mark.django_db
SIGN_IN = "/accounts/login/"
NEW_PASSWORD = "a-lamp-and-three-windows"
SECRET = "JBSWY3DPEHPK3PXP"


def sign_in(client: Client, user: User, password: str = PASSWORD) -> bool:
    """Sign in by the page; return whether the client is signed in afterwards."""
    client.post(SIGN_IN, {"login": user.email, "password": password})
    return "_auth_user_id" in client.session


def confirm_password(client: Client) -> None:
    """Type the password once more, as pages ask before they change how one signs in."""
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})


def code_now(secret: str = SECRET) -> str:
    """Return what an authenticator app shows for ``secret``."""
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))


def kinds(user: User) -> list[str]:
    return list(AccountEvent.objects.filter(user=user).values_list("kind", flat=True))


def test_address_and_password_sign_in_however_the_address_is_capitalised(
    client: Client, mira: User
) -> None:
    client.post(SIGN_IN, {"login": "MIRA@Alder.Example", "password": PASSWORD})

    assert client.session["_auth_user_id"] == str(mira.pk)


def test_wrong_password_is_refused_without_saying_which_part_was_wrong(
    client: Client, mira: User
) -> None:
    known = client.post(SIGN_IN, {"login": mira.email, "password": "wrong"})
    unknown = client.post(SIGN_IN, {"login": "nobody@alder.example", "password": "wrong"})

    assert "_auth_user_id" not in client.session
    assert known.context["form"].errors == unknown.context["form"].errors


def test_guessing_is_stopped_after_five_tries(client: Client, mira: User) -> None:
    for _ in range(5):
        sign_in(client, mira, "wrong")

    assert not sign_in(client, mira)


def test_unconfirmed_address_gets_a_mail_instead_of_a_session(client: Client, post: Post) -> None:
    user = make_user(email="new@example.com")
    EmailAddress.objects.filter(user=user).update(verified=False)

    assert not sign_in(client, user)
    (message,) = post()
    client.post(path_in(message))
    assert sign_in(client, user)


def test_opening_the_confirmation_link_alone_confirms_nothing(client: Client, post: Post) -> None:
    user = make_user(email="new@example.com")
    EmailAddress.objects.filter(user=user).update(verified=False)
    sign_in(client, user)
    (message,) = post()

    client.get(path_in(message))

    assert not EmailAddress.objects.get(user=user).verified


def test_inactive_person_cannot_sign_in(client: Client, mira: User) -> None:
    User.objects.filter(pk=mira.pk).update(is_active=False)

    assert not sign_in(client, mira)


def test_session_ends_at_once_when_a_person_is_made_inactive(client: Client, mira: User) -> None:
    sign_in(client, mira)
    User.objects.filter(pk=mira.pk).update(is_active=False)

    assert client.get("/account/").status_code == 302


def test_session_does_not_outlive_the_browser(client: Client, mira: User) -> None:
    sign_in(client, mira)

    assert client.session.get_expire_at_browser_close()


@pytest.mark.parametrize("nowhere", ["abc", "abc.html", "//evil.example/"])
def test_what_is_no_page_of_ours_leads_to_the_first_page(
    client: Client, mira: User, nowhere: str
) -> None:
    typed = {"login": mira.email, "password": PASSWORD, "next": nowhere}
    assert client.post(SIGN_IN, typed)["Location"] == "/"
    assert client.get(SIGN_IN, {"next": nowhere})["Location"] == "/"
    assert client.post("/accounts/logout/", {"next": nowhere})["Location"] == "/"


def test_signing_out_takes_a_post(client: Client, mira: User) -> None:
    sign_in(client, mira)

    client.get("/accounts/logout/")
    assert "_auth_user_id" in client.session
    client.post("/accounts/logout/")
    assert "_auth_user_id" not in client.session


class TestPassword:
    """Changing it, and setting a new one by a mailed link."""

    def test_changing_it_keeps_this_session_and_ends_the_others(
        self, client: Client, mira: User
    ) -> None:
        other = Client()
        sign_in(client, mira)
        sign_in(other, mira)

        client.post(
            "/accounts/password/change/",
            {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD},
        )

        assert client.get("/account/").status_code == 200
        assert other.get("/account/").status_code == 302
        assert kinds(mira) == ["password_changed"]

    def test_changing_it_needs_the_present_one(self, client: Client, mira: User) -> None:
        sign_in(client, mira)

        client.post(
            "/accounts/password/change/",
            {"oldpassword": "wrong", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD},
        )

        mira.refresh_from_db()
        assert mira.check_password(PASSWORD)
        assert kinds(mira) == []

    def test_a_mailed_link_sets_a_new_one(self, client: Client, mira: User, post: Post) -> None:
        client.post("/accounts/password/reset/", {"email": mira.email})
        (message,) = post()
        page = client.get(path_in(message), follow=True)
        client.post(
            page.request["PATH_INFO"], {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
        )

        mira.refresh_from_db()
        assert mira.check_password(NEW_PASSWORD)
        assert kinds(mira) == ["password_reset"]
        assert "_auth_user_id" not in client.session

    def test_mail_of_it_tells_the_time_by_the_persons_own_clock(
        self, client: Client, mira: User, post: Post
    ) -> None:
        User.objects.filter(pk=mira.pk).update(timezone="Pacific/Auckland")
        with time_machine.travel(datetime(2026, 6, 1, 18, tzinfo=UTC), tick=False):
            client.post("/accounts/password/reset/", {"email": mira.email})
            page = client.get(path_in(post()[0]), follow=True)
            client.post(
                page.request["PATH_INFO"], {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
            )

            assert "2 June 2026, 06:00 NZST" in post()[-1].body

    def test_the_link_works_once(self, client: Client, mira: User, post: Post) -> None:
        client.post("/accounts/password/reset/", {"email": mira.email})
        (message,) = post()
        page = client.get(path_in(message), follow=True)
        client.post(
            page.request["PATH_INFO"], {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
        )

        again = Client().get(path_in(message), follow=True)

        assert again.context["token_fail"]

    def test_asking_for_an_unknown_address_looks_the_same(
        self, client: Client, mira: User, post: Post
    ) -> None:
        known = client.post("/accounts/password/reset/", {"email": mira.email})
        unknown = client.post("/accounts/password/reset/", {"email": "nobody@example.com"})

        assert known.headers["Location"] == unknown.headers["Location"]
        assert [message.subject for message in post()] == [
            "Set a new password for Mend",
            "No account in Mend with this address",
        ]

    def test_changing_it_is_told_by_mail(self, client: Client, mira: User, post: Post) -> None:
        sign_in(client, mira)
        client.post(
            "/accounts/password/change/",
            {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD},
        )

        (message,) = post()

        assert message.subject == "Your password in Mend was changed"
        assert NEW_PASSWORD not in message.body


class TestAddress:
    """Changing the address one signs in with."""

    def test_new_address_is_used_only_once_confirmed(
        self, client: Client, mira: User, post: Post
    ) -> None:
        sign_in(client, mira)
        confirm_password(client)
        client.post("/accounts/email/", {"email": "mira@new.example", "action_add": ""})
        mira.refresh_from_db()
        assert mira.email == "mira@alder.example"

        (message,) = post()
        client.post(path_in(message))

        mira.refresh_from_db()
        assert message.to == ["mira@new.example"]
        assert mira.email == "mira@new.example"
        assert kinds(mira) == ["email_changed"]

    def test_the_old_address_is_told(self, client: Client, mira: User, post: Post) -> None:
        sign_in(client, mira)
        confirm_password(client)
        client.post("/accounts/email/", {"email": "mira@new.example", "action_add": ""})
        (message,) = post()
        client.post(path_in(message))

        assert post()[-1].to == ["mira@alder.example"]

    def test_the_password_is_asked_for_once_more(self, client: Client, mira: User) -> None:
        sign_in(client, mira)

        response = client.post("/accounts/email/", {"email": "thief@example.com", "action_add": ""})

        assert response.headers["Location"].startswith(reverse("account_reauthenticate"))
        assert not EmailAddress.objects.filter(email="thief@example.com").exists()


class TestTwoSteps:
    """A second step by an authenticator app, and its back-up codes."""

    @pytest.mark.django_db(transaction=True)
    def test_app_is_added_asked_for_and_taken_away(self, client: Client, mira: User) -> None:
        sign_in(client, mira)
        confirm_password(client)
        client.get("/accounts/2fa/totp/activate/")
        shown = client.session["mfa.totp.secret"]

        client.post("/accounts/2fa/totp/activate/", {"code": code_now(shown)})

        assert kinds(mira) == ["two_step_on"]
        assert not sign_in(Client(), mira)

        client.post("/accounts/2fa/recovery-codes/generate/")
        client.post("/accounts/2fa/totp/deactivate/")

        assert set(kinds(mira)) == {"two_step_on", "recovery_codes_made", "two_step_off"}
        assert sign_in(Client(), mira)

    def test_code_of_the_app_completes_signing_in(self, client: Client, mira: User) -> None:
        TOTP.activate(mira, SECRET)
        assert not sign_in(client, mira)

        client.post("/accounts/2fa/authenticate/", {"code": code_now()})

        assert client.session["_auth_user_id"] == str(mira.pk)

    def test_wrong_code_does_not(self, client: Client, mira: User) -> None:
        TOTP.activate(mira, SECRET)
        sign_in(client, mira)

        client.post("/accounts/2fa/authenticate/", {"code": "000000"})

        assert "_auth_user_id" not in client.session

    def test_second_step_cannot_be_reached_without_the_first(self, client: Client) -> None:
        response = client.get("/accounts/2fa/authenticate/")

        assert response.headers["Location"] == SIGN_IN

    def test_back_up_code_works_once(self, client: Client, mira: User) -> None:
        TOTP.activate(mira, SECRET)
        code = RecoveryCodes.activate(mira).get_unused_codes()[0]
        sign_in(client, mira)
        client.post("/accounts/2fa/authenticate/", {"code": code})
        assert "_auth_user_id" in client.session

        other = Client()
        sign_in(other, mira)
        other.post("/accounts/2fa/authenticate/", {"code": code})
        assert "_auth_user_id" not in other.session

    def test_secret_is_not_kept_in_clear(self, mira: User) -> None:
        TOTP.activate(mira, SECRET)
        RecoveryCodes.activate(mira)

        kept = {row.type: str(row.data) for row in Authenticator.objects.filter(user=mira)}
        assert SECRET not in kept["totp"]
        assert re.search(r"'seed': '01[0-9a-f]{60,}'", kept["recovery_codes"])

    def test_secret_of_another_installation_does_not_open(
        self, mira: User, settings: Settings
    ) -> None:
        wrapped = TOTP.activate(mira, SECRET).instance.data["secret"]
        settings.SECRET_KEY = "another-installation" * 3

        with pytest.raises(CannotOpen):
            MFAAdapter().decrypt(wrapped)

    def test_secret_of_an_earlier_key_still_opens(self, mira: User, settings: Settings) -> None:
        wrapped = TOTP.activate(mira, SECRET).instance.data["secret"]
        settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
        settings.SECRET_KEY = "the-key-after-a-rotation" * 2

        assert MFAAdapter().decrypt(wrapped) == SECRET


class TestBrowsers:
    """The list of browsers one is signed in with."""

    def test_each_browser_is_listed(self, client: Client, mira: User) -> None:
        sign_in(client, mira)
        tablet = "Mozilla/5.0 (Android 14; Tablet; rv:130.0) Gecko/130.0 Firefox/130.0"
        sign_in(Client(headers={"user-agent": tablet}), mira)

        page = client.get("/accounts/sessions/")

        assert "Firefox on Android" in page.content.decode()

    def test_the_others_can_be_signed_out(self, client: Client, mira: User) -> None:
        other = Client()
        sign_in(client, mira)
        sign_in(other, mira)

        client.post("/accounts/sessions/")

        assert client.get("/account/").status_code == 200
        assert other.get("/account/").status_code == 302

    def test_nobody_elses_browser_is_listed(self, client: Client, mira: User, jonas: User) -> None:
        sign_in(Client(headers={"user-agent": "Jonas's Telephone"}), jonas)
        sign_in(client, mira)

        page = client.get("/accounts/sessions/")

        assert "Telephone" not in page.content.decode()
        assert UserSession.objects.count() == 2
