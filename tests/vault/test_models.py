"""What the database itself refuses."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from tests.factories import make_vault, recovery_code, vault_keys
from vault import actions
from vault.models import KeySlot, StartOver, Unlock, Vault, VaultEvent

pytestmark = pytest.mark.django_db


def refused(make: Any) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make()


def test_one_active_vault_a_person(mira: User) -> None:
    refused(lambda: Vault.objects.create(user=mira, public_key=b"p", wrapped_private_key=b"w"))


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        ("password", "active"),
        ("password", "stale"),
        ("recovery", "active"),
        ("password", "pending"),
        ("recovery", "stale"),
        ("escrow", "active"),
    ],
)
def test_one_slot_of_a_kind_in_a_state_of_its_kind(mira: User, kind: str, state: str) -> None:
    vault = mira.vaults.get()
    slot = {"vault": vault, "salt": b"s", "wrapped": b"w", "kind": kind, "state": state}
    refused(lambda: KeySlot.objects.create(**slot))


def test_joined_key_comes_with_the_vault_it_is_under(mira: User, jonas: User) -> None:
    vault, other = mira.vaults.get(), jonas.vaults.get()
    refused(lambda: Vault.objects.filter(pk=vault.pk).update(joined_key=b"k"))
    refused(lambda: Vault.objects.filter(pk=vault.pk).update(joined_to=other))
    refused(lambda: Vault.objects.filter(pk=vault.pk).update(joined_to=other, joined_key=b"k"))


def test_one_start_over_at_a_time_with_a_delay(mira: User) -> None:
    vault, now = mira.vaults.get(), timezone.now()
    refused(lambda: StartOver.objects.create(vault=vault, requested_at=now, due_at=now))
    actions.ask_start_over(vault=vault)
    refused(lambda: StartOver.objects.create(vault=vault, due_at=now + timedelta(days=9)))


def test_start_over_is_not_both_called_off_and_done(mira: User) -> None:
    asked = actions.ask_start_over(vault=mira.vaults.get())
    now = timezone.now()
    both = StartOver.objects.filter(pk=asked.pk)
    refused(lambda: both.update(cancelled_at=now, completed_at=now))


def test_what_happened_cannot_be_changed_or_deleted(mira: User) -> None:
    event = VaultEvent.objects.filter(vault__user=mira).first()
    assert event is not None
    attempts: list[Any] = [
        event.save,
        event.delete,
        VaultEvent.objects.all().delete,
        lambda: VaultEvent.objects.update(kind="made"),
    ]
    for attempt in attempts:
        with pytest.raises(TypeError):
            attempt()


def test_everything_goes_with_the_person(mira: User, jonas: User) -> None:
    first, first_keys = mira.vaults.get(), vault_keys(mira)
    actions.ask_start_over(vault=first)
    actions.seal(vault=first)
    second = make_vault(mira)
    actions.join_sealed(sealed=first, sealed_keys=first_keys, into=second, keys=vault_keys(mira))
    actions.unlock_in_browser(user=mira, keys=vault_keys(mira))
    recovery_code(mira)
    mira.delete()
    assert {vault.user for vault in Vault.objects.all()} == {jonas}
    assert not Unlock.objects.exists()
    assert not StartOver.objects.exists()
    assert KeySlot.objects.exclude(vault__user=jonas).count() == 0


def test_rows_do_not_print_what_they_hold(mira: User) -> None:
    actions.unlock_in_browser(user=mira, keys=vault_keys(mira))
    vault, row = mira.vaults.get(), Unlock.objects.get()
    printed = " ".join(map(repr, [vault, row, *vault.slots.all(), *vault.events.all()]))
    assert row.lookup not in printed
    assert mira.email not in printed
