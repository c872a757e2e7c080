"""What changes a share: hand out, note an opening, take back, expire."""

import hashlib
import logging
from collections.abc import Collection, Sequence
from datetime import date, datetime, time
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from reflection.actions import bar_people as bar_from_entry
from reflection.models import Entry
from supervision import notices
from supervision.actions.record import Happened, key_compared, note_lines
from supervision.actions.standing import fold_versions, keep_opening
from supervision.frozen import Reader, ReaderTerms, Terms, encode_copy
from supervision.models import (
    Agreement,
    ConsentWording,
    GroupMembership,
    GroupPin,
    Share,
    ShareEvent,
    ShareReader,
    SupervisionGroup,
)
from supervision.queries.share import SAME_OPENING, ReaderQuerySet, ShareQuerySet
from supervision.rules import Action, Refused
from vault import crypto
from vault.crypto import VaultKeys
from vault.models import Vault

Kind = ShareEvent.Kind
logger = logging.getLogger(__name__)


# Something for the record of that agreement.
Line = tuple[UUID, Happened]


class Changed(Exception):
    """The reflection is no longer what was previewed. Nothing was shared."""


def end_of(day: date) -> datetime:
    """Return the last minute of ``day`` where the person is."""
    return timezone.make_aware(datetime.combine(day, time(23, 59)))


@transaction.atomic
def share_passages(
    *,
    by: User,
    reader: Reader,
    terms: Terms,
    takes_back_older: bool = False,
    at: datetime | None = None,
) -> Share:
    """Return the share that ``by`` agreed to in ``terms``: their copy, frozen and sealed.

    ``takes_back_older``: the versions the supervisor could read until now are taken back.
    Confirming the same preview twice returns the first share. Raises ``Refused`` where the
    agreement, the supervisor's vault or its key does not allow it, where the wording is another
    than the readers call for, where one who is to read along cannot, or the reflection is barred
    from any of them, and ``Changed`` where the entry is not at the revision that was previewed.
    """
    shared = Share.objects.given_by(by)
    if already := shared.find(terms.share):
        return already
    agreement = _agreement_for(by, terms, reader)
    if already := shared.find(terms.share):  # by whoever had the lock before
        return already
    _require_wording(terms)
    places = _places_for(by, agreement, terms, reader)
    entries = Entry.objects.owned_by(by).select_for_update()
    entry = entries.filter(pk=terms.entry, revision=terms.revision).first()
    if entry is None:
        raise Changed
    _require_not_barred(entry, reader, agreement.supervisor, *(one.person for one in places))
    entry.go_on()  # A shared capture is no longer one that goes by itself.
    share = _frozen(entry, agreement, terms, at or timezone.now())
    share.group = places[0].group if places else None
    data_key = _seal(share, terms, reader, agreement.supervisor_vault)
    share.save(force_insert=True)
    fold_versions([share.family])
    readers = [_let_read(share, place, data_key) for place in places]
    if takes_back_older:
        older = Share.objects.given_by(by).other_versions(share)
        pks = list(older.values_list("pk", flat=True))
        older = Share.objects.filter(pk__in=pks)
        # The notice of the new version says enough to whoever can read that.
        close_shares(
            shares=older,
            by=by,
            kind=Kind.REVOKED,
            at=share.shared_at,
            quietly=True,
            told=[one.person_id for one in readers],
        )
    lines = [Happened(Kind.SHARED, share.shared_at, by, share.pk, share.receipt_facts)]
    note_lines(share.agreement_id, [*lines, *(_given(one, by) for one in readers)])
    notices.share_made(share)
    for one in readers:
        notices.share_to_read_along(share, one.person)
    return share


def note_opening(
    *, share: Share, by: User, events: list[ShareEvent], at: datetime | None = None
) -> ShareEvent | None:
    """Log that ``by`` opened the copy and return the line, unless they just did.

    ``events`` are the share's lines so far.
    """
    at = at or timezone.now()
    since = at - SAME_OPENING
    if any(one.kind == Kind.OPENED and one.by_id == by.pk and one.at > since for one in events):
        return None
    with transaction.atomic():
        keep_opening(share, by, at)
        return _note(share, Kind.OPENED, by=by, at=at)


