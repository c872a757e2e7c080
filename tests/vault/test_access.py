"""``request.vault``: what opens, for how long, and what it costs."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts.models import User
from tests.factories import PASSWORD, make_vault, unlock, vault_keys
from tests.vault.conftest import rows, sign_in, state, vault_cookie
from vault import actions, crypto, tasks
from vault.access import Locked, VaultAccess
from vault.crypto import CannotOpen, Context, VaultKeys, unlock_key, unlock_lookup
from vault.middleware import take_cookie
from vault.models import Unlock

pytestmark = pytest.mark.django_db
BACKGROUND = {"X-Mend-Background": "1"}


def later(**kwargs: float) -> Any:
    return time_machine.travel(timezone.now() + timedelta(**kwargs), tick=False)


def access_of(user: Any, cookie: bytes | None = None, **headers: str) -> VaultAccess:
    request = RequestFactory().get("/", headers=headers)
    request.user = user
    return VaultAccess(request, cookie)


# --- What it takes to open -----------------------------------------------------------------------


def test_cookie_and_row_together_open(mira: User) -> None:
    keys = vault_keys(mira)
    cookie = actions.unlock_in_browser(user=mira, keys=keys)
    access = access_of(mira, cookie)
    assert access.state == "unlocked"
    blob = keys.wrap(b"k" * 32, _somewhere())
    assert access.keys.unwrap(blob, _somewhere()) == b"k" * 32


def _somewhere() -> Any:

    return Context("mend/1/test")


def test_cookie_alone_opens_nothing(mira: User) -> None:
    cookie = actions.unlock_in_browser(user=mira, keys=vault_keys(mira))
    Unlock.objects.all().delete()
    assert access_of(mira, cookie).state == "locked"


def test_table_alone_opens_nothing(mira: User) -> None:
    actions.unlock_in_browser(user=mira, keys=vault_keys(mira))
    assert access_of(mira).state == "locked"
    row = Unlock.objects.get()
    lookup = bytes.fromhex(row.lookup)
    # What the database holds is no key: not the lookup, with or without the server's secret.
    for guess in (lookup, unlock_key(lookup, secret=settings.SECRET_KEY.encode())):
        with pytest.raises(CannotOpen):
            crypto.decrypt(
                guess, bytes(row.wrapped), crypto.unlock(lookup, row.user_id, row.vault_id)
            )


def test_table_and_cookie_without_the_servers_secret_open_nothing(
    mira: User, settings: Any
) -> None:
    cookie = actions.unlock_in_browser(user=mira, keys=vault_keys(mira))
    settings.SECRET_KEY = "another-" * 8
    assert access_of(mira, cookie).state == "locked"
    assert rows(mira) == 0


def test_another_persons_cookie_opens_nothing(mira: User, jonas: User) -> None:
    cookie = actions.unlock_in_browser(user=mira, keys=vault_keys(mira))
    with pytest.raises(Locked):
        access_of(jonas, cookie).keys  # noqa: B018


def test_another_persons_row_under_my_cookie_opens_nothing(mira: User, jonas: User) -> None:
    cookie = actions.unlock_in_browser(user=mira, keys=vault_keys(mira))
    Unlock.objects.update(user=jonas, vault=jonas.vaults.get())
    assert access_of(jonas, cookie).state == "locked"


def test_row_moved_to_another_lookup_opens_nothing(mira: User) -> None:
    mine = actions.unlock_in_browser(user=mira, keys=vault_keys(mira))
    row = Unlock.objects.get()
    other = b"o" * 32
    row.lookup = unlock_lookup(other).hex()
    row.save(force_insert=True)
    assert access_of(mira, other).state == "locked"
    assert access_of(mira, mine).state == "unlocked"


def test_visitor_has_no_vault_and_costs_no_query(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        access = access_of(AnonymousUser(), b"c" * 32)
        assert access.state == "none"
        assert access.vault is None
        assert access.locks_at is None


def test_page_of_an_open_vault_costs_one_query_and_no_question_none(
    mira: User, django_assert_num_queries: Any
) -> None:
    cookie = actions.unlock_in_browser(user=mira, keys=vault_keys(mira))
    with django_assert_num_queries(0):
        access = access_of(mira, cookie)
    with django_assert_num_queries(1):
        assert access.is_unlocked
        assert access.keys
        assert access.locks_at
        assert access.state == "unlocked"


def test_locked_page_costs_one_query(mira: User, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        access = access_of(mira)
        assert access.state == "locked"
        assert access.locks_at is None
        assert access.vault is not None


def test_vault_whose_code_was_not_typed_back_counts_as_none(mira: User) -> None:
    mira.vaults.update(recovery_confirmed_at=None)
    access = access_of(mira, actions.unlock_in_browser(user=mira, keys=vault_keys(mira)))
    assert access.state == "none"
    assert access.setup_keys is not None
    with pytest.raises(Locked):
        access.keys  # noqa: B018


def test_access_does_not_show_what_it_holds(mira: User) -> None:
    cookie = actions.unlock_in_browser(user=mira, keys=vault_keys(mira))
    access = access_of(mira, cookie)
    assert access.is_unlocked
    assert repr(access) == "<VaultAccess>"


# --- How long ------------------------------------------------------------------------------------


def test_fourteen_minutes_of_quiet_leave_it_open(client: Client, mira: User) -> None:
    unlock(client, mira)
    with later(minutes=14):
        assert client.get("/test/write/").status_code == 200


def test_fifteen_minutes_of_quiet_lock(client: Client, mira: User) -> None:
    unlock(client, mira)
    with later(minutes=15):
        response = client.get("/test/write/")
    assert response.status_code == 302
    assert response["Location"] == "/vault/unlock/?next=%2Ftest%2Fwrite%2F"
    assert rows(mira) == 0
    assert state(client) == "locked"


def test_work_keeps_it_open(client: Client, mira: User) -> None:
    unlock(client, mira)
    start = timezone.now()
    for minutes in range(10, 120, 10):
        with time_machine.travel(start + timedelta(minutes=minutes), tick=False):
            assert client.post("/test/write/", {"text": "on and on"}).status_code == 200


def test_background_requests_do_not_keep_it_open(client: Client, mira: User) -> None:
    unlock(client, mira)
    with later(minutes=10):
        assert client.get("/test/write/", headers=BACKGROUND).status_code == 200
        assert state(client) == "unlocked"
    with later(minutes=15):
        assert state(client) == "locked"


def test_asking_for_the_state_is_no_activity_even_without_the_header(
    client: Client, mira: User
) -> None:
    unlock(client, mira)
    before = Unlock.objects.get().last_seen_at
    with later(minutes=10):
        answer = client.get("/vault/state/").json()
    assert Unlock.objects.get().last_seen_at == before
    assert 290 < answer["seconds_left"] <= 300


def test_eight_hours_lock_whatever_was_done(client: Client, mira: User) -> None:
    unlock(client, mira)
    start = timezone.now()
    for minutes in range(10, 480, 10):
        with time_machine.travel(start + timedelta(minutes=minutes), tick=False):
            assert client.get("/test/write/").status_code == 200
    with time_machine.travel(start + timedelta(hours=8, seconds=1), tick=False):
        assert client.get("/test/write/").status_code == 302


def test_near_the_end_the_countdown_tells_of_the_absolute_limit(mira: User) -> None:
    cookie = actions.unlock_in_browser(user=mira, keys=vault_keys(mira))
    Unlock.objects.update(expires_at=timezone.now() + timedelta(minutes=3))
    locks_at = access_of(mira, cookie).locks_at
    assert locks_at is not None
    assert locks_at <= timezone.now() + timedelta(minutes=3)


def test_activity_is_written_at_most_once_a_minute(client: Client, mira: User) -> None:
    unlock(client, mira)
    start = timezone.now()
    written = set()
    for seconds in range(0, 180, 10):
        with time_machine.travel(start + timedelta(seconds=seconds), tick=False):
            client.get("/test/write/")
        written.add(Unlock.objects.get().last_seen_at)
    assert len(written) == 3


def test_purging_takes_what_no_browser_may_use(mira: User, jonas: User, okafor: User) -> None:
    for user in (mira, jonas, okafor):
        actions.unlock_in_browser(user=user, keys=vault_keys(user))
    Unlock.objects.filter(user=mira).update(last_seen_at=timezone.now() - timedelta(minutes=16))
    Unlock.objects.filter(user=jonas).update(
        created_at=timezone.now() - timedelta(hours=9),
        expires_at=timezone.now() - timedelta(seconds=1),
    )
    assert tasks.purge_unlocks() == 2
    assert [row.user for row in Unlock.objects.all()] == [okafor]


# --- The cookie ----------------------------------------------------------------------------------


def test_cookie_is_out_of_reach_of_scripts_and_other_sites(client: Client, mira: User) -> None:
    sign_in(client, mira)
    morsel = client.cookies[settings.VAULT_COOKIE_NAME]
    assert len(bytes.fromhex(morsel.value)) == 32
    assert morsel["httponly"]
    assert morsel["samesite"] == "Lax"
    assert morsel["path"] == "/"
    assert morsel["max-age"] == ""
    assert morsel["expires"] == ""


def test_cookie_is_secure_where_there_is_tls(client: Client, mira: User, settings: Any) -> None:
    settings.TLS, settings.VAULT_COOKIE_NAME = True, "__Host-vault"
    sign_in(client, mira)
    assert client.cookies["__Host-vault"]["secure"]
    assert client.cookies["__Host-vault"]["domain"] == ""


def test_cookie_is_taken_out_of_the_request() -> None:
    name, value = settings.VAULT_COOKIE_NAME, "ab" * 32
    request = RequestFactory().get("/", headers={"cookie": f"a=1; {name}={value}; b=2"})
    assert request.COOKIES[name] == value
    assert take_cookie(request) == bytes.fromhex(value)
    assert request.COOKIES == {"a": "1", "b": "2"}
    assert value not in str(request.META)
    assert request.headers["Cookie"].replace(" ", "") == "a=1;b=2"


@pytest.mark.parametrize("value", ["", "zz", "ab" * 31, "ab" * 33, "not hex at all"])
def test_cookie_that_is_none_is_ignored(value: str) -> None:
    request = RequestFactory().get("/", headers={"cookie": f"{settings.VAULT_COOKIE_NAME}={value}"})
    assert take_cookie(request) is None
    assert settings.VAULT_COOKIE_NAME not in str(request.META)


def test_request_without_cookies_is_left_alone() -> None:
    request = RequestFactory().get("/")
    assert take_cookie(request) is None


def test_each_unlocking_gives_a_new_cookie(client: Client, mira: User) -> None:
    sign_in(client, mira)
    first = vault_cookie(client)
    client.post("/vault/lock/")
    sign_in_again = client.post("/vault/unlock/", {"password": "two-chairs-and-a-window"})
    assert sign_in_again.status_code == 302
    assert vault_cookie(client) not in ("", first)


def test_late_answer_to_an_old_cookie_leaves_the_browser_its_new_one(
    client: Client, second: Client, mira: User
) -> None:
    sign_in(client, mira)
    late = vault_cookie(client)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})  # Gives another cookie.
    assert vault_cookie(client) not in ("", late)
    second.force_login(mira)  # The same browser's request that was on its way meanwhile.
    second.cookies[settings.VAULT_COOKIE_NAME] = late

    answer = second.get("/vault/state/")

    assert answer.json()["state"] == "locked"
    assert settings.VAULT_COOKIE_NAME not in answer.cookies
    assert state(client) == "unlocked"


def test_cookie_that_ran_out_is_left_to_the_browser_and_costs_no_write(
    client: Client, mira: User, django_assert_num_queries: Any
) -> None:
    unlock(client, mira)
    with later(minutes=15):
        answer = client.get("/test/write/")
        assert settings.VAULT_COOKIE_NAME not in answer.cookies
        access = access_of(mira, bytes.fromhex(vault_cookie(client)))
        with django_assert_num_queries(2):
            assert access.state == "locked"


def test_left_over_cookie_is_not_taken_away_by_another_kind_of_sign_in(mira: User) -> None:
    access = access_of(mira, actions.unlock_in_browser(user=mira, keys=vault_keys(mira)))
    answer = HttpResponse()

    access.signed_in(mira)
    access.write_cookie(answer)

    assert rows(mira) == 0
    assert settings.VAULT_COOKIE_NAME not in answer.cookies


@pytest.mark.parametrize("path", ["/vault/lock/", "/accounts/logout/"])
def test_locking_and_signing_out_take_the_cookie_away(
    client: Client, mira: User, path: str
) -> None:
    sign_in(client, mira)
    answer = client.post(path)
    assert answer.cookies[settings.VAULT_COOKIE_NAME].value == ""
    assert answer.cookies[settings.VAULT_COOKIE_NAME]["max-age"] == 0


# --- Sealed vaults -------------------------------------------------------------------------------


def test_joined_vaults_open_through_each_other(mira: User) -> None:
    first, first_keys = mira.vaults.get(), vault_keys(mira)
    actions.seal(vault=first)
    second, second_keys = make_vault(mira), vault_keys(mira)
    actions.join_sealed(sealed=first, sealed_keys=first_keys, into=second, keys=second_keys)
    actions.seal(vault=second)
    third, third_keys = make_vault(mira), vault_keys(mira)
    access = access_of(mira, actions.unlock_in_browser(user=mira, keys=third_keys))
    with pytest.raises(Locked):  # Not joined yet.
        access.keys_for(first.pk)

    actions.join_sealed(sealed=second, sealed_keys=second_keys, into=third, keys=third_keys)
    access.forget()
    assert [vault.pk for vault in access.sealed] == [second.pk, first.pk]
    for keys in (first_keys, second_keys, third_keys):
        wrapped = keys.wrap(b"k" * 32, _somewhere())
        assert access.keys_for(keys.vault_id).unwrap(wrapped, _somewhere()) == b"k" * 32


def test_another_persons_vault_is_never_reached(mira: User, jonas: User) -> None:
    access = access_of(mira, actions.unlock_in_browser(user=mira, keys=vault_keys(mira)))
    with pytest.raises(Locked):
        access.keys_for(jonas.vaults.get().pk)


def test_joined_key_of_one_vault_does_not_open_as_another(mira: User, jonas: User) -> None:
    keys = vault_keys(mira)
    theirs: VaultKeys = vault_keys(jonas)
    with pytest.raises(CannotOpen):
        keys.joined(mira.vaults.get().pk, keys.join(theirs))
