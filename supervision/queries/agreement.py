"""Questions asked of many agreements at once. Who may see one is decided here."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.apps import apps
from django.db import models
from django.db.models import Prefetch, Q
from django.utils import timezone

from vault.models import Vault
from vault.prepared import Prepared

if TYPE_CHECKING:
    from accounts.models import User
    from accounts.ways import Asking
    from supervision.models import Agreement, ConsentWording, Proposal

# How long an answer stays on the proposer's page.
NEWS_FOR = timedelta(days=30)


class WordingQuerySet(models.QuerySet["ConsentWording"]):
    def get_by_natural_key(self, slug: str, version: int) -> "ConsentWording":
        return self.get(slug=slug, version=version)

    def current(self, slug: str) -> "ConsentWording":
        """Return the newest version of a wording. Raises ``DoesNotExist`` before any was loaded."""
        return self.filter(slug=slug).order_by("version").reverse()[:1].get()

    def of_share(self, *, in_group: bool) -> "WordingQuerySet":
        """Return the wordings under which one shares; ``in_group``: members of one read along."""
        return self.filter(slug=self.model.SHARE_IN_GROUP if in_group else self.model.SHARE)

    def to_share(self, *, in_group: bool) -> "ConsentWording":
        """Return the newest of those. Raises ``DoesNotExist`` as `current` does."""
        return self.of_share(in_group=in_group).order_by("version").reverse()[:1].get()


class AgreementQuerySet(models.QuerySet["Agreement"]):
    def with_people(self) -> "AgreementQuerySet":
        """Return the same, each with its people and its wording, in one query."""
        return self.select_related(
            "supervisee", "supervisor", "proposed_by", "wording", "ended_by", "declined_by"
        )

    def visible_to(self, user: "User") -> "AgreementQuerySet":
        """Return those ``user`` may see: their own, and open ones they proposed for two others."""
        proposed = Q(proposed_by=user) & self._open() & self._unaccepted()
        return self.filter(Q(supervisee=user) | Q(supervisor=user) | proposed)

    def with_party(self, user: "User") -> "AgreementQuerySet":
        """Return those of which ``user`` is one of the two, whatever became of them."""
        return self.filter(Q(supervisee=user) | Q(supervisor=user))

    def between(self, one: "User", other: "User") -> "AgreementQuerySet":
        """Return those of the two, whichever of them supervises."""
        return self.with_party(one).with_party(other)

    def open(self) -> "AgreementQuerySet":
        """Return those neither declined nor ended."""
        return self.filter(self._open())

    def waiting(self) -> "AgreementQuerySet":
        """Return the open ones that somebody has yet to accept."""
        return self.filter(self._open() & self._unaccepted())

    def waiting_for(self, user: "User") -> "AgreementQuerySet":
        """Return the open ones that ``user`` has yet to accept, the oldest first."""
        mine = Q(supervisee=user, supervisee_accepted_at=None) | Q(
            supervisor=user, supervisor_accepted_at=None
        )
        return self.filter(mine & self._open()).order_by("proposed_at", "id")

    def proposed_for_others(self, user: "User") -> "AgreementQuerySet":
        """Return the waiting ones ``user`` proposed for two others, the oldest first."""
        others = ~Q(supervisee=user) & ~Q(supervisor=user)
        return self.waiting().filter(others, proposed_by=user).order_by("proposed_at", "id")

    def of_today(self, user: "User") -> "list[Agreement]":
        """Return what `concerning` does, compiled once."""
        return _agreements_of_today(user=user.pk)

    def concerning(self, user: "User") -> "AgreementQuerySet":
        """Return what may concern ``user`` today: open ones, and those closed untold, oldest first.

        `Agreement.is_news_for` tells of the latter whether it was the other who closed it.
        """
        untold = Q(declined_at__isnull=False) | Q(ended_at__isnull=False)
        wanted = self._open() | (untold & Q(closed_seen_at=None))
        # With the people's own keys: to ask for each one's vault would be another query.
        ready = Vault.objects.ready().filter(user=models.OuterRef("supervisor"))
        key = models.Subquery(ready.values("public_key")[:1])
        found = self.visible_to(user).filter(wanted).with_people().annotate(ready_key=key)
        return found.order_by("proposed_at", "id")

    def active(self) -> "AgreementQuerySet":
        """Return those that both accepted and neither ended."""
        return self.filter(
            self._open(), supervisee_accepted_at__isnull=False, supervisor_accepted_at__isnull=False
        )

    def of_supervisee(self, user: "User") -> "AgreementQuerySet":
        """Return those in which ``user`` is the supervisee, each with the supervisor's vault.

        ``supervisor.ready_vaults`` holds the one vault that can be sealed to, or nothing.
        """
        ready = Prefetch("supervisor__vaults", Vault.objects.ready(), to_attr="ready_vaults")
        return self.filter(supervisee=user).select_related("supervisor").prefetch_related(ready)

    def supervised_by(self, user: "User") -> "AgreementQuerySet":
        """Return the active ones under which ``user`` supervises somebody active, by their name."""
        people = self.active().filter(supervisor=user, supervisee__is_active=True)
        return people.select_related("supervisee").order_by("supervisee__name", "id")

    def but_for(self, supervisees: Collection[UUID]) -> "AgreementQuerySet":
        """Return the same without those of ``supervisees``."""
        return self.exclude(supervisee__in=supervisees)

    def to_meet_under(self, user: "User") -> "AgreementQuerySet":
        """Return those of ``user`` that both accepted, each person with their vault to seal to.

        ``ready_vaults`` as `of_supervisee` has it, on both sides.
        """
        ready = (
            Prefetch(f"{side}__vaults", Vault.objects.ready(), to_attr="ready_vaults")
            for side in ("supervisee", "supervisor")
        )
        mine = self.active().filter(Q(supervisee=user) | Q(supervisor=user))
        people = mine.select_related("supervisee", "supervisor").prefetch_related(*ready)
        return people.order_by("-proposed_at", "id")

    def undeclined(self) -> "AgreementQuerySet":
        """Return those that were not declined, by the supervisor's name."""
        return self.filter(declined_at=None).order_by("supervisor__name", "-proposed_at", "id")

    def shareable_by(self, user: "User") -> "AgreementQuerySet":
        """Return those under which ``user`` may share now, by the supervisor's name."""
        return (
            self.of_supervisee(user)
            .active()
            .filter(supervisor__is_active=True)
            .order_by("supervisor__name", "id")
        )

    def listed(self, user: "User") -> "AgreementQuerySet":
        """Return what ``user`` may see, open ones first, then the latest.

        ``has_group``: there is an open group of its supervisor's that ``user`` leads or may be in,
        or one that its supervisee was in under it.
        """
        groups = apps.get_model("supervision", "SupervisionGroup")._default_manager.open()
        places = apps.get_model("supervision", "GroupMembership")._default_manager
        was_in = places.filter(agreement=models.OuterRef("pk"), accepted_at__isnull=False)
        has_group = models.Q(
            models.Exists(groups.filter(supervisor=models.OuterRef("supervisor")))
        ) | models.Q(models.Exists(was_in))
        closed = models.Case(
            models.When(self._open(), then=models.Value(0)), default=models.Value(1)
        )
        return (
            self.visible_to(user)
            .with_people()
            .annotate(has_group=models.ExpressionWrapper(has_group, models.BooleanField()))
            .order_by(closed, "-proposed_at", "id")
        )

    def on_desk(self, user: "User") -> "list[Agreement]":
        """Return what `listed` does, compiled once."""
        return _agreements_on_desk(user=user.pk)

    @staticmethod
    def _open() -> Q:
        return Q(declined_at=None, ended_at=None)

    @staticmethod
    def _unaccepted() -> Q:
        return Q(supervisee_accepted_at=None) | Q(supervisor_accepted_at=None)


