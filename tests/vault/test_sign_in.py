"""Signing in and out, and what each does to the vault."""

import re
from typing import Any

import pytest
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.conf import settings
from django.contrib.auth import login
from django.contrib.sessions.backends.db import SessionStore
from django.core import mail
from django.http import HttpResponse
from django.test import Client, RequestFactory

from accounts.models import User
from tests.factories import PASSWORD, make_user, unlock, vault_keys
from tests.vault.conftest import rows, sign_in, state, vault_cookie
from vault.crypto import CannotOpen
from vault.middleware import VaultMiddleware
from vault.models import KeySlot, Unlock, Vault, VaultEvent

pytestmark = pytest.mark.django_db
NEW = "a-kettle-on-the-landing"


def with_totp(user: User) -> str:
    secret = generate_totp_secret()
    Authenticator.objects.create(
        user=user,
        type=Authenticator.Type.TOTP,
        data={"secret": get_mfa_adapter().encrypt(secret)},
    )
    return secret


def totp(secret: str) -> str:
    counter = next(yield_hotp_counters_from_time())
    return f"{hotp_value(secret, counter):06d}"


def password_slot(user: User) -> KeySlot:
    slot = Vault.objects.active().get(user=user).slot(KeySlot.Kind.PASSWORD)
    assert slot is not None
    return slot


def events(user: User) -> list[str]:
    return list(VaultEvent.objects.of(user).values_list("kind", flat=True))


def reset_link(user: User) -> str:
    bodies = [str(sent.body) for sent in mail.outbox if user.email in sent.to]
    newest = next(body for body in reversed(bodies) if "/password/reset/key/" in body)
    found = re.search(r"https?://[^/]+(/accounts/password/reset/key/\S+)", newest)
    assert found is not None
    return found[1]


def reset_by_mail(client: Client, user: User, password: str) -> None:
    client.post("/accounts/password/reset/", {"email": user.email})
    page = client.get(reset_link(user), follow=True)
    path = page.redirect_chain[-1][0]
    response = client.post(path, {"password1": password, "password2": password})
    assert response.status_code == 302, response.content.decode()


