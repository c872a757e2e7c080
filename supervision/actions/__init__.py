from supervision.actions.agreement import (
    accept_agreement,
    accept_proposal,
    decline_agreement,
    decline_proposal,
    end_agreement,
    propose_agreement,
    propose_to_address,
    take_back_proposal,
)
from supervision.actions.share import (
    Changed,
    add_comment,
    expire_shares,
    note_opening,
    revoke_share,
    share_passages,
)

__all__ = [
    "Changed",
    "accept_agreement",
    "accept_proposal",
    "add_comment",
    "decline_agreement",
    "decline_proposal",
    "end_agreement",
    "expire_shares",
    "note_opening",
    "propose_agreement",
    "propose_to_address",
    "revoke_share",
    "share_passages",
    "take_back_proposal",
]
