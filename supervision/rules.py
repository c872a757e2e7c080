"""Who may do what in supervision, in which state. The one place; everything else asks here.

`AGREEMENT_RULES`, `PROPOSAL_RULES`, `SHARE_RULES`, `MEETING_RULES` and `PLACE_RULES` name, for each
action, the states in which it is open and the roles it is open to. What is not in them is refused.
Superusers, operators and clinic admins have no role here by being what they are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar

from django.utils.functional import Promise


class Role(StrEnum):
    """What a person is to one agreement or share."""

    SUPERVISEE = "supervisee"
    SUPERVISOR = "supervisor"
    PROPOSER = "proposer"  # a clinic admin, for two others; or anybody, to an address
    MEMBER = "member"  # of a group: whose place it is, or who reads a copy along
    ADDRESSEE = "addressee"  # who has the address that a proposal went to
    OUTSIDER = "outsider"


class AgreementState(StrEnum):
    """Where an agreement stands. `NEW` is one not yet proposed."""

    NEW = "new"
    AWAITING_BOTH = "awaiting_both"
    AWAITING_SUPERVISEE = "awaiting_supervisee"
    AWAITING_SUPERVISOR = "awaiting_supervisor"
    ACTIVE = "active"
    DECLINED = "declined"
    ENDED = "ended"


class ProposalState(StrEnum):
    """Where a proposal to an address stands. `NEW` is one not yet made."""

    NEW = "new"
    WAITING = "waiting"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    TAKEN_BACK = "taken_back"


class ShareState(StrEnum):
    """Where a share stands. `WITHOUT_ENTRY`: the reflection was deleted, perhaps for good."""

    LIVE = "live"
    REVOKED = "revoked"
    EXPIRED = "expired"
    WITHOUT_ENTRY = "without_entry"


class MeetingState(StrEnum):
    """Where a supervision meeting stands. A signature is one of the record as it is now."""

    PLANNED = "planned"
    HELD = "held"
    SIGNED_BY_SUPERVISEE = "signed_by_supervisee"
    SIGNED_BY_SUPERVISOR = "signed_by_supervisor"
    SIGNED = "signed"
    CALLED_OFF = "called_off"


class PlaceState(StrEnum):
    """Where somebody's place in a group stands. `DECLINED`: it was never taken."""

    NEW = "new"
    INVITED = "invited"
    MEMBER = "member"
    DECLINED = "declined"
    LEFT = "left"


class Action(StrEnum):
    """What can be asked for."""

    PROPOSE = "propose"
    SEE = "see"  # an agreement's page, a proposal's, a group's
    ACCEPT = "accept"
    DECLINE = "decline"
    TAKE_BACK = "take_back"  # one's own proposal
    END = "end"
    CONFIRM_KEY = "confirm_key"  # say that one compared the supervisor's key
    SHARE = "share"
    BAR = "bar"  # never share a reflection with this person
    REVOKE_ALL = "revoke_all"  # take back everything shared under it
    CHECK_RECORD = "check_record"
    EXPORT_RECORD = "export_record"
    READ = "read"  # a share's frozen copy and its comments
    READ_RECEIPT = "read_receipt"
    COMMENT = "comment"
    REPLY = "reply"
    HOLD = "hold"  # keep a comment back, unseen by the other side
    SEND = "send"  # what one held
    READ_HELD = "read_held"  # one's own
    DROP_HELD = "drop_held"  # one's own
    CARRY_HELD = "carry_held"  # one's own, over to a newer version
    KEEP_LATE = "keep_late"  # among what one holds: words that came too late to be sent
    EDIT = "edit"  # one's own comment, while it is new
    REMOVE = "remove"  # one's own comment, while it is new and nobody answered
    THANK = "thank"  # or say that it helped
    ACT_ON = "act_on"  # put a comment's words into the plan for repair
    REFLECT = "reflect"  # begin a reflection of one's own from it
    EXTEND = "extend"  # let the very same copy be read for longer
    REVOKE = "revoke"
    LET_END = "let_end"  # say that a copy's time may run out
    PLAN = "plan"  # a supervision meeting
    READ_MEETING = "read_meeting"
    MOVE = "move"  # a meeting's day, time, length and form
    MINUTE = "minute"  # change its agenda, notes and agreed actions
    FOLLOW = "follow"  # tick agreed actions off
    TOOK_PLACE = "took_place"  # say so
    CALL_OFF = "call_off"
    SIGN = "sign"
    INVITE = "invite"  # into a group
    LEAVE = "leave"  # it
    REMOVE_MEMBER = "remove_member"
    TAKE_FROM_ONE = "take_from_one"  # a share, from one of those who read along


