"""What happens to a vault. Keys are worked out first, so that no transaction waits for Argon2."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from vault import crypto
from vault.crypto import Argon2Cost, CannotOpen, VaultKeys
from vault.models import KeySlot, StartOver, Unlock, Vault, VaultEvent

PENDING_SECONDS = 15 * 60
Kind = VaultEvent.Kind


# --- Making and opening --------------------------------------------------------------------------


def make_vault(
    *, user: AbstractBaseUser, password: str, replacing: Vault | None = None
) -> tuple[Vault, VaultKeys]:
    """Return a new vault for ``user`` and its keys; nothing may be written to it yet.

    ``replacing`` is a vault whose recovery code was never typed back, so that it is empty. If
    another request made one meanwhile, that one is returned; raises ``CannotOpen`` if ``password``
    does not open it.
    """
    vault_id = uuid.uuid4()
    keys = VaultKeys(vault_id, crypto.new_key())
    public_key, wrapped = keys.new_private_key()
    vault = Vault(id=vault_id, user_id=user.pk, public_key=public_key, wrapped_private_key=wrapped)
    slot = _password_slot(vault, keys, password)
    with transaction.atomic():
        get_user_model()._default_manager.select_for_update(no_key=True).get(pk=user.pk)
        current = Vault.objects.active_of(user)
        if current is None or (current == replacing and not current.is_ready):
            if current is not None:
                seal(vault=current)
            vault.save(force_insert=True)
            slot.save(force_insert=True)
            _note(vault, Kind.MADE)
            return vault, keys
    return current, open_with_password(vault=current, password=password)


def open_with_password(*, vault: Vault, password: str) -> VaultKeys:
    """Return the vault's keys. Raises ``CannotOpen``; changes nothing."""
    keys = _opened_by_password(vault.slot(KeySlot.Kind.PASSWORD), password)
    if keys is None:
        raise CannotOpen
    return keys


def open_with_code(*, vault: Vault, typed: str) -> VaultKeys:
    """Return the vault's keys. Raises ``MistypedCode`` for a slip, else ``CannotOpen``."""
    code = crypto.read_recovery_code(typed)
    slot = vault.slot(KeySlot.Kind.RECOVERY)
    if slot is None:
        raise CannotOpen
    keys = slot.open(crypto.recovery_key(code, salt=bytes(slot.salt)))
    _note(vault, Kind.OPENED_BY_CODE)
    return keys


def open_for_account(*, user: AbstractBaseUser, password: str) -> VaultKeys | None:
    """Return the keys of ``user``'s vault, given the account's password, already verified.

    Makes the vault where there is none. ``None``: the account's password was set without opening
    the vault; its slot is now marked stale, and the recovery code or the old password is needed.
    ``None`` too, with nothing marked, if the password was changed since it was verified.
    """
    vault = Vault.objects.active_of(user)
    if vault is None:
        return make_vault(user=user, password=password)[1]
    slot = vault.slot(KeySlot.Kind.PASSWORD)
    keys = _opened_by_password(slot, password)
    if keys is not None and slot is not None and slot.is_in_order:
        return keys
    account = get_user_model()._default_manager.get(pk=user.pk)
    if not account.check_password(password):
        return keys
    if keys is None and not vault.is_ready:
        return make_vault(user=user, password=password, replacing=vault)[1]
    anew = _password_slot(vault, keys, password) if keys is not None else None
    with transaction.atomic():
        _take_turns(vault)
        if _is_unchanged(vault, slot, account):
            if anew is not None:
                _put_in_use(vault, anew)
            else:
                mark_stale(vault=vault)
    return keys


def _opened_by_password(slot: KeySlot | None, password: str) -> VaultKeys | None:
    if slot is None:
        return None
    try:
        cost = Argon2Cost.from_params(slot.params)
        return slot.open(_password_key(password, bytes(slot.salt), cost))
    except CannotOpen:
        return None


def _is_unchanged(vault: Vault, slot: KeySlot | None, account: AbstractBaseUser) -> bool:
    """Return whether what was tried still stands, now that it is this request's turn.

    A sign-in takes its time over Argon2. Meanwhile another request may have put a newer slot in
    place, or the account may have another password: then neither is this sign-in's to change.
    """
    same_password = type(account)._default_manager.filter(pk=account.pk, password=account.password)
    return vault.slot(KeySlot.Kind.PASSWORD) == slot and same_password.exists()


