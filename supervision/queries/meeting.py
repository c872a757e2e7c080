"""Questions asked of many meetings at once. Access is decided here: `of_party` comes first."""

import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, Subquery, Sum
from django.db.models.functions import Coalesce, TruncMonth
from django.utils import timezone

from vault.append_only import AppendOnlyQuerySet
from vault.models import Vault
from vault.prepared import Prepared

if TYPE_CHECKING:
    from accounts.models import User
    from reflection.models import Entry
    from supervision.models import (  # noqa: F401 - classes' bases
        MeetingVersion,
        Signature,
        SupervisionMeeting,
    )

# A meeting that began longer ago than this and was not said to be held waits to be settled.
SETTLED_LATEST = timedelta(hours=12)
# So many of each kind are shown first.
SHOWN = 3
# On Today: what begins within this time; so many of the last year are looked through for what was
# agreed to be done.
NEXT_DAYS, LAST_YEAR = timedelta(days=14), timedelta(days=365)
LOOKED_THROUGH = 40
_KEYS = ("key_supervisee", "key_supervisor")
_CIPHERTEXT = ("body", "progress", *_KEYS)


def _signed_when(side: str) -> Q:
    neither = Q(**{f"{side}_kept": None, f"{side}_signed_at": None})
    return neither | Q(**{f"{side}_kept": F(f"{side}_signed_at")})


_STORED_AS_SIGNED = (
    Q(began=F("starts_at"), lasted=F("duration"), formed=F("format"))
    & _signed_when("supervisee")
    & _signed_when("supervisor")
)


