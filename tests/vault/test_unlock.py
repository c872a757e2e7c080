"""Unlocking, locking, opening again after a reset."""

import re
from typing import Any

import pytest
from allauth.account import app_settings as allauth_settings
from django.test import Client

from accounts.models import User
from tests.factories import PASSWORD, make_vault, recovery_code, unlock, vault_keys
from tests.vault.conftest import rows, state, vault_cookie
from vault import actions, opening
from vault.crypto import show_recovery_code
from vault.models import KeySlot, Vault, VaultEvent

pytestmark = pytest.mark.django_db
NEW = "a-kettle-on-the-landing"
JSON = {"Accept": "application/json"}
OTHER_CODE = show_recovery_code(b"another code 128")


def reset_elsewhere(user: User) -> None:
    """Set the account's password without opening the vault, as a reset by mail does."""
    user.set_password(NEW)
    user.save(update_fields=["password"])
    actions.mark_stale(vault=user.vaults.get())


@pytest.fixture
def locked(client: Client, mira: User) -> Client:
    """Mira's browser, signed in without a password."""
    client.force_login(mira)
    return client


@pytest.fixture
def stale(client: Client, mira: User) -> Client:
    """Mira's browser after a reset by mail."""
    reset_elsewhere(mira)
    client.force_login(mira)
    return client


# --- With the password ---------------------------------------------------------------------------


def test_password_unlocks_and_leads_back(locked: Client) -> None:
    response = locked.post("/vault/unlock/", {"password": PASSWORD, "next": "/test/write/?a=1"})
    assert response["Location"] == "/test/write/?a=1"
    assert state(locked) == "unlocked"


@pytest.mark.parametrize("nowhere", ["abc", "abc.html", "./abc", "//evil.example/", "javascript:1"])
def test_what_is_no_page_of_ours_leads_to_the_first_page(locked: Client, nowhere: str) -> None:
    response = locked.post("/vault/unlock/", {"password": PASSWORD, "next": nowhere})
    assert response["Location"] == "/"
    assert state(locked) == "unlocked"
    assert locked.get("/vault/unlock/", {"next": nowhere})["Location"] == "/"


def test_wrong_password_is_told_and_nothing_opens(locked: Client) -> None:
    response = locked.post("/vault/unlock/", {"password": NEW})
    assert response.status_code == 400
    said = response.content.decode()
    assert "not your password" in said
    assert "Nothing was lost" in said
    assert NEW not in said
    assert state(locked) == "locked"


def test_another_persons_password_opens_nothing(client: Client, mira: User, jonas: User) -> None:
    Vault.objects.filter(user=jonas).delete()
    make_vault(jonas, NEW)
    client.force_login(mira)
    assert client.post("/vault/unlock/", {"password": NEW}).status_code == 400
    assert state(client) == "locked"


def test_next_page_is_never_elsewhere(locked: Client) -> None:
    answer = locked.post("/vault/unlock/", {"password": PASSWORD, "next": "//evil.example"})
    assert answer["Location"] == "/"


def test_unlocked_person_is_sent_on(client: Client, mira: User) -> None:
    unlock(client, mira)
    assert client.get("/vault/unlock/?next=/test/write/")["Location"] == "/test/write/"


def test_too_many_tries_are_refused_with_the_minutes_to_wait(locked: Client) -> None:
    for _try in range(10):
        assert locked.post("/vault/unlock/", {"password": NEW}).status_code == 400
    response = locked.post("/vault/unlock/", {"password": PASSWORD})
    assert response.status_code == 429
    assert "Wait 5 minutes" in response.content.decode()
    assert state(locked) == "locked"


def test_minutes_to_wait_are_those_of_the_limit() -> None:
    rate = allauth_settings.RATE_LIMITS[opening.RATE_ACTION]
    assert re.fullmatch(rf"\d+/{opening.WAIT_MINUTES}m/user", rate)


def test_limit_counts_each_person_alone(locked: Client, second: Client, jonas: User) -> None:
    for _try in range(11):
        locked.post("/vault/unlock/", {"password": NEW})
    second.force_login(jonas)
    assert second.post("/vault/unlock/", {"password": PASSWORD}).status_code == 302


def test_password_set_from_outside_is_noticed_here_too(client: Client, mira: User) -> None:
    mira.set_password(NEW)
    mira.save(update_fields=["password"])
    client.force_login(mira)
    response = client.post("/vault/unlock/", {"password": NEW})
    assert response.status_code == 400
    assert "recovery code" in response.content.decode()
    slot = mira.vaults.get().slot(KeySlot.Kind.PASSWORD)
    assert slot is not None
    assert slot.is_stale