def _password_key(password: str, salt: bytes, cost: Argon2Cost) -> bytes:
    return crypto.password_key(password, salt=salt, pepper=settings.VAULT_PEPPER, cost=cost)


def _password_slot(vault: Vault, keys: VaultKeys, password: str) -> KeySlot:
    cost = Argon2Cost(**settings.VAULT_ARGON2)
    salt = crypto.new_salt()
    slot = KeySlot(vault=vault, kind=KeySlot.Kind.PASSWORD, salt=salt, params=cost.params())
    slot.close(keys, _password_key(password, salt, cost))
    return slot


def _take_turns(vault: Vault) -> Vault:
    """Hold other requests' changes to this vault until the transaction ends; return it as it is."""
    return Vault.objects.select_for_update().get(pk=vault.pk)


def _note(vault: Vault, kind: VaultEvent.Kind) -> None:
    VaultEvent.objects.create(vault=vault, kind=kind)


# --- The password's slot -------------------------------------------------------------------------


def rewrap(
    *, vault: Vault, keys: VaultKeys, password: str, event: VaultEvent.Kind | None = None
) -> None:
    """Let ``password`` open the vault from now on, and no earlier password."""
    slot = _password_slot(vault, keys, password)
    with transaction.atomic():
        _take_turns(vault)
        _put_in_use(vault, slot)
        if event:
            _note(vault, event)


def _put_in_use(vault: Vault, slot: KeySlot) -> None:
    vault.slots.filter(kind=KeySlot.Kind.PASSWORD).delete()
    slot.save(force_insert=True)


def mark_stale(*, vault: Vault) -> None:
    """Note that the account's password no longer opens the vault, and lock it everywhere."""
    with transaction.atomic():
        _take_turns(vault)
        Unlock.objects.of(vault.user).delete()
        slots = vault.slots.filter(kind=KeySlot.Kind.PASSWORD, state=KeySlot.State.ACTIVE)
        if slots.update(state=KeySlot.State.STALE):
            _note(vault, Kind.WENT_STALE)


# --- The recovery code ---------------------------------------------------------------------------


def new_recovery_code(*, vault: Vault, keys: VaultKeys) -> str:
    """Return a new code, to be shown once. The code in use stays valid until it is typed back."""
    code = crypto.new_recovery_code()
    salt = crypto.new_salt()
    slot = KeySlot(vault=vault, kind=KeySlot.Kind.RECOVERY, state=KeySlot.State.PENDING, salt=salt)
    slot.close(keys, crypto.recovery_key(code, salt=salt))
    with transaction.atomic():
        _take_turns(vault)
        vault.slots.filter(state=KeySlot.State.PENDING).delete()
        slot.save(force_insert=True)
        _note(vault, Kind.CODE_MADE)
    return crypto.show_recovery_code(code)


def confirm_recovery_code(*, vault: Vault, typed: str) -> VaultKeys:
    """Put the new code in use, now that it was typed back, and return the vault's keys.

    Raises ``MistypedCode`` for a slip, ``CannotOpen`` for another code or if none is pending.
    """
    code = crypto.read_recovery_code(typed)
    with transaction.atomic():
        vault = _take_turns(vault)
        slot = vault.pending_slot()
        if slot is None:
            raise CannotOpen
        keys = slot.open(crypto.recovery_key(code, salt=bytes(slot.salt)))
        vault.slots.filter(kind=KeySlot.Kind.RECOVERY, state=KeySlot.State.ACTIVE).delete()
        slot.state = KeySlot.State.ACTIVE
        slot.save(update_fields=["state"])
        if vault.recovery_confirmed_at is None:
            vault.recovery_confirmed_at = timezone.now()
            vault.save(update_fields=["recovery_confirmed_at"])
        _note(vault, Kind.CODE_CONFIRMED)
    return keys


# --- Unlocked in a browser -----------------------------------------------------------------------


