"""Who may do what, in which state: the table itself, and that the database agrees with it."""

from collections.abc import Callable
from datetime import timedelta
from itertools import product

import pytest
from django.utils import timezone

from accounts.models import User
from reflection.actions import delete_entry
from reflection.models import Entry
from supervision import actions
from supervision.models import Agreement, Proposal, Share
from supervision.rules import (
    AGREEMENT_MOVES,
    AGREEMENT_RULES,
    TABLES,
    Action,
    AgreementState,
    PlaceState,
    ProposalState,
    Refused,
    Role,
    ShareState,
    Table,
    may_agreement,
    may_place,
    may_proposal,
    may_share,
)
from supervision.rules_page import PAGE, rules_page
from tests import factories

# Each line: an action, then every (state, who) it is open to. What is not here is refused.
AGREEMENTS = """
propose  new                  supervisee supervisor proposer
see      awaiting_both        supervisee supervisor proposer
see      awaiting_supervisee  supervisee supervisor proposer
see      awaiting_supervisor  supervisee supervisor proposer
see      active               supervisee supervisor
see      declined             supervisee supervisor
see      ended                supervisee supervisor
accept   awaiting_both        supervisee supervisor
accept   awaiting_supervisee  supervisee
accept   awaiting_supervisor  supervisor
decline  awaiting_both        supervisee supervisor proposer
decline  awaiting_supervisee  supervisee supervisor proposer
decline  awaiting_supervisor  supervisee supervisor proposer
end      active               supervisee supervisor
share    active               supervisee
plan     active               supervisee supervisor
bar      awaiting_both        supervisee
bar      awaiting_supervisee  supervisee
bar      awaiting_supervisor  supervisee
bar      active               supervisee
bar      ended                supervisee
confirm_key    awaiting_both        supervisee
confirm_key    awaiting_supervisee  supervisee
confirm_key    awaiting_supervisor  supervisee
confirm_key    active               supervisee
revoke_all     active               supervisee
check_record   active               supervisee supervisor
check_record   declined             supervisee supervisor
check_record   ended                supervisee supervisor
export_record  active               supervisee
export_record  declined             supervisee
export_record  ended                supervisee
"""
PROPOSALS = """
propose    new         proposer
see        waiting     proposer addressee
see        accepted    proposer
see        declined    proposer
see        taken_back  proposer
accept     waiting     addressee
decline    waiting     addressee
take_back  waiting     proposer
"""
SHARES = """
read          live           supervisee supervisor member
read          revoked        supervisee
read          expired        supervisee
read          without_entry  supervisee
read_receipt  live           supervisee supervisor
read_receipt  revoked        supervisee supervisor
read_receipt  expired        supervisee supervisor
read_receipt  without_entry  supervisee supervisor
comment       live           supervisee supervisor member
reply         live           supervisee supervisor member
hold          live           supervisor
send          live           supervisor
read_held     live           supervisor
read_held     revoked        supervisor
read_held     expired        supervisor
read_held     without_entry  supervisor
drop_held     live           supervisor
drop_held     revoked        supervisor
drop_held     expired        supervisor
drop_held     without_entry  supervisor
carry_held    live           supervisor
carry_held    revoked        supervisor
carry_held    expired        supervisor
keep_late     live           supervisor
keep_late     revoked        supervisor
keep_late     expired        supervisor
keep_late     without_entry  supervisor
edit          live           supervisee supervisor member
remove        live           supervisee supervisor member
thank         live           supervisee
act_on        live           supervisee
act_on        revoked        supervisee
act_on        expired        supervisee
reflect       live           supervisor
extend        live           supervisee
revoke        live           supervisee
revoke        without_entry  supervisee
let_end       live           supervisee
take_from_one live           supervisee
take_from_one without_entry  supervisee
"""
PLACES = """
invite         new       supervisor
see            invited   supervisor member
see            member    supervisor member
see            declined  supervisor member
see            left      supervisor member
accept         invited   member
decline        invited   supervisor member
confirm_key    member    member
share          member    member
bar            member    member
leave          member    member
remove_member  member    supervisor
end            invited   supervisor
end            member    supervisor
"""