_SUPERVISEE = frozenset({Role.SUPERVISEE})
_SUPERVISOR = frozenset({Role.SUPERVISOR})
_BOTH = _SUPERVISEE | _SUPERVISOR
_MEMBER = frozenset({Role.MEMBER})
_READERS = _BOTH | _MEMBER
_WITH_PROPOSER = _BOTH | {Role.PROPOSER}
_NOBODY: frozenset[Role] = frozenset()

AGREEMENT_RULES: Mapping[Action, Mapping[AgreementState, frozenset[Role]]] = {
    Action.PROPOSE: {AgreementState.NEW: _WITH_PROPOSER},
    Action.SEE: {
        AgreementState.AWAITING_BOTH: _WITH_PROPOSER,
        AgreementState.AWAITING_SUPERVISEE: _WITH_PROPOSER,
        AgreementState.AWAITING_SUPERVISOR: _WITH_PROPOSER,
        AgreementState.ACTIVE: _BOTH,
        AgreementState.DECLINED: _BOTH,
        AgreementState.ENDED: _BOTH,
    },
    Action.ACCEPT: {
        AgreementState.AWAITING_BOTH: _BOTH,
        AgreementState.AWAITING_SUPERVISEE: _SUPERVISEE,
        AgreementState.AWAITING_SUPERVISOR: _SUPERVISOR,
    },
    Action.DECLINE: {
        AgreementState.AWAITING_BOTH: _WITH_PROPOSER,
        AgreementState.AWAITING_SUPERVISEE: _WITH_PROPOSER,
        AgreementState.AWAITING_SUPERVISOR: _WITH_PROPOSER,
    },
    Action.END: {AgreementState.ACTIVE: _BOTH},
    Action.CONFIRM_KEY: {
        AgreementState.AWAITING_BOTH: _SUPERVISEE,
        AgreementState.AWAITING_SUPERVISEE: _SUPERVISEE,
        AgreementState.AWAITING_SUPERVISOR: _SUPERVISEE,
        AgreementState.ACTIVE: _SUPERVISEE,
    },
    Action.SHARE: {AgreementState.ACTIVE: _SUPERVISEE},
    Action.PLAN: {AgreementState.ACTIVE: _BOTH},
    # A rupture may be with somebody who supervised one long ago, or is about to.
    Action.BAR: {
        state: _SUPERVISEE
        for state in AgreementState
        if state not in (AgreementState.NEW, AgreementState.DECLINED)
    },
    Action.REVOKE_ALL: {AgreementState.ACTIVE: _SUPERVISEE},
    Action.CHECK_RECORD: {
        AgreementState.ACTIVE: _BOTH,
        AgreementState.DECLINED: _BOTH,
        AgreementState.ENDED: _BOTH,
    },
    Action.EXPORT_RECORD: {
        AgreementState.ACTIVE: _SUPERVISEE,
        AgreementState.DECLINED: _SUPERVISEE,
        AgreementState.ENDED: _SUPERVISEE,
    },
}

_PROPOSER = frozenset({Role.PROPOSER})
_ADDRESSEE = frozenset({Role.ADDRESSEE})
# Who has the address sees a proposal while it waits; its proposer sees what became of it.
PROPOSAL_RULES: Mapping[Action, Mapping[ProposalState, frozenset[Role]]] = {
    Action.PROPOSE: {ProposalState.NEW: _PROPOSER},
    Action.SEE: {
        ProposalState.WAITING: _PROPOSER | _ADDRESSEE,
        ProposalState.ACCEPTED: _PROPOSER,
        ProposalState.DECLINED: _PROPOSER,
        ProposalState.TAKEN_BACK: _PROPOSER,
    },
    Action.ACCEPT: {ProposalState.WAITING: _ADDRESSEE},
    Action.DECLINE: {ProposalState.WAITING: _ADDRESSEE},
    Action.TAKE_BACK: {ProposalState.WAITING: _PROPOSER},
}