class MeetingQuerySet(models.QuerySet["SupervisionMeeting"]):
    def of_party(self, user: "User") -> "MeetingQuerySet":
        """Return every meeting ``user`` is one of the two of, with both people."""
        mine = Q(agreement__supervisee=user) | Q(agreement__supervisor=user)
        return self.filter(mine).select_related("agreement__supervisee", "agreement__supervisor")

    def with_vaults(self) -> "MeetingQuerySet":
        """Return the same, each person with the one vault that can be sealed to, or nothing."""
        return self.prefetch_related(
            *(
                Prefetch(f"agreement__{side}__vaults", Vault.objects.ready(), "ready_vaults")
                for side in ("supervisee", "supervisor")
            )
        )

    def find(self, pk: uuid.UUID) -> "SupervisionMeeting | None":
        """Return the one with that id among these, or None."""
        return self.filter(pk=pk).first()

    def without_words(self) -> "MeetingQuerySet":
        """Return the same without what is sealed in them."""
        return self.defer(*_CIPHERTEXT)

    def newest_first(self) -> "MeetingQuerySet":
        return self.order_by("-starts_at", "-id")

    def older_than(self, starts_at: datetime, pk: uuid.UUID) -> "MeetingQuerySet":
        """Return those after the keyset position (``starts_at``, ``pk``), newest first."""
        return self.newest_first().filter(
            Q(starts_at__lt=starts_at) | Q(starts_at=starts_at, id__lt=pk)
        )

    def standing(self) -> "MeetingQuerySet":
        """Return those that were not called off."""
        return self.filter(called_off_at=None)

    def under(self, agreement: uuid.UUID) -> "MeetingQuerySet":
        """Return those of one agreement."""
        return self.filter(agreement=agreement)

    def near(self, starts_at: datetime, ends_at: datetime) -> "MeetingQuerySet":
        """Return the standing ones that began within half a day before, or until, the end."""
        since = starts_at - timedelta(hours=12)
        return self.standing().filter(starts_at__gt=since, starts_at__lt=ends_at)

    def held(self) -> "MeetingQuerySet":
        """Return those that took place."""
        return self.filter(held_at__isnull=False)

    def counted(self) -> "MeetingQuerySet":
        """Return those that took place, and whatever was signed, should it be stored otherwise."""
        return self.filter(Q(held_at__isnull=False) | Q(Exists(_signed_versions())))

    def counted_between(self, since: datetime, until: datetime) -> "MeetingQuerySet":
        """Return those `counted` that began in that time, as they stand or as they were signed."""
        began = {"starts_at__gte": since, "starts_at__lt": until}
        signed = Exists(_signed_versions().filter(**began))
        return self.counted().filter(Q(**began) | Q(signed))

    def to_compare(self) -> "MeetingQuerySet":
        """Return the same with the ciphertext that signatures are over, and no more of it."""
        return self.defer("progress", *_KEYS)

    def together_with(self, person: uuid.UUID) -> "MeetingQuerySet":
        """Return those in which ``person`` is one of the two."""
        return self.filter(Q(agreement__supervisee=person) | Q(agreement__supervisor=person))

    def tallied(self, user: "User", zone: tzinfo) -> Iterable[Mapping[str, Any]]:
        """Return a row for each month and pair: meetings held, minutes, and those both signed.

        A meeting belongs to the month in which it began in ``zone``. Of one that was signed it
        counts what was; ``as_signed`` are those whose row says no other than was signed.
        """
        mine = Q(agreement__supervisee=user) | Q(agreement__supervisor=user)
        both = Q(supervisee_kept__isnull=False, supervisor_kept__isnull=False)
        return (
            self.counted()
            .filter(mine)
            .order_by()
            .annotate(**_as_signed())
            .annotate(month=TruncMonth("began", tzinfo=zone))
            .values("month", "agreement__supervisee", "agreement__supervisor")
            .annotate(
                meetings=Count("pk"),
                minutes=Sum("lasted"),
                signed=Coalesce(Sum("lasted", filter=both), 0),
                as_signed=Count("pk", filter=_STORED_AS_SIGNED),
            )
            .order_by("month", "agreement__supervisee", "agreement__supervisor")
        )

    def next_planned(self, now: datetime | None = None) -> "MeetingQuerySet":
        """Return those not held yet that are not over for long, the nearest first."""
        since = (now or timezone.now()) - SETTLED_LATEST
        planned = self.standing().filter(held_at=None, starts_at__gte=since)
        return self._with_open_agreement(planned).order_by("starts_at", "id")

    def until(self, moment: datetime) -> "MeetingQuerySet":
        """Return those that begin before ``moment``."""
        return self.filter(starts_at__lt=moment)

    def to_settle(self, user: "User", now: datetime | None = None) -> "MeetingQuerySet":
        """Return those that wait for ``user``: over and not said to be held, or to be signed."""
        over = Q(held_at=None, starts_at__lt=(now or timezone.now()) - SETTLED_LATEST)
        unsaid = over & (
            Q(agreement__ended_at=None) | Q(agreement__ended_at__gte=models.F("starts_at"))
        )
        unsigned = Q(held_at__isnull=False) & (
            Q(agreement__supervisee=user, supervisee_signed_at=None)
            | Q(agreement__supervisor=user, supervisor_signed_at=None)
        )
        return self.standing().filter(unsaid | unsigned).order_by("-starts_at", "-id")

    def to_bring_to(self) -> "MeetingQuerySet":
        """Return those whose agenda is still open: planned, or held and signed by nobody."""
        unsigned = self.standing().filter(supervisee_signed_at=None, supervisor_signed_at=None)
        return self._with_open_agreement(unsigned).order_by("-starts_at", "-id")

    def about(self, entry: "Entry") -> "MeetingQuerySet":
        """Return those under agreements by which ``entry`` was shared, newest first."""
        shared = self.filter(agreement__shares__entry_uid=entry.pk).values("pk")
        return self.standing().filter(pk__in=shared).newest_first()

    def since(self, moment: datetime) -> "MeetingQuerySet":
        """Return the standing ones that began after ``moment``, newest first."""
        return self.standing().filter(starts_at__gt=moment).newest_first()

    def on_desk(self, user: "User") -> "list[SupervisionMeeting]":
        """Return what `at_hand` does of ``user``, `SHOWN` each, without words; compiled once."""
        return _on_desk(user=user.pk, **_moments(timezone.now()))

    def of_today(self, user: "User") -> "list[SupervisionMeeting]":
        """Return what `at_hand` does of ``user`` for the next days and the last year."""
        return _of_today(user=user.pk, **_moments(timezone.now()))

    def at_hand(
        self,
        user: "User",
        each: int,
        *,
        within: timedelta | None = None,
        recent: int = 0,
        now: datetime | None = None,
    ) -> "MeetingQuerySet":
        """Return, in one query, what a page says first of ``user``'s meetings, the earliest first.

        The next planned (``within`` that time) and those to settle, ``each`` at most so many; and
        so many of the last year, the ``recent`` ones.
        """
        now = now or timezone.now()
        planned = self.next_planned(now)
        if within is not None:
            planned = planned.until(now + within)
        wanted = Q(pk__in=planned.values("pk")[:each])
        wanted |= Q(pk__in=self.to_settle(user, now).values("pk")[:each])
        if recent:
            last = self.since(now - LAST_YEAR).until(now)
            wanted |= Q(pk__in=last.values("pk")[:recent])
        return self.filter(wanted).order_by("starts_at", "id")

    @staticmethod
    def _with_open_agreement(meetings: "MeetingQuerySet") -> "MeetingQuerySet":
        return meetings.filter(agreement__ended_at=None)


