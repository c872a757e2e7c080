"""What changes a share: hand out, note an opening, comment, take back, expire."""

import hashlib
import logging
from datetime import date, datetime, time
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from reflection.models import Entry
from supervision import notices
from supervision.frozen import Reader, Terms, encode_copy
from supervision.models import Agreement, Comment, Share, ShareEvent
from supervision.queries.share import SAME_OPENING, ShareQuerySet
from supervision.rules import Action, Refused
from vault import crypto
from vault.models import Vault

Kind = ShareEvent.Kind
logger = logging.getLogger(__name__)


class Changed(Exception):
    """The reflection is no longer what was previewed. Nothing was shared."""


def end_of(day: date) -> datetime:
    """Return the last minute of ``day`` where the person is."""
    return timezone.make_aware(datetime.combine(day, time(23, 59)))


@transaction.atomic
def share_passages(*, by: User, reader: Reader, terms: Terms, at: datetime | None = None) -> Share:
    """Return the share that ``by`` agreed to in ``terms``: their copy, frozen and sealed.

    Confirming the same preview twice returns the first share. Raises ``Refused`` where the
    agreement, the supervisor's vault or its key does not allow it, and ``Changed`` where the
    entry is not at the revision that was previewed.
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
    entry.go_on()  # A shared capture is no longer one that goes by itself.
    share = _frozen(entry, agreement, terms, at or timezone.now())
    _seal(share, terms, reader, agreement.supervisor_vault)
    share.save(force_insert=True)
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
    return _note(share, Kind.OPENED, by=by, at=at)


@transaction.atomic
def add_comment(
    *,
    by: User,
    reader: Reader,
    pk: UUID,
    passage: str,
    text: str,
    parent: UUID | None = None,
    comment: UUID | None = None,
    at: datetime | None = None,
) -> Comment:
    """Return ``by``'s comment beside a passage of the copy, or their answer to one.

    ``comment`` is the id it is to have: the same words sent again under it are the same comment.
    Raises ``CannotOpen`` where ``reader`` cannot open the copy, ``Refused`` where the share is no
    longer live or has no such passage or comment, and ``Share.DoesNotExist`` for an outsider.
    """
    share = _locked(by, pk)
    if not share.allows(Action.REPLY if parent else Action.COMMENT, by):
        raise Refused(share.closed_because(by))
    thread = Comment.objects.thread_of(share, parent)
    if passage not in share.passages or (parent and (not thread or thread.passage != passage)):
        raise Refused(_("There is no such place in this copy to comment on."))
    data_key = share.data_key(reader)
    earlier = Comment.objects.find(comment)
    written = Comment(
        pk=uuid4() if earlier or not comment else comment,
        share=share,
        passage=passage,
        author=by,
        parent=thread,
        created_at=at or timezone.now(),
    )
    if earlier is not None and earlier.is_where(written) and earlier.says(text, data_key):
        return earlier
    written.write(text, data_key)
    written.save(force_insert=True)
    _note(share, Kind.COMMENTED, by=by, at=written.created_at)
    notices.share_commented(share, by=by)
    return written


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


def close_shares(
    *, shares: ShareQuerySet, by: User | None, kind: ShareEvent.Kind, at: datetime
) -> int:
    """Close those of ``shares`` that are open: forget their sealed keys, log it; return how many.

    Those whose time had run out by ``at`` are closed as expired, whatever the reason. Call it in
    a transaction.
    """
    open_shares = list(shares.unrevoked().select_for_update(of=("self",)).only("pk", "expires_at"))
    expired = [share.pk for share in open_shares if share.expires_at <= at]
    revoked = [share.pk for share in open_shares if share.expires_at > at]
    Share.objects.filter(pk__in=expired).update(expired_at=at, key_supervisor=None)
    Share.objects.filter(pk__in=revoked).update(revoked_at=at, revoked_by=by, key_supervisor=None)
    ShareEvent.objects.bulk_create(
        [
            *(ShareEvent(share_id=one, kind=Kind.EXPIRED, at=at) for one in expired),
            *(ShareEvent(share_id=one, kind=kind, by=by, at=at) for one in revoked),
        ]
    )
    for share in Share.objects.filter(pk__in=expired).select_related("supervisee", "supervisor"):
        notices.share_expired(share)
    return len(open_shares)


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
    agreements = Agreement.objects.shareable_by(by).select_for_update(of=("self",))
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
    return agreement


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
    return ShareEvent.objects.create(share=share, kind=kind, by=by, at=at or timezone.now())