SHARE_RULES: Mapping[Action, Mapping[ShareState, frozenset[Role]]] = {
    Action.READ: {
        ShareState.LIVE: _READERS,
        ShareState.REVOKED: _SUPERVISEE,
        ShareState.EXPIRED: _SUPERVISEE,
        ShareState.WITHOUT_ENTRY: _SUPERVISEE,
    },
    # The receipt is between the two: who reads along learns what they need on the copy's page.
    Action.READ_RECEIPT: dict.fromkeys(ShareState, _BOTH),
    Action.COMMENT: {ShareState.LIVE: _READERS},
    Action.REPLY: {ShareState.LIVE: _READERS},
    # Only a supervisor holds comments back: a supervisee has a journal to think in. What is held
    # stays its author's to read and to delete, whatever becomes of the share.
    Action.HOLD: {ShareState.LIVE: _SUPERVISOR},
    Action.SEND: {ShareState.LIVE: _SUPERVISOR},
    Action.READ_HELD: dict.fromkeys(ShareState, _SUPERVISOR),
    Action.DROP_HELD: dict.fromkeys(ShareState, _SUPERVISOR),
    # Without its reflection no newer version of it can be read either.
    Action.CARRY_HELD: dict.fromkeys(
        (ShareState.LIVE, ShareState.REVOKED, ShareState.EXPIRED), _SUPERVISOR
    ),
    Action.KEEP_LATE: dict.fromkeys(ShareState, _SUPERVISOR),
    Action.EDIT: {ShareState.LIVE: _READERS},
    Action.REMOVE: {ShareState.LIVE: _READERS},
    Action.THANK: {ShareState.LIVE: _SUPERVISEE},
    # It goes into the reflection's plan, so `Share.allows` asks that there is a reflection too.
    Action.ACT_ON: {
        ShareState.LIVE: _SUPERVISEE,
        ShareState.REVOKED: _SUPERVISEE,
        ShareState.EXPIRED: _SUPERVISEE,
    },
    Action.REFLECT: {ShareState.LIVE: _SUPERVISOR},
    Action.EXTEND: {ShareState.LIVE: _SUPERVISEE},
    Action.REVOKE: {ShareState.LIVE: _SUPERVISEE, ShareState.WITHOUT_ENTRY: _SUPERVISEE},
    Action.LET_END: {ShareState.LIVE: _SUPERVISEE},
    Action.TAKE_FROM_ONE: {ShareState.LIVE: _SUPERVISEE, ShareState.WITHOUT_ENTRY: _SUPERVISEE},
}


class Cause(StrEnum):
    """What moves something without anybody asking for it there."""

    TIME_OVER = "its time is over"
    ENTRY_DELETED = "the reflection is deleted"
    ENTRY_RESTORED = "the reflection is brought back"
    ENTRY_PURGED = "the reflection is gone for good"
    AGREEMENT_ENDED = "the agreement ends"
    CROSSED = "the same is agreed the other way about"
    LEFT_GROUP = "its author's place in the group, or the group, ends"


State = TypeVar("State", bound=StrEnum)


@dataclass(frozen=True)
class Move(Generic[State]):
    """One way from a state to another: who does what, or what happens (then without a role)."""

    what: Action | Cause
    role: Role | None
    before: State | None
    after: State


def _moves(
    what: Action | Cause, role: Role | None, after: State, *before: State | None
) -> tuple[Move[State], ...]:
    return tuple(Move(what, role, one, after) for one in before)


_WAITING = (
    AgreementState.AWAITING_BOTH,
    AgreementState.AWAITING_SUPERVISEE,
    AgreementState.AWAITING_SUPERVISOR,
)
_OPEN = (ShareState.LIVE, ShareState.WITHOUT_ENTRY)

