"""What changes an agreement: propose, accept, decline, end. Rules are asked under a lock."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Clinic, Membership, User
from supervision import notices
from supervision.actions.share import close_shares
from supervision.models import Agreement, ConsentWording, Proposal, ShareEvent
from supervision.rules import Action, AgreementState, Refused, Role, may_agreement
from vault import crypto
from vault.crypto import VaultKeys
from vault.models import Vault

OPEN_PROPOSALS_LIMIT = 20


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
    ``Refused`` also where an agreement between the two is open already.
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
    _accept_as(agreement, role, at, keys)
    _insert(agreement, by=by)
    notices.agreement_proposed(agreement, by=by)
    return agreement


@transaction.atomic
def accept_agreement(
    *, by: User, pk: UUID, keys: VaultKeys | None = None, at: datetime | None = None
) -> Agreement:
    """Accept for ``by``, one of the two, and return the agreement, perhaps active now.

    ``keys`` as for `propose_agreement`. Raises ``Refused``.
    """
    agreement = _locked(by, pk)
    _require(agreement, Action.ACCEPT, by)
    _accept_as(agreement, agreement.role_of(by), at or timezone.now(), keys)
    agreement.save(
        update_fields=["supervisee_accepted_at", "supervisor_accepted_at", *Agreement.PIN]
    )
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
    return agreement


@transaction.atomic
def end_agreement(*, by: User, pk: UUID) -> Agreement:
    """End an active agreement at once, and with it everything shared under it."""
    agreement = _locked(by, pk)
    _require(agreement, Action.END, by)
    agreement.ended_at = timezone.now()
    agreement.ended_by = by
    agreement.save(update_fields=["ended_at", "ended_by"])
    close_shares(
        shares=agreement.shares.unrevoked(),
        by=by,
        kind=ShareEvent.Kind.AGREEMENT_ENDED,
        at=agreement.ended_at,
    )
    notices.agreement_ended(agreement, by=by)
    return agreement


# --- Proposals to an address ---------------------------------------------------------------------


@transaction.atomic
def propose_to_address(*, by: User, email: str, side: str) -> Proposal:
    """Return a proposal to whoever has ``email``, with ``by`` on ``side``, and write to them.

    The same happens whether or not there is such an account. Raises ``Refused``.
    """
    email = email.strip().lower()
    own = {by.email.lower(), *by.emailaddress_set.values_list("email", flat=True)}
    if email in own:
        raise Refused(_("That is your own address. An agreement needs two people."))
    waiting = Proposal.objects.made_by(by).open()
    if len(waiting) >= OPEN_PROPOSALS_LIMIT:
        raise Refused(
            _("%(number)d of your proposals wait for an answer. Take one back to make another.")
            % {"number": len(waiting)}
        )
    if any(one.email == email and one.proposer_side == side for one in waiting):
        raise Refused(_("You have proposed this to that address already. It waits for an answer."))
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
    proposal = _addressed(by, pk)
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
    _close(proposal, Proposal.Outcome.ACCEPTED, agreement=agreement)
    notices.agreement_accepted(agreement, by=by)
    return agreement


@transaction.atomic
def decline_proposal(*, by: User, pk: UUID) -> Proposal:
    """Decline an addressed proposal; its proposer sees that it was. Raises ``Refused``."""
    return _close(_addressed(by, pk), Proposal.Outcome.DECLINED)


@transaction.atomic
def take_back_proposal(*, by: User, pk: UUID) -> Proposal:
    """Take one's own open proposal back. Raises ``Refused`` once it was answered."""
    proposal = Proposal.objects.select_for_update().made_by(by).get(pk=pk)
    if not proposal.is_open:
        raise Refused(_("This proposal was answered already. Nothing was changed."))
    return _close(proposal, Proposal.Outcome.TAKEN_BACK)


# --- Parts ---------------------------------------------------------------------------------------


def _locked(by: User, pk: UUID) -> Agreement:
    found = Agreement.objects.visible_to(by).select_for_update(of=("self",))
    return found.select_related("supervisee", "supervisor").get(pk=pk)


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


def _addressed(by: User, pk: UUID) -> Proposal:
    found = Proposal.objects.select_for_update(of=("self",)).addressed_to(by)
    proposal = found.filter(pk=pk).first()
    if proposal is None:
        raise Refused(_("This proposal is no longer open. Nothing was changed."))
    return proposal


def _close(
    proposal: Proposal, outcome: Proposal.Outcome, *, agreement: Agreement | None = None
) -> Proposal:
    proposal.outcome = outcome
    proposal.closed_at = timezone.now()
    proposal.agreement = agreement
    proposal.save(update_fields=["outcome", "closed_at", "agreement"])
    return proposal