@transaction.atomic
def revoke_share(*, by: User, pk: UUID, at: datetime | None = None) -> Share:
    """Take a share back at once: its sealed key goes, its copy and conversation stay with ``by``.

    Taking back what is closed already changes nothing. Raises ``Share.DoesNotExist`` for anybody
    but the supervisee.
    """
    share = _locked(by, pk, Share.objects.given_by(by))
    if share.allows(Action.REVOKE, by):
        one = Share.objects.filter(pk=pk)
        close_shares(shares=one, by=by, kind=Kind.REVOKED, at=at or timezone.now())
        share.refresh_from_db(fields=["revoked_at", "revoked_by", "key_supervisor"])
    return share


@transaction.atomic
def bar_people(
    *, by: User, keys: VaultKeys, pk: UUID, barred: Collection[UUID], at: datetime | None = None
) -> int:
    """Let ``barred`` never be shared with from ``by``'s entry, and take back what they can read.

    Return how many copies were taken back. Whoever was barred before can stay so; anybody else is
    to be a supervisor, present or past, or a fellow member. Raises ``Refused``,
    ``Entry.DoesNotExist`` and ``CannotOpen``.
    """
    before = Entry.objects.owned_by(by).get(pk=pk).open(keys).barred
    _require_may_bar(by, set(barred) - set(before))
    bar_from_entry(by=by, keys=keys, pk=pk, barred=barred)
    mine = Share.objects.given_by(by).filter(entry=pk)
    return withdraw(
        shares=mine.filter(supervisor__in=barred),
        readers=ShareReader.objects.filter(share__in=mine.values("pk"), person__in=barred),
        by=by,
        kind=Kind.REVOKED,
        because=ShareReader.Because.TAKEN_BACK,
        at=at or timezone.now(),
    )


@transaction.atomic
def take_from_one(*, by: User, pk: UUID, person: UUID, at: datetime | None = None) -> Share:
    """Take a share back from one member who reads along; for all others it stays as it is.

    Taking back what they no longer have changes nothing. Raises ``Share.DoesNotExist`` for anybody
    but the supervisee.
    """
    share = _locked(by, pk, Share.objects.given_by(by))
    if share.allows(Action.TAKE_FROM_ONE, by):
        withdraw(
            shares=Share.objects.none(),
            readers=share.readers.filter(person=person),
            by=by,
            kind=Kind.REVOKED,
            because=ShareReader.Because.TAKEN_BACK,
            at=at or timezone.now(),
        )
    return share


@transaction.atomic
def see_ending(*, by: User, pk: UUID) -> None:
    """Note that ``by`` lets a copy's time run out. Raises ``Share.DoesNotExist`` for others.

    Of what is closed already nothing is noted.
    """
    share = _locked(by, pk, Share.objects.given_by(by))
    if share.allows(Action.LET_END, by):
        share.expiry_seen_at = timezone.now()
        share.save(update_fields=["expiry_seen_at"])


def remind_of_expiry() -> int:
    """Write, once, to everybody whose copy's time is over in a few days; return how many."""
    for share in (reminded := list(Share.objects.to_remind())):
        with transaction.atomic():
            if Share.objects.filter(pk=share.pk, expiry_told_at=None).update(
                expiry_told_at=timezone.now()
            ):
                notices.share_ending(share)
    return len(reminded)


