"""Questions asked of people's own lists."""

import uuid
from typing import TYPE_CHECKING

from django.apps import apps
from django.db import models

from vault.prepared import Prepared

if TYPE_CHECKING:
    from accounts.models import User
    from reflection.models import PrivateList


class PrivateListQuerySet(models.QuerySet["PrivateList"]):
    def owned_by(self, user: "User", name: str) -> "PrivateListQuerySet":
        """Return ``user``'s rows of the list ``name``, one for each vault, the newest first."""
        return self.filter(vault__user=user, name=name).order_by("-updated_at", "-id")

    def read_by(self, user: "User", name: str) -> "list[PrivateList]":
        """Return what `owned_by` does, for pages that are opened and saved all the time."""
        return _owned_by(user=user.pk, name=str(name))

    def listed(self, name: str) -> "PrivateListQuerySet":
        """Return the rows of the list ``name``, of every vault."""
        return self.filter(name=name)

    def all_of(self, user: "User") -> "PrivateListQuerySet":
        """Return every list of ``user``'s, of all their vaults, the oldest first."""
        return self.filter(vault__user=user).order_by("name", "updated_at", "id")

    def remove_from_vault(self, vault_id: uuid.UUID) -> None:
        """Delete those that are encrypted under that vault."""
        self.filter(vault_id=vault_id).delete()

    def held_in(self, vault_id: uuid.UUID, name: str) -> "PrivateList | None":
        """Return the row of the list ``name`` in that vault, or None, for a page to read."""
        return _in_vault.first(vault=vault_id, name=str(name))

    def in_vault(self, vault_id: uuid.UUID) -> "PrivateList | None":
        """Return the row that is encrypted under that vault, or None."""
        return self.filter(vault_id=vault_id).first()


_in_vault: "Prepared[PrivateList]" = Prepared(
    lambda vault, name: apps.get_model("reflection", "PrivateList")._default_manager.filter(
        vault=vault, name=name
    ),
    vault=uuid.UUID(int=1),
    name="name",
)
_owned_by: "Prepared[PrivateList]" = Prepared(
    lambda user, name: (
        apps.get_model("reflection", "PrivateList")
        ._default_manager.filter(vault__user=user, name=name)
        .order_by("-updated_at", "-id")
    ),
    user=uuid.UUID(int=1),
    name="name",
)