def _allowed(table: str) -> set[tuple[str, str, str]]:
    lines = (line.split() for line in table.strip().splitlines())
    return {(action, state, role) for action, state, *roles in lines for role in roles}


def test_agreement_table_allows_just_what_is_written_here() -> None:
    every = product(Action, AgreementState, Role)

    assert {one for one in every if may_agreement(*one)} == _allowed(AGREEMENTS)


def test_table_of_proposals_to_an_address_allows_just_what_is_written_here() -> None:
    every = product(Action, ProposalState, Role)

    assert {one for one in every if may_proposal(*one)} == _allowed(PROPOSALS)


def test_share_table_allows_just_what_is_written_here() -> None:
    every = product(Action, ShareState, Role)

    assert {one for one in every if may_share(*one)} == _allowed(SHARES)


def test_table_of_places_in_a_group_allows_just_what_is_written_here() -> None:
    every = product(Action, PlaceState, Role)

    assert {one for one in every if may_place(*one)} == _allowed(PLACES)


def test_every_action_is_in_a_table() -> None:
    assert {action for table in TABLES for action in table.rules} == set(Action)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.title)
def test_every_move_is_by_whom_the_table_allows_it(table: Table) -> None:
    refused = [
        move
        for move in table.moves
        if isinstance(move.what, Action)
        and move.before
        and move.what in table.rules
        and move.role not in table.rules[move.what].get(move.before, ())
    ]

    assert refused == []


def test_every_way_that_an_agreement_is_allowed_to_go_is_a_move() -> None:
    moving = {Action.PROPOSE, Action.ACCEPT, Action.DECLINE, Action.END}
    allowed = {
        (action, state, role)
        for action in moving
        for state, roles in AGREEMENT_RULES[action].items()
        for role in roles
    }

    assert {(move.what, move.before, move.role) for move in AGREEMENT_MOVES} == allowed


def test_page_of_the_rules_is_current() -> None:
    assert PAGE.read_text() == rules_page(), "run: manage.py write_supervision_rules"


def test_outsider_may_do_nothing_in_any_state() -> None:
    assert not any(
        may_agreement(action, state, Role.OUTSIDER)
        for action, state in product(Action, AgreementState)
    )
    assert not any(
        may_share(action, state, Role.OUTSIDER) for action, state in product(Action, ShareState)
    )
    assert not any(
        may_proposal(action, state, Role.OUTSIDER)
        for action, state in product(Action, ProposalState)
    )
    assert not any(
        may_place(action, state, Role.OUTSIDER) for action, state in product(Action, PlaceState)
    )


# --- The database agrees -------------------------------------------------------------------------


def _revoked(share: Share) -> None:
    actions.revoke_share(by=share.supervisee, pk=share.pk)


def _agreement_ended(share: Share) -> None:
    actions.end_agreement(by=share.supervisor, pk=share.agreement_id)


def _past_its_time(share: Share) -> None:
    now = timezone.now()
    Share.objects.filter(pk=share.pk).update(
        shared_at=now - timedelta(days=2), expires_at=now - timedelta(seconds=1)
    )


def _expired(share: Share) -> None:
    _past_its_time(share)
    actions.expire_shares()


def _entry_deleted(share: Share) -> None:
    assert share.entry is not None
    delete_entry(by=share.supervisee, pk=share.entry.pk)


def _entry_purged(share: Share) -> None:
    assert share.entry is not None
    share.entry.delete()


STATES: list[tuple[Callable[[Share], None], ShareState]] = [
    (lambda share: None, ShareState.LIVE),
    (_revoked, ShareState.REVOKED),
    (_agreement_ended, ShareState.REVOKED),
    (_past_its_time, ShareState.EXPIRED),
    (_expired, ShareState.EXPIRED),
    (_entry_deleted, ShareState.WITHOUT_ENTRY),
    (_entry_purged, ShareState.WITHOUT_ENTRY),
]


