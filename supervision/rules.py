"""Who may do what in supervision, in which state. The one place; everything else asks here.

`AGREEMENT_RULES` and `SHARE_RULES` name, for each action, the states in which it is open and the
roles it is open to. What is not in them is refused. Superusers, operators and clinic admins have
no role here by being what they are.
"""

from collections.abc import Mapping
from enum import StrEnum

from django.utils.functional import Promise


class Role(StrEnum):
    """What a person is to one agreement or share."""

    SUPERVISEE = "supervisee"
    SUPERVISOR = "supervisor"
    PROPOSER = "proposer"  # a clinic admin who proposes for two others
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


class ShareState(StrEnum):
    """Where a share stands. `WITHOUT_ENTRY`: the reflection was deleted, perhaps for good."""

    LIVE = "live"
    REVOKED = "revoked"
    EXPIRED = "expired"
    WITHOUT_ENTRY = "without_entry"


class Action(StrEnum):
    """What can be asked for."""

    PROPOSE = "propose"
    SEE = "see"  # an agreement's page
    ACCEPT = "accept"
    DECLINE = "decline"
    END = "end"
    SHARE = "share"
    READ = "read"  # a share's frozen copy and its comments
    READ_RECEIPT = "read_receipt"
    COMMENT = "comment"
    REPLY = "reply"
    REVOKE = "revoke"


_SUPERVISEE = frozenset({Role.SUPERVISEE})
_SUPERVISOR = frozenset({Role.SUPERVISOR})
_BOTH = _SUPERVISEE | _SUPERVISOR
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
    Action.SHARE: {AgreementState.ACTIVE: _SUPERVISEE},
}

SHARE_RULES: Mapping[Action, Mapping[ShareState, frozenset[Role]]] = {
    Action.READ: {
        ShareState.LIVE: _BOTH,
        ShareState.REVOKED: _SUPERVISEE,
        ShareState.EXPIRED: _SUPERVISEE,
        ShareState.WITHOUT_ENTRY: _SUPERVISEE,
    },
    Action.READ_RECEIPT: dict.fromkeys(ShareState, _BOTH),
    Action.COMMENT: {ShareState.LIVE: _BOTH},
    Action.REPLY: {ShareState.LIVE: _BOTH},
    Action.REVOKE: {ShareState.LIVE: _SUPERVISEE, ShareState.WITHOUT_ENTRY: _SUPERVISEE},
}


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


def may_share(action: Action, state: ShareState, role: Role) -> bool:
    """Tell whether ``role`` may do ``action`` to a share in ``state``."""
    return role in SHARE_RULES.get(action, {}).get(state, _NOBODY)