def close_shares(
    *,
    shares: ShareQuerySet,
    by: User | None,
    kind: ShareEvent.Kind,
    at: datetime,
    quietly: bool = False,
    told: Collection[UUID] = (),
) -> int:
    """Close those of ``shares`` that are open: forget their sealed keys, log it; return how many.

    Those whose time had run out by ``at`` are closed as expired, whatever the reason. ``quietly``:
    their supervisor is told in another way, and of those who read along so are ``told``. Call it
    in a transaction.
    """
    wanted = shares.unrevoked().select_for_update(of=("self",), no_key=True).order_by("id")
    open_shares = list(
        wanted.only("pk", "expires_at", "agreement_id", "entry_uid", "supervisor_id")
    )
    lost = _close(open_shares, [], by=by, kind=kind, at=at, quietly=quietly)
    _tell_taken_from([one.pk for one in lost if one.person_id not in told])
    return len(open_shares)


def withdraw(
    *,
    shares: ShareQuerySet,
    readers: ReaderQuerySet,
    by: User | None,
    kind: ShareEvent.Kind,
    because: ShareReader.Because,
    at: datetime,
    lines: Sequence[Line] = (),
    quietly: bool = False,
) -> int:
    """Close ``shares`` as `close_shares` does, and take the keys of ``readers`` away; return how
    many copies that touched. ``lines`` go on the records before it. Call it in a transaction.

    All shares are locked together and in order, before any record: two who do this at once never
    wait for each other. The locks leave the shares' keys alone: a line that refers to one, such as
    an opening's, is checked as it is committed, with the record in hand, and may not wait then.
    """
    closing = set(shares.unrevoked().values_list("pk", flat=True))
    losing = dict(readers.holding().values_list("pk", "share_id"))
    wanted = Share.objects.among(closing | set(losing.values()))
    locked = list(
        wanted.select_for_update(of=("self",), no_key=True)
        .order_by("id")
        .only(
            "pk",
            "expires_at",
            "agreement_id",
            "entry_uid",
            "supervisor_id",
            "revoked_at",
            "expired_at",
        )
    )
    open_shares = [one for one in locked if one.pk in closing and not one.is_forgotten]
    # Whoever reads along in one that is closed loses the key with it.
    gone = {one.pk for one in open_shares}
    kept = {one.pk: one for one in locked if one.pk not in gone}
    lost = [
        (reader, kept[reader.share_id])
        for reader in ShareReader.objects.holding().filter(pk__in=losing, share__in=kept)
    ]
    ShareReader.objects.filter(pk__in=[reader.pk for reader, _share in lost]).update(
        key=None, removed_at=at, because=because
    )
    taken = [
        (share.agreement_id, _taken(reader, because, by, at))
        for reader, share in sorted(lost, key=lambda one: (one[0].share_id, one[0].pk))
    ]
    closed = _close(open_shares, [*lines, *taken], by=by, kind=kind, at=at, quietly=quietly)
    _tell_taken_from([reader.pk for reader in (*closed, *(one for one, _share in lost))])
    return len(open_shares) + len({reader.share_id for reader, _share in lost})


def _close(
    open_shares: list[Share],
    lines: list[Line],
    *,
    by: User | None,
    kind: ShareEvent.Kind,
    at: datetime,
    quietly: bool,
) -> list[ShareReader]:
    """Close these locked shares and put that on the records, after ``lines`` by agreement.

    Return who read along in those that were not over by themselves.
    """
    expired = [share.pk for share in open_shares if share.expires_at <= at]
    revoked = [share.pk for share in open_shares if share.expires_at > at]
    Share.objects.filter(pk__in=expired).update(expired_at=at, key_supervisor=None)
    Share.objects.filter(pk__in=revoked).update(revoked_at=at, revoked_by=by, key_supervisor=None)
    fold_versions(share.family for share in open_shares)
    read_along: dict[UUID, list[ShareReader]] = {}
    if open_shares:
        holding = ShareReader.objects.holding().filter(share__in=[one.pk for one in open_shares])
        for reader in holding.order_by("pk"):
            read_along.setdefault(reader.share_id, []).append(reader)
    if read_along:
        holding.update(key=None, removed_at=at, because=ShareReader.Because.CLOSED)
    _note_closed(open_shares, read_along, lines, by=by, kind=kind, at=at)
    for share in Share.objects.filter(pk__in=expired).select_related("supervisee", "supervisor"):
        notices.share_expired(share)
    if not quietly:
        _tell_taken_back(revoked)
    return [reader for share in revoked for reader in read_along.get(share, ())]