@pytest.fixture(autouse=True)
def _mails_are_seen(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


# --- Signing in ----------------------------------------------------------------------------------


def test_signing_in_with_the_password_unlocks(client: Client, mira: User) -> None:
    sign_in(client, mira)
    assert state(client) == "unlocked"
    assert b"saved" in client.post("/test/write/", {"text": "a sentence"}).content


def test_wrong_password_unlocks_nothing(client: Client, mira: User) -> None:
    response = client.post("/accounts/login/", {"login": mira.email, "password": NEW})
    assert response.status_code == 200
    assert vault_cookie(client) == ""
    assert rows(mira) == 0


def test_first_sign_in_makes_a_vault_that_is_not_written_to_yet(client: Client) -> None:
    user = make_user()
    sign_in(client, user)
    vault = Vault.objects.get(user=user)
    assert not vault.is_ready
    assert state(client) == "none"
    assert client.get("/test/write/").status_code == 302


def test_second_factor_keeps_the_vault_locked_until_it_is_given(client: Client, mira: User) -> None:
    secret = with_totp(mira)
    response = client.post("/accounts/login/", {"login": mira.email, "password": PASSWORD})
    assert response.status_code == 302
    row = Unlock.objects.get(user=mira)
    assert row.pending
    assert PASSWORD not in str(dict(client.session.items()))
    assert client.get("/test/write/").status_code in (302, 401)

    client.post("/accounts/2fa/authenticate/", {"code": totp(secret)})
    row.refresh_from_db()
    assert not row.pending
    assert state(client) == "unlocked"


def test_wrong_second_factor_leaves_the_vault_pending(client: Client, mira: User) -> None:
    with_totp(mira)
    client.post("/accounts/login/", {"login": mira.email, "password": PASSWORD})
    client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert Unlock.objects.get(user=mira).pending
    assert client.get("/vault/state/").status_code == 302


def test_pending_row_is_of_no_use_to_a_session_that_is_already_signed_in(
    client: Client, second: Client, mira: User
) -> None:
    with_totp(mira)
    client.post("/accounts/login/", {"login": mira.email, "password": PASSWORD})
    cookie = vault_cookie(client)
    second.force_login(mira)
    second.cookies[settings.VAULT_COOKIE_NAME] = cookie
    assert state(second) == "locked"


def test_left_over_cookie_does_not_open_the_vault_at_another_kind_of_sign_in(
    client: Client, mira: User
) -> None:
    unlock(client, mira)
    cookie = vault_cookie(client)
    del client.cookies[settings.SESSION_COOKIE_NAME]  # It ended; the vault's cookie stayed.
    sign_in_without_password(client, mira)
    assert rows(mira) == 0
    client.cookies[settings.VAULT_COOKIE_NAME] = cookie
    assert state(client) == "locked"


def sign_in_without_password(client: Client, user: User) -> None:
    """Sign in without a password, as a passkey or an e-mail code does: Django's own signal."""

    cookies = client.cookies.output(header="", sep=";")
    request = RequestFactory().get("/", headers={"cookie": cookies})
    request.session = SessionStore()

    def view(request: Any) -> Any:

        login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
        return HttpResponse()

    response = VaultMiddleware(view)(request)
    request.session.save()
    client.cookies.update(response.cookies)
    client.cookies[settings.SESSION_COOKIE_NAME] = str(request.session.session_key)


def test_confirming_the_password_again_unlocks(client: Client, mira: User) -> None:
    client.force_login(mira)
    assert state(client) == "locked"
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert state(client) == "unlocked"


def test_confirming_with_a_wrong_password_leaves_it_locked(client: Client, mira: User) -> None:
    client.force_login(mira)
    client.post("/accounts/reauthenticate/", {"password": NEW})
    assert state(client) == "locked"


def test_password_of_a_deactivated_person_opens_nothing(client: Client, mira: User) -> None:
    mira.is_active = False
    mira.save(update_fields=["is_active"])
    client.post("/accounts/login/", {"login": mira.email, "password": PASSWORD})
    assert rows(mira) == 0


def test_password_never_reaches_the_session(client: Client, mira: User) -> None:
    sign_in(client, mira)
    kept = str(dict(client.session.items()))
    assert PASSWORD not in kept
    assert AUTHENTICATION_METHODS_SESSION_KEY in kept


def test_slot_made_with_another_cost_is_made_anew_at_sign_in(
    client: Client, mira: User, settings: Any
) -> None:
    settings.VAULT_ARGON2 = {"memory_kib": 128, "time": 2, "lanes": 1}
    sign_in(client, mira)
    assert password_slot(mira).params == settings.VAULT_ARGON2
    assert vault_keys(mira).vault_id == mira.vaults.get().pk


# --- Signing out ---------------------------------------------------------------------------------


def test_signing_out_drops_the_key_and_the_cookie(client: Client, mira: User) -> None:
    sign_in(client, mira)
    client.post("/accounts/logout/")
    assert rows(mira) == 0
    assert vault_cookie(client) == ""


def test_signing_out_in_one_tab_locks_a_late_one(client: Client, mira: User) -> None:
    sign_in(client, mira)
    cookie = vault_cookie(client)
    client.post("/accounts/logout/")
    client.force_login(mira)  # A late tab that still has both cookies.
    client.cookies[settings.VAULT_COOKIE_NAME] = cookie
    assert state(client) == "locked"


def test_signing_out_leaves_another_browser_unlocked(
    client: Client, second: Client, mira: User
) -> None:
    sign_in(client, mira)
    sign_in(second, mira)
    client.post("/accounts/logout/")
    assert state(second) == "unlocked"


# --- Changing and resetting the password ---------------------------------------------------------


def change_password(client: Client, old: str, new: str) -> Any:
    # allauth asks who changes a password to have confirmed it lately.
    client.post("/accounts/reauthenticate/", {"password": old})
    return client.post(
        "/accounts/password/change/", {"oldpassword": old, "password1": new, "password2": new}
    )


def test_changing_the_password_takes_the_vault_along(
    client: Client, second: Client, mira: User
) -> None:
    sign_in(client, mira)
    sign_in(second, mira)
    assert change_password(client, PASSWORD, NEW).status_code == 302
    assert state(client) == "unlocked"
    assert rows(mira) == 1  # The other browser is locked.
    client.post("/accounts/logout/")
    sign_in(client, mira, NEW)
    assert state(client) == "unlocked"
    assert VaultEvent.Kind.PASSWORD_CHANGED in events(mira)
    assert VaultEvent.Kind.WENT_STALE not in events(mira)


def test_old_password_opens_nothing_after_the_change(client: Client, mira: User) -> None:

    sign_in(client, mira)
    change_password(client, PASSWORD, NEW)
    with pytest.raises(CannotOpen):
        vault_keys(mira, PASSWORD)


def test_changing_the_password_while_locked_takes_the_vault_along(
    client: Client, mira: User
) -> None:
    sign_in(client, mira)
    client.post("/vault/lock/")
    response = client.post(
        "/accounts/password/change/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    )
    assert response.status_code == 302
    assert not password_slot(mira).is_stale
    assert vault_keys(mira, NEW).vault_id == mira.vaults.get().pk


def test_reset_by_mail_leaves_the_vault_locked_and_whole(
    client: Client, second: Client, mira: User
) -> None:
    sign_in(second, mira)
    reset_by_mail(client, mira, NEW)
    assert password_slot(mira).is_stale
    assert rows(mira) == 0
    sign_in(client, mira, NEW)
    assert state(client) == "locked"
    assert vault_keys(mira, PASSWORD).vault_id == mira.vaults.get().pk
    assert events(mira)[0] == VaultEvent.Kind.WENT_STALE


def test_reset_back_to_the_old_password_opens_the_vault_again(client: Client, mira: User) -> None:
    reset_by_mail(client, mira, NEW)
    reset_by_mail(client, mira, PASSWORD)
    sign_in(client, mira)
    assert state(client) == "unlocked"
    assert not password_slot(mira).is_stale


def test_reset_before_the_first_code_gives_a_fresh_empty_vault(client: Client) -> None:
    user = make_user()
    sign_in(client, user)
    first = Vault.objects.get(user=user)
    client.post("/accounts/logout/")
    reset_by_mail(client, user, NEW)
    sign_in(client, user, NEW)
    fresh = Vault.objects.active().get(user=user)
    assert fresh.pk != first.pk
    assert state(client) == "none"
    assert "code" in client.post("/vault/setup/", {}).content.decode()
    assert not Vault.objects.sealed_of(user)  # It held nothing, so nothing is said of it.


def test_password_set_from_outside_is_noticed_at_the_next_sign_in(
    client: Client, second: Client, mira: User
) -> None:
    unlock(second, mira)
    mira.set_password(NEW)  # As ``changepassword`` and the Django admin do.
    mira.save(update_fields=["password"])
    assert not password_slot(mira).is_stale
    sign_in(client, mira, NEW)
    assert state(client) == "locked"
    assert password_slot(mira).is_stale
    assert rows(mira) == 0


def test_signing_up_makes_no_vault_before_the_password_is_asked_again(
    client: Client, alder_house: Any
) -> None:
    user = make_user(name="New Person")
    client.force_login(user)
    assert not Vault.objects.exists()
    page = client.get("/vault/setup/").content.decode()
    assert 'type="password"' in page
