"""Questions asked of many entries at once. Access is decided here: `owned_by` comes first."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import models, transaction
from django.db.models import Case, Count, Exists, F, OuterRef, Q, When
from django.db.models.functions import TruncMonth
from django.utils import timezone

from accounts.ways import how_many
from vault.prepared import Prepared

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.db.models.expressions import Combinable

    from accounts.models import User
    from accounts.ways import Asking
    from reflection.models import Entry, EntryVersion

# A deleted entry can be brought back for this long; then the purge removes it for good.
UNDO_PERIOD = timedelta(days=30)
# So many rows a page of the list has.
PAGE = 50
# Of texts that came too late, so many are shown with the entry; its history has them all.
LATE_SHOWN = 5


class EntryQuerySet(models.QuerySet["Entry"]):
    def owned_by(self, user: "User", *, now: datetime | None = None) -> "EntryQuerySet":
        """Return the entries of ``user`` that are not deleted. Nobody else's, whoever asks."""
        return self.filter(owner=user, deleted_at=None).not_expired(now)

    def one_of(self, user: "User", pk: uuid.UUID) -> "Entry | None":
        """Return the entry of ``user`` with that id if it is not deleted, or None.

        Its ``has_late`` says whether a second tab ever sent a text of it too late.
        """
        return _one_of.first(user=user.pk, pk=pk, now=timezone.now())

    def locked(self, user: "User", pk: uuid.UUID) -> "Entry":
        """Return the entry of ``user`` with that id, held until the transaction ends.

        Raises ``Entry.DoesNotExist``, and ``TransactionManagementError`` outside a transaction.
        """
        if not transaction.get_connection().in_atomic_block:
            raise transaction.TransactionManagementError
        entry = _locked.first(user=user.pk, pk=pk, now=timezone.now())
        if entry is None:
            raise self.model.DoesNotExist
        return entry

    def written_by(self, user: "User") -> "EntryQuerySet":
        """Return every entry of ``user``, deleted or not."""
        return self.filter(owner=user)

    def deleted_by(self, user: "User") -> "EntryQuerySet":
        """Return the entries ``user`` deleted and can still bring back, latest first."""
        deleted = self.filter(owner=user, deleted_at__isnull=False).not_expired()
        return deleted.order_by("-deleted_at")

    def all_of(self, user: "User") -> "EntryQuerySet":
        """Return whatever is stored of ``user``, also what was deleted and not yet removed."""
        return self.filter(owner=user)

    def not_expired(self, now: datetime | None = None) -> "EntryQuerySet":
        """Leave out captures whose time is over ``now``: they are gone, removed or not yet."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=now or timezone.now()))

    def expired(self) -> "EntryQuerySet":
        """Return the captures whose time is over, which are to be removed for good."""
        return self.filter(expires_at__lte=timezone.now())

    def captures(self) -> "EntryQuerySet":
        """Return the captures nobody went on with: the first to go first, then the newest."""
        return self.filter(is_capture=True).order_by(
            F("expires_at").asc(nulls_last=True), "-created_at", "-id"
        )

    def among(self, pks: Iterable[uuid.UUID]) -> "EntryQuerySet":
        """Return those whose id is one of ``pks``."""
        return self.filter(pk__in=list(pks))

    def in_vault(self, vault_id: uuid.UUID) -> "EntryQuerySet":
        """Return those whose key is wrapped under that vault."""
        return self.filter(vault_id=vault_id)

    def recalled(self, spans: Sequence[tuple[datetime, datetime]]) -> "EntryQuerySet":
        """Return those begun in any of ``spans`` (each from, and before), those of the first first.

        None where their owner wants none of it on Today.
        """
        begun = [Q(created_at__gte=start, created_at__lt=end) for start, end in spans]
        wanted = Q(pk__in=())
        for one in begun:
            wanted |= one
        place = Case(*(When(one, then=number) for number, one in enumerate(begun)), default=99)
        return (
            self.filter(wanted)
            .exclude(owner__today_choices__shows_earlier=False)
            .order_by(place, "-created_at", "-id")
        )

    def today_of(self, user: "User") -> "list[Entry]":
        """Return what `for_today` does of ``user``, by the clock of who asks."""
        return _today_of(user=user.pk, now=timezone.now(), today=timezone.localdate())

    def for_today(self, today: date, limit: int = 15) -> "EntryQuerySet":
        """Return what waits: days to look back that have come, the longest first; then the newest
        that are not finished."""
        is_due = Q(follow_up_on__lte=today)
        return self.filter(is_due | Q(finished_at=None)).order_by(
            Case(When(is_due, then="follow_up_on")).asc(nulls_last=True), "-created_at", "-id"
        )[:limit]

    def find(self, pk: uuid.UUID) -> "Entry | None":
        """Return the one with that id among these, or None."""
        return self.filter(pk=pk).first()

    def has(self, pk: uuid.UUID) -> bool:
        return self.filter(pk=pk).exists()

    def deletion_by_id(self, user: "User") -> "dict[uuid.UUID, datetime | None]":
        """Return when each of ``user``'s entries was deleted, None where it was not, by id."""
        return dict(self.written_by(user).values_list("pk", "deleted_at"))

    def states_of(self, user: "User") -> "set[tuple[uuid.UUID, datetime | None, datetime, int]]":
        """Return what changes with any change of ``user``'s entries."""
        return set(self.written_by(user).values_list("pk", "deleted_at", "updated_at", "revision"))

    def ids_among(self, pks: Iterable[uuid.UUID]) -> set[uuid.UUID]:
        """Return those of ``pks`` that are an entry's, whoever's."""
        return set(self.filter(pk__in=list(pks)).values_list("pk", flat=True))

    def newest_first(self) -> "EntryQuerySet":
        return self.order_by("-created_at", "-id")

    def oldest_first(self) -> "EntryQuerySet":
        return self.order_by("created_at", "id")

    def older_than(self, created_at: datetime, pk: uuid.UUID) -> "EntryQuerySet":
        """Return those after the keyset position (``created_at``, ``pk``), newest first."""
        return self.newest_first().filter(
            Q(created_at__lt=created_at) | Q(created_at=created_at, id__lt=pk)
        )

    def that_are_finished(self, *, finished: bool) -> "EntryQuerySet":
        """Return those that were marked as finished, or those that were not."""
        return self.filter(finished_at__isnull=not finished)

    def in_any_of(
        self, found: "Iterable[QuerySet[Any, uuid.UUID | None]]", *, inside: bool
    ) -> "EntryQuerySet":
        """Return those whose id one of the queries ``found`` gives; or those of none of them."""
        among = Q(pk__in=())
        for ids in found:
            among |= Q(pk__in=ids)
        return self.filter(among) if inside else self.exclude(among)

    def without_text(self, pks: Iterable[uuid.UUID]) -> "dict[uuid.UUID, Entry]":
        """Return those of ``pks`` by id, their ciphertext left where it is. One query."""
        return {entry.pk: entry for entry in self.filter(pk__in=list(pks)).defer("key", "body")}

    def due(self, *, today: date, limit: int = 3) -> "EntryQuerySet":
        """Return those whose day to look back has come, the longest waiting first."""
        return self.filter(follow_up_on__lte=today).order_by("follow_up_on", "id")[:limit]

    def due_of(self, user: "User") -> "list[Entry]":
        """Return the same of ``user``, by the clock of who asks."""
        return _due_of(user=user.pk, now=timezone.now(), today=timezone.localdate())

    def newest_of(
        self, user: "User", *, after: "tuple[datetime, uuid.UUID] | None" = None
    ) -> "list[Entry]":
        """Return the newest of ``user``, or those after a keyset position: a page and one more."""
        now = timezone.now()
        if after is None:
            return _newest_of(user=user.pk, now=now)
        return _older_of(user=user.pk, now=now, created_at=after[0], pk=after[1])

    def by_month(self) -> list[tuple[datetime, int]]:
        """Return each month something was begun in, by the clock of who asks, and how much."""
        months = self.annotate(month=TruncMonth("created_at")).values_list("month")
        return list(months.annotate(number=Count("pk")).order_by("-month"))

    def unfinished(self, limit: int = 5) -> "EntryQuerySet":
        """Return the newest that are not finished."""
        return self.filter(finished_at=None).newest_first()[:limit]

    def past_undo(self) -> "EntryQuerySet":
        """Return those deleted so long ago that they are to be removed for good."""
        return self.filter(deleted_at__lt=timezone.now() - UNDO_PERIOD)


