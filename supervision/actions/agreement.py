"""What changes an agreement: propose, accept, decline, end. Rules are asked under a lock."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Clinic, Membership, User
from supervision import notices
from supervision.actions.group import end_places_under
from supervision.actions.record import Happened, begin_record, key_compared, note_lines
from supervision.actions.share import close_shares
from supervision.models import Agreement, ConsentWording, Proposal, ShareEvent
from supervision.rules import Action, AgreementState, Refused, Role, may_agreement
from vault import crypto
from vault.crypto import VaultKeys
from vault.models import Vault

OPEN_PROPOSALS_LIMIT = 20
# Each is a mail, perhaps to somebody who has never heard of Mend.
PROPOSALS_A_DAY = 30
PROPOSALS_A_DAY_TO_ONE = 3
Kind = ShareEvent.Kind


@transaction.atomic
def propose_agreement(
    *,
    by: User,
    supervisee: User,
    supervisor: User,
    clinic: Clinic | None = None,
    keys: VaultKeys | None = None,
    at: datetime | None = None,
) -> Agreement:
    """Return a new agreement that waits for whoever has not proposed it.

    One of the two accepts by proposing. Anybody else has to manage ``clinic``, and both have to
    belong to it. ``keys``, the supervisee's, let the supervisor's key be remembered. Raises
    ``Refused`` also where an agreement between the two is open already, and where ``by`` proposed
    to these two too often within a day.
    """
    at = at or timezone.now()
    if supervisee == supervisor:
        raise Refused(_("An agreement needs two people. Nothing was proposed."))
    agreement = Agreement(
        supervisee=supervisee,
        supervisor=supervisor,
        clinic=clinic,
        wording=ConsentWording.objects.current(ConsentWording.AGREEMENT),
        proposed_by=by,
        proposed_at=at,
    )
    role = agreement.role_of(by)
    if role == Role.PROPOSER and not _manages(by, clinic, supervisee, supervisor):
        role = Role.OUTSIDER
    if not may_agreement(Action.PROPOSE, AgreementState.NEW, role):
        raise Refused(_("You can propose an agreement for two people of a clinic you manage."))
    day_ago = at - timedelta(days=1)
    lately = Agreement.objects.between(supervisee, supervisor).filter(proposed_at__gt=day_ago)
    if (number := lately.filter(proposed_by=by).count()) >= PROPOSALS_A_DAY_TO_ONE:
        said = _(
            "You have proposed this %(number)d times within a day. Nothing was sent. You can "
            "propose it again tomorrow."
        )
        raise Refused(said % {"number": number})
    _accept_as(agreement, role, at, keys)
    _insert(agreement, by=by)
    accepted = [_accepted(agreement, at, by)] if role != Role.PROPOSER else []
    begin_record(agreement, _proposed(agreement), *accepted)
    notices.agreement_proposed(agreement, by=by)
    return agreement


@transaction.atomic
def accept_agreement(
    *, by: User, pk: UUID, keys: VaultKeys | None = None, at: datetime | None = None
) -> Agreement:
    """Accept for ``by``, one of the two, and return the agreement, perhaps active now.

    ``keys`` as for `propose_agreement`. Raises ``Refused``.
    """
    at = at or timezone.now()
    agreement = _locked(by, pk)
    _require(agreement, Action.ACCEPT, by)
    _accept_as(agreement, agreement.role_of(by), at, keys)
    agreement.save(
        update_fields=["supervisee_accepted_at", "supervisor_accepted_at", *Agreement.PIN]
    )
    note_lines(pk, [_accepted(agreement, at, by)])
    notices.agreement_accepted(agreement, by=by)
    return agreement


@transaction.atomic
def decline_agreement(*, by: User, pk: UUID) -> Agreement:
    """Close a proposal that was not accepted by both: declined, or taken back by its proposer."""
    agreement = _locked(by, pk)
    _require(agreement, Action.DECLINE, by)
    agreement.declined_at = timezone.now()
    agreement.declined_by = by
    agreement.save(update_fields=["declined_at", "declined_by"])
    note_lines(pk, [Happened(Kind.DECLINED, agreement.declined_at, by)])
    notices.agreement_declined(agreement, by=by)
    return agreement


@transaction.atomic
def end_agreement(*, by: User, pk: UUID) -> Agreement:
    """End an active agreement at once, and with it everything shared under it."""
    agreement = _locked(by, pk)
    _require(agreement, Action.END, by)
    agreement.ended_at = timezone.now()
    agreement.ended_by = by
    agreement.save(update_fields=["ended_at", "ended_by"])
    end_places_under(agreement, by=by, at=agreement.ended_at)
    note_lines(pk, [Happened(Kind.ENDED, agreement.ended_at, by)])
    notices.agreement_ended(agreement, by=by)
    return agreement


@transaction.atomic
def take_back_everything(*, by: User, pk: UUID) -> int:
    """Take back every copy ``by`` shared under an agreement; return how many. It goes on itself.

    Raises ``Refused`` for anybody but the supervisee, and once it is over.
    """
    agreement = _locked(by, pk)
    _require(agreement, Action.REVOKE_ALL, by)
    return close_shares(
        shares=agreement.shares.unrevoked(), by=by, kind=Kind.REVOKED, at=timezone.now()
    )


@transaction.atomic
def confirm_key(*, by: User, pk: UUID, keys: VaultKeys, fingerprint: bytes) -> Agreement:
    """Remember the supervisor's key, which ``by``, the supervisee, says they compared.

    ``fingerprint`` is the one they were shown. Raises ``Refused`` where it is no longer theirs.
    """
    agreement = _locked(by, pk)
    _require(agreement, Action.CONFIRM_KEY, by)
    if not fingerprint or fingerprint != agreement.supervisor_key:
        raise Refused(_("The key is another one by now. Nothing was remembered. Compare it again."))
    agreement.pin(keys, fingerprint)
    agreement.save(update_fields=Agreement.PIN)
    note_lines(pk, [key_compared(by, fingerprint)])
    return agreement


@transaction.atomic
def see_closed(*, by: User, pk: UUID) -> None:
    """Note that ``by`` knows that the other of the two declined or ended the agreement."""
    agreement = _locked(by, pk)
    if agreement.is_news_for(by):
        agreement.closed_seen_at = timezone.now()
        agreement.save(update_fields=["closed_seen_at"])


# --- Proposals to an address ---------------------------------------------------------------------


@transaction.atomic
def propose_to_address(*, by: User, email: str, side: str) -> Proposal:
    """Return a proposal to whoever has ``email``, with ``by`` on ``side``, and write to them.

    The same happens whether or not there is such an account. Raises ``Refused``, also where they
    made too many within a day, whatever became of those. Anybody may: the one who proposes is its
    proposer.
    """
    email = email.strip().lower()
    own = {by.email.lower(), *by.emailaddress_set.values_list("email", flat=True)}
    if email in own:
        raise Refused(_("That is your own address. An agreement needs two people."))
    _refuse_flood(by, email, side)
    if Proposal.objects.addressed_to(by).crossing(email, side).exists():
        raise Refused(
            _(
                "They have proposed this to you already. Nothing was sent: their proposal waits "
                "for your answer on your supervision page."
            )
        )
    proposal = Proposal.objects.create(
        proposer=by,
        proposer_side=side,
        email=email,
        wording=ConsentWording.objects.current(ConsentWording.AGREEMENT),
    )
    notices.proposal_made(proposal)
    return proposal


@transaction.atomic
def accept_proposal(*, by: User, pk: UUID, keys: VaultKeys | None = None) -> Agreement:
    """Return the active agreement that an addressed proposal becomes. Raises ``Refused``."""
    proposal = _open_proposal(by, pk, Action.ACCEPT)
    proposer = proposal.proposer
    is_supervisee = proposal.proposer_side == Proposal.Side.SUPERVISEE
    supervisee, supervisor = (proposer, by) if is_supervisee else (by, proposer)
    now = timezone.now()
    agreement = Agreement(
        supervisee=supervisee,
        supervisor=supervisor,
        wording=proposal.wording,
        proposed_by=proposer,
        proposed_at=proposal.proposed_at,
    )
    _accept_as(agreement, agreement.role_of(proposer), proposal.proposed_at, None)
    _accept_as(agreement, agreement.role_of(by), now, keys)
    _insert(agreement, by=by)
    begin_record(
        agreement,
        _proposed(agreement),
        _accepted(agreement, proposal.proposed_at, proposer),
        _accepted(agreement, now, by),
    )
    _close(proposal, Proposal.Outcome.ACCEPTED, agreement=agreement)
    _close_crossing(proposal, by)
    notices.agreement_accepted(agreement, by=by)
    return agreement


@transaction.atomic
def decline_proposal(*, by: User, pk: UUID) -> Proposal:
    """Decline an addressed proposal; its proposer is told that it was. Raises ``Refused``."""
    declined = _close(_open_proposal(by, pk, Action.DECLINE), Proposal.Outcome.DECLINED)
    notices.proposal_declined(declined)
    return declined


@transaction.atomic
def take_back_proposal(*, by: User, pk: UUID) -> Proposal:
    """Take one's own open proposal back. Raises ``Refused`` once it was answered."""
    return _close(_open_proposal(by, pk, Action.TAKE_BACK), Proposal.Outcome.TAKEN_BACK)


