"""What changes a group: make, invite, accept, leave, remove, end. Rules are asked under a lock.

Locks are taken in one order everywhere: agreement, group, reflection, shares, records.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from supervision import notices
from supervision.actions.record import Happened, note_lines
from supervision.actions.share import close_shares, remember_member, withdraw
from supervision.models import (
    Agreement,
    ConsentWording,
    GroupMembership,
    Share,
    ShareEvent,
    ShareReader,
    SupervisionGroup,
)
from supervision.queries.share import ShareQuerySet
from supervision.rules import Action, PlaceState, Refused, Role, may_place
from vault.crypto import VaultKeys

GROUPS_LIMIT = 20
PLACES_LIMIT = 16
Kind = ShareEvent.Kind
Outcome = GroupMembership.Outcome


@transaction.atomic
def make_group(
    *, by: User, name: str, people: Collection[UUID], at: datetime | None = None
) -> SupervisionGroup:
    """Return a new group of ``by``'s, the supervisor, with ``people`` asked into it.

    Raises ``Refused`` as `invite_members` does, and where they lead too many already.
    """
    list(User.objects.select_for_update(no_key=True).filter(pk=by.pk))
    if SupervisionGroup.objects.led_by(by).open().count() >= GROUPS_LIMIT:
        raise Refused(_("You lead as many groups as there can be. End one to make another."))
    group = SupervisionGroup.objects.create(
        name=name,
        supervisor=by,
        wording=ConsentWording.objects.current(ConsentWording.GROUP),
        made_at=at or timezone.now(),
    )
    _invite(group, by, people, group.made_at)
    return group


@transaction.atomic
def invite_members(
    *, by: User, pk: UUID, people: Collection[UUID], at: datetime | None = None
) -> list[GroupMembership]:
    """Ask ``people``, whom ``by`` supervises, into a group of ``by``'s; return their places.

    Who has a place already is passed over. Raises ``Refused``.
    """
    group = _led(by, pk)
    return _invite(group, by, people, at or timezone.now())


@transaction.atomic
def accept_place(
    *, by: User, pk: UUID, keys: VaultKeys | None = None, at: datetime | None = None
) -> GroupMembership:
    """Take the place in a group that ``by`` was asked into. Raises ``Refused``.

    ``keys``, if their vault is open, let the other members' keys be remembered.
    """
    found = GroupMembership.objects.of(by).filter(group=pk).unclosed()
    agreements = Agreement.objects.active().filter(pk__in=found.values("agreement"))
    agreement = agreements.select_for_update(of=("self",), no_key=True).first()
    place = _place(by, pk, by.pk)
    _require(place, Action.ACCEPT, by)
    if agreement is None:
        raise Refused(
            _(
                "A group rests on your own agreement with its supervisor, and both of you have yet "
                "to accept that. Nothing was changed."
            )
        )
    place.accepted_at = at or timezone.now()
    place.save(update_fields=["accepted_at"])
    if keys is not None:
        for fellow in place.group.memberships.members().exclude(person=by).with_vaults():
            if fellow.key:
                remember_member(by, fellow, keys)
    facts = {"group": str(pk), **place.group.wording.consented}
    note_lines(
        place.agreement_id, [Happened(Kind.GROUP_JOINED, place.accepted_at, by, facts=facts)]
    )
    notices.group_joined(place.group, by=by)
    return place


@transaction.atomic
def decline_place(*, by: User, pk: UUID, person: UUID | None = None) -> GroupMembership:
    """Decline ``by``'s own invitation, or take back that of ``person``. Raises ``Refused``."""
    place = _place(by, pk, person or by.pk)
    _require(place, Action.DECLINE, by)
    outcome = Outcome.DECLINED if place.role_of(by) == Role.MEMBER else Outcome.TAKEN_BACK
    place.close(outcome, timezone.now())
    place.save(update_fields=["outcome", "closed_at"])
    if outcome == Outcome.DECLINED:
        notices.group_declined(place.group, by=by)
    return place


@transaction.atomic
def leave_group(*, by: User, pk: UUID, at: datetime | None = None) -> GroupMembership:
    """Give up ``by``'s place: their keys to what others shared go, and what they shared in the
    group is taken back. Raises ``Refused``."""
    place = _place(by, pk, by.pk)
    _require(place, Action.LEAVE, by)
    _end_place(place, Outcome.LEFT, by=by, at=at or timezone.now())
    notices.group_left(place.group, by=by)
    return place


@transaction.atomic
def remove_member(
    *, by: User, pk: UUID, person: UUID, at: datetime | None = None
) -> GroupMembership:
    """End the place of ``person``, as if they had left. Raises ``Refused``."""
    place = _place(by, pk, person)
    _require(place, Action.REMOVE_MEMBER, by)
    _end_place(place, Outcome.REMOVED, by=by, at=at or timezone.now())
    notices.place_ended(place.group, place.person)
    return place


@transaction.atomic
def end_group(*, by: User, pk: UUID, at: datetime | None = None) -> SupervisionGroup:
    """End a group ``by`` leads, every place in it, and everything shared in it. Raises
    ``Refused``."""
    group = _led(by, pk)
    at = at or timezone.now()
    group.ended_at = at
    group.save(update_fields=["ended_at"])
    places = list(group.memberships.unclosed().select_related("group", "person"))
    members = [place.person for place in places if place.is_member]
    shared = Share.objects.in_group(group).unrevoked()
    _end_places(places, Outcome.GROUP_ENDED, shared, by=by, at=at)
    for person in members:
        notices.group_ended(group, person)
    return group


