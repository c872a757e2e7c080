"""Whether a meeting stands as it was signed: the stored row beside its signatures. Opens nothing.

Mend itself never changes what was signed: a later text is another revision. So whatever differs
was changed past it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from supervision.models import Facts, Format, MeetingVersion, Signature, SupervisionMeeting

SIDES = tuple(side.value for side in Signature.Side)


@dataclass(frozen=True)
class Compared:
    """A meeting with every signature that was kept of it, whichever revision they are of."""

    meeting: SupervisionMeeting
    every: list[Signature]

    @property
    def signatures(self) -> list[Signature]:
        """Those of the present revision, in their order."""
        return [one for one in self.every if one.version.revision == self.meeting.revision]

    @property
    def version(self) -> MeetingVersion | None:
        """What was signed of the present revision; None where nobody signed it."""
        for one in self.signatures:
            one.version.meeting = self.meeting
            return one.version
        return None

    @property
    def facts(self) -> Facts:
        """When, how long, in which form: as it was signed, or as it stands where nobody did."""
        return (self.version or self.meeting).facts

    @property
    def digest(self) -> str:
        """The digest that was signed; empty where nobody signed."""
        return next((one.digest for one in self.signatures), "")

    def signed_at(self, side: str) -> datetime | None:
        """Return when ``side`` signed the present revision, by their signature."""
        return next((one.signed_at for one in self.signatures if one.side == side), None)

    def signed_before(self, side: str) -> MeetingVersion | None:
        """Return what ``side`` last signed, where the record was changed since; else None."""
        theirs = [one.version for one in self.every if one.side == side]
        if not theirs or theirs[-1].revision >= self.meeting.revision:
            return None
        return theirs[-1]

    @property
    def is_signed(self) -> bool:
        """Whether there is a signature of each of the two."""
        return all(self.signed_at(side) for side in SIDES)

    @property
    def differs(self) -> list[str]:
        """What is stored otherwise than it was signed, a sentence each; nothing if all is well."""
        return [*self._unlike_signed(), *self._signatures_missed(), *self._later_missed()]

    def _unlike_signed(self) -> Iterable[str]:
        """Compare the row, and the version kept of it, with the digests that were signed."""
        version = self.version
        if version is None:
            return
        if any(one.digest != version.digest for one in self.signatures):
            yield _("What was kept when it was signed has been changed since.")
        elif self.meeting.digest != version.digest:
            yield from _facts_that_differ(version.facts, self.meeting.facts)
            if bytes(version.body) != bytes(self.meeting.body):
                yield _("What you two wrote is stored otherwise than it was signed.")

    def _signatures_missed(self) -> Iterable[str]:
        said = {
            "supervisee": (
                _("The supervisee signed it; that is not stored now."),
                _("It is stored as signed by the supervisee; no signature of theirs is kept."),
                _("The supervisee signed it at another time than is stored now."),
            ),
            "supervisor": (
                _("The supervisor signed it; that is not stored now."),
                _("It is stored as signed by the supervisor; no signature of theirs is kept."),
                _("The supervisor signed it at another time than is stored now."),
            ),
        }
        for side in SIDES:
            kept, stored = self.signed_at(side), getattr(self.meeting, f"{side}_signed_at")
            if kept != stored:
                gone, made_up, moved = said[side]
                yield gone if stored is None else made_up if kept is None else moved

    def _later_missed(self) -> Iterable[str]:
        if any(one.version.revision > self.meeting.revision for one in self.every):
            yield _("A later version than the one that is stored now was signed.")


def _facts_that_differ(signed: Facts, stored: Facts) -> Iterable[str]:
    if signed.starts_at != stored.starts_at:
        yield _("It was signed as begun on %(signed)s; %(stored)s is stored now.") % {
            "signed": when(signed.starts_at),
            "stored": when(stored.starts_at),
        }
    if signed.duration != stored.duration:
        yield _("It was signed with %(signed)d min; %(stored)d min is stored now.") % {
            "signed": signed.duration,
            "stored": stored.duration,
        }
    if signed.format != stored.format:
        yield _("It was signed as %(signed)s; %(stored)s is stored now.") % {
            "signed": form_said(signed.format),
            "stored": form_said(stored.format),
        }


def when(moment: datetime) -> str:
    """Return day and time where the person is."""
    return date_format(timezone.localtime(moment), "j M Y, H:i")


def form_said(form: str) -> str:
    """Return a meeting's form in words; what is no form, as it is stored."""
    return str(Format(form).label) if form in Format.values else form


def compare(meetings: Iterable[SupervisionMeeting]) -> list[Compared]:
    """Return ``meetings``, each with its signatures; one query."""
    found = list(meetings)
    signatures = list(Signature.objects.of([one.pk for one in found]))
    by_meeting: dict[object, list[Signature]] = {one.pk: [] for one in found}
    for signature in signatures:
        by_meeting[signature.version.meeting_id].append(signature)
    return [Compared(one, by_meeting[one.pk]) for one in found]
