from supervision.models.agreement import Agreement, ConsentWording, Proposal, show_fingerprint
from supervision.models.comment import Comment, HeldComment, Reaction
from supervision.models.group import GroupMembership, GroupPin, SupervisionGroup
from supervision.models.meeting import (
    Facts,
    Format,
    MeetingVersion,
    Signature,
    SuperviseePin,
    SupervisionMeeting,
)
from supervision.models.notification import WITHOUT_MAIL, NoticeChoice, NoticeKind, Notification
from supervision.models.record import Record, ShareEvent
from supervision.models.share import Share, ShareReader

__all__ = [
    "WITHOUT_MAIL",
    "Agreement",
    "Comment",
    "ConsentWording",
    "Facts",
    "Format",
    "GroupMembership",
    "GroupPin",
    "HeldComment",
    "MeetingVersion",
    "NoticeChoice",
    "NoticeKind",
    "Notification",
    "Proposal",
    "Reaction",
    "Record",
    "Share",
    "ShareEvent",
    "ShareReader",
    "Signature",
    "SuperviseePin",
    "SupervisionGroup",
    "SupervisionMeeting",
    "show_fingerprint",
]