class ProposalQuerySet(models.QuerySet["Proposal"]):
    def open(self) -> "ProposalQuerySet":
        """Return those that wait for an answer."""
        return self.filter(outcome="")

    def addressed_to(self, user: "User") -> "ProposalQuerySet":
        """Return the open ones to any verified address of ``user``, from others."""
        return (
            self.filter(self._addressed(user))
            .select_related("proposer", "wording")
            .order_by("proposed_at", "id")
        )

    def of_today(self, user: "User") -> "list[Proposal]":
        """Return what `addressed_to` does, compiled once."""
        return _proposals_of_today(user=user.pk, email=user.email.lower())

    def crossing(self, email: str, side: str) -> "ProposalQuerySet":
        """Return those by who signs in with ``email`` that ask for what ``side`` would propose.

        Somebody whom a proposal is addressed to is shown that address anyway.
        """
        return self.filter(proposer__email=email).exclude(proposer_side=side)

    def to_join_by(self, pk: UUID) -> "Proposal | None":
        """Return the open one of that id from somebody active, or None."""
        found = self.open().filter(pk=pk, proposer__is_active=True)
        return found.select_related("proposer").first()

    def made_by(self, user: "User") -> "ProposalQuerySet":
        """Return those ``user`` made, the latest first."""
        return self.filter(proposer=user).select_related("wording").order_by("-proposed_at", "id")

    def waiting_or_since(self, at: datetime) -> "ProposalQuerySet":
        """Return those that wait for an answer, and those made after ``at``."""
        return self.filter(Q(outcome="") | Q(proposed_at__gt=at))

    def shown(self) -> "ProposalQuerySet":
        """Return those with news for their proposer: waiting, or declined not long ago."""
        recent = timezone.now() - NEWS_FOR
        return self.filter(Q(outcome="") | Q(outcome="declined", closed_at__gt=recent))

    def on_desk(self, user: "User") -> "list[Proposal]":
        """Return those addressed to ``user``, and of their own those with news, the latest first.

        In one query; who made one tells which it is.
        """
        recent = timezone.now() - NEWS_FOR
        return _proposals_on_desk(user=user.pk, email=user.email.lower(), recent=recent)

    def with_news_or_for(self, user: "User", recent: datetime) -> "ProposalQuerySet":
        """Return the same, as a query; ``recent`` is since when an answer is news."""
        news = Q(outcome="") | Q(outcome="declined", closed_at__gt=recent)
        found = self.filter(self._addressed(user) | (Q(proposer=user) & news))
        return found.select_related("proposer", "wording").order_by("-proposed_at", "id")

    def visible_to(self, user: "User") -> "ProposalQuerySet":
        """Return those ``user`` made, and the open ones that are addressed to them."""
        seen = Q(proposer=user) | self._addressed(user)
        return self.filter(seen).select_related("proposer", "wording")

    @staticmethod
    def _addressed(user: "User") -> Q:
        verified = user.emailaddress_set.filter(verified=True).values("email")
        to_user = Q(email=user.email.lower()) | Q(email__in=verified)
        return to_user & ~Q(proposer=user) & Q(outcome="", proposer__is_active=True)


