"""What a person keeps for themselves beside their entries: lists, inside ciphertext."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

import msgspec
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from reflection.queries.private import PrivateListQuerySet
from vault import crypto

if TYPE_CHECKING:
    from vault.crypto import VaultKeys


ItemT = TypeVar("ItemT")


class PrivateList(models.Model):
    """One list of one person: a few hundred words or phrases, encrypted under their vault.

    A person who starts over with a fresh vault has a row in each; the earlier opens again when its
    vault is joined to the new one. In clear stand the vault, which list it is, and when it changed.
    """

    class Name(models.TextChoices):
        WATCHED = "watched", _("words to watch")
        CASES = "cases", _("case codes")
        TAGS = "tags", _("tags")
        SEARCHES = "searches", _("latest searches")

    vault = models.ForeignKey("vault.Vault", models.CASCADE, related_name="+")
    name = models.CharField(max_length=16, choices=Name.choices)
    body = models.BinaryField()
    updated_at = models.DateTimeField(default=timezone.now)
    objects = PrivateListQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["vault", "name"], name="private_list_once_per_vault")
        ]

    def __str__(self) -> str:
        return f"list {self.pk}"

    def open(self, keys: "VaultKeys") -> tuple[str, ...]:
        """Return its items. Raises ``CannotOpen`` where the ciphertext is not this list's."""
        return self.open_as(keys, str)

    def open_as(self, keys: "VaultKeys", kind: type[ItemT]) -> tuple[ItemT, ...]:
        """Return its items as ``kind``. Raises what ``UNREADABLE`` names."""
        context = crypto.private_list(self.vault_id, self.name)
        data = keys.decrypt_body(bytes(self.body), context)
        return tuple(msgspec.json.decode(data, type=list[kind]))  # type: ignore[valid-type]

    def put(self, keys: "VaultKeys", items: Sequence[object]) -> None:
        """Make ``items`` what it holds. It is not saved yet."""
        context = crypto.private_list(self.vault_id, self.name)
        self.body = keys.encrypt_body(msgspec.json.encode(items), context)
        self.updated_at = timezone.now()