class VersionQuerySet(AppendOnlyQuerySet["MeetingVersion"]):
    def of(self, meetings: Iterable[uuid.UUID]) -> "VersionQuerySet":
        """Return the versions of these meetings, the latest first."""
        return self.filter(meeting__in=list(meetings)).order_by("-revision")

    def conflicts(self) -> "VersionQuerySet":
        """Return the texts that came late."""
        return self.filter(kind="conflict")

    def latest_saved_at(self) -> datetime | None:
        """Return when the last of these was put aside, or None."""
        return self.aggregate(latest=models.Max("saved_at"))["latest"]


class SignatureQuerySet(AppendOnlyQuerySet["Signature"]):
    def of(self, meetings: Iterable[uuid.UUID]) -> "SignatureQuerySet":
        """Return the signatures of these meetings in their order, each with version and signer."""
        return (
            self.filter(version__meeting__in=list(meetings))
            .select_related("version", "signer")
            .order_by("signed_at", "id")
        )


def _signed_versions() -> "VersionQuerySet":
    """Return what was signed of the outer query's meeting at its present revision: one, or none."""
    versions: VersionQuerySet = apps.get_model(
        "supervision", "MeetingVersion"
    )._default_manager.all()
    signatures = apps.get_model("supervision", "Signature")._default_manager
    at_present = versions.filter(meeting=OuterRef("pk"), revision=OuterRef("revision"))
    return at_present.filter(Exists(signatures.filter(version=OuterRef("pk")))).order_by()


def _as_signed() -> dict[str, Any]:
    """Return, for a query of meetings, what was signed of each, or stands where nobody signed.

    ``began``, ``lasted``, ``formed``, and for each side ``…_kept``, when they signed.
    """
    signatures = apps.get_model("supervision", "Signature")._default_manager.filter(
        version__meeting=OuterRef("pk"), version__revision=OuterRef("revision")
    )
    named = {"began": "starts_at", "lasted": "duration", "formed": "format"}
    facts = {
        name: Coalesce(Subquery(_signed_versions().values(field)), field)
        for name, field in named.items()
    }
    kept = {
        f"{side}_kept": Subquery(signatures.filter(side=side).order_by().values("signed_at"))
        for side in ("supervisee", "supervisor")
    }
    return {**facts, **kept}


def _moments(now: datetime) -> dict[str, datetime]:
    """Return the moments by which `MeetingQuerySet.at_hand` goes, as compiled queries take them."""
    return {
        "now": now,
        "settled": now - SETTLED_LATEST,
        "near": now + NEXT_DAYS,
        "year_ago": now - LAST_YEAR,
    }


def _at_hand(user: uuid.UUID, now: datetime, **given: Any) -> MeetingQuerySet:
    meetings: MeetingQuerySet = apps.get_model(
        "supervision", "SupervisionMeeting"
    )._default_manager.all()
    person = apps.get_model("accounts", "User")(pk=user)
    return meetings.of_party(person).at_hand(person, SHOWN, now=now, **given)


_EXAMPLES = {"user": uuid.UUID(int=1), **_moments(datetime(2001, 2, 3, tzinfo=UTC))}
_on_desk: "Prepared[SupervisionMeeting]" = Prepared(
    lambda user, now, **_: _at_hand(user, now).without_words(), **_EXAMPLES
)
_of_today: "Prepared[SupervisionMeeting]" = Prepared(
    lambda user, now, **_: _at_hand(user, now, within=NEXT_DAYS, recent=LOOKED_THROUGH),
    **_EXAMPLES,
)