def _person(pk: UUID, email: str = "") -> "User":
    made: User = apps.get_model("accounts", "User")(pk=pk, email=email)
    return made


def _agreements() -> AgreementQuerySet:
    return apps.get_model("supervision", "Agreement")._default_manager.all()


def _proposals() -> ProposalQuerySet:
    return apps.get_model("supervision", "Proposal")._default_manager.all()


_agreements_on_desk: "Prepared[Agreement]" = Prepared(
    lambda user: _agreements().listed(_person(user)), user=UUID(int=1)
)
_proposals_on_desk: "Prepared[Proposal]" = Prepared(
    lambda user, email, recent: _proposals().with_news_or_for(_person(user, email), recent),
    user=UUID(int=1),
    email="somebody@example.org",
    recent=datetime(2001, 2, 3, tzinfo=UTC),
)

_agreements_of_today: "Prepared[Agreement]" = Prepared(
    lambda user: _agreements().concerning(_person(user)), user=UUID(int=1)
)
_proposals_of_today: "Prepared[Proposal]" = Prepared(
    lambda user, email: _proposals().addressed_to(_person(user, email)),
    user=UUID(int=1),
    email="somebody@example.org",
)


def has_agreed(asking: "Asking") -> Q:
    """Return the condition that somebody has, or is asked for, any agreement: see `accounts.ways`.

    Whatever is shared, planned or done in a group rests on one.
    """
    person = _person(asking.user, asking.email)
    agreements, proposals = _agreements().visible_to(person), _proposals().visible_to(person)
    return Q(models.Exists(agreements)) | Q(models.Exists(proposals))
