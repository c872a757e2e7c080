"""Questions asked of notifications. Everyone sees their own: `of_person` comes first."""

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils import timezone

if TYPE_CHECKING:
    from accounts.models import User
    from supervision.models import NoticeChoice, Notification


class NotificationQuerySet(models.QuerySet["Notification"]):
    def of_person(self, user: "User") -> "NotificationQuerySet":
        """Return those to ``user``, the newest first, each with who it was."""
        return self.to(user).select_related("by").order_by("-at", "-id")

    def to(self, user: "User") -> "NotificationQuerySet":
        """Return the same in no order, to be counted or changed."""
        return self.filter(person=user)

    def older_than(self, at: datetime, pk: uuid.UUID) -> "NotificationQuerySet":
        """Return those after the keyset position (``at``, ``pk``), newest first."""
        older = Q(at__lt=at) | Q(at=at, id__lt=pk)
        return self.filter(older, at__lte=at).order_by("-at", "-id")

    def unseen(self) -> "NotificationQuerySet":
        """Return those their person has not seen."""
        return self.filter(seen_at=None)

    def like(self, other: "Notification") -> "NotificationQuerySet":
        """Return those that say the same of the same to the same person."""
        return self.filter(
            person=other.person_id,
            kind=other.kind,
            by=other.by_id,
            share=other.share_id,
            agreement=other.agreement_id,
            meeting=other.meeting_id,
            group=other.group_id,
            proposal=other.proposal_id,
        )

    def see(self) -> int:
        """Note that these have been seen; return how many were not."""
        return self.unseen().update(seen_at=timezone.now())

    def about(self, **what: uuid.UUID) -> "NotificationQuerySet":
        """Return those about one share, agreement, meeting, group or proposal.

        It is given by that name and its id.
        """
        return self.filter(**what)

    def of_kinds(self, kinds: Collection[str]) -> "NotificationQuerySet":
        """Return those of these kinds."""
        return self.filter(kind__in=kinds)

    def before(self, moment: datetime) -> "NotificationQuerySet":
        """Return those from before ``moment``."""
        return self.filter(at__lt=moment)


class ChoiceQuerySet(models.QuerySet["NoticeChoice"]):
    def of_person(self, user: "User") -> "ChoiceQuerySet":
        """Return what ``user`` has chosen."""
        return self.filter(person=user)

    def made(self, user: "User", kind: str) -> "NoticeChoice":
        """Return how ``user`` is told of ``kind``: as they chose, or as everybody is."""
        chosen = self.of_person(user).filter(kind=kind).first()
        return chosen or self.model.by_default(kind)
