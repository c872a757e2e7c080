"""Who is reading, as far as this browser has their vault open."""

from uuid import UUID

from accounts.models import User
from supervision.frozen import Reader
from vault.access import Locked, VaultAccess
from vault.crypto import VaultKeys
from vault.models import Vault


def reader_of(user: User, access: VaultAccess) -> Reader:
    """Return what ``user`` opens copies with. Raises ``Locked`` unless the vault is unlocked."""

    def earlier(vault_id: UUID) -> tuple[Vault, VaultKeys] | None:
        try:
            keys = access.keys_for(vault_id)
        except Locked:
            return None
        return next(one for one in access.sealed if one.pk == vault_id), keys

    keys = access.keys
    assert access.vault is not None  # unlocked
    return Reader(user.pk, access.vault, keys, earlier)
