"""A file that somebody wants to bring in, while they look at what would come of it."""

import uuid
from typing import TYPE_CHECKING

import msgspec
from django.db import models
from django.utils import timezone

from reflection.queries.incoming import IncomingQuerySet
from vault import crypto

if TYPE_CHECKING:
    from vault.crypto import VaultKeys


class Incoming(models.Model):
    """What was uploaded, encrypted under its owner's vault until they say yes, or an hour is over.

    In clear stand the vault and the time. A vault holds one at most: a newer one takes its place.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    vault = models.OneToOneField("vault.Vault", models.CASCADE, related_name="+")
    body = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now)
    objects = IncomingQuerySet.as_manager()

    def __str__(self) -> str:
        return f"incoming {self.pk}"

    def put(self, keys: "VaultKeys", files: list[tuple[str, bytes]]) -> None:
        """Make ``files`` (name, contents) what it holds. It is not saved yet."""
        self.body = keys.encrypt_body(msgspec.msgpack.encode(files), self._context)

    def open(self, keys: "VaultKeys") -> list[tuple[str, bytes]]:
        """Return the files. Raises ``CannotOpen``."""
        data = keys.decrypt_body(bytes(self.body), self._context)
        return msgspec.msgpack.decode(data, type=list[tuple[str, bytes]])

    @property
    def _context(self) -> crypto.Context:
        return crypto.private_list(self.vault_id, f"incoming {self.pk}")
