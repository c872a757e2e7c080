"""Questions asked of files that wait to be brought in."""

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import models
from django.utils import timezone

if TYPE_CHECKING:
    from accounts.models import User
    from reflection.models import Incoming

# How long somebody may look at what would come in.
KEPT_FOR = timedelta(hours=1)


class IncomingQuerySet(models.QuerySet["Incoming"]):
    def waiting_for(self, user: "User", pk: uuid.UUID) -> "Incoming | None":
        """Return ``user``'s file of that id, if it still waits."""
        since = timezone.now() - KEPT_FOR
        return self.filter(pk=pk, vault__user=user, created_at__gt=since).first()

    def of_vault(self, vault_id: uuid.UUID) -> "IncomingQuerySet":
        """Return what waits in that vault: one at most."""
        return self.filter(vault_id=vault_id)

    def over(self) -> "IncomingQuerySet":
        """Return those that have waited too long."""
        return self.filter(created_at__lte=timezone.now() - KEPT_FOR)
