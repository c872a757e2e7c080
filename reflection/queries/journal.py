"""Questions asked of many entries at once. Access is decided here: `owned_by` comes first."""

import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils import timezone

if TYPE_CHECKING:
    from accounts.models import User
    from reflection.models import Entry, EntryVersion  # noqa: F401

# A deleted entry can be brought back for this long; then the purge removes it for good.
UNDO_PERIOD = timedelta(days=30)


class EntryQuerySet(models.QuerySet["Entry"]):
    def owned_by(self, user: "User") -> "EntryQuerySet":
        """Return the entries of ``user`` that are not deleted. Nobody else's, whoever asks."""
        return self.filter(owner=user, deleted_at=None)

    def deleted_by(self, user: "User") -> "EntryQuerySet":
        """Return the entries ``user`` deleted and can still bring back, latest first."""
        return self.filter(owner=user, deleted_at__isnull=False).order_by("-deleted_at")

    def has(self, pk: uuid.UUID) -> bool:
        return self.filter(pk=pk).exists()

    def newest_first(self) -> "EntryQuerySet":
        return self.order_by("-created_at", "-id")

    def older_than(self, created_at: datetime, pk: uuid.UUID) -> "EntryQuerySet":
        """Return those after the keyset position (``created_at``, ``pk``), newest first."""
        return self.newest_first().filter(
            Q(created_at__lt=created_at) | Q(created_at=created_at, id__lt=pk)
        )

    def due(self, limit: int = 3) -> "EntryQuerySet":
        """Return those whose day to look back has come, the longest waiting first."""
        today = timezone.localdate()
        return self.filter(follow_up_on__lte=today).order_by("follow_up_on", "id")[:limit]

    def count_due(self) -> int:
        """Return how many days to look back have come, by the clock of who asks."""
        return self.filter(follow_up_on__lte=timezone.localdate()).count()

    def unfinished(self, limit: int = 5) -> "EntryQuerySet":
        """Return the newest that are not finished."""
        return self.filter(finished_at=None).newest_first()[:limit]

    def past_undo(self) -> "EntryQuerySet":
        """Return those deleted so long ago that they are to be removed for good."""
        return self.filter(deleted_at__lt=timezone.now() - UNDO_PERIOD)


class EntryVersionQuerySet(models.QuerySet["EntryVersion"]):
    def of(self, entry: "Entry") -> "EntryVersionQuerySet":
        """Return the entry's earlier texts, newest first; each knows its entry without asking."""
        return entry.versions.order_by("-revision")

    def before(self, revision: int | None) -> "EntryVersionQuerySet":
        """Return those older than ``revision``; all where it is None."""
        return self if revision is None else self.filter(revision__lt=revision)

    def conflicts(self) -> "EntryVersionQuerySet":
        """Return the texts that a second tab sent too late."""
        return self.filter(kind="conflict")

    def latest_saved_at(self) -> datetime | None:
        """Return when the newest kept text was put aside, or None where there is none."""
        return self.order_by("-revision").values_list("saved_at", flat=True).first()
