"""Questions asked of many shares at once. Access is decided here: `readable_by` comes first."""

import uuid
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, Subquery, Window
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce, RowNumber
from django.utils import timezone

from supervision.queries.tagged import tagged
from vault.append_only import AppendOnlyQuerySet
from vault.prepared import Prepared

if TYPE_CHECKING:
    from accounts.models import User
    from reflection.models import Entry
    from supervision.models import (  # noqa: F401 - a class's base
        Agreement,
        GroupMembership,
        Share,
        ShareEvent,
        ShareReader,
        SupervisionGroup,
    )

# Looking at a copy again within this time is the same opening.
SAME_OPENING = timedelta(minutes=10)
# A supervisee is told this long before a copy's time is over.
SOON = timedelta(days=4)
# Of what waits for somebody, so many for each reason stand on Today.
TODAY = 5
_CIPHERTEXT = ("body", "key_supervisee", "key_supervisor")
_OF_A_ROW = (
    *_CIPHERTEXT,
    *("agreement", "entry", "entry_uid", "supervisee", "supervisor", "vault", "sealed_to"),
    *("version", "passages", "purpose", "shared_at", "expires_at", "revoked_at", "expired_at"),
    *("opened_at", "comment_count", "last_word", "turn", "is_folded"),
)


class ShareQuerySet(models.QuerySet["Share"]):
    def live(self) -> "ShareQuerySet":
        """Return those a supervisor can read now, on the server's clock.

        The same as `ShareState.LIVE`, asked of the database; a test holds the two together.
        """
        return self.filter(self._live())

    def live_in_order(self, now: datetime | None = None) -> "ShareQuerySet":
        """Return the same as `live`, for a list that is read in another order than of their ends.

        The end is compared as an expression, so that no database goes by an index of it: it would
        have to sort everything a person has before it gave the first row.
        """
        return self.filter(self._standing()).running(now)

    def running(self, now: datetime | None = None) -> "ShareQuerySet":
        """Return those whose time is not over, for a list as in `live_in_order`."""
        ends = Coalesce("expires_at", "shared_at")
        return self.alias(ends=ends).filter(Q(("ends__gt", now or timezone.now())))

    def of_party(self, user: "User") -> "ShareQuerySet":
        """Return every share ``user`` gave or was given, live or not."""
        return self.filter(Q(supervisee=user) | Q(supervisor=user))

    def of_circle(self, user: "User") -> "ShareQuerySet":
        """Return every share ``user`` gave, was given or ever read along, live or not."""
        party = Q(supervisee=user) | Q(supervisor=user)
        return self.filter(party | self._read_along(user, now=False))

    def read_along_by(self, user: "User", now: datetime | None = None) -> "ShareQuerySet":
        """Return what ``user`` reads along in their groups and can read ``now``."""
        standing = self.filter(self._read_along(user, now=True), self._standing())
        return standing.filter(expires_at__gt=now or timezone.now())

    def once_read_along_by(self, user: "User", now: datetime | None = None) -> "ShareQuerySet":
        """Return what ``user`` read along and cannot any more ``now``, whatever the reason."""
        readers = apps.get_model("supervision", "ShareReader")._default_manager.filter(person=user)
        removed, kept = readers.exclude(removed_at=None), readers.filter(removed_at=None)
        over = Q(pk__in=kept.values("share"), expires_at__lte=now or timezone.now())
        return self.filter(Q(pk__in=removed.values("share")) | over)

    def unopened_along_by(self, user: "User") -> "ShareQuerySet":
        """Return those that ``user`` reads along and has yet to open, newest first."""
        readers = apps.get_model("supervision", "ShareReader")._default_manager.filter(person=user)
        unopened = readers.filter(removed_at=None, opened_at=None)
        return self.filter(pk__in=unopened.values("share")).newest_first()

    def open_under(self, agreement: uuid.UUID) -> "ShareQuerySet":
        """Return what is open under that agreement, the newest first, one for all versions."""
        return self.live().filter(agreement=agreement).unfolded().listed()

    def in_group(self, group: "SupervisionGroup") -> "ShareQuerySet":
        """Return what was shared in ``group``."""
        return self.filter(group=group)

    def with_reading_of(self, user: "User") -> "ShareQuerySet":
        """Return the same, each with how ``user`` reads it along: one query for all of them."""
        return self.prefetch_related(self._reading_of(user))

    @staticmethod
    def _reading_of(user: "User") -> Prefetch:
        readers = apps.get_model("supervision", "ShareReader")._default_manager.filter(person=user)
        return Prefetch("readers", readers, to_attr="own_readings")

    def counting_readers(self) -> "ShareQuerySet":
        """Return the same, each with how many members of a group read it along (``along``)."""
        readers = apps.get_model("supervision", "ShareReader")._default_manager.holding()
        each = readers.filter(share=OuterRef("pk")).order_by().values("share")
        number = Subquery(each.annotate(number=Count("pk")).values("number"))
        return self.annotate(along=Coalesce(number, 0))

    def under(self, agreement: "Agreement") -> "ShareQuerySet":
        """Return what was shared under it, oldest first, each with who ever read it along."""
        readers = apps.get_model("supervision", "ShareReader")._default_manager.with_people()
        shared = self.filter(agreement=agreement).order_by("shared_at", "id")
        return shared.prefetch_related(Prefetch("readers", readers))

    def find(self, pk: uuid.UUID) -> "Share | None":
        """Return the one with that id among these, or None."""
        return self.filter(pk=pk).first()

    def of_entry(self, entry: "Entry") -> "ShareQuerySet":
        """Return those made of that reflection."""
        return self.filter(entry_uid=entry.pk)

    def among(self, pks: Iterable[uuid.UUID]) -> "ShareQuerySet":
        """Return those of these ids."""
        return self.filter(pk__in=list(pks))

    def readable_by(self, user: "User") -> "ShareQuerySet":
        """Return the copies ``user`` may read: their own always, others' only while live."""
        given = Q(supervisor=user) | self._read_along(user, now=True)
        readable = Q(supervisee=user) | (given & self._live())
        return (
            self.filter(readable)
            .select_related("agreement", "entry", "supervisee", "supervisor")
            .defer("entry__body", "entry__key")
        )

    def known_to(self, user: "User") -> "ShareQuerySet":
        """Return every share ``user`` is a party of or ever read along, without what is in it."""
        return (
            self.of_circle(user)
            .select_related(
                "agreement__wording", "entry", "supervisee", "supervisor", "wording", "revoked_by"
            )
            .defer(*_CIPHERTEXT, "entry__body", "entry__key")
        )

    def given_by(self, user: "User") -> "ShareQuerySet":
        """Return the copies ``user`` handed out."""
        return self.filter(supervisee=user)

    def entries_shared_by(self, user: "User") -> "models.QuerySet[Share, uuid.UUID]":
        """Return the ids of ``user``'s entries of which a supervisor can read a part now."""
        return self.live().filter(supervisee=user).values_list("entry_uid", flat=True)

    def given_to(self, user: "User") -> "ShareQuerySet":
        """Return the copies ``user`` was ever handed, whether or not they can read them now."""
        return self.filter(supervisor=user)

    def has_shared(self, user: "User", entry: uuid.UUID) -> bool:
        """Return whether ``user`` ever gave anybody a copy of this entry."""
        return self.filter(supervisee=user, entry_uid=entry).exists()

    def received_by(self, user: "User") -> "ShareQuerySet":
        """Return the copies handed to ``user`` that they can read now."""
        return self.live().filter(supervisor=user)

    def with_people(self) -> "ShareQuerySet":
        """Return the same with the people, and all that a list says of each."""
        people = self.select_related("agreement", "entry", "supervisee", "supervisor")
        return people.defer("entry__body", "entry__key")

    def for_desk(self) -> "ShareQuerySet":
        """Return the same with what a row of the desk says, and the copy; without the people.

        Whoever lays a desk out knows the agreements, and the people by them.
        """
        return self.select_related("entry").only(*_OF_A_ROW, "entry__deleted_at")

    def listed(self) -> "ShareQuerySet":
        """Return the same, newest first, with all that a list says of each."""
        return self.with_people().newest_first()

    def unfolded(self) -> "ShareQuerySet":
        """Return one for all versions of a reflection that the same supervisor was given."""
        return self.filter(is_folded=False)

    def in_queue(self) -> "ShareQuerySet":
        """Return those neither taken back nor known to have run out, one for all its versions."""
        return self.unrevoked().unfolded()

    def closed(self) -> "ShareQuerySet":
        """Return those taken back or known to have run out, one for all its versions."""
        closed = Q(revoked_at__isnull=False) | Q(expired_at__isnull=False)
        return self.filter(closed).unfolded()

    def run_out(self, now: datetime | None = None) -> "ShareQuerySet":
        """Return those whose time is over and no task has closed yet, one for all its versions."""
        return self.past_expiry(now or timezone.now()).unfolded()

    def at_turn(self, turn: str) -> "ShareQuerySet":
        """Return those in which it is that side's move (`Share.Turn`)."""
        return self.in_queue().filter(turn=turn)

    def ending_within(self, time: timedelta, now: datetime | None = None) -> "ShareQuerySet":
        """Return what runs out within ``time``, the soonest first."""
        return self.in_queue().running_out(time, now)

    def running_out(self, time: timedelta, now: datetime | None = None) -> "ShareQuerySet":
        """Return those whose time is over within ``time``, the soonest first."""
        now = now or timezone.now()
        ending = self.filter(expires_at__gt=now, expires_at__lte=now + time)
        return ending.order_by("expires_at", "id")

    def ending_after(self, expires_at: datetime, pk: uuid.UUID) -> "ShareQuerySet":
        """Return those after the keyset position (``expires_at``, ``pk``), the soonest first."""
        later = Q(expires_at__gt=expires_at) | Q(expires_at=expires_at, id__gt=pk)
        # The bound says nothing more; by it alone a database finds the place in an index.
        return self.filter(later, expires_at__gte=expires_at).order_by("expires_at", "id")

    def with_person(self, person: uuid.UUID) -> "ShareQuerySet":
        """Return those of which ``person`` is one side."""
        return self.filter(Q(supervisee=person) | Q(supervisor=person))

    def folded_beside(self, shares: "Iterable[Share]") -> "ShareQuerySet":
        """Return the other versions of these, the newest first, without what is in them."""
        return (
            self.filter(
                is_folded=True,
                entry_uid__in={share.entry_uid for share in shares},
                supervisor__in={share.supervisor_id for share in shares},
            )
            .defer(*_CIPHERTEXT)
            .order_by("-version")
        )

    def with_neighbours(self, user: "User") -> "ShareQuerySet":
        """Return the same, with the ids of the next and the previous copy that ``user`` can read.

        ``newer`` and ``older``, as a list of what was shared with them has it; None at its ends.
        """
        among = apps.get_model("supervision", "Share")._default_manager.received_by(user).unfolded()
        # The first condition says nothing more than the second, but goes by an index.
        newer = Q(shared_at__gte=OuterRef("shared_at")) & (
            Q(shared_at__gt=OuterRef("shared_at")) | Q(id__gt=OuterRef("id"))
        )
        older = Q(shared_at__lte=OuterRef("shared_at")) & (
            Q(shared_at__lt=OuterRef("shared_at")) | Q(id__lt=OuterRef("id"))
        )
        return self.annotate(
            newer=Subquery(among.filter(newer).order_by("shared_at", "id").values("pk")[:1]),
            older=Subquery(among.filter(older).order_by("-shared_at", "-id").values("pk")[:1]),
        )

    def gave_any(self, user: "User", entry: uuid.UUID) -> bool:
        """Tell, at next to no cost, whether ``user`` ever shared that entry."""
        return bool(_given_of(user=user.pk, entry=entry))

    def with_news(self, user: "User") -> "ShareQuerySet":
        """Return the same, ``has_news`` where ``user`` was told of something not seen yet."""
        told = apps.get_model("supervision", "Notification")._default_manager
        about = told.filter(person=user, seen_at=None, share=OuterRef("pk"))
        return self.annotate(has_news=Exists(about))

    def newest_first(self) -> "ShareQuerySet":
        return self.order_by("-shared_at", "-id")

    def older_than(self, shared_at: datetime, pk: uuid.UUID) -> "ShareQuerySet":
        """Return those after the keyset position (``shared_at``, ``pk``), newest first."""
        older = Q(shared_at__lt=shared_at) | Q(shared_at=shared_at, id__lt=pk)
        return self.newest_first().filter(older, shared_at__lte=shared_at)

    def of_today(self, user: "User") -> "list[Share]":
        """Return what waits for ``user`` today: at most `TODAY` for each reason, in two queries.

        ``waits`` says why: "unread", "unanswered" (the other side had the last word) or "ending".
        """
        found = _of_today(user=user.pk, **_moments(timezone.now()))
        models.prefetch_related_objects(found, self._reading_of(user))
        return found

    def waiting_for(self, user: "User", now: datetime) -> "models.QuerySet[Share]":
        """Return the same ``now``, as one query; without how ``user`` reads them along."""
        received = self.given_to(user).live_in_order(now)
        given = self.given_by(user).live_in_order(now)
        lists = (
            ("unread", received.at_turn("new").newest_first()),
            ("unread", self.read_along_by(user, now).unopened_along_by(user)),
            ("unanswered", received.at_turn("supervisor").answered_by("supervisee")),
            ("unanswered", given.at_turn("supervisee").newest_first()),
            ("ending", self.news_of_ending(user, now)),
        )
        return tagged(self.with_people(), "waits", *((*one, TODAY) for one in lists))

    def answered_by(self, side: str) -> "ShareQuerySet":
        """Return those in which that side had the last word, newest first."""
        return self.filter(last_word=side).newest_first()

    def of_entry_with_comments(self, entry: "Entry", user: "User") -> "ShareQuerySet":
        """Return what ``user`` shared of one entry, newest first, with comments; two queries."""
        comments = apps.get_model("supervision", "Comment")._default_manager.conversation()
        return (
            self.filter(entry=entry, supervisee=user)
            .select_related("agreement", "entry", "supervisee", "supervisor")
            .defer("entry__body", "entry__key")
            .prefetch_related(Prefetch("comments", comments))
            .newest_first()
        )

    def to_export(self, user: "User") -> "ShareQuerySet":
        """Return everything ``user`` ever shared, oldest first, with log, comments and wording."""
        comments = apps.get_model("supervision", "Comment")._default_manager.conversation()
        events = apps.get_model("supervision", "ShareEvent")._default_manager.log()
        return (
            self.filter(supervisee=user)
            .select_related("supervisor", "wording")
            .prefetch_related(Prefetch("comments", comments), Prefetch("events", events))
            .order_by("shared_at", "id")
        )

    def latest_live_of(self, entries: Iterable[uuid.UUID], user: "User") -> "ShareQuerySet":
        """Return what ``user`` shares of these entries now, newest first, without what is in it.

        Of each entry the latest to each supervisor: however often it was shared, one row.
        """
        latest = Window(
            RowNumber(),
            partition_by=[F("entry_uid"), F("supervisor")],
            order_by=F("version").desc(),
        )
        # Only ids are ranked: to sort whole rows took four times as long.
        ranked = self.live().filter(entry__in=list(entries), supervisee=user).annotate(place=latest)
        return (
            self.filter(pk__in=ranked.filter(Q(("place", 1))).values("pk"))
            .select_related("supervisor")
            .counting_readers()
            .defer(*_CIPHERTEXT)
            .newest_first()
        )

    def of_entry_to(self, entry: uuid.UUID, supervisor: uuid.UUID) -> "ShareQuerySet":
        """Return every version of one entry that ``supervisor`` was given, the newest first."""
        return (
            self.filter(entry_uid=entry, supervisor=supervisor)
            .select_related("agreement", "entry")
            .defer("entry__body", "entry__key")
            .order_by("-version")
        )

    def newer_for(self, share: "Share", user: "User") -> "Share | None":
        """Return the newest version after ``share`` that ``user`` can read now, or None."""
        versions = self.readable_by(user).live()
        later = versions.of_entry_to(share.entry_uid, share.supervisor_id).filter(
            version__gt=share.version
        )
        return later.defer(*_CIPHERTEXT, "entry__body", "entry__key").first()

    def other_versions(self, share: "Share") -> "ShareQuerySet":
        """Return the live versions of the same entry to the same supervisor, but for ``share``."""
        return self.live().of_entry_to(share.entry_uid, share.supervisor_id).exclude(pk=share.pk)

    def to_take_back(self) -> "ShareQuerySet":
        """Return the same, newest first, without what is in them: a list says only when and what.

        Nobody can be asked to unlock before they take something back.
        """
        return self.select_related("supervisor").defer(*_CIPHERTEXT).newest_first()

    def ending_soon(self, now: datetime | None = None) -> "ShareQuerySet":
        """Return what runs out within days after lasting longer, and no newer version replaces."""
        lasted = Q(expires_at__gt=F("shared_at") + 2 * SOON)
        return (
            self.filter(self._standing())
            .ending_within(SOON, now)
            .filter(lasted)
            .select_related("supervisee", "supervisor")
            .defer(*_CIPHERTEXT)
        )

    def news_of_ending(self, user: "User", now: datetime | None = None) -> "ShareQuerySet":
        """Return what of ``user``'s runs out within days, unless they said that it may."""
        return self.filter(supervisee=user, expiry_seen_at=None).ending_soon(now)

    def to_remind(self) -> "ShareQuerySet":
        """Return what runs out within days and whose supervisee was not written to about it."""
        return self.filter(expiry_told_at=None).ending_soon()

    def latest_version(self, entry: uuid.UUID, supervisor: uuid.UUID) -> int:
        """Return the number of the last version ``supervisor`` got of the entry, or 0."""
        shared = self.filter(entry_uid=entry, supervisor=supervisor)
        return shared.aggregate(latest=models.Max("version"))["latest"] or 0

    def unrevoked(self) -> "ShareQuerySet":
        """Return those whose sealed key is still kept."""
        return self.filter(revoked_at=None, expired_at=None)

    def past_expiry(self, now: datetime) -> "ShareQuerySet":
        """Return those that ran out by ``now`` and whose sealed key is still kept."""
        return self.unrevoked().filter(expires_at__lte=now)

    def without_entry(self) -> "ShareQuerySet":
        """Return those whose entry was deleted for good and whose sealed key is still kept."""
        return self.unrevoked().filter(entry=None)

    @staticmethod
    def _read_along(user: "User", *, now: bool) -> Q:
        """Those ``user`` is a further reader of: ``now``, with a key, or at any time."""
        readers = apps.get_model("supervision", "ShareReader")._default_manager.filter(person=user)
        if now:
            readers = readers.filter(removed_at=None)
        return Q(pk__in=readers.values("share"))

    @staticmethod
    def _live() -> Q:
        return ShareQuerySet._standing() & Q(expires_at__gt=timezone.now())

    @staticmethod
    def _standing() -> Q:
        return Q(
            revoked_at=None,
            expired_at=None,
            agreement__ended_at=None,
            entry__isnull=False,
            entry__deleted_at=None,
        )


