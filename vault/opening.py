"""Tries at opening a vault: limited, and each refusal told apart in words."""

from allauth.core.ratelimit import consume
from django.http import HttpRequest
from django.utils.translation import gettext as _

from vault import actions
from vault.access import VaultRequest
from vault.crypto import CannotOpen, MistypedCode, VaultKeys
from vault.models import KeySlot, Vault

RATE_ACTION = "vault_unlock"  # In ACCOUNT_RATE_LIMITS.
WAIT_MINUTES = 5


class Refused(Exception):
    """A try that did not open the vault. ``str()`` is what to tell the person."""

    def __init__(self, error: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.error = error
        self.status = status


def count_try(request: HttpRequest) -> None:
    """Count one try. Raises ``Refused`` when there were too many."""
    if not consume(request, action=RATE_ACTION, user=request.user):
        message = _(
            "That was too many tries. Nothing was lost. Wait %(minutes)d minutes, then try again."
        )
        raise Refused("too_many", message % {"minutes": WAIT_MINUTES}, status=429)


def verify_account_password(request: HttpRequest, password: str) -> None:
    """Count a try at the account's password. Raises ``Refused`` if it is wrong or one too many."""
    count_try(request)
    if not request.user.check_password(password):
        raise wrong_password()


def wrong_password() -> Refused:
    """Return the refusal of a wrong password."""
    message = _("That is not your password. Nothing was lost. Check it and try again.")
    return Refused("wrong_password", message)


def open_with_account_password(request: VaultRequest, password: str) -> Refused | None:
    """Unlock the vault in this browser with the account's password; return why not, if not."""
    access = request.vault
    if access.vault is None:
        return Refused("no_vault", _("You have no vault yet. Set it up first."))
    try:
        count_try(request)
        keys = _opened(request, access.vault, password)
    except Refused as refused:
        return refused
    access.open(keys, user=request.user)
    return None


def _opened(request: VaultRequest, vault: Vault, password: str) -> VaultKeys:
    slot = vault.slot(KeySlot.Kind.PASSWORD)
    if slot is not None and not slot.is_stale:
        try:
            return actions.open_with_password(vault=vault, password=password)
        except CannotOpen:
            pass  # Wrong, or the account's password was set elsewhere: told apart below.
    if not request.user.check_password(password):
        raise wrong_password()
    keys = actions.open_for_account(user=request.user, password=password)
    if keys is not None:
        return keys
    slot = vault.slot(KeySlot.Kind.PASSWORD)
    if slot is not None and not slot.is_stale:  # Changed elsewhere in this very moment.
        raise wrong_password()
    raise Refused(
        "stale",
        _(
            "That is your password, but it was set anew without opening your vault. Nothing "
            "was lost. Use your recovery code, or the password you had before."
        ),
    )


def keys_from(vault: Vault, *, code: str = "", old_password: str = "") -> VaultKeys:
    """Return the keys that a recovery code, or else a remembered old password, opens.

    Raises ``Refused``, which tells a slip of typing from a wrong code.
    """
    try:
        if code:
            return actions.open_with_code(vault=vault, typed=code)
        return actions.open_with_password(vault=vault, password=old_password)
    except MistypedCode as error:
        raise mistyped_code() from error
    except CannotOpen as error:
        raise (wrong_code() if code else _wrong_old_password()) from error


def mistyped_code() -> Refused:
    """Return the refusal of a code with a slip of typing in it."""
    message = _(
        "There is a typing slip in that code: a letter is missing, added or different. Nothing "
        "was lost. A code has 7 groups of 4. Compare it group by group and try again."
    )
    return Refused("mistyped_code", message)


def wrong_code() -> Refused:
    """Return the refusal of a code that is well typed, but another."""
    message = _(
        "That code is typed correctly, but it is not the one for this vault. Nothing was lost. "
        "Look for a newer code: each new one replaces those before it."
    )
    return Refused("wrong_code", message)


def _wrong_old_password() -> Refused:
    message = _(
        "That password does not open your vault. Nothing was lost. Try another you have used, or "
        "your recovery code."
    )
    return Refused("wrong_old_password", message)