@pytest.mark.parametrize(("happens", "state"), STATES)
def test_share_is_in_the_state_its_rows_say_and_readable_by_the_table(
    share: Share,
    mira: User,
    okafor: User,
    jonas: User,
    ada: User,
    operator: User,
    happens: Callable[[Share], None],
    state: ShareState,
) -> None:
    happens(share)

    fresh = Share.objects.select_related("agreement", "entry").get(pk=share.pk)
    assert fresh.state == state
    assert fresh.is_live is Share.objects.live().filter(pk=share.pk).exists()
    for user in (mira, okafor, jonas, ada, operator):
        readable = Share.objects.readable_by(user).filter(pk=share.pk).exists()
        assert readable is may_share(Action.READ, state, fresh.role_of(user)), user


def test_clinic_admin_sees_the_proposal_they_made_until_both_accepted(
    mira: User, okafor: User, ada: User, jonas: User
) -> None:
    factories.load_wordings()
    clinic = ada.memberships.get().clinic
    agreement = actions.propose_agreement(by=ada, supervisee=mira, supervisor=okafor, clinic=clinic)

    def seen_by(user: User) -> bool:
        return Agreement.objects.visible_to(user).filter(pk=agreement.pk).exists()

    assert [seen_by(user) for user in (ada, mira, okafor, jonas)] == [True, True, True, False]
    actions.accept_agreement(by=mira, pk=agreement.pk)
    assert seen_by(ada)
    actions.accept_agreement(by=okafor, pk=agreement.pk)
    assert not seen_by(ada)


# --- Proposals to an address ---------------------------------------------------------------------


def _accept(proposal: Proposal, addressee: User) -> None:
    actions.accept_proposal(by=addressee, pk=proposal.pk)


def _decline(proposal: Proposal, addressee: User) -> None:
    actions.decline_proposal(by=addressee, pk=proposal.pk)


def _take_back(proposal: Proposal, addressee: User) -> None:
    actions.take_back_proposal(by=proposal.proposer, pk=proposal.pk)


def _nothing(proposal: Proposal, addressee: User) -> None:
    pass


@pytest.mark.parametrize(
    ("happens", "state"),
    [
        (_nothing, ProposalState.WAITING),
        (_accept, ProposalState.ACCEPTED),
        (_decline, ProposalState.DECLINED),
        (_take_back, ProposalState.TAKEN_BACK),
    ],
)
def test_proposal_is_in_the_state_its_row_says_and_open_by_the_table(
    mira: User,
    rune: User,
    jonas: User,
    happens: Callable[[Proposal, User], None],
    state: ProposalState,
) -> None:
    factories.load_wordings()
    proposal = actions.propose_to_address(by=mira, email=rune.email, side="supervisee")

    happens(proposal, rune)

    proposal.refresh_from_db()
    assert proposal.state == state
    roles = {mira: Role.PROPOSER, rune: Role.ADDRESSEE, jonas: Role.OUTSIDER}
    for user, role in roles.items():
        assert proposal.role_of(user) == role
        sees = Proposal.objects.visible_to(user).filter(pk=proposal.pk).exists()
        assert sees is may_proposal(Action.SEE, state, role)
        for action, act in (
            (Action.ACCEPT, actions.accept_proposal),
            (Action.DECLINE, actions.decline_proposal),
            (Action.TAKE_BACK, actions.take_back_proposal),
        ):
            if not may_proposal(action, state, role):
                with pytest.raises(Refused):
                    act(by=user, pk=proposal.pk)


# --- Barring, and letting a time run out ---------------------------------------------------------


def test_nobody_is_barred_who_neither_supervises_one_nor_is_in_a_group_with_one(
    share: Share, mira: User, okafor: User, rune: User
) -> None:
    keys = factories.vault_keys(mira)

    with pytest.raises(Refused, match="fellow members"):
        actions.bar_people(by=mira, keys=keys, pk=share.entry_uid, barred=[rune.pk])
    actions.end_agreement(by=mira, pk=share.agreement_id)
    actions.bar_people(by=mira, keys=keys, pk=share.entry_uid, barred=[okafor.pk])

    assert Entry.objects.get(pk=share.entry_uid).open(keys).barred == (okafor.pk,)


def test_nothing_is_noted_of_letting_a_closed_copy_run_out(share: Share, mira: User) -> None:
    actions.revoke_share(by=mira, pk=share.pk)

    actions.see_ending(by=mira, pk=share.pk)

    assert Share.objects.get(pk=share.pk).expiry_seen_at is None
