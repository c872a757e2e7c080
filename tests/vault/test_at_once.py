"""A sign-in and a change of the password at the same moment: neither undoes the other."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from tests.factories import PASSWORD, unlock, vault_keys
from tests.vault.conftest import rows
from vault import actions, opening
from vault.models import KeySlot, Vault, VaultEvent

pytestmark = pytest.mark.django_db
NEW = "a-kettle-on-the-landing"
DEARER = {"memory_kib": 128, "time": 2, "lanes": 1}


def password_slot(user: User) -> KeySlot:
    slot = Vault.objects.active().get(user=user).slot(KeySlot.Kind.PASSWORD)
    assert slot is not None
    return slot


def change_password(user: User) -> None:
    """Change it as another browser of the person's does, where the vault is open."""
    vault = Vault.objects.active().get(user=user)
    keys = vault_keys(user)
    account = User.objects.get(pk=user.pk)
    account.set_password(NEW)
    account.save(update_fields=["password"])
    changed = VaultEvent.Kind.PASSWORD_CHANGED
    actions.rewrap(vault=vault, keys=keys, password=NEW, event=changed)


@pytest.fixture
def before(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Callable[[], None]], None]:
    """Have something happen once, just before a function of ``vault.actions`` is next run."""

    def arrange(name: str, happens: Callable[[], None]) -> None:
        real = getattr(actions, name)

        def meanwhile(*args: Any, **kwargs: Any) -> Any:
            monkeypatch.setattr(actions, name, real)
            happens()
            return real(*args, **kwargs)

        monkeypatch.setattr(actions, name, meanwhile)

    return arrange


def test_sign_in_just_overtaken_by_a_change_leaves_the_new_password_good(
    client: Client, mira: User
) -> None:
    unlock(client, mira)
    verified = User.objects.get(pk=mira.pk)  # The sign-in page has found the old password right.
    change_password(mira)

    assert actions.open_for_account(user=verified, password=PASSWORD) is None

    assert not password_slot(mira).is_stale
    assert rows(mira) == 1
    assert vault_keys(mira, NEW)
    assert VaultEvent.Kind.WENT_STALE not in {event.kind for event in VaultEvent.objects.of(mira)}


def test_change_while_a_sign_in_waits_its_turn_leaves_the_new_password_good(
    mira: User, before: Any
) -> None:
    mira.set_password("set-where-the-vault-was-not-open")
    mira.save(update_fields=["password"])
    before("_take_turns", lambda: change_password(mira))

    opened = actions.open_for_account(user=mira, password="set-where-the-vault-was-not-open")

    assert opened is None
    assert not password_slot(mira).is_stale
    assert vault_keys(mira, NEW)


@pytest.mark.parametrize("moment", ["_password_key", "_password_slot", "_take_turns"])
def test_slot_made_anew_at_sign_in_never_replaces_a_newer_one(
    mira: User, settings: Any, before: Any, moment: str
) -> None:
    settings.VAULT_ARGON2 = DEARER  # So a sign-in makes the slot anew.
    verified = User.objects.get(pk=mira.pk)
    before(moment, lambda: change_password(mira))

    keys = actions.open_for_account(user=verified, password=PASSWORD)

    assert keys is not None  # They opened the slot as it was, and the vault is the same.
    assert vault_keys(mira, NEW).vault_id == keys.vault_id
    assert not password_slot(mira).is_stale


def test_stale_slot_is_not_put_in_use_again_under_a_password_just_replaced(
    mira: User, before: Any
) -> None:
    actions.mark_stale(vault=mira.vaults.get())

    def reset() -> None:
        account = User.objects.get(pk=mira.pk)
        account.set_password(NEW)
        account.save(update_fields=["password"])

    verified = User.objects.get(pk=mira.pk)
    before("_take_turns", reset)

    assert actions.open_for_account(user=verified, password=PASSWORD)
    assert password_slot(mira).is_stale


def test_password_replaced_while_it_was_typed_is_called_wrong_and_not_lost(
    client: Client, mira: User, before: Any
) -> None:
    mira.set_password("set-where-the-vault-was-not-open")
    mira.save(update_fields=["password"])
    client.force_login(mira)
    before("open_for_account", lambda: change_password(mira))

    answer = client.post("/vault/unlock/", {"password": "set-where-the-vault-was-not-open"})

    assert answer.status_code == 400
    assert str(opening.wrong_password()) in answer.content.decode()
    assert not password_slot(mira).is_stale
