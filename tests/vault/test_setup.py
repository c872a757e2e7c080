"""Setting the vault up: the password, the code shown once, the code typed back."""

import re
from threading import Barrier, Thread
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client

from accounts.models import User
from tests.factories import PASSWORD, make_user, make_vault, unlock
from tests.vault.conftest import sign_in, state
from vault import actions
from vault.crypto import CannotOpen, read_recovery_code, show_recovery_code
from vault.models import KeySlot, Vault, VaultEvent

pytestmark = pytest.mark.django_db
CODE = re.compile(r"\b[0-9A-Z]{4}(?:-[0-9A-Z]{4}){6}\b")


@pytest.fixture
def nell() -> User:
    """Somebody new, without a vault."""
    return make_user()


def shown(response: Any) -> str:
    found = CODE.search(response.content.decode())
    assert found is not None
    return found[0]


def confirm(client: Client, code: str, **extra: str) -> Any:
    return client.post("/vault/setup/", {"step": "confirm", "code": code, **extra})


def test_sign_in_then_code_then_ready(client: Client, nell: User) -> None:
    sign_in(client, nell)
    assert b'type="password"' not in client.get("/vault/setup/").content  # Just verified.
    code = shown(client.post("/vault/setup/"))
    response = confirm(client, code.lower().replace("-", " "), next="/test/write/")
    assert response["Location"] == "/test/write/"
    assert state(client) == "unlocked"
    assert client.get("/test/write/").status_code == 200
    assert actions.open_with_code(vault=Vault.objects.get(), typed=code)


def test_without_a_fresh_sign_in_the_password_is_asked(client: Client, nell: User) -> None:
    client.force_login(nell)
    assert b'type="password"' in client.get("/vault/setup/").content
    refused = client.post("/vault/setup/", {"password": "something else"})
    assert refused.status_code == 400
    assert "Nothing was lost" in refused.content.decode()
    assert not Vault.objects.exists()
    confirm(client, shown(client.post("/vault/setup/", {"password": PASSWORD})))
    assert state(client) == "unlocked"


def test_code_is_shown_in_the_posts_own_answer_and_kept_nowhere(client: Client, nell: User) -> None:
    sign_in(client, nell)
    response = client.post("/vault/setup/")
    code = shown(response)
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    assert code not in str(dict(client.session.items()))
    assert code not in str(response.cookies)
    assert not CODE.search(client.get("/vault/setup/").content.decode())


def test_nothing_is_written_before_the_code_is_typed_back(client: Client, nell: User) -> None:
    sign_in(client, nell)
    client.post("/vault/setup/")
    get = client.get("/test/write/")
    assert get["Location"] == "/vault/setup/?next=%2Ftest%2Fwrite%2F"
    post = client.post("/test/write/", {"text": "too early, but kept"})
    assert post.status_code == 423
    assert "too early, but kept" in post.content.decode()


def test_slip_in_the_code_is_told_and_the_code_still_works(client: Client, nell: User) -> None:
    sign_in(client, nell)
    code = shown(client.post("/vault/setup/"))
    slip = ("A" if code[0] != "A" else "B") + code[1:]
    response = confirm(client, slip)
    assert response.status_code == 400
    assert "typing slip" in response.content.decode()
    assert slip in response.content.decode()  # To be compared and mended.
    assert confirm(client, code).status_code == 302


def test_another_well_typed_code_is_told_apart_from_a_slip(client: Client, nell: User) -> None:
    sign_in(client, nell)
    client.post("/vault/setup/")
    response = confirm(client, show_recovery_code(b"another code 128"))
    assert response.status_code == 400
    assert "not the new one" in response.content.decode()
    assert not Vault.objects.get().is_ready


def test_leaving_and_returning_gives_a_new_code(client: Client, nell: User) -> None:
    sign_in(client, nell)
    first = shown(client.post("/vault/setup/"))
    second = shown(client.post("/vault/setup/"))
    assert first != second
    assert confirm(client, first).status_code == 400
    assert confirm(client, second).status_code == 302
    assert KeySlot.objects.filter(kind="recovery").count() == 1


