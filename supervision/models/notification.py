"""What somebody is told of in the app: that something happened, and never what was written."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from supervision.models.agreement import Agreement, Proposal
from supervision.models.group import SupervisionGroup
from supervision.models.meeting import SupervisionMeeting
from supervision.models.share import Share
from supervision.queries.notification import ChoiceQuerySet, NotificationQuerySet


class NoticeKind(models.TextChoices):
    """What people are told of; the words are those beside their choice."""

    SHARED = "shared", _("A reflection is shared with me")
    NEW_VERSION = "new_version", _("A new version of one is shared with me")
    EXTENDED = "extended", _("I can read something for longer")
    COMMENTED = "commented", _("A comment or an answer")
    COMMENTED_ALONG = "commented_along", _("A comment beside what I read along in a group")
    THANKED = "thanked", _("Thanks for a comment of mine")
    TAKEN_BACK = "taken_back", _("Something shared with me is taken back")
    ENDING = "ending", _("Something I shared closes by itself soon")
    EXPIRED = "expired", _("Something I shared has closed by itself")
    PROPOSED = "proposed", _("An agreement is proposed to me")
    ACCEPTED = "accepted", _("An agreement is accepted")
    DECLINED = "declined", _("An agreement or a proposal of mine is declined")
    ENDED = "ended", _("An agreement is ended")
    AWAY = "away", _("The account of somebody who supervises me is closed")
    BACK = "back", _("The account of somebody who supervises me is open again")
    RECORD_FAILED = "record_failed", _("The record of an agreement does not hold together")
    PLANNED = "planned", _("A meeting is planned")
    MOVED = "moved", _("A meeting is moved")
    CALLED_OFF = "called_off", _("A meeting is called off")
    SIGNED = "signed", _("The record of a meeting is signed")
    SIGNATURE_GONE = "signature_gone", _("A record I signed is changed")
    GROUP_INVITED = "group_invited", _("I am asked into a group")
    GROUP_JOINED = "group_joined", _("Somebody I asked into a group takes their place")
    GROUP_DECLINED = "group_declined", _("Somebody I asked into a group declines")
    GROUP_LEFT = "group_left", _("Somebody leaves a group I lead")
    PLACE_ENDED = "place_ended", _("My place in a group is ended")
    GROUP_ENDED = "group_ended", _("A group I am in is ended")


# What nobody is written to about unless they ask for it.
WITHOUT_MAIL = frozenset(
    {
        NoticeKind.EXTENDED,
        NoticeKind.THANKED,
        NoticeKind.TAKEN_BACK,
        NoticeKind.COMMENTED_ALONG,
        NoticeKind.GROUP_JOINED,
        NoticeKind.GROUP_DECLINED,
    }
)
# Those that a copy's receipt answers, for it says when the copy closes or closed.
ON_RECEIPT = frozenset({NoticeKind.ENDING, NoticeKind.EXPIRED})

_WORDS: dict[str, str | Promise] = {
    NoticeKind.SHARED: _("%(name)s shared a reflection with you."),
    NoticeKind.NEW_VERSION: _("%(name)s shared a new version of a reflection with you."),
    NoticeKind.EXTENDED: _("%(name)s lets you read something for longer."),
    NoticeKind.COMMENTED: _("%(name)s wrote beside a shared reflection."),
    NoticeKind.COMMENTED_ALONG: _("%(name)s wrote beside something you read along."),
    NoticeKind.THANKED: _("%(name)s thanked you for a comment, or said that it helped."),
    NoticeKind.ENDING: _("What you shared with %(name)s closes by itself soon."),
    NoticeKind.EXPIRED: _("The time you set for what you shared with %(name)s is over."),
    NoticeKind.PROPOSED: _("%(name)s proposed a supervision agreement."),
    NoticeKind.ACCEPTED: _("%(name)s accepted your supervision agreement."),
    NoticeKind.DECLINED: _("%(name)s declined the supervision agreement that was proposed."),
    NoticeKind.ENDED: _("%(name)s ended your supervision agreement. All under it was taken back."),
    NoticeKind.AWAY: _(
        "The account of %(name)s is closed: they can read nothing of yours while it is. You can "
        "take back what you shared."
    ),
    NoticeKind.BACK: _(
        "The account of %(name)s is open again: they can read what you share with them."
    ),
    NoticeKind.RECORD_FAILED: _(
        "The record of your agreement with %(name)s did not hold together when it was checked."
    ),
    NoticeKind.PLANNED: _("%(name)s planned a meeting with you."),
    NoticeKind.MOVED: _("%(name)s changed when or how you two meet."),
    NoticeKind.CALLED_OFF: _("%(name)s called a meeting with you off."),
    NoticeKind.SIGNED: _("%(name)s signed the record of a meeting with you."),
    NoticeKind.SIGNATURE_GONE: _(
        "%(name)s changed the record of a meeting after you signed it. Your signature stays with "
        "what you signed; the record as it is now waits for a new one."
    ),
    NoticeKind.GROUP_INVITED: _("%(name)s asks you into a supervision group."),
    NoticeKind.GROUP_JOINED: _("%(name)s is in your supervision group now."),
    NoticeKind.GROUP_DECLINED: _("%(name)s declined to be in a supervision group of yours."),
    NoticeKind.GROUP_LEFT: _(
        "%(name)s left a group you lead. What they shared in it was taken back."
    ),
    NoticeKind.PLACE_ENDED: _(
        "%(name)s ended your place in a group. What you shared in it was taken back."
    ),
    NoticeKind.GROUP_ENDED: _(
        "%(name)s ended a group you were in. All that was shared in it was taken back."
    ),
}
# Whoever has an address is not named to somebody they declined.
_PROPOSAL_DECLINED = _("A supervision agreement that you proposed to an address was declined.")
_TAKEN_BACK = ngettext_lazy(
    "%(name)s took back something they had shared with you.",
    "%(name)s took back %(number)d copies they had shared with you.",
    "number",
)
# Who read along is not told whether it was taken back, its author left, or was taken out.
_TAKEN_FROM_MEMBER = ngettext_lazy(
    "Something %(name)s had shared with you in a group no longer opens for you.",
    "%(number)d copies %(name)s had shared with you in a group no longer open for you.",
    "number",
)


class Notification(models.Model):
    """That something happened which concerns ``person``: what kind, when, by whom, and where.

    It holds no content and no title. What a member of a group is told of a copy that was taken
    back bears the group too. ``number`` is how many copies it is about. Something that
    happens again before it was seen moves the one there is.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notifications"
    )
    kind = models.CharField(max_length=16, choices=NoticeKind.choices)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    share = models.ForeignKey(Share, models.CASCADE, null=True, related_name="+")
    agreement = models.ForeignKey(Agreement, models.CASCADE, null=True, related_name="+")
    meeting = models.ForeignKey(SupervisionMeeting, models.CASCADE, null=True, related_name="+")
    group = models.ForeignKey(SupervisionGroup, models.CASCADE, null=True, related_name="+")
    proposal = models.ForeignKey(Proposal, models.CASCADE, null=True, related_name="+")
    number = models.PositiveIntegerField(default=1)
    seen_at = models.DateTimeField(null=True)
    objects = NotificationQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["person", "-at", "-id"], name="notification_in_order"),
            models.Index(fields=["person"], condition=Q(seen_at=None), name="notification_unseen"),
            models.Index(fields=["at"], name="notification_at"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} notification {self.pk}"

    @property
    def words(self) -> str:
        """What happened, in a sentence to ``person``."""
        name = self.by.get_full_name() if self.by else str(_("Somebody who left"))
        said = _WORDS.get(self.kind, _TAKEN_BACK)
        if self.kind == NoticeKind.TAKEN_BACK and self.group_id:
            said = _TAKEN_FROM_MEMBER
        if self.kind == NoticeKind.DECLINED and self.proposal_id:
            said = _PROPOSAL_DECLINED
        return str(said % {"name": name, "number": self.number})

    @property
    def path(self) -> str:
        """Where to look at it."""
        if self.kind == NoticeKind.RECORD_FAILED and self.agreement_id:
            return reverse("record_read", args=[self.agreement_id])
        if self.share_id:
            name = "share_receipt" if self.kind in ON_RECEIPT else "share_read"
            return reverse(name, args=[self.share_id])
        if self.meeting_id:
            return reverse("meeting_read", args=[self.meeting_id])
        for page in ("agreement", "group", "proposal"):
            if (pk := getattr(self, f"{page}_id")) is not None:
                return reverse(f"{page}_read", args=[pk])
        return reverse("supervision_home")


class NoticeChoice(models.Model):
    """How ``person`` wants to be told of one kind, where that is not as it is by default."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notice_choices"
    )
    kind = models.CharField(max_length=16, choices=NoticeKind.choices)
    in_app = models.BooleanField(default=True)
    by_mail = models.BooleanField(default=True)
    objects = ChoiceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "kind"], name="notice_choice_once")
        ]

    def __str__(self) -> str:
        return f"choice about {self.kind}"

    @classmethod
    def by_default(cls, kind: str) -> "NoticeChoice":
        """Return what somebody gets who has not chosen; not saved."""
        return cls(kind=kind, in_app=True, by_mail=kind not in WITHOUT_MAIL)