class ShareEventQuerySet(AppendOnlyQuerySet["ShareEvent"]):
    def log(self) -> "ShareEventQuerySet":
        """Return the lines in order, each with who did it."""
        return self.select_related("by", "about").order_by("number")

    def to_check(self) -> "ShareEventQuerySet":
        """Return the lines as `log` does, each with its agreement as it stands.

        ``words_now`` is the stored text of the wording a line names, if it names one.
        """
        wordings = apps.get_model("supervision", "ConsentWording")._default_manager
        named = wordings.annotate(number=Cast("version", models.CharField())).filter(
            slug=OuterRef("wording_slug"), number=OuterRef("wording_version")
        )
        version = Cast(KT("facts__wording__1"), models.CharField())
        return (
            self.log()
            .select_related("by", "about", "record__agreement__wording")
            .defer("record__agreement__wording__text")
            .annotate(wording_slug=KT("facts__wording__0"), wording_version=version)
            .annotate(words_now=Subquery(named.values("text")))
        )

    def of_shares(self, shares: Iterable[uuid.UUID]) -> "ShareEventQuerySet":
        """Return the lines about these shares, the newest first, each with who did it."""
        lines = self.filter(share__in=list(shares)).select_related("by", "about")
        return lines.order_by("-at", "-number")


class ReaderQuerySet(models.QuerySet["ShareReader"]):
    def of_share(self, share: "Share") -> "ReaderQuerySet":
        """Return those of that copy."""
        return self.filter(share=share)

    def by_person(self, pk: uuid.UUID) -> "ShareReader | None":
        """Return the one that is that person's, or None."""
        return self.filter(person=pk).first()

    def holding(self) -> "ReaderQuerySet":
        """Return those who hold a key."""
        return self.filter(removed_at=None)

    def to_tell(self, pks: Iterable[uuid.UUID]) -> "ReaderQuerySet":
        """Return those of these ids who are in the group still, with person, share and place."""
        there = self.filter(pk__in=list(pks), membership__closed_at=None)
        people = there.select_related("person", "membership", "share__supervisee")
        return people.defer(*(f"share__{name}" for name in _CIPHERTEXT)).order_by("pk")

    def at_place(self, place: "GroupMembership") -> "ReaderQuerySet":
        """Return those who read by that place in a group."""
        return self.filter(membership=place)

    def in_group(self, group: "SupervisionGroup") -> "ReaderQuerySet":
        """Return those who read by any place in that group."""
        return self.filter(membership__group=group)

    def under(self, agreement: "Agreement") -> "ReaderQuerySet":
        """Return those of copies shared under that agreement."""
        return self.filter(share__agreement=agreement)

    def with_people(self) -> "ReaderQuerySet":
        """Return the same, each with the person, by name."""
        return self.select_related("person").order_by("person__name", "id")


def _shares() -> models.QuerySet[Any]:
    return apps.get_model("supervision", "Share")._default_manager.only("id")


_given_of: "Prepared[Share]" = Prepared(
    lambda user, entry: _shares().filter(supervisee=user, entry=entry)[:1],
    user=uuid.UUID(int=1),
    entry=uuid.UUID(int=2),
)


def _moments(now: datetime) -> dict[str, datetime]:
    """Return the moments by which `ShareQuerySet.waiting_for` goes, as a compiled query does."""
    return {"now": now, "soon": now + SOON}


def _waiting_for(user: uuid.UUID, now: datetime, **_: Any) -> Any:
    shares: ShareQuerySet = apps.get_model("supervision", "Share")._default_manager.all()
    return shares.waiting_for(apps.get_model("accounts", "User")(pk=user), now)


_of_today: "Prepared[Share]" = Prepared(
    _waiting_for, user=uuid.UUID(int=1), **_moments(datetime(2001, 2, 3, tzinfo=UTC))
)
