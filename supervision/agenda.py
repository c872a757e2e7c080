"""A meeting as one of the two reads it: agenda, agreed actions, signatures, with their names."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from supervision.forms.meeting import ActionForm, ItemForm
from supervision.frozen import Reader
from supervision.listing import Row, open_rows
from supervision.minutes import AgendaItem, AgreedAction, Done, Minutes, Owner, Progress
from supervision.models import MeetingVersion, Share, Signature, SupervisionMeeting
from supervision.rules import Action
from supervision.signed import Compared, compare


@dataclass(frozen=True)
class Reference:
    """A shared copy as the agenda names it: its title only to whoever may open it.

    ``url`` is empty where it cannot be read any more.
    """

    words: str
    url: str = ""
    is_title: bool = False
    is_comment: bool = False


References = Mapping[UUID, Row]


def references_of(minutes: Minutes, user: User, reader: Reader) -> References:
    """Return the copies that ``minutes`` refer to and ``user`` is a party of; one query."""
    if not minutes.shares:
        return {}
    shares = Share.objects.of_party(user).among(minutes.shares).listed()
    return {row.share.pk: row for row in open_rows(shares, user, reader)}


def refer(
    references: References, share: UUID | None, user: User, comment: UUID | None = None
) -> Reference | None:
    """Return how ``user`` is shown the copy ``share``, or None where none is referred to."""
    if share is None:
        return None
    row = references.get(share)
    if row is None or not row.share.allows(Action.READ, user):
        return Reference(_("a copy that was taken back"), is_comment=comment is not None)
    url = reverse("share_read", args=[share])
    if comment is not None:
        url = f"{url}#comment-{comment}"
    words = row.title
    if not words:
        words = _("a copy not yet opened") if row.is_unopened else _("a copy that does not open")
    return Reference(words, url, bool(row.title), comment is not None)


@dataclass(frozen=True)
class ItemRow:
    """An item of the agenda: who brought it, what it leads to, and the form to reword it."""

    item: AgendaItem
    who: str
    reference: Reference | None
    form: ItemForm | None
    is_first: bool
    is_last: bool


@dataclass(frozen=True)
class ActionRow:
    """An agreed action: whose it is, whether it is done, what it is for, the form to change it."""

    action: AgreedAction
    who: str
    done: Done | None
    done_by: str
    reference: Reference | None
    form: ActionForm | None
    meeting: SupervisionMeeting

    @property
    def is_overdue(self) -> bool:
        """Whether its day is over and it is not done."""
        day: date | None = self.action.due_on
        return day is not None and self.done is None and day < timezone.localdate()


@dataclass(frozen=True)
class VersionRow:
    """An earlier version, or the present one, with its signatures; ``is_intact`` as they stand."""

    version: MeetingVersion
    signatures: list[Signature] = field(default_factory=list)

    @property
    def is_intact(self) -> bool:
        """Whether what is stored is what was signed."""
        return all(one.digest == self.version.digest for one in self.signatures)


@dataclass(frozen=True)
class Laid:
    """Who reads which meeting: what its rows are made with."""

    meeting: SupervisionMeeting
    minutes: Minutes
    user: User
    references: References

    def name(self, pk: UUID) -> str:
        """Return how ``user`` is told of a person: "you", or by name."""
        if pk == self.user.pk:
            return _("you")
        agreement = self.meeting.agreement
        people = {one.pk: one for one in (agreement.supervisee, agreement.supervisor)}
        return people[pk].get_full_name() if pk in people else _("somebody who left")

    def owner(self, owner: Owner) -> str:
        """Return who does what was agreed, to ``user``."""
        if owner == Owner.BOTH:
            return _("both of you")
        agreement = self.meeting.agreement
        ids = {
            Owner.SUPERVISEE: agreement.supervisee_id,
            Owner.SUPERVISOR: agreement.supervisor_id,
        }
        return self.name(ids[owner])

    @property
    def owners(self) -> list[tuple[str, str]]:
        """Who can take on an action, oneself first."""
        mine = Owner(self.meeting.role_of(self.user).value)
        theirs = Owner.SUPERVISOR if mine == Owner.SUPERVISEE else Owner.SUPERVISEE
        other = self.meeting.other_party(self.user).get_full_name()
        return [(mine, _("I do")), (theirs, other), (Owner.BOTH, _("Both of us"))]

    @property
    def shares(self) -> list[tuple[str, str]]:
        """The copies on the agenda that ``user`` can read, to link an action to."""
        found = {}
        for pk in (*(one.share for one in self.minutes.agenda), *self._linked()):
            shown = refer(self.references, pk, self.user)
            if pk is not None and shown is not None and shown.url:
                found[str(pk)] = shown.words
        return list(found.items())

    def _linked(self) -> Iterable[UUID | None]:
        return (one.share for one in self.minutes.actions)

    def agenda(self, *, is_open: bool, typed: ItemForm | None = None) -> list[ItemRow]:
        """Return the agenda's rows; with forms where it ``is_open``."""
        rows = self.minutes.agenda
        return [
            ItemRow(
                item,
                self.name(item.by),
                refer(self.references, item.share, self.user, item.comment),
                self._item_form(number, item, typed) if is_open else None,
                is_first=number == 0,
                is_last=number == len(rows) - 1,
            )
            for number, item in enumerate(rows)
        ]

    def _item_form(self, number: int, item: AgendaItem, typed: ItemForm | None) -> ItemForm:
        if typed is not None and typed.data.get("item") == str(item.id):
            return typed
        given = {"item": item.id, "before": item.text, "text": item.text}
        form = ItemForm(initial=given, auto_id=f"id_{item.id.hex[:8]}_%s")
        form.fields["text"].label = _("Item %(number)d") % {"number": number + 1}
        return form

    def actions(
        self, progress: Progress, *, is_open: bool, typed: ActionForm | None = None
    ) -> list[ActionRow]:
        """Return the agreed actions' rows; with forms where the record ``is_open``."""
        return [
            self._action_row(
                one, progress, self._action_form(number, one, typed) if is_open else None
            )
            for number, one in enumerate(self.minutes.actions)
        ]

    def _action_row(
        self, action: AgreedAction, progress: Progress, form: ActionForm | None
    ) -> ActionRow:
        done = progress.get(str(action.id))
        return ActionRow(
            action,
            self.owner(action.owner),
            done,
            self.name(done.by) if done else "",
            refer(self.references, action.share, self.user),
            form,
            self.meeting,
        )

    def _action_form(
        self, number: int, action: AgreedAction, typed: ActionForm | None
    ) -> ActionForm:
        if typed is not None and typed.data.get("action") == str(action.id):
            return typed
        given = {
            "action": action.id,
            "before": action.text,
            "text": action.text,
            "owner": action.owner,
            "due_on": action.due_on,
            "share": str(action.share or ""),
        }
        form = self.action_form(initial=given, auto_id=f"id_{action.id.hex[:8]}_%s")
        form.fields["text"].label = _("Agreed, number %(number)d") % {"number": number + 1}
        return form

    def action_form(self, *args: object, **kwargs: object) -> ActionForm:
        """Return a form for an agreed action, with this meeting's people and copies to choose."""
        return ActionForm(*args, owners=self.owners, shares=self.shares, **kwargs)


@dataclass(frozen=True)
class Kept:
    """What was kept of a meeting: each version with its signatures, and how the present stands."""

    rows: list[VersionRow]
    compared: Compared

    @property
    def earlier(self) -> list[VersionRow]:
        """All but the present revision's, the latest first."""
        present = self.compared.meeting.revision
        return [row for row in self.rows if row.version.revision != present]


def versions_of(meeting: SupervisionMeeting) -> Kept:
    """Return what was kept of the record, the latest first, with signatures; two queries."""
    [compared] = compare([meeting])
    rows = []
    for version in MeetingVersion.objects.of([meeting.pk]):
        version.meeting = meeting
        mine = [one for one in compared.every if one.version_id == version.pk]
        rows.append(VersionRow(version, mine))
    return Kept(rows, compared)