class EntryVersionQuerySet(models.QuerySet["EntryVersion"]):
    def all_of(self, user: "User") -> "EntryVersionQuerySet":
        """Return every earlier text of ``user``, each with its entry but for the entry's body."""
        return self.filter(entry__owner=user).select_related("entry").defer("entry__body")

    def of(self, entry: "Entry") -> "EntryVersionQuerySet":
        """Return the entry's earlier texts, newest first; each knows its entry without asking."""
        return entry.versions.order_by("-revision")

    def of_owner(self, user: "User") -> "EntryVersionQuerySet":
        """Return every earlier text of ``user``, by entry as in `oldest_first`, oldest first.

        Each has its entry's ``begun_at``.
        """
        mine = self.filter(entry__owner=user, entry__deleted_at=None)
        return mine.annotate(begun_at=F("entry__created_at")).order_by(
            "entry__created_at", "entry_id", "revision"
        )

    def before(self, revision: int | None) -> "EntryVersionQuerySet":
        """Return those older than ``revision``; all where it is None."""
        return self if revision is None else self.filter(revision__lt=revision)

    def conflicts(self) -> "EntryVersionQuerySet":
        """Return the texts that a second tab sent too late."""
        return self.filter(kind="conflict")

    def latest_conflicts(self, entry: "Entry") -> "list[EntryVersion]":
        """Return the newest few texts of ``entry`` that a second tab sent too late.

        No query where the entry came with the word that there are none (`one_of`).
        """
        if not getattr(entry, "has_late", True):
            return []
        found = _conflicts(entry=entry.pk)
        for version in found:
            version.entry = entry
        return found

    def latest_saved_at(self, entry: "Entry") -> datetime | None:
        """Return when the newest kept text of ``entry`` was put aside, or None: there is none."""
        return _latest_saved_at.first(entry=entry.pk)


