from supervision.models.agreement import Agreement, ConsentWording, Proposal, show_fingerprint
from supervision.models.share import Comment, Share, ShareEvent

__all__ = [
    "Agreement",
    "Comment",
    "ConsentWording",
    "Proposal",
    "Share",
    "ShareEvent",
    "show_fingerprint",
]