# --- Parts ---------------------------------------------------------------------------------------


def _locked(by: User, pk: UUID) -> Agreement:
    found = Agreement.objects.visible_to(by).select_for_update(of=("self",), no_key=True)
    return found.select_related("supervisee", "supervisor", "wording").get(pk=pk)


def _require(agreement: Agreement, action: Action, by: User) -> None:
    if agreement.allows(action, by):
        return
    said = {
        AgreementState.DECLINED: _("This agreement was declined before. Nothing was changed."),
        AgreementState.ENDED: _("This agreement has ended already. Nothing was changed."),
        AgreementState.ACTIVE: _("Both of you have accepted already. Nothing was changed."),
    }
    raise Refused(said.get(agreement.state, _("That cannot be done yet. Nothing was changed.")))


def _manages(user: User, clinic: Clinic | None, *people: User) -> bool:
    if clinic is None:
        return False
    places = Membership.objects.active().filter(clinic=clinic, user__in=people)
    managed = Clinic.objects.administered_by(user).filter(pk=clinic.pk)
    return managed.exists() and places.count() == len(people)


def _accept_as(agreement: Agreement, role: Role, at: datetime, keys: VaultKeys | None) -> None:
    if role == Role.SUPERVISEE:
        agreement.supervisee_accepted_at = at
        vault = Vault.objects.ready().filter(user=agreement.supervisor).first()
        if keys is not None and vault is not None:
            agreement.pin(keys, crypto.fingerprint(bytes(vault.public_key)))
    elif role == Role.SUPERVISOR:
        agreement.supervisor_accepted_at = at