def _entries() -> EntryQuerySet:
    return apps.get_model("reflection", "Entry")._default_manager.all()


def _versions() -> EntryVersionQuerySet:
    versions = apps.get_model("reflection", "EntryVersion")._default_manager
    return versions.all()


_MINE = {"user": uuid.UUID(int=1), "now": datetime(2001, 2, 3, tzinfo=UTC)}
_one_of: "Prepared[Entry]" = Prepared(
    lambda user, now, pk: (
        _entries()
        .owned_by(user, now=now)
        .filter(pk=pk)
        .annotate(has_late=Exists(_versions().filter(entry=OuterRef("pk")).conflicts()))
    ),
    **_MINE,
    pk=uuid.UUID(int=2),
)
_locked: "Prepared[Entry]" = Prepared(
    lambda user, now, pk: _entries().owned_by(user, now=now).filter(pk=pk).select_for_update(),
    **_MINE,
    pk=uuid.UUID(int=2),
)
_newest_of: "Prepared[Entry]" = Prepared(
    lambda user, now: _entries().owned_by(user, now=now).newest_first()[: PAGE + 1], **_MINE
)
_older_of: "Prepared[Entry]" = Prepared(
    lambda user, now, created_at, pk: (
        _entries().owned_by(user, now=now).older_than(created_at, pk)[: PAGE + 1]
    ),
    **_MINE,
    created_at=datetime(2001, 2, 4, tzinfo=UTC),
    pk=uuid.UUID(int=2),
)
_due_of: "Prepared[Entry]" = Prepared(
    lambda user, now, today: _entries().owned_by(user, now=now).due(today=today),
    **_MINE,
    today=date(2001, 2, 5),
)
_today_of: "Prepared[Entry]" = Prepared(
    lambda user, now, today: _entries().owned_by(user, now=now).for_today(today),
    **_MINE,
    today=date(2001, 2, 5),
)
_latest_saved_at: "Prepared[datetime]" = Prepared(
    lambda entry: (
        _versions().filter(entry=entry).order_by("-revision").values_list("saved_at", flat=True)[:1]
    ),
    entry=uuid.UUID(int=1),
)
_conflicts: "Prepared[EntryVersion]" = Prepared(
    lambda entry: _versions().filter(entry=entry).conflicts().order_by("-revision")[:LATE_SHOWN],
    entry=uuid.UUID(int=1),
)


def has_written(asking: "Asking") -> Q:
    """Return the condition that somebody has a reflection, deleted or not: see `accounts.ways`."""
    return Q(Exists(_entries().filter(owner=asking.user)))


def number_due(asking: "Asking") -> "Combinable":
    """Return how many days to look back have come for somebody: see `accounts.ways`."""
    mine = _entries().filter(owner=asking.user, deleted_at=None).not_expired(asking.now)
    return how_many(mine.filter(follow_up_on__lte=asking.today), "owner")
