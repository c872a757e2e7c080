"""Questions asked of groups and of places in them. Who may see one is decided here."""

from typing import TYPE_CHECKING
from uuid import UUID

from django.apps import apps
from django.db import models
from django.db.models import Count, Exists, OuterRef, Prefetch, Q

from vault.models import Vault
from vault.prepared import Prepared

if TYPE_CHECKING:
    from accounts.models import User
    from supervision.models import (  # noqa: F401 - bases
        Agreement,
        GroupMembership,
        GroupPin,
        SupervisionGroup,
    )


class GroupQuerySet(models.QuerySet["SupervisionGroup"]):
    def open(self) -> "GroupQuerySet":
        """Return those that have not ended."""
        return self.filter(ended_at=None)

    def led_by(self, user: "User") -> "GroupQuerySet":
        """Return those ``user`` supervises."""
        return self.filter(supervisor=user)

    def known_to(self, user: "User") -> "GroupQuerySet":
        """Return those ``user`` leads, is in, was in or was ever asked into."""
        known = self.filter(Q(supervisor=user) | Q(pk__in=self._places_of(user).values("group")))
        return known.select_related("supervisor", "wording")

    def listed(self, user: "User") -> "GroupQuerySet":
        """Return the open ones ``user`` leads, is in or is asked into, by name, with their people.

        ``member_count``; ``is_invitation``: they have yet to answer. One query.
        """
        places = self._places_of(user).filter(closed_at=None)
        mine = Q(supervisor=user) | Q(pk__in=places.values("group"))
        waits = places.filter(group=OuterRef("pk"), accepted_at=None)
        members = Q(memberships__accepted_at__isnull=False, memberships__closed_at=None)
        return (
            self.open()
            .filter(mine)
            .select_related("supervisor")
            .annotate(
                member_count=Count("memberships", filter=members), is_invitation=Exists(waits)
            )
            .order_by("-is_invitation", "name", "id")
        )

    def with_news(self, user: "User") -> "GroupQuerySet":
        """Return the same, ``has_news`` where ``user`` was told of something not seen yet."""
        told = apps.get_model("supervision", "Notification")._default_manager
        about = told.filter(person=user, seen_at=None, group=OuterRef("pk"))
        return self.annotate(has_news=Exists(about))

    def of_today(self, user: "User") -> "list[SupervisionGroup]":
        """Return what `waiting_for` does, compiled once."""
        return _of_today(user=user.pk)

    def waiting_for(self, user: "User") -> "GroupQuerySet":
        """Return the open ones that ``user`` is asked into and has yet to answer."""
        places = self._places_of(user).filter(closed_at=None, accepted_at=None)
        return self.open().filter(pk__in=places.values("group")).select_related("supervisor")

    @staticmethod
    def _places_of(user: "User") -> "models.QuerySet[GroupMembership]":
        return apps.get_model("supervision", "GroupMembership")._default_manager.filter(person=user)


class PlaceQuerySet(models.QuerySet["GroupMembership"]):
    def of(self, user: "User") -> "PlaceQuerySet":
        """Return the places ``user`` has or had."""
        return self.filter(person=user)

    def unclosed(self) -> "PlaceQuerySet":
        """Return the open ones, accepted or not."""
        return self.filter(closed_at=None)

    def members(self) -> "PlaceQuerySet":
        """Return the open ones that were accepted."""
        return self.filter(closed_at=None, accepted_at__isnull=False)

    def with_vaults(self) -> "PlaceQuerySet":
        """Return the same, each with its person, group and the vault that can be sealed to."""
        ready = Prefetch("person__vaults", Vault.objects.ready(), to_attr="ready_vaults")
        return self.select_related("person", "group", "agreement").prefetch_related(ready)

    def latest_of(self, group: "SupervisionGroup", user: "User") -> "GroupMembership | None":
        """Return the last place ``user`` had in ``group``, or None."""
        found = self.filter(group=group, person=user).select_related("group")
        return found.order_by("-invited_at", "-id").first()

    def fellows_of(self, user: "User") -> "PlaceQuerySet":
        """Return the other members of every open group that ``user`` is a member of.

        Each with its person, their vault and the group; ordered by group and name.
        """
        groups = self.model._default_manager.of(user).members().filter(group__ended_at=None)
        return (
            self.members()
            .filter(group__in=groups.values("group"))
            .exclude(person=user)
            .with_vaults()
            .order_by("group__name", "group", "person__name", "id")
        )

    def under(self, agreement: "Agreement") -> "PlaceQuerySet":
        """Return those that rest on ``agreement``."""
        return self.filter(agreement=agreement)

    def among(self, pks: "list[UUID]") -> "PlaceQuerySet":
        """Return those of these ids."""
        return self.filter(pk__in=pks)


class PinQuerySet(models.QuerySet["GroupPin"]):
    def owned_by(self, user: "User") -> "PinQuerySet":
        """Return the keys that ``user`` remembers."""
        return self.filter(owner=user)

    def in_group(self, group: "SupervisionGroup") -> "PinQuerySet":
        """Return those of members of ``group``."""
        return self.filter(group=group)

    def about(self, user: "User") -> "PinQuerySet":
        """Return those that ``user`` holds, and those of ``user``'s key."""
        return self.filter(Q(owner=user) | Q(person=user))


def _groups_of_today(user: UUID) -> GroupQuerySet:
    groups: GroupQuerySet = apps.get_model("supervision", "SupervisionGroup")._default_manager.all()
    return groups.waiting_for(apps.get_model("accounts", "User")(pk=user))


_of_today: "Prepared[SupervisionGroup]" = Prepared(_groups_of_today, user=UUID(int=1))