def test_code_may_be_typed_back_after_the_vault_locked_meanwhile(
    client: Client, nell: User
) -> None:
    sign_in(client, nell)
    code = shown(client.post("/vault/setup/"))
    client.post("/vault/lock/")
    assert confirm(client, code).status_code == 302
    assert state(client) == "unlocked"


def test_nobody_types_back_another_persons_code(client: Client, nell: User, mira: User) -> None:
    other = Client()
    sign_in(other, nell)
    code = shown(other.post("/vault/setup/"))
    sign_in(client, make_user(name="Somebody Else"))
    client.post("/vault/setup/")
    assert confirm(client, code).status_code == 400


def test_who_has_a_vault_is_sent_on(client: Client, mira: User) -> None:
    unlock(client, mira)
    assert client.get("/vault/setup/?next=/test/write/")["Location"] == "/test/write/"
    assert client.post("/vault/setup/").status_code == 302
    assert not Vault.objects.get(user=mira).pending_slot()


@pytest.mark.parametrize(
    "away", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"]
)
def test_next_page_is_never_elsewhere(client: Client, nell: User, away: str) -> None:
    sign_in(client, nell)
    code = shown(client.post("/vault/setup/"))
    assert confirm(client, code, next=away)["Location"] == "/"


def test_set_up_twice_at_once_gives_one_vault(nell: User) -> None:
    first = make_vault(nell)
    second, keys = actions.make_vault(user=nell, password=PASSWORD)
    assert second.pk == first.pk == keys.vault_id
    with pytest.raises(CannotOpen):
        actions.make_vault(user=nell, password="another")


def test_visitor_is_asked_to_sign_in(client: Client) -> None:
    for page in ("setup", "unlock", "recovery", "start-over", "state"):
        response = client.get(f"/vault/{page}/")
        assert response.status_code == 302
        assert response["Location"].startswith("/accounts/login/")


def test_neither_password_nor_code_is_kept_in_any_table(client: Client, nell: User) -> None:
    sign_in(client, nell)
    code = shown(client.post("/vault/setup/"))
    confirm(client, code)
    client.post("/vault/lock/")
    client.post("/vault/unlock/", {"password": PASSWORD})
    client.post("/vault/recovery/", {"password": PASSWORD})
    kept = repr([list(model._base_manager.values_list()) for model in apps.get_models()])
    assert nell.email in kept  # So the tables were really looked through.
    for secret in (PASSWORD, code, code.replace("-", ""), read_recovery_code(code).hex()):
        assert secret not in kept


def test_what_happened_is_written_down(client: Client, nell: User) -> None:
    sign_in(client, nell)
    confirm(client, shown(client.post("/vault/setup/")))
    kinds = [event.kind for event in VaultEvent.objects.of(nell)]
    assert kinds == ["code_confirmed", "code_made", "made"]


@pytest.mark.django_db(transaction=True)
def test_sign_ins_at_once_all_get_in(
    nell: User, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.VAULT_ARGON2 = {"memory_kib": 128, "time": 1, "lanes": 1}
    vault = make_vault(nell)
    settings.VAULT_ARGON2 = {"memory_kib": 64, "time": 1, "lanes": 1}  # Both make the slot anew.
    problems: list[Exception] = []
    together, made = Barrier(4), actions._password_slot

    def at_the_same_moment(*args: Any) -> KeySlot:
        slot = made(*args)
        together.wait(timeout=20)
        return slot

    monkeypatch.setattr(actions, "_password_slot", at_the_same_moment)

    def come_in() -> None:
        try:
            assert actions.open_for_account(user=nell, password=PASSWORD)
        except Exception as error:
            problems.append(error)
        finally:
            connection.close()

    threads = [Thread(target=come_in) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems
    assert vault.slots.filter(kind=KeySlot.Kind.PASSWORD).count() == 1