# --- In JSON, for the page's script --------------------------------------------------------------


def test_script_unlocks_and_learns_until_when(locked: Client) -> None:
    response = locked.post("/vault/unlock/", {"password": PASSWORD}, headers=JSON)
    assert response.status_code == 200
    answer = response.json()
    assert answer["state"] == "unlocked"
    assert answer["locks_at"]
    assert 890 < answer["seconds_left"] <= 900
    assert b"saved" in locked.post("/test/write/", {"text": "x"}).content


def test_script_is_told_of_a_wrong_password(locked: Client) -> None:
    response = locked.post("/vault/unlock/", {"password": NEW}, headers=JSON)
    assert response.status_code == 400
    assert response.json()["error"] == "wrong_password"
    assert "Nothing was lost" in response.json()["message"]


def test_script_is_told_to_wait(locked: Client) -> None:
    for _try in range(10):
        locked.post("/vault/unlock/", {"password": NEW}, headers=JSON)
    response = locked.post("/vault/unlock/", {"password": PASSWORD}, headers=JSON)
    assert response.status_code == 429
    assert response.json()["error"] == "too_many"


def test_script_is_told_of_a_stale_slot(stale: Client) -> None:
    response = stale.post("/vault/unlock/", {"password": NEW}, headers=JSON)
    assert response.status_code == 400
    assert response.json()["error"] == "stale"


def test_signed_out_script_is_told_so(client: Client) -> None:
    response = client.post("/vault/unlock/", {"password": PASSWORD}, headers=JSON)
    assert response.status_code == 401
    assert response.json()["error"] == "signed_out"


def test_page_of_somebody_else_opens_nothing(locked: Client, okafor: User) -> None:
    typed = {"password": PASSWORD, "person": str(okafor.pk)}
    response = locked.post("/vault/unlock/", typed, headers=JSON)
    assert response.status_code == 409
    assert "Nothing was lost" in response.json()["message"]
    assert state(locked) == "locked"


def test_page_of_somebody_else_is_not_told_that_it_is_open(client: Client, mira: User) -> None:
    unlock(client, mira)
    typed = {"password": PASSWORD, "person": "somebody"}
    response = client.post("/vault/unlock/", typed, headers=JSON)
    assert response.status_code == 409
    assert "state" not in response.json()


def test_page_of_ones_own_opens(locked: Client, mira: User) -> None:
    typed = {"password": PASSWORD, "person": str(mira.pk)}
    assert locked.post("/vault/unlock/", typed, headers=JSON).json()["state"] == "unlocked"


def test_state_tells_nothing_but_the_state_and_whose_it_is(client: Client, mira: User) -> None:
    unlock(client, mira)
    response = client.get("/vault/state/")
    assert set(response.json()) == {"person", "state", "locks_at", "seconds_left"}
    assert response.json()["person"] == str(mira.pk)
    assert "no-store" in response["Cache-Control"]


# --- Locking -------------------------------------------------------------------------------------


def test_lock_now_leads_back_to_the_page_it_was_pressed_on(client: Client, mira: User) -> None:
    unlock(client, mira)

    for page, shown in (
        ("http://testserver/journal/new/?case=1", "/vault/unlock/?next=%2Fjournal%2Fnew%2F"),
        ("http://testserver/", "/vault/unlock/"),
        ("http://elsewhere.example/journal/", "/vault/unlock/"),
        ("", "/vault/unlock/"),
    ):
        response = client.post("/vault/lock/", headers={"Referer": page})
        assert (response.status_code, response["Location"]) == (302, shown)


def test_lock_now_drops_the_key_and_shows_the_locked_page(client: Client, mira: User) -> None:
    unlock(client, mira)
    response = client.post("/vault/lock/", follow=True)
    assert "Your vault is locked" in response.content.decode()
    assert rows(mira) == 0
    assert vault_cookie(client) == ""
    assert client.get("/test/write/").status_code == 302


def test_lock_now_leaves_another_browser_unlocked(
    client: Client, second: Client, mira: User
) -> None:
    unlock(client, mira)
    unlock(second, mira)
    client.post("/vault/lock/")
    assert state(second) == "unlocked"


def test_locking_by_a_link_is_refused(client: Client, mira: User) -> None:
    unlock(client, mira)
    assert client.get("/vault/lock/").status_code == 405
    assert state(client) == "unlocked"