# What becomes of an agreement, and of a share, by each act that changes where it stands.
AGREEMENT_MOVES: tuple[Move[AgreementState], ...] = (
    *_moves(
        Action.PROPOSE, Role.SUPERVISEE, AgreementState.AWAITING_SUPERVISOR, AgreementState.NEW
    ),
    *_moves(
        Action.PROPOSE, Role.SUPERVISOR, AgreementState.AWAITING_SUPERVISEE, AgreementState.NEW
    ),
    *_moves(Action.PROPOSE, Role.PROPOSER, AgreementState.AWAITING_BOTH, AgreementState.NEW),
    *_moves(
        Action.ACCEPT,
        Role.SUPERVISEE,
        AgreementState.AWAITING_SUPERVISOR,
        AgreementState.AWAITING_BOTH,
    ),
    *_moves(
        Action.ACCEPT,
        Role.SUPERVISOR,
        AgreementState.AWAITING_SUPERVISEE,
        AgreementState.AWAITING_BOTH,
    ),
    *_moves(
        Action.ACCEPT, Role.SUPERVISEE, AgreementState.ACTIVE, AgreementState.AWAITING_SUPERVISEE
    ),
    *_moves(
        Action.ACCEPT, Role.SUPERVISOR, AgreementState.ACTIVE, AgreementState.AWAITING_SUPERVISOR
    ),
    *_moves(Action.DECLINE, Role.SUPERVISEE, AgreementState.DECLINED, *_WAITING),
    *_moves(Action.DECLINE, Role.SUPERVISOR, AgreementState.DECLINED, *_WAITING),
    *_moves(Action.DECLINE, Role.PROPOSER, AgreementState.DECLINED, *_WAITING),
    *_moves(Action.END, Role.SUPERVISEE, AgreementState.ENDED, AgreementState.ACTIVE),
    *_moves(Action.END, Role.SUPERVISOR, AgreementState.ENDED, AgreementState.ACTIVE),
)
PROPOSAL_MOVES: tuple[Move[ProposalState], ...] = (
    *_moves(Action.PROPOSE, Role.PROPOSER, ProposalState.WAITING, ProposalState.NEW),
    *_moves(Action.ACCEPT, Role.ADDRESSEE, ProposalState.ACCEPTED, ProposalState.WAITING),
    *_moves(Cause.CROSSED, None, ProposalState.ACCEPTED, ProposalState.WAITING),
    *_moves(Action.DECLINE, Role.ADDRESSEE, ProposalState.DECLINED, ProposalState.WAITING),
    *_moves(Action.TAKE_BACK, Role.PROPOSER, ProposalState.TAKEN_BACK, ProposalState.WAITING),
)
SHARE_MOVES: tuple[Move[ShareState], ...] = (
    *_moves(Action.SHARE, Role.SUPERVISEE, ShareState.LIVE, None),
    *_moves(Action.REVOKE, Role.SUPERVISEE, ShareState.REVOKED, *_OPEN),
    *_moves(Action.REVOKE_ALL, Role.SUPERVISEE, ShareState.REVOKED, *_OPEN),
    *_moves(Cause.AGREEMENT_ENDED, None, ShareState.REVOKED, *_OPEN),
    *_moves(Cause.LEFT_GROUP, None, ShareState.REVOKED, *_OPEN),
    *_moves(Cause.TIME_OVER, None, ShareState.EXPIRED, *_OPEN),
    *_moves(Cause.ENTRY_DELETED, None, ShareState.WITHOUT_ENTRY, ShareState.LIVE),
    *_moves(Cause.ENTRY_RESTORED, None, ShareState.LIVE, ShareState.WITHOUT_ENTRY),
    *_moves(Cause.ENTRY_PURGED, None, ShareState.REVOKED, ShareState.WITHOUT_ENTRY),
)