def _tell_taken_back(pks: list[UUID]) -> None:
    """Tell each supervisor once, under each agreement, however many were taken back."""
    together: dict[UUID, list[Share]] = {}
    for share in Share.objects.among(pks).to_take_back().select_related("supervisee"):
        together.setdefault(share.agreement_id, []).append(share)
    for agreement in sorted(together):
        notices.shares_taken_back(together[agreement])


def _tell_taken_from(pks: list[UUID]) -> None:
    """Tell the members whose keys these were, each once of one person's copies in one group.

    Whoever lost a key with their place in the group is told of that.
    """
    together: dict[tuple[UUID, UUID, UUID], list[ShareReader]] = {}
    for one in ShareReader.objects.to_tell(pks) if pks else ():
        key = (one.person_id, one.share.supervisee_id, one.membership.group_id)
        together.setdefault(key, []).append(one)
    for key in sorted(together):
        lost = together[key]
        notices.shares_taken_from([one.share for one in lost], lost[0].person)


def _note_closed(
    shares: list[Share],
    read_along: dict[UUID, list[ShareReader]],
    others: list[Line],
    *,
    by: User | None,
    kind: ShareEvent.Kind,
    at: datetime,
) -> None:
    """Put on each agreement's record which of ``shares`` ran out by ``at``, which closed, and who
    lost a key with them."""
    lines: dict[UUID, list[Happened]] = {}
    for agreement, line in others:
        lines.setdefault(agreement, []).append(line)
    for share in shares:
        line = (
            Happened(Kind.EXPIRED, at, share=share.pk)
            if share.expires_at <= at
            else Happened(kind, at, by, share=share.pk)
        )
        lost = (
            _taken(reader, ShareReader.Because.CLOSED, by, at)
            for reader in read_along.get(share.pk, ())
        )
        lines.setdefault(share.agreement_id, []).extend([line, *lost])
    for agreement in sorted(lines):
        note_lines(agreement, lines[agreement])


def expire_shares() -> int:
    """Close what has run out, and what lost its entry for good; return how many were closed.

    Each in a transaction of its own: one in trouble, whatever it is, keeps no other open and is
    tried again next time. Raises ``ExceptionGroup`` with the troubles when all others are done.
    """
    overdue = [
        (pk, None, Kind.EXPIRED)
        for pk in Share.objects.past_expiry(timezone.now()).values_list("pk", flat=True)
    ]
    orphaned = [
        (share.pk, share.supervisee, Kind.ENTRY_DELETED)
        for share in Share.objects.without_entry().select_related("supervisee")
    ]
    closed, troubles = 0, []
    for pk, by, kind in (*overdue, *orphaned):
        try:
            with transaction.atomic():
                one = Share.objects.filter(pk=pk)
                closed += close_shares(shares=one, by=by, kind=kind, at=timezone.now())
        except Exception as trouble:
            # Its name and no more: what an error says may hold what it was about.
            logger.error("Share %s could not be closed: %s", pk, type(trouble).__name__)
            troubles.append(trouble)
    if troubles:
        raise ExceptionGroup("Some shares could not be closed.", troubles)
    return closed


# --- Parts ---------------------------------------------------------------------------------------


def _agreement_for(by: User, terms: Terms, reader: Reader) -> Agreement:
    """Return the locked agreement, its supervisor's key known. Raises ``Refused``."""
    agreements = Agreement.objects.shareable_by(by).select_for_update(of=("self",), no_key=True)
    agreement = agreements.filter(pk=terms.agreement).first()
    if agreement is None:
        known = Agreement.objects.of_supervisee(by).get(pk=terms.agreement)
        raise Refused(known.why_not_shareable())
    key = agreement.supervisor_key
    if key != terms.key:
        raise Refused(
            _(
                "The key of %(name)s changed while you were looking at the preview. Nothing was "
                "shared. Look at the preview again."
            )
            % {"name": agreement.supervisor.get_full_name()}
        )
    if not agreement.knows_key(reader.keys, key):
        if not terms.key_confirmed:
            raise Refused(_("Confirm the supervisor’s key first. Nothing was shared."))
        agreement.pin(reader.keys, key)
        agreement.save(update_fields=Agreement.PIN)
        note_lines(agreement.pk, [key_compared(by, key)])
    return agreement