@pytest.mark.parametrize("path", ["lock", "unlock", "setup", "recovery", "start-over"])
def test_posts_without_the_forms_token_are_refused(mira: User, path: str) -> None:
    client = Client(enforce_csrf_checks=True)
    unlock(client, mira)
    response = client.post(f"/vault/{path}/", {"password": PASSWORD, "step": "cancel"})
    assert response.status_code == 403
    assert state(client) == "unlocked"


def test_every_page_of_the_vault_is_kept_out_of_caches(locked: Client) -> None:
    for page in ("unlock", "recovery", "start-over", "state"):
        assert "no-store" in locked.get(f"/vault/{page}/")["Cache-Control"]


# --- With the recovery code ----------------------------------------------------------------------


def test_code_opens_in_this_browser(locked: Client, mira: User) -> None:
    code = recovery_code(mira)
    answer = locked.post("/vault/recovery/", {"code": code.lower(), "next": "/test/write/"})
    assert answer["Location"] == "/test/write/"
    assert state(locked) == "unlocked"
    assert vault_keys(mira)  # The password still opens it too.
    assert VaultEvent.objects.of(mira)[0].kind == "opened_by_code"


def test_slip_in_the_code_is_told_apart_from_a_wrong_code(locked: Client, mira: User) -> None:
    code = recovery_code(mira)
    slip = code[:-1] + ("X" if code[-1] != "X" else "Y")
    assert "typing slip" in locked.post("/vault/recovery/", {"code": slip}).content.decode()
    wrong = locked.post("/vault/recovery/", {"code": OTHER_CODE})
    assert "typed correctly, but it is not the one" in wrong.content.decode()
    assert wrong.status_code == 400
    assert state(locked) == "locked"


def test_another_persons_code_opens_nothing(locked: Client, jonas: User) -> None:
    assert locked.post("/vault/recovery/", {"code": recovery_code(jonas)}).status_code == 400
    assert state(locked) == "locked"


def test_codes_are_limited_like_passwords(locked: Client, mira: User) -> None:
    code = recovery_code(mira)
    for _try in range(10):
        locked.post("/vault/recovery/", {"code": OTHER_CODE})
    assert locked.post("/vault/recovery/", {"code": code}).status_code == 429


# --- After a reset -------------------------------------------------------------------------------


def test_stale_page_asks_for_what_opens(stale: Client) -> None:
    page = stale.get("/vault/unlock/").content.decode()
    assert 'name="code"' in page
    assert 'name="old_password"' in page
    assert "Everything you wrote is still there" in page


def test_code_opens_again_and_the_new_password_follows(stale: Client, mira: User) -> None:
    code = recovery_code(mira)
    answer = stale.post("/vault/unlock/", {"code": code, "password": NEW, "next": "/test/write/"})
    assert answer["Location"] == "/test/write/"
    assert state(stale) == "unlocked"
    assert vault_keys(mira, NEW).vault_id == mira.vaults.get().pk
    assert VaultEvent.objects.of(mira)[0].kind == "reopened"


def test_remembered_old_password_opens_again(stale: Client, mira: User) -> None:
    stale.post("/vault/unlock/", {"old_password": PASSWORD, "password": NEW})
    assert state(stale) == "unlocked"
    assert vault_keys(mira, NEW)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"code": OTHER_CODE, "password": NEW}, "not the one for this vault"),
        ({"code": "ABCD", "password": NEW}, "typing slip"),
        ({"old_password": "no idea", "password": NEW}, "does not open your vault"),
        ({"old_password": PASSWORD, "password": "no idea"}, "not your password"),
        ({"password": NEW}, "Type your recovery code"),
    ],
)
def test_what_does_not_open_again_is_told(
    stale: Client, mira: User, typed: dict[str, str], said: str
) -> None:
    response = stale.post("/vault/unlock/", typed)
    assert said in response.content.decode()
    assert state(stale) == "locked"
    slot = mira.vaults.get().slot(KeySlot.Kind.PASSWORD)
    assert slot is not None
    assert slot.is_stale


def test_stale_vault_is_not_opened_by_the_code_page_without_the_password(stale: Client) -> None:
    assert stale.get("/vault/recovery/")["Location"].startswith("/vault/unlock/")


def test_password_with_odd_spaces_and_letters_is_kept_exactly(client: Client, jonas: User) -> None:
    Vault.objects.filter(user=jonas).delete()
    odd = "  zwei Stühle,\u00a0ein Fenster 🪑 "
    jonas.set_password(odd)
    jonas.save(update_fields=["password"])
    make_vault(jonas, odd)
    client.force_login(jonas)
    answer: Any = client.post("/vault/unlock/", {"password": odd})
    assert answer.status_code == 302
    assert state(client) == "unlocked"
