"""Letting the very same copy be read for longer: a consent of its own, and nothing sealed anew."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from supervision import notices
from supervision.actions.record import Happened, note_lines
from supervision.actions.share import Changed, end_of
from supervision.chain import told
from supervision.models import Agreement, ConsentWording, Share, ShareEvent
from supervision.rules import Action, Refused


@dataclass(frozen=True)
class Extension:
    """Everything that somebody agrees to when they let a copy be read for longer.

    ``before``: when it would have ended, as they were shown; ``wording``: the row's id; ``found``
    counts, by kind, the details they were asked about.
    """

    before: datetime
    until: date
    attestation: str
    wording: int
    found: Mapping[str, int]


@transaction.atomic
def extend_share(*, by: User, pk: UUID, extension: Extension, at: datetime | None = None) -> Share:
    """Let the supervisor, and whoever reads along, open the same copy until a later day.

    Copy, keys, conversation and what is held stay as they are. The record gets a line with the new
    end and the copy's hash. Doing the same twice does it once. Raises ``Refused`` where the copy
    or the agreement is not open to it, or the day is no later one, ``Changed`` where the end or
    the wording is not what was shown, and ``Share.DoesNotExist`` for anybody but its author.
    """
    at = at or timezone.now()
    share = _locked(by, pk)
    until = end_of(extension.until)
    if not share.allows(Action.EXTEND, by):
        raise Refused(share.closed_because(by))
    if share.expires_at == until and extension.before < until:
        return share
    wording = ConsentWording.objects.to_share(in_group=share.readers.holding().exists())
    if (share.expires_at, wording.pk) != (extension.before, extension.wording):
        raise Changed
    if until <= share.expires_at:
        day = date_format(timezone.localtime(share.expires_at), "j F Y")
        raise Refused(_("It can be read until %(day)s already. Choose a later day.") % {"day": day})
    facts = {
        "before": told(share.expires_at),
        "expires_at": told(until),
        "content_hash": share.content_hash,
        "attestation": extension.attestation,
        **wording.consented,
        "identifiers_found": dict(extension.found),
        "identifiers_checked_at": told(at),
    }
    share.expires_at = until
    share.expiry_told_at = share.expiry_seen_at = None
    share.save(update_fields=["expires_at", "expiry_told_at", "expiry_seen_at"])
    note_lines(share.agreement_id, [Happened(ShareEvent.Kind.EXTENDED, at, by, share.pk, facts)])
    notices.share_extended(share)
    return share


def _locked(by: User, pk: UUID) -> Share:
    """Return the share with its agreement locked before it, as sharing and ending lock them."""
    known = Share.objects.given_by(by).select_related("agreement").get(pk=pk)
    open_to_it = Agreement.objects.shareable_by(by).select_for_update(of=("self",), no_key=True)
    if not open_to_it.filter(pk=known.agreement_id).exists():
        raise Refused(known.agreement.why_not_shareable())
    return (
        Share.objects.given_by(by)
        .select_for_update(of=("self",), no_key=True)
        .select_related("agreement", "entry", "supervisee", "supervisor")
        .get(pk=pk)
    )