@transaction.atomic
def confirm_member_key(
    *, by: User, pk: UUID, person: UUID, keys: VaultKeys, fingerprint: bytes
) -> GroupMembership:
    """Remember a fellow member's key, which ``by`` says they compared.

    ``fingerprint`` is the one they were shown. Raises ``Refused``.
    """
    own = _place(by, pk, by.pk)
    _require(own, Action.CONFIRM_KEY, by)
    place = own.group.memberships.members().with_vaults().filter(person=person).first()
    if place is None or person == by.pk:
        raise Refused(_("They are no longer in the group. Nothing was changed."))
    if not fingerprint or fingerprint != place.key:
        raise Refused(_("The key is another one by now. Nothing was remembered. Compare it again."))
    remember_member(by, place, keys)
    return place


def end_places_under(agreement: Agreement, *, by: User, at: datetime) -> None:
    """Close everything shared under ``agreement``, and the places in groups that rest on it.

    Call it in a transaction that holds the agreement.
    """
    resting = GroupMembership.objects.under(agreement).unclosed()
    groups = SupervisionGroup.objects.filter(pk__in=resting.values("group"))
    list(groups.select_for_update(of=("self",), no_key=True).order_by("pk"))
    places = list(resting.select_related("group"))
    shares = agreement.shares.unrevoked()
    kind = Kind.AGREEMENT_ENDED
    if places:
        _end_places(places, Outcome.AGREEMENT_ENDED, shares, by=by, at=at, kind=kind)
    else:
        close_shares(shares=shares, by=by, kind=kind, at=at, quietly=True)


# --- Parts ---------------------------------------------------------------------------------------


def _led(by: User, pk: UUID) -> SupervisionGroup:
    """Return an open group of ``by``'s, locked. Raises ``Refused`` once it has ended."""
    found = SupervisionGroup.objects.led_by(by).select_for_update(of=("self",), no_key=True)
    group = found.get(pk=pk)
    if not group.is_open:
        raise Refused(_("This group has ended already. Nothing was changed."))
    return group


def _place(by: User, pk: UUID, person: UUID) -> GroupMembership:
    """Return the latest place of ``person`` in a group that ``by`` knows, the group locked.

    Raises ``DoesNotExist`` where there is none.
    """
    known = SupervisionGroup.objects.known_to(by).select_for_update(of=("self",), no_key=True)
    group = known.get(pk=pk)
    places = GroupMembership.objects.filter(group=group, person=person)
    if group.supervisor_id != by.pk:
        places = places.of(by)
    found = places.select_related("group__wording", "group__supervisor", "person")
    found = found.order_by("-invited_at", "-id")[:1]
    return found.get()


def _require(place: GroupMembership, action: Action, by: User) -> None:
    if place.allows(action, by):
        return
    said = {
        PlaceState.MEMBER: _("This invitation was accepted already. Nothing was changed."),
        PlaceState.DECLINED: _("This invitation is no longer open. Nothing was changed."),
        PlaceState.LEFT: _("This place in the group has ended already. Nothing was changed."),
    }
    raise Refused(said.get(place.state, _("That cannot be done yet. Nothing was changed.")))


def _invite(
    group: SupervisionGroup, by: User, people: Collection[UUID], at: datetime
) -> list[GroupMembership]:
    role = Role.SUPERVISOR if group.supervisor_id == by.pk else Role.OUTSIDER
    if not may_place(Action.INVITE, PlaceState.NEW, role):
        raise Refused(_("Only its supervisor asks people into a group. Nothing was changed."))
    there = set(group.memberships.unclosed().values_list("person", flat=True))
    wanted = set(people) - there
    if len(there) + len(wanted) > PLACES_LIMIT:
        raise Refused(
            _("A group has room for %(number)d people. Nobody was asked.")
            % {"number": PLACES_LIMIT}
        )
    agreements = Agreement.objects.supervised_by(by).filter(supervisee__in=wanted)
    rests_on = {one.supervisee_id: one for one in agreements}
    if set(rests_on) != wanted:
        raise Refused(
            _(
                "You can ask the people you supervise, once both of you have accepted your "
                "agreement. Nobody was asked."
            )
        )
    places = [
        GroupMembership.objects.create(
            group=group, agreement=one, person=one.supervisee, invited_at=at
        )
        for one in rests_on.values()
    ]
    for place in places:
        notices.group_invitation(group, place.person)
    return places


def _end_place(
    place: GroupMembership, outcome: GroupMembership.Outcome, *, by: User, at: datetime
) -> None:
    shared = Share.objects.in_group(place.group).given_by(place.person)
    _end_places([place], outcome, shared.unrevoked(), by=by, at=at)


def _end_places(
    places: Iterable[GroupMembership],
    outcome: GroupMembership.Outcome,
    shares: ShareQuerySet,
    *,
    by: User,
    at: datetime,
    kind: ShareEvent.Kind = Kind.GROUP_LEFT_CLOSED,
) -> None:
    """Close ``places``, whose groups are locked, and with them ``shares`` and every key to read
    along that was held by such a place."""
    members = [place for place in places if place.is_member]
    for place in places:
        place.close(outcome, at)
        place.save(update_fields=["outcome", "closed_at"])
    withdraw(
        shares=shares,
        readers=ShareReader.objects.filter(membership__in=members),
        by=by,
        kind=kind,
        because=ShareReader.Because.PLACE_ENDED,
        at=at,
        lines=[(place.agreement_id, _ended(place, by, at)) for place in members],
        # The supervisor is told of what happened, or did it.
        quietly=True,
    )


def _ended(place: GroupMembership, by: User, at: datetime) -> Happened:
    facts = {"group": str(place.group_id), "outcome": str(place.outcome)}
    return Happened(Kind.GROUP_LEFT, at, by, facts=facts)