_UNSIGNED = (MeetingState.PLANNED, MeetingState.HELD)
_ANY_SIGNED = (
    MeetingState.SIGNED_BY_SUPERVISEE,
    MeetingState.SIGNED_BY_SUPERVISOR,
    MeetingState.SIGNED,
)
MEETING_RULES: Mapping[Action, Mapping[MeetingState, frozenset[Role]]] = {
    Action.READ_MEETING: dict.fromkeys(MeetingState, _BOTH),
    Action.MOVE: dict.fromkeys((*_UNSIGNED, *_ANY_SIGNED), _BOTH),
    Action.MINUTE: dict.fromkeys((*_UNSIGNED, *_ANY_SIGNED), _BOTH),
    Action.FOLLOW: dict.fromkeys((*_UNSIGNED, *_ANY_SIGNED), _BOTH),
    Action.TOOK_PLACE: {MeetingState.PLANNED: _BOTH},
    Action.CALL_OFF: dict.fromkeys(_UNSIGNED, _BOTH),
    Action.SIGN: {
        MeetingState.HELD: _BOTH,
        MeetingState.SIGNED_BY_SUPERVISEE: _SUPERVISOR,
        MeetingState.SIGNED_BY_SUPERVISOR: _SUPERVISEE,
    },
}
_CHANGES = (Action.MOVE, Action.MINUTE)
MEETING_MOVES: tuple[Move[MeetingState], ...] = tuple(
    move
    for role, mine, theirs in (
        (
            Role.SUPERVISEE,
            MeetingState.SIGNED_BY_SUPERVISEE,
            MeetingState.SIGNED_BY_SUPERVISOR,
        ),
        (
            Role.SUPERVISOR,
            MeetingState.SIGNED_BY_SUPERVISOR,
            MeetingState.SIGNED_BY_SUPERVISEE,
        ),
    )
    for move in (
        *_moves(Action.PLAN, role, MeetingState.PLANNED, None),
        *_moves(Action.TOOK_PLACE, role, MeetingState.HELD, MeetingState.PLANNED),
        *_moves(Action.CALL_OFF, role, MeetingState.CALLED_OFF, *_UNSIGNED),
        *_moves(Action.SIGN, role, mine, MeetingState.HELD),
        *_moves(Action.SIGN, role, MeetingState.SIGNED, theirs),
        # What somebody signed stays as a version; the record goes on without signatures.
        *(one for act in _CHANGES for one in _moves(act, role, MeetingState.HELD, *_ANY_SIGNED)),
    )
)
# What stays open when the agreement has ended: what was, can still be said and signed, and what
# was only planned can be called off.
MEETING_RULES_AFTER_THE_END: Mapping[Action, Mapping[MeetingState, frozenset[Role]]] = {
    **{
        action: MEETING_RULES[action]
        for action in (Action.READ_MEETING, Action.FOLLOW, Action.TOOK_PLACE, Action.SIGN)
    },
    Action.CALL_OFF: {MeetingState.PLANNED: _BOTH},
}

