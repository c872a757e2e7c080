"""Starting over: told honestly, delayed, called off at any time, destroying nothing."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.models import User
from tests.factories import PASSWORD, recovery_code, unlock, vault_keys
from tests.vault.conftest import rows, sign_in, state
from vault import actions, tasks
from vault.models import StartOver, Vault

pytestmark = pytest.mark.django_db
ASK = {"password": PASSWORD, "understood": "on"}


@pytest.fixture(autouse=True)
def _mails_are_seen(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture
def locked(client: Client, mira: User) -> Client:
    """Mira's browser, signed in, her vault locked."""
    client.force_login(mira)
    return client


def in_days(days: float) -> Any:
    return time_machine.travel(timezone.now() + timedelta(days=days), tick=False)


def test_asking_tells_by_mail_and_waits(locked: Client, mira: User) -> None:
    assert locked.post("/vault/start-over/", ASK).status_code == 302
    asked = StartOver.objects.get()
    assert asked.due_at - asked.requested_at == timedelta(days=7)
    assert [sent.to for sent in mail.outbox] == [[mira.email]]
    assert "/vault/start-over/" in mail.outbox[0].body
    assert "Call it off" in locked.get("/vault/unlock/").content.decode()
    with in_days(6.9):
        assert tasks.complete_start_overs() == 0
    assert Vault.objects.get(user=mira).is_ready


@pytest.mark.parametrize(
    "typed", [{"password": PASSWORD}, {"understood": "on"}, {**ASK, "password": "no idea"}]
)
def test_asking_needs_the_password_and_a_tick(locked: Client, typed: dict[str, str]) -> None:
    locked.post("/vault/start-over/", typed)
    assert not StartOver.objects.exists()
    assert not mail.outbox


def test_asking_twice_is_asking_once(locked: Client) -> None:
    locked.post("/vault/start-over/", ASK)
    locked.post("/vault/start-over/", ASK)
    assert StartOver.objects.count() == 1
    assert len(mail.outbox) == 1


def test_after_the_delay_the_old_vault_is_sealed_and_a_fresh_one_can_be_made(
    locked: Client, mira: User
) -> None:
    code = recovery_code(mira)
    locked.post("/vault/start-over/", ASK)
    with in_days(7.01):
        assert tasks.complete_start_overs() == 1
        assert tasks.complete_start_overs() == 0
    old = Vault.objects.get(user=mira)
    assert old.sealed_at is not None
    assert len(mail.outbox) == 2
    assert state(locked) == "none"
    locked.post("/vault/setup/", {"password": PASSWORD})
    assert Vault.objects.active().get(user=mira).pk != old.pk
    assert actions.open_with_code(vault=old, typed=code).vault_id == old.pk
    assert actions.open_with_password(vault=old, password=PASSWORD).vault_id == old.pk


def test_completion_locks_what_was_open(locked: Client, second: Client, mira: User) -> None:
    actions.ask_start_over(vault=mira.vaults.get())
    actions.unlock_in_browser(user=mira, keys=vault_keys(mira))
    with in_days(8):
        tasks.complete_start_overs()
    assert rows(mira) == 0


def test_calling_it_off_leaves_the_vault_as_it_was(locked: Client, mira: User) -> None:
    locked.post("/vault/start-over/", ASK)
    locked.post("/vault/start-over/", {"step": "cancel"})
    with in_days(30):
        assert tasks.complete_start_overs() == 0
    assert Vault.objects.get(user=mira).is_ready
    kinds = [event.kind for event in mira.vaults.get().events.all()]
    assert kinds[:2] == ["start_over_cancelled", "start_over_asked"]


@pytest.mark.parametrize("how", ["password", "code", "sign-in"])
def test_opening_the_vault_calls_it_off(locked: Client, mira: User, how: str) -> None:
    code = recovery_code(mira)
    locked.post("/vault/start-over/", ASK)
    if how == "password":
        locked.post("/vault/unlock/", {"password": PASSWORD})
    elif how == "code":
        locked.post("/vault/recovery/", {"code": code})
    else:
        sign_in(Client(), mira)
    assert StartOver.objects.get().cancelled_at is not None


def test_it_can_be_asked_again_after_calling_it_off(locked: Client) -> None:
    locked.post("/vault/start-over/", ASK)
    locked.post("/vault/start-over/", {"step": "cancel"})
    locked.post("/vault/start-over/", ASK)
    assert StartOver.objects.open().count() == 1


def test_open_vault_needs_no_start_over(client: Client, mira: User) -> None:
    unlock(client, mira)
    assert "no need to start over" in client.get("/vault/start-over/").content.decode()
    client.post("/vault/start-over/", ASK)
    assert not StartOver.objects.exists()


def test_nobody_calls_off_another_persons(locked: Client, second: Client, jonas: User) -> None:
    locked.post("/vault/start-over/", ASK)
    second.force_login(jonas)
    second.post("/vault/start-over/", {"step": "cancel"})
    assert StartOver.objects.open().count() == 1


def test_day_in_the_mail_is_the_persons_own(mira: User) -> None:
    mira.timezone = "Pacific/Auckland"
    mira.save(update_fields=["timezone"])
    evening = datetime(2026, 6, 1, 18, tzinfo=UTC)  # The next morning there.
    with time_machine.travel(evening, tick=False):
        actions.ask_start_over(vault=mira.vaults.get())
    assert "On 9 June 2026" in str(mail.outbox[0].body)


def test_mails_say_nothing_of_what_is_in_the_vault(locked: Client, mira: User) -> None:
    locked.post("/vault/start-over/", ASK)
    with in_days(8):
        tasks.complete_start_overs()
    vault = mira.vaults.get()
    for sent in mail.outbox:
        assert str(vault.pk) not in sent.body
        assert mira.email not in sent.subject
