"""The record between two people: every consent, opening and ending, in lines that are chained."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from supervision.chain import BEFORE_THE_FIRST, hash_of, line_of
from supervision.models.agreement import Agreement
from supervision.models.share import Share
from supervision.queries.share import ShareEventQuerySet
from vault.append_only import AppendOnly


class Record(models.Model):
    """Where an agreement's record ends: how many lines it has, and the hash of the last.

    Its row is what is locked while a line is added, so that two never follow the same one.
    """

    agreement = models.OneToOneField(
        Agreement, models.CASCADE, primary_key=True, related_name="record"
    )
    length = models.PositiveIntegerField(default=0)
    head = models.CharField(max_length=64, default=BEFORE_THE_FIRST)

    def __str__(self) -> str:
        return f"record of {self.pk}, {self.length} lines"


class ShareEvent(AppendOnly):
    """One line of an agreement's record, append-only and without content. Both sides read it.

    ``share`` is the copy it is about, or nothing where it is about the agreement itself;
    ``share_uid`` stays when the copy is gone, because the line's hash is made over it.
    ``number`` counts from one within the record; ``hash`` is over all of the line (``chain``),
    ``previous``, the hash of the line before, included. ``facts`` hold what was consented to.
    """

    class Kind(models.TextChoices):
        SHARED = "shared", _("shared")
        OPENED = "opened", _("opened")
        COMMENTED = "commented", _("commented")
        REVOKED = "revoked", _("taken back")
        EXPIRED = "expired", _("expired")
        AGREEMENT_ENDED = "agreement_ended", _("taken back because the agreement ended")
        ENTRY_DELETED = "entry_deleted", _("taken back because the reflection was deleted")
        PROPOSED = "proposed", _("agreement proposed")
        ACCEPTED = "accepted", _("agreement accepted")
        DECLINED = "declined", _("agreement declined")
        ENDED = "ended", _("agreement ended")
        KEY_CONFIRMED = "key_confirmed", _("supervisor's key compared")
        GROUP_LEFT_CLOSED = "group_left_closed", _("taken back because a place in a group ended")
        READER_ADDED = "reader_added", _("given to a member of a group to read along")
        READER_REMOVED = "reader_removed", _("taken from a member who read along")
        GROUP_JOINED = "group_joined", _("group joined")
        GROUP_LEFT = "group_left", _("place in a group ended")
        EXTENDED = "extended", _("may be read for longer")

    record = models.ForeignKey(Record, models.CASCADE, related_name="lines")
    number = models.PositiveIntegerField()
    share = models.ForeignKey(Share, models.SET_NULL, null=True, related_name="events")
    share_uid = models.UUIDField(null=True)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    # Who was given a key, or lost it; their id is among the facts, which the hash is made over.
    about = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    at = models.DateTimeField(default=timezone.now)
    facts = models.JSONField(default=dict)
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    objects = ShareEventQuerySet.as_manager()

    class Meta:
        ordering = ["record", "number"]
        constraints = [
            models.UniqueConstraint(fields=["record", "number"], name="record_line_once"),
            models.UniqueConstraint(fields=["record", "previous"], name="record_line_one_next"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} at {self.at:%Y-%m-%d %H:%M}"

    @property
    def line(self) -> dict[str, Any]:
        """The line as it is hashed."""
        return line_of(
            record=self.record_id,
            number=self.number,
            previous=self.previous,
            kind=self.kind,
            at=self.at,
            by=self.by_id,
            share=self.share_uid,
            facts=self.facts,
        )

    @property
    def is_whole(self) -> bool:
        """Whether the line is what its hash was made over."""
        names_another = self.about_id and str(self.about_id) != self.facts.get("reader")
        return hash_of(self.line) == self.hash and not names_another

    @property
    def extended_until(self) -> datetime | None:
        """The end that the copy has since this line, where the line is about that."""
        if self.kind != self.Kind.EXTENDED:
            return None
        return timezone.localtime(datetime.fromisoformat(self.facts["expires_at"]))

    @property
    def attested(self) -> str:
        """What the author said of the client's agreement at this line, in words."""
        said = self.facts.get("attestation")
        return str(Share.Attestation(said).label) if said else ""

    @property
    def _commented(self) -> Promise:
        if self.facts.get("number", 1) > 1:
            return _("%(name)s sent %(number)d comments")
        return _("%(name)s commented")

    @property
    def words(self) -> str:
        """What happened, in a sentence."""
        said: dict[str, Promise] = {
            self.Kind.SHARED: _("%(name)s shared it"),
            self.Kind.OPENED: _("%(name)s opened it"),
            self.Kind.COMMENTED: self._commented,
            self.Kind.REVOKED: _("%(name)s took it back"),
            self.Kind.EXPIRED: _("Its time was over"),
            self.Kind.AGREEMENT_ENDED: _("%(name)s ended the agreement, and it was taken back"),
            self.Kind.ENTRY_DELETED: _("The reflection was deleted for good, and this with it"),
            self.Kind.PROPOSED: _("%(name)s proposed the agreement"),
            self.Kind.ACCEPTED: _("%(name)s read the wording and accepted it"),
            self.Kind.DECLINED: _("%(name)s declined it, or took the proposal back"),
            self.Kind.ENDED: _("%(name)s ended the agreement"),
            self.Kind.KEY_CONFIRMED: _("%(name)s said that they compared the supervisor’s key"),
            self.Kind.GROUP_LEFT_CLOSED: _(
                "A place in the group, or the group, ended, and it was taken back"
            ),
            self.Kind.READER_ADDED: _("%(reader)s was given a key, to read along"),
            self.Kind.READER_REMOVED: _("The key of %(reader)s was deleted"),
            self.Kind.GROUP_JOINED: _("%(name)s accepted the wording of a supervision group"),
            self.Kind.GROUP_LEFT: _("A place in a supervision group ended"),
            self.Kind.EXTENDED: _("%(name)s let it be read for longer, until %(until)s"),
        }
        nobody = str(_("Somebody who left"))
        facts = {
            "name": self.by.get_full_name() if self.by else nobody,
            "number": self.facts.get("number", 1),
            "reader": self.about.get_full_name() if self.about else nobody,
            "until": date_format(self.extended_until, "j F Y") if self.extended_until else "",
        }
        return str(said[ShareEvent.Kind(self.kind)]) % facts