# The supervisor of a group is not a member of it; being asked into it is not yet being in it.
_SUPERVISOR_AND_MEMBER = _SUPERVISOR | _MEMBER
PLACE_RULES: Mapping[Action, Mapping[PlaceState, frozenset[Role]]] = {
    Action.INVITE: {PlaceState.NEW: _SUPERVISOR},
    # The group's page; after the end it says only that, and when.
    Action.SEE: {
        PlaceState.INVITED: _SUPERVISOR_AND_MEMBER,
        PlaceState.MEMBER: _SUPERVISOR_AND_MEMBER,
        PlaceState.DECLINED: _SUPERVISOR_AND_MEMBER,
        PlaceState.LEFT: _SUPERVISOR_AND_MEMBER,
    },
    Action.ACCEPT: {PlaceState.INVITED: _MEMBER},
    Action.DECLINE: {PlaceState.INVITED: _SUPERVISOR_AND_MEMBER},
    Action.CONFIRM_KEY: {PlaceState.MEMBER: _MEMBER},
    Action.SHARE: {PlaceState.MEMBER: _MEMBER},
    Action.BAR: {PlaceState.MEMBER: _MEMBER},  # a fellow member
    Action.LEAVE: {PlaceState.MEMBER: _MEMBER},
    Action.REMOVE_MEMBER: {PlaceState.MEMBER: _SUPERVISOR},
    Action.END: {PlaceState.INVITED: _SUPERVISOR, PlaceState.MEMBER: _SUPERVISOR},
}
PLACE_MOVES: tuple[Move[PlaceState], ...] = (
    *_moves(Action.INVITE, Role.SUPERVISOR, PlaceState.INVITED, PlaceState.NEW),
    *_moves(Action.ACCEPT, Role.MEMBER, PlaceState.MEMBER, PlaceState.INVITED),
    *_moves(Action.DECLINE, Role.MEMBER, PlaceState.DECLINED, PlaceState.INVITED),
    *_moves(Action.DECLINE, Role.SUPERVISOR, PlaceState.DECLINED, PlaceState.INVITED),
    *_moves(Action.END, Role.SUPERVISOR, PlaceState.DECLINED, PlaceState.INVITED),
    *_moves(Cause.AGREEMENT_ENDED, None, PlaceState.DECLINED, PlaceState.INVITED),
    *_moves(Action.LEAVE, Role.MEMBER, PlaceState.LEFT, PlaceState.MEMBER),
    *_moves(Action.REMOVE_MEMBER, Role.SUPERVISOR, PlaceState.LEFT, PlaceState.MEMBER),
    *_moves(Action.END, Role.SUPERVISOR, PlaceState.LEFT, PlaceState.MEMBER),
    *_moves(Cause.AGREEMENT_ENDED, None, PlaceState.LEFT, PlaceState.MEMBER),
)


class Refused(Exception):
    """What was asked for is not open to this person in this state.

    ``message`` says to them what happened and what to do; it holds nothing that was written.
    """

    def __init__(self, message: str | Promise) -> None:
        super().__init__(str(message))
        self.message = str(message)


def may_agreement(action: Action, state: AgreementState, role: Role) -> bool:
    """Tell whether ``role`` may do ``action`` to an agreement in ``state``."""
    return role in AGREEMENT_RULES.get(action, {}).get(state, _NOBODY)


def may_proposal(action: Action, state: ProposalState, role: Role) -> bool:
    """Tell whether ``role`` may do ``action`` with a proposal to an address in ``state``."""
    return role in PROPOSAL_RULES.get(action, {}).get(state, _NOBODY)


def may_share(action: Action, state: ShareState, role: Role) -> bool:
    """Tell whether ``role`` may do ``action`` to a share in ``state``."""
    return role in SHARE_RULES.get(action, {}).get(state, _NOBODY)


def may_place(action: Action, state: PlaceState, role: Role) -> bool:
    """Tell whether ``role`` may do ``action`` with a place in a group in ``state``."""
    return role in PLACE_RULES.get(action, {}).get(state, _NOBODY)


def may_meeting(action: Action, state: MeetingState, role: Role, *, has_ended: bool) -> bool:
    """Tell whether ``role`` may do ``action`` to a meeting in ``state``.

    ``has_ended``: the agreement it belongs to is over.
    """
    rules = MEETING_RULES_AFTER_THE_END if has_ended else MEETING_RULES
    return role in rules.get(action, {}).get(state, _NOBODY)


@dataclass(frozen=True)
class Table:
    """One workflow: its rules by action and state, and the ways from state to state."""

    title: str
    states: type[StrEnum]
    rules: Mapping[Action, Mapping[Any, frozenset[Role]]]
    moves: tuple[Move[Any], ...] = ()


# What `docs/supervision-rules.md` is made from, in this order.
TABLES = (
    Table("Agreements", AgreementState, AGREEMENT_RULES, AGREEMENT_MOVES),
    Table("Proposals to an address", ProposalState, PROPOSAL_RULES, PROPOSAL_MOVES),
    Table("Shares", ShareState, SHARE_RULES, SHARE_MOVES),
    Table("Supervision meetings", MeetingState, MEETING_RULES, MEETING_MOVES),
    Table("Supervision meetings, after the end", MeetingState, MEETING_RULES_AFTER_THE_END),
    Table("Places in a group", PlaceState, PLACE_RULES, PLACE_MOVES),
)
