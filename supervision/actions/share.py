"""What changes a share: hand out, note an opening, take back, expire."""

import hashlib
import logging
from collections.abc import Collection
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
from supervision.frozen import Reader, Terms, encode_copy
from supervision.models import Agreement, Share, ShareEvent
from supervision.queries.share import SAME_OPENING, ShareQuerySet
from supervision.rules import Action, Refused
from vault import crypto
from vault.crypto import VaultKeys
from vault.models import Vault

Kind = ShareEvent.Kind
logger = logging.getLogger(__name__)


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
    agreement, the supervisor's vault or its key does not allow it or the reflection is barred from
    them, and ``Changed`` where the entry is not at the revision that was previewed.
    """
    shared = Share.objects.given_by(by)
    if already := shared.find(terms.share):
        return already
    agreement = _agreement_for(by, terms, reader)
    if already := shared.find(terms.share):  # by whoever had the lock before
        return already
    entries = Entry.objects.owned_by(by).select_for_update()
    entry = entries.filter(pk=terms.entry, revision=terms.revision).first()
    if entry is None:
        raise Changed
    _require_not_barred(entry, agreement, reader)
    entry.go_on()  # A shared capture is no longer one that goes by itself.
    share = _frozen(entry, agreement, terms, at or timezone.now())
    _seal(share, terms, reader, agreement.supervisor_vault)
    share.save(force_insert=True)
    fold_versions([share.family])
    if takes_back_older:
        older = Share.objects.given_by(by).other_versions(share)
        pks = list(older.values_list("pk", flat=True))
        older = Share.objects.filter(pk__in=pks)
        # The notice of the new version says enough.
        close_shares(shares=older, by=by, kind=Kind.REVOKED, at=share.shared_at, quietly=True)
    _note(share, Kind.SHARED, by=by, at=share.shared_at)
    notices.share_made(share)
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

    Return how many copies were taken back. Raises ``Entry.DoesNotExist`` and ``CannotOpen``.
    """
    bar_from_entry(by=by, keys=keys, pk=pk, barred=barred)
    shares = Share.objects.given_by(by).filter(entry=pk, supervisor__in=barred)
    return close_shares(shares=shares, by=by, kind=Kind.REVOKED, at=at or timezone.now())


@transaction.atomic
def see_ending(*, by: User, pk: UUID) -> None:
    """Note that ``by`` lets a copy's time run out. Raises ``Share.DoesNotExist`` for others."""
    share = _locked(by, pk, Share.objects.given_by(by))
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
) -> int:
    """Close those of ``shares`` that are open: forget their sealed keys, log it; return how many.

    Those whose time had run out by ``at`` are closed as expired, whatever the reason. ``quietly``:
    whoever could read them is told in another way. Call it in a transaction.
    """
    wanted = shares.unrevoked().select_for_update(of=("self",)).order_by("id")
    open_shares = list(
        wanted.only("pk", "expires_at", "agreement_id", "entry_uid", "supervisor_id")
    )
    expired = [share.pk for share in open_shares if share.expires_at <= at]
    revoked = [share.pk for share in open_shares if share.expires_at > at]
    Share.objects.filter(pk__in=expired).update(expired_at=at, key_supervisor=None)
    Share.objects.filter(pk__in=revoked).update(revoked_at=at, revoked_by=by, key_supervisor=None)
    fold_versions(share.family for share in open_shares)
    _note_closed(open_shares, by=by, kind=kind, at=at)
    for share in Share.objects.filter(pk__in=expired).select_related("supervisee", "supervisor"):
        notices.share_expired(share)
    if not quietly:
        _tell_taken_back(revoked)
    return len(open_shares)


def _tell_taken_back(pks: list[UUID]) -> None:
    """Tell each supervisor once, under each agreement, however many were taken back."""
    together: dict[UUID, list[Share]] = {}
    for share in Share.objects.among(pks).to_take_back().select_related("supervisee"):
        together.setdefault(share.agreement_id, []).append(share)
    for agreement in sorted(together):
        notices.shares_taken_back(together[agreement])


def _note_closed(
    shares: list[Share], *, by: User | None, kind: ShareEvent.Kind, at: datetime
) -> None:
    """Put on each agreement's record which of ``shares`` ran out by ``at``, and which closed."""
    lines: dict[UUID, list[Happened]] = {}
    for share in shares:
        line = (
            Happened(Kind.EXPIRED, at, share=share.pk)
            if share.expires_at <= at
            else Happened(kind, at, by, share=share.pk)
        )
        lines.setdefault(share.agreement_id, []).append(line)
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
            raise Refused(_("Confirm the supervisor's key first. Nothing was shared."))
        agreement.pin(reader.keys, key)
        agreement.save(update_fields=Agreement.PIN)
        note_lines(agreement.pk, [key_compared(by, key)])
    return agreement


def _require_not_barred(entry: Entry, agreement: Agreement, reader: Reader) -> None:
    """Raise ``Refused`` where the entry is barred from the agreement's supervisor."""
    document = entry.open(reader.in_vault(entry.vault_id).keys)
    if agreement.supervisor_id in document.barred:
        raise Refused(
            _("You barred %(name)s from this reflection. Nothing was shared.")
            % {"name": agreement.supervisor.get_full_name()}
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


def _seal(share: Share, terms: Terms, reader: Reader, recipient: Vault | None) -> None:
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


def _locked(by: User, pk: UUID, among: ShareQuerySet | None = None) -> Share:
    found = among if among is not None else Share.objects.of_party(by)
    return (
        found.select_for_update(of=("self",))
        .select_related("agreement", "entry", "supervisee", "supervisor")
        .get(pk=pk)
    )


def _note(
    share: Share, kind: ShareEvent.Kind, *, by: User | None, at: datetime | None = None
) -> ShareEvent:
    """Put on record what happened to ``share``: the last thing an act does, see `note_lines`."""
    facts = share.receipt_facts if kind == Kind.SHARED else {}
    what = Happened(kind, at or timezone.now(), by, share.pk, facts)
    return note_lines(share.agreement_id, [what])[0]