def _proposed(agreement: Agreement) -> Happened:
    """Return the first line of an agreement's record: who proposed what, in which wording."""
    facts = {
        "supervisee": str(agreement.supervisee_id),
        "supervisor": str(agreement.supervisor_id),
        **agreement.wording.consented,
    }
    return Happened(Kind.PROPOSED, agreement.proposed_at, agreement.proposed_by, facts=facts)


def _accepted(agreement: Agreement, at: datetime, by: User) -> Happened:
    """Return that ``by`` accepted, with the words as they stand before them."""
    return Happened(Kind.ACCEPTED, at, by, facts=agreement.wording.consented)


def _insert(agreement: Agreement, *, by: User) -> None:
    """Save a new agreement, unless one between the two is open already.

    Raises ``Refused``; a third person is not told why, for it is none of their business.
    """
    try:
        with transaction.atomic():
            agreement.save(force_insert=True)
    except IntegrityError as error:
        said = _("There is an agreement or a proposal between the two of you already.")
        if agreement.role_of(by) == Role.PROPOSER:
            said = _(
                "This cannot be proposed for these two people. Nothing was changed. They can "
                "propose an agreement to each other."
            )
        raise Refused(said) from error


def _refuse_flood(by: User, email: str, side: str) -> None:
    """Raise ``Refused`` where ``by`` has proposed this already, or proposes too much.

    Holds the person, so that no two of their proposals are counted at the same moment.
    """
    list(User.objects.select_for_update(no_key=True).filter(pk=by.pk))
    day_ago = timezone.now() - timedelta(days=1)
    counted = list(Proposal.objects.made_by(by).waiting_or_since(day_ago))
    waiting = [one for one in counted if one.is_open]
    if len(waiting) >= OPEN_PROPOSALS_LIMIT:
        raise Refused(
            _("%(number)d of your proposals wait for an answer. Take one back to make another.")
            % {"number": len(waiting)}
        )
    if any(one.email == email and one.proposer_side == side for one in waiting):
        raise Refused(_("You have proposed this to that address already. It waits for an answer."))
    of_today = [one for one in counted if one.proposed_at > day_ago]
    number = sum(one.email == email for one in of_today)
    if number >= PROPOSALS_A_DAY_TO_ONE:
        said = _(
            "You have proposed to that address %(number)d times within a day, and each is a mail "
            "to them. Nothing was sent. You can propose to them again tomorrow."
        )
        raise Refused(said % {"number": number})
    if len(of_today) >= PROPOSALS_A_DAY:
        said = _(
            "You have made %(number)d proposals within a day, which is as many as there can be. "
            "Nothing was sent. You can make more tomorrow."
        )
        raise Refused(said % {"number": len(of_today)})


def _open_proposal(by: User, pk: UUID, action: Action) -> Proposal:
    """Return a proposal that ``by`` may do ``action`` with, locked. Raises ``Refused``."""
    found = Proposal.objects.select_for_update(of=("self",)).visible_to(by)
    proposal = found.filter(pk=pk).first()
    if proposal is None or not proposal.allows(action, by):
        raise Refused(_("This proposal is no longer open. Nothing was changed."))
    return proposal


def _close_crossing(proposal: Proposal, by: User) -> None:
    """Close, as accepted, what ``by`` had proposed to the same person the other way about."""
    addresses = {proposal.proposer.email.lower()}
    addresses |= set(
        proposal.proposer.emailaddress_set.filter(verified=True).values_list("email", flat=True)
    )
    for one in Proposal.objects.select_for_update(of=("self",)).made_by(by).open():
        if one.email in addresses and one.proposer_side == proposal.answerer_side:
            _close(one, Proposal.Outcome.ACCEPTED)


def _close(
    proposal: Proposal, outcome: Proposal.Outcome, *, agreement: Agreement | None = None
) -> Proposal:
    proposal.outcome = outcome
    proposal.closed_at = timezone.now()
    proposal.agreement = agreement
    proposal.save(update_fields=["outcome", "closed_at", "agreement"])
    return proposal
