"""How signing in and passwords move the vault: mixed into the account adapter, first."""

from typing import Any

from allauth.core import context
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.http import HttpRequest

from vault import actions
from vault.access import VaultAccess
from vault.crypto import VaultKeys
from vault.models import Unlock, Vault, VaultEvent


class VaultAdapterMixin:
    """For allauth's account adapter. The two places where a password passes by."""

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """Return who these credentials are of, their vault opened if it goes by a password.

        Opened means *pending* until ``user_logged_in`` (after a second factor, if there is one),
        except when someone signed in confirms their password.
        """
        user: AbstractBaseUser | None = super().authenticate(request, **credentials)  # type: ignore[misc]
        password = credentials.get("password")
        access: VaultAccess | None = getattr(request, "vault", None)
        if user is None or not user.is_active or not password or access is None:
            return user
        keys = actions.open_for_account(user=user, password=password)
        if keys is None:
            access.lock()
        else:
            signed_in = request.user.is_authenticated and request.user.pk == user.pk
            access.open(keys, user=user, pending=not signed_in)
        return user

    def set_password(self, user: AbstractBaseUser, password: str) -> None:
        """Set the account's password; the vault follows if it is open here, else its slot is stale.

        allauth's one point for changing, setting and resetting a password.
        """
        keys = _keys_at_hand(user)
        with transaction.atomic():
            super().set_password(user, password)  # type: ignore[misc]
            vault = Vault.objects.active_of(user)
            if vault is None:
                return
            if keys is None or keys.vault_id != vault.pk:
                actions.mark_stale(vault=vault)
                return
            changed = VaultEvent.Kind.PASSWORD_CHANGED
            actions.rewrap(vault=vault, keys=keys, password=password, event=changed)
            Unlock.objects.of(user).delete()
        context.request.vault.open(keys, user=user)


def _keys_at_hand(user: AbstractBaseUser) -> VaultKeys | None:
    request = context.request
    if request is None or request.user.pk != user.pk or not hasattr(request, "vault"):
        return None
    keys: VaultKeys | None = request.vault.setup_keys
    return keys