def unlock_in_browser(*, user: AbstractBaseUser, keys: VaultKeys, pending: bool = False) -> bytes:
    """Keep the vault unlocked for one browser and return its cookie's 32 bytes.

    ``pending``: until the sign-in is finished, which then starts the clock.
    """
    cookie = crypto.new_key()
    lookup = crypto.unlock_lookup(cookie)
    key = crypto.unlock_key(cookie, secret=settings.SECRET_KEY.encode())
    now = timezone.now()
    seconds = PENDING_SECONDS if pending else settings.VAULT_ABSOLUTE_SECONDS
    Unlock.objects.create(
        lookup=lookup.hex(),
        user_id=user.pk,
        vault_id=keys.vault_id,
        wrapped=keys.closed(key, crypto.unlock(lookup, user.pk, keys.vault_id)),
        pending=pending,
        created_at=now,
        last_seen_at=now,
        expires_at=now + timedelta(seconds=seconds),
    )
    return cookie


def purge_unlocks() -> int:
    """Delete what no browser may use any more; return how many rows that were."""
    now = timezone.now()
    idle_since = now - timedelta(seconds=settings.VAULT_IDLE_SECONDS)
    return Unlock.objects.over(now=now, idle_since=idle_since).delete()[0]


# --- Starting over -------------------------------------------------------------------------------


def ask_start_over(*, vault: Vault) -> StartOver:
    """Ask for a fresh vault after the delay, and tell the person by mail. Once only."""
    with transaction.atomic():
        vault = _take_turns(vault)
        asked = vault.start_overs.open().first()
        if asked is None:
            now = timezone.now()
            due_at = now + timedelta(days=settings.VAULT_START_OVER_DAYS)
            asked = vault.start_overs.create(requested_at=now, due_at=due_at)
            _note(vault, Kind.START_OVER_ASKED)
            _mail(vault, _("A fresh vault was asked for"), "start_over_asked", due_at=due_at)
    return asked


def cancel_start_over(*, vault: Vault) -> bool:
    """Call off the fresh vault; return whether one had been asked for."""
    with transaction.atomic():
        if not vault.start_overs.open().update(cancelled_at=timezone.now()):
            return False
        _note(vault, Kind.START_OVER_CANCELLED)
    return True


def complete_start_overs() -> int:
    """Seal the vaults whose delay is over, tell their owners, and return how many these were."""
    done = 0
    for pk in StartOver.objects.due(timezone.now()).values_list("pk", flat=True):
        done += _complete_start_over(pk)
    return done


@transaction.atomic
def _complete_start_over(pk: int) -> bool:
    asked = StartOver.objects.due(timezone.now()).select_for_update().filter(pk=pk).first()
    if asked is None:  # Called off while this task was at work.
        return False
    asked.completed_at = timezone.now()
    asked.save(update_fields=["completed_at"])
    seal(vault=asked.vault)
    _mail(asked.vault, _("Your fresh vault can be set up"), "start_over_done")
    return True


def seal(*, vault: Vault) -> None:
    """Set the vault aside, whole: its code or its old password can still open it later."""
    with transaction.atomic():
        Unlock.objects.of(vault.user).delete()
        vault.sealed_at = timezone.now()
        vault.save(update_fields=["sealed_at"])
        _note(vault, Kind.SEALED)


def join_sealed(*, sealed: Vault, sealed_keys: VaultKeys, into: Vault, keys: VaultKeys) -> None:
    """Let the fresh vault open the sealed one from now on: what was written there can be read."""
    with transaction.atomic():
        sealed.joined_to = into
        sealed.joined_key = keys.join(sealed_keys)
        sealed.save(update_fields=["joined_to", "joined_key"])
        _note(sealed, Kind.JOINED)


# --- Destroying ----------------------------------------------------------------------------------


@transaction.atomic
def destroy_vaults(*, user: AbstractBaseUser) -> None:
    """Destroy every key of ``user``, for good, and whatever was encrypted under it.

    Slots and unlocked keys go first: from then on nothing here opens what is left, whatever comes.
    """
    Unlock.objects.of(user).delete()
    vaults = Vault.objects.all_of(user)
    KeySlot.objects.filter(vault__in=vaults).delete()
    vaults.delete()


def _mail(vault: Vault, subject: str, template: str, **context: object) -> None:
    address = getattr(vault.user, vault.user.get_email_field_name())
    link = settings.SITE_URL.rstrip("/") + reverse("vault_start_over")
    facts = {"user": vault.user, "link": link, **context}
    with timezone.override(vault.user.zone):
        text = render_to_string(f"vault/mail/{template}.txt", facts).strip() + "\n"
    send_mail(subject, text, settings.DEFAULT_FROM_EMAIL, [address])