def _places_for(
    by: User, agreement: Agreement, terms: Terms, reader: Reader
) -> list[GroupMembership]:
    """Return the places of those who are to read along, their keys known, their group locked.

    Leaving, removing and ending lock the group too, so nobody is given a key as they go. Raises
    ``Refused``.
    """
    if not terms.readers:
        return []
    wanted = [one.place for one in terms.readers]
    fellows = GroupMembership.objects.fellows_of(by)
    groups = set(fellows.among(wanted).values_list("group", flat=True))
    led = SupervisionGroup.objects.led_by(agreement.supervisor).filter(pk__in=groups)
    locked = list(led.select_for_update(of=("self",), no_key=True))
    places = {one.pk: one for one in fellows.among(wanted).filter(group__in=locked)}
    if len(locked) != 1 or set(wanted) != set(places):
        raise Refused(
            _(
                "Somebody you chose is no longer in the group, or you are not. Nothing was shared. "
                "Choose again who may read along."
            )
        )
    for one in terms.readers:
        _require_known(by, places[one.place], one, reader)
    return [places[one] for one in wanted]


def _require_known(by: User, place: GroupMembership, terms: ReaderTerms, reader: Reader) -> None:
    """Raise ``Refused`` where a copy cannot be sealed to somebody, or to the key that was seen."""
    if why_not := place.why_not_readable():
        raise Refused(f"{why_not} {_('Nothing was shared.')}")
    name = {"name": place.person.get_full_name()}
    if place.key != terms.key or place.person_id != terms.person:
        said = _(
            "The key of %(name)s changed while you were looking at the preview. Nothing was "
            "shared. Look at the preview again."
        )
        raise Refused(said % name)
    if not knows_member(by, place, reader.keys):
        if not terms.key_confirmed:
            said = _("Compare the key of %(name)s first. Nothing was shared.")
            raise Refused(said % name)
        remember_member(by, place, reader.keys)


def knows_member(by: User, place: GroupMembership, keys: VaultKeys) -> bool:
    """Tell whether ``by`` remembers, under ``keys``, the key of the one whose place it is."""
    pin = GroupPin.objects.owned_by(by).filter(group=place.group_id, person=place.person_id).first()
    return pin is not None and pin.holds(keys, place.key)


def remember_member(by: User, place: GroupMembership, keys: VaultKeys) -> None:
    """Remember a fellow member's key as it is now, under ``by``'s keys."""
    context = crypto.group_key_pin(place.group_id, place.person_id)
    GroupPin.objects.update_or_create(
        owner=by,
        group_id=place.group_id,
        person_id=place.person_id,
        defaults={
            "mac": keys.pin(place.key, context),
            "pinned_in": keys.vault_id,
            "pinned_at": timezone.now(),
        },
    )


def _let_read(share: Share, place: GroupMembership, data_key: bytes) -> ShareReader:
    """Return ``place``'s person as one who reads ``share`` along, with the key sealed to them."""
    vault = place.vault
    if vault is None:
        raise Refused(place.why_not_readable())
    one = ShareReader(share=share, membership=place, person=place.person, given_at=share.shared_at)
    one.sealed_to = vault.pk
    one.seal(bytes(vault.public_key), data_key)
    one.save(force_insert=True)
    return one


def _given(one: ShareReader, by: User) -> Happened:
    facts = {"sealed_to": str(one.sealed_to)}
    return Happened(Kind.READER_ADDED, one.given_at, by, one.share_id, facts, one.person_id)


