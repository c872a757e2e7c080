"""What a request may open: ``request.vault``."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from vault import actions, crypto
from vault.crypto import CannotOpen, VaultKeys
from vault.models import Unlock, Vault

# Gives the keys of a vault of one's own, the active or an earlier one; raises `Locked`.
Keyring = Callable[[UUID], VaultKeys]
TOUCH_SECONDS = 60
BACKGROUND_HEADER = "X-Mend-Background"


class Locked(Exception):
    """The vault is not open in this browser. The middleware answers with the way to open it."""


class VaultAccess:
    """The vault of whoever signed in, as far as this browser has it unlocked.

    It asks the database nothing until it is asked something, and then once, or twice while nothing
    is open. A request that is not
    ``background`` counts as activity, noted at most once a minute.
    """

    def __init__(self, request: HttpRequest, cookie: bytes | None) -> None:
        self._request = request
        self._cookie = cookie
        self._sent = cookie
        self.background = BACKGROUND_HEADER in request.headers
        # Whether the post comes from the page that kept it when the vault had locked.
        self.was_kept = False
        self.forget()

    def __repr__(self) -> str:
        return "<VaultAccess>"

    def forget(self) -> None:
        """Look again at the next question: who is signed in, or what is open, has changed."""
        self._loaded = False
        self._vault: Vault | None = None
        self._keys: VaultKeys | None = None
        self._locks_at: datetime | None = None
        self._sealed: list[Vault] | None = None
        self._joined: dict[UUID, VaultKeys] = {}

    @property
    def vault(self) -> Vault | None:
        """The person's active vault, ready or not."""
        self._load()
        return self._vault

    @property
    def state(self) -> str:
        """``"none"`` (no vault, or its code not yet typed back), ``"locked"`` or ``"unlocked"``."""
        if self.vault is None or not self.vault.is_ready:
            return "none"
        return "locked" if self._keys is None else "unlocked"

    @property
    def is_unlocked(self) -> bool:
        """Whether private text can be read and written."""
        return self.state == "unlocked"

    @property
    def keys(self) -> VaultKeys:
        """The vault's keys. Raises ``Locked`` unless it is unlocked."""
        if not self.is_unlocked or self._keys is None:
            raise Locked
        return self._keys

    @property
    def setup_keys(self) -> VaultKeys | None:
        """The keys if they are open, even before the recovery code was typed back."""
        self._load()
        return self._keys

    @property
    def locks_at(self) -> datetime | None:
        """When the vault locks by itself if nothing more is done; ``None`` unless unlocked."""
        return self._locks_at if self.is_unlocked else None

    @property
    def sealed(self) -> list[Vault]:
        """The person's sealed vaults that may hold something, newest first."""
        if self._sealed is None:
            self._sealed = list(Vault.objects.sealed_of(self._request.user))  # type: ignore[arg-type]
        return self._sealed

    def keys_for(self, vault_id: UUID) -> VaultKeys:
        """Return the keys of the active vault, or of a sealed one joined to it.

        Raises ``Locked`` where this browser cannot open that vault.
        """
        if vault_id == self.keys.vault_id:
            return self.keys
        vault = next((one for one in self.sealed if one.pk == vault_id), None)
        if vault is None or vault.joined_to_id is None:
            raise Locked
        if vault_id not in self._joined:
            parent = self.keys_for(vault.joined_to_id)
            self._joined[vault_id] = parent.joined(vault_id, bytes(vault.joined_key or b""))
        return self._joined[vault_id]

    def open(self, keys: VaultKeys, *, user: AbstractBaseUser, pending: bool = False) -> None:
        """Unlock the vault in this browser; ``pending``: once the sign-in is finished."""
        self._delete_row()
        self._cookie = actions.unlock_in_browser(user=user, keys=keys, pending=pending)
        self.forget()
        if not pending:
            self._call_off_start_over()

    def signed_in(self, user: AbstractBaseUser) -> None:
        """Start the clock of what this sign-in's password opened; lock anything left over."""
        now = timezone.now()
        expires_at = now + timedelta(seconds=settings.VAULT_ABSOLUTE_SECONDS)
        waiting = Unlock.objects.waiting(user, self._lookup, now=now)
        kept = waiting.update(
            pending=False, created_at=now, last_seen_at=now, expires_at=expires_at
        )
        if not kept:
            self._delete_row()
        self.forget()
        if kept:
            self._call_off_start_over()

    def lock(self) -> None:
        """Forget the keys, because somebody asked for it: row and cookie go."""
        self._delete_row()
        self._cookie = None
        self.forget()

    def write_cookie(self, response: HttpResponseBase) -> None:
        """Give the browser its new cookie, or take it away after `lock`.

        A cookie that opens nothing is otherwise left alone: by the time this answer arrives the
        browser may have a newer one, from another request, and would lose that.
        """
        name = settings.VAULT_COOKIE_NAME
        if self._cookie == self._sent:
            return
        if self._cookie is None:
            response.delete_cookie(name, samesite="Lax")
            return
        response.set_cookie(
            name, self._cookie.hex(), secure=settings.TLS, httponly=True, samesite="Lax"
        )

    @property
    def _lookup(self) -> str:
        return crypto.unlock_lookup(self._cookie).hex() if self._cookie else ""

    def _delete_row(self) -> None:
        if self._cookie is not None:
            Unlock.objects.in_browser(self._lookup).delete()

    def _load(self) -> None:
        if self._loaded:
            return
        self._loaded = True
        user = self._request.user
        if not user.is_authenticated:
            return
        unlock = Unlock.objects.open_for(user, self._lookup) if self._cookie else None
        if unlock is None or self._cookie is None:
            self._vault = Vault.objects.active_of(user)
            return
        self._vault = unlock.vault
        try:
            self._keys = self._opened(unlock.vault, unlock, self._cookie)
        except CannotOpen:  # SECRET_KEY was changed since: the row is of no use to anyone.
            self._keys = None
        if self._keys is None:
            self._delete_row()

    def _opened(self, vault: Vault, unlock: Unlock, cookie: bytes) -> VaultKeys | None:
        idle = timedelta(seconds=settings.VAULT_IDLE_SECONDS)
        now, seen_at = timezone.now(), unlock.last_seen_at
        if now >= min(seen_at + idle, unlock.expires_at):
            return None
        lookup = crypto.unlock_lookup(cookie)
        key = crypto.unlock_key(cookie, secret=settings.SECRET_KEY.encode())
        wrapped = bytes(unlock.wrapped)
        context = crypto.unlock(lookup, vault.user_id, vault.pk)
        keys = VaultKeys.opened(vault.pk, key, wrapped, context)
        if not self.background and now - seen_at >= timedelta(seconds=TOUCH_SECONDS):
            Unlock.objects.in_browser(self._lookup).update(last_seen_at=now)
            seen_at = now
        self._locks_at = min(seen_at + idle, unlock.expires_at)
        return keys

    def _call_off_start_over(self) -> None:
        if self.vault is not None:
            actions.cancel_start_over(vault=self.vault)


if TYPE_CHECKING:

    class VaultRequest(HttpRequest):
        """A request as ``VaultMiddleware`` hands it to the view of someone signed in."""

        user: Any
        vault: VaultAccess

else:
    VaultRequest = HttpRequest
