"""The recovery code while the vault is open: its state, a new one, the earlier vaults."""

import re
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts.models import User
from tests.factories import PASSWORD, make_vault, recovery_code, unlock, vault_keys
from vault import actions
from vault.crypto import CannotOpen
from vault.models import Vault, VaultEvent

pytestmark = pytest.mark.django_db


def new_code(client: Client) -> str:
    page = client.post("/vault/recovery/", {"password": PASSWORD}).content.decode()
    found = re.search(r"\b[0-9A-Z]{4}(?:-[0-9A-Z]{4}){6}\b", page)
    assert found is not None
    return found[0]


def test_page_tells_the_state_and_what_happened(client: Client, mira: User, jonas: User) -> None:
    unlock(client, mira)
    actions.mark_stale(vault=jonas.vaults.get())
    page = client.get("/vault/recovery/").content.decode()
    assert "is in use" in page
    assert "Vault made" in page
    assert "stayed locked" not in page  # That happened to Jonas's.


def test_old_code_is_valid_until_the_new_one_is_typed_back(client: Client, mira: User) -> None:
    unlock(client, mira)
    old, vault = recovery_code(mira), mira.vaults.get()
    new = new_code(client)
    assert actions.open_with_code(vault=vault, typed=old)
    with pytest.raises(CannotOpen):
        actions.open_with_code(vault=vault, typed=new)
    assert "not typed back" in client.get("/vault/recovery/").content.decode()

    client.post("/vault/recovery/", {"step": "confirm", "code": new})
    assert actions.open_with_code(vault=vault, typed=new)
    with pytest.raises(CannotOpen):
        actions.open_with_code(vault=vault, typed=old)


def test_typing_the_old_code_back_changes_nothing(client: Client, mira: User) -> None:
    unlock(client, mira)
    old = recovery_code(mira)
    new_code(client)
    response = client.post("/vault/recovery/", {"step": "confirm", "code": old})
    assert response.status_code == 400
    assert "not the new one" in response.content.decode()
    assert actions.open_with_code(vault=mira.vaults.get(), typed=old)


def test_new_code_needs_the_password(client: Client, mira: User) -> None:
    unlock(client, mira)
    response = client.post("/vault/recovery/", {"password": "left the desk for a minute"})
    assert response.status_code == 400
    assert mira.vaults.get().pending_slot() is None


def test_new_code_needs_the_vault_open(client: Client, mira: User) -> None:
    client.force_login(mira)
    client.post("/vault/recovery/", {"password": PASSWORD})
    assert mira.vaults.get().pending_slot() is None


def test_new_code_does_not_lead_through_the_session(client: Client, mira: User) -> None:
    unlock(client, mira)
    code = new_code(client)
    assert code not in str(dict(client.session.items()))


# --- Earlier vaults ------------------------------------------------------------------------------


@pytest.fixture
def sealed(client: Client, mira: User) -> tuple[Vault, str]:
    """Mira's earlier vault and its code; she has started over and is unlocked."""
    code, vault = recovery_code(mira), mira.vaults.get()
    actions.seal(vault=vault)
    make_vault(mira)
    unlock(client, mira)
    return vault, code


def test_earlier_vault_is_told_of(client: Client, sealed: tuple[Vault, str]) -> None:
    page = client.get("/vault/recovery/").content.decode()
    assert f"/vault/sealed/{sealed[0].pk}/" in page


@pytest.mark.parametrize("by", ["code", "old_password"])
def test_earlier_vault_opens_and_stays_open_through_the_fresh_one(
    client: Client, mira: User, sealed: tuple[Vault, str], by: str
) -> None:
    vault, code = sealed
    typed = {"code": code} if by == "code" else {"old_password": PASSWORD}
    assert client.post(f"/vault/sealed/{vault.pk}/", typed).status_code == 302
    vault.refresh_from_db()
    fresh = Vault.objects.active().get(user=mira)
    assert vault.joined_to == fresh
    assert vault_keys(mira).joined(vault.pk, bytes(vault.joined_key or b"")).vault_id == vault.pk
    assert "Opened again" in client.get("/vault/recovery/").content.decode()
    assert VaultEvent.Kind.JOINED in {event.kind for event in vault.events.all()}


@pytest.mark.parametrize(
    "typed", [{"code": "ABCD"}, {"code": "0" * 28}, {"old_password": "no idea"}, {}]
)
def test_earlier_vault_does_not_open_otherwise(
    client: Client, sealed: tuple[Vault, str], typed: dict[str, str]
) -> None:
    client.post(f"/vault/sealed/{sealed[0].pk}/", typed)
    sealed[0].refresh_from_db()
    assert sealed[0].joined_to is None


def test_outsider_gets_no_hint_of_an_earlier_vault(
    client: Client, jonas: User, sealed: tuple[Vault, str]
) -> None:
    other = Client()
    unlock(other, jonas)
    there: Any = other.get(f"/vault/sealed/{sealed[0].pk}/")
    nowhere: Any = other.get(f"/vault/sealed/{uuid4()}/")
    assert there.status_code == nowhere.status_code == 404


def test_earlier_vault_waits_while_the_fresh_one_is_locked(
    client: Client, sealed: tuple[Vault, str]
) -> None:
    client.post("/vault/lock/")
    assert client.get(f"/vault/sealed/{sealed[0].pk}/").status_code == 302
    assert client.post(f"/vault/sealed/{sealed[0].pk}/", {"code": sealed[1]}).status_code == 423