def _taken(
    one: ShareReader, because: ShareReader.Because, by: User | None, at: datetime
) -> Happened:
    facts = {"because": str(because)}
    return Happened(Kind.READER_REMOVED, at, by, one.share_id, facts, one.person_id)


def _require_wording(terms: Terms) -> None:
    """Raise ``Refused`` where what was agreed to does not speak of those who are to read."""
    fitting = ConsentWording.objects.of_share(in_group=bool(terms.readers))
    if not fitting.filter(pk=terms.wording).exists():
        raise Refused(
            _(
                "What you were shown to agree to is not the wording for what you chose. Nothing "
                "was shared. Look at the preview again."
            )
        )


def _require_may_bar(by: User, people: Collection[UUID]) -> None:
    """Raise ``Refused`` where one of ``people`` is nobody whom ``by`` may bar."""
    if not people:
        return
    agreements = Agreement.objects.of_supervisee(by).filter(supervisor__in=people)
    known = {one.supervisor_id for one in agreements if one.allows(Action.BAR, by)}
    fellows = GroupMembership.objects.fellows_of(by).filter(person__in=people)
    own = GroupMembership.objects.of(by).members().select_related("group")
    in_groups = {one.group_id for one in own if one.allows(Action.BAR, by)}
    known |= {one.person_id for one in fellows if one.group_id in in_groups}
    if not set(people) <= known:
        raise Refused(
            _("Only your supervisors and fellow members can be barred. Nothing was changed.")
        )


def _require_not_barred(entry: Entry, reader: Reader, *people: User) -> None:
    """Raise ``Refused`` where the entry is barred from any of ``people``."""
    document = entry.open(reader.in_vault(entry.vault_id).keys)
    for person in people:
        if person.pk in document.barred:
            raise Refused(
                _("You barred %(name)s from this reflection. Nothing was shared.")
                % {"name": person.get_full_name()}
            )


def _frozen(entry: Entry, agreement: Agreement, terms: Terms, at: datetime) -> Share:
    return Share(
        pk=terms.share,
        agreement=agreement,
        entry=entry,
        entry_uid=entry.pk,
        entry_revision=entry.revision,
        supervisee=agreement.supervisee,
        supervisor=agreement.supervisor,
        version=Share.objects.latest_version(entry.pk, agreement.supervisor_id) + 1,
        passages=terms.copy.slugs,
        purpose=terms.purpose,
        wording_id=terms.wording,
        identifiers_found=terms.found,
        identifiers_checked_at=at,
        attestation=terms.attestation,
        shared_at=at,
        expires_at=end_of(terms.until),
    )


def _seal(share: Share, terms: Terms, reader: Reader, recipient: Vault | None) -> bytes:
    """Freeze the copy under a key of its own, sealed to the supervisor; return that key."""
    if recipient is None:
        raise Refused(share.agreement.why_not_shareable())
    data_key = crypto.new_key()
    share.vault = reader.vault
    share.sealed_to = recipient.pk
    share.body = crypto.encrypt_body(data_key, encode_copy(terms.copy), share.body_context)
    share.content_hash = hashlib.sha256(share.body).hexdigest()
    share.key_supervisee = reader.keys.wrap(data_key, crypto.share_key(share.pk, reader.vault.pk))
    share.key_supervisor = crypto.seal(
        bytes(recipient.public_key),
        data_key,
        crypto.sealed_share_key(share.pk, share.supervisor_id),
    )
    return data_key


def _locked(by: User, pk: UUID, among: ShareQuerySet | None = None) -> Share:
    found = among if among is not None else Share.objects.of_party(by)
    return (
        found.select_for_update(of=("self",), no_key=True)
        .select_related("agreement", "entry", "supervisee", "supervisor")
        .get(pk=pk)
    )


def _note(share: Share, kind: ShareEvent.Kind, *, by: User | None, at: datetime) -> ShareEvent:
    """Put on record what happened to ``share``: the last thing an act does, see `note_lines`."""
    return note_lines(share.agreement_id, [Happened(kind, at, by, share.pk)])[0]
