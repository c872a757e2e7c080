"""What is asked about supervision meetings. Whether it may be done, the actions decide."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from reflection.forms import ProseField
from supervision.forms.lasting import CHOOSE
from supervision.minutes import LINE_LIMIT, NOTES_LIMIT, AgendaItem, AgreedAction, Owner
from supervision.models import Agreement, Facts, Format
from supervision.models.meeting import LONGEST, SHORTEST
from supervision.sealing import OtherSide

EARLIEST = timedelta(days=3660)
LATEST = timedelta(days=730)


def _lines(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, "dir": "auto", "class": "short"})


class WordsField(ProseField):
    """A few lines that have to hold something."""

    def __init__(self, **kwargs: Any) -> None:
        limit = LINE_LIMIT
        super().__init__(limit=limit, widget=_lines(2), required=True, **kwargs)
        self.error_messages["required"] = _("Write something first.")

    def clean(self, value: Any) -> str:
        """Refuse what is only spaces."""
        text: str = super().clean(value)
        if not text.strip():
            raise ValidationError(self.error_messages["required"], code="required")
        return text


class FactsForm(forms.Form):
    """Day, time, length and form of a meeting, in the time of whoever fills it in."""

    day = forms.DateField(
        label=_("Day"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": _("Give the day."), "invalid": _("This is not a day.")},
    )
    time = forms.TimeField(
        label=_("Begins at"),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={
            "required": _("Give the time it begins."),
            "invalid": _("This is not a time of day. Write it like 14:30."),
        },
    )
    duration = forms.IntegerField(
        label=_("Minutes"),
        min_value=SHORTEST,
        max_value=LONGEST,
        initial=50,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        error_messages={
            "required": _("Give its length in minutes."),
            "invalid": _("Give its length in whole minutes."),
            "min_value": _("At least %(limit_value)d minutes."),
            "max_value": _("At most %(limit_value)d minutes, which is twelve hours."),
        },
    )
    format = forms.ChoiceField(
        label=_("How do you meet?"),
        widget=forms.RadioSelect,
        choices=Format.choices,
        error_messages=CHOOSE,
    )

    @staticmethod
    def initial_of(facts: Facts) -> dict[str, Any]:
        """Return what fills the form with ``facts``."""
        begins = timezone.localtime(facts.starts_at)
        return {
            "day": begins.date(),
            "time": begins.time(),
            "duration": facts.duration,
            "format": facts.format,
        }

    def clean_day(self) -> date:
        """Refuse a day too far off to be meant."""
        day: date = self.cleaned_data["day"]
        today = timezone.localdate()
        if not today - EARLIEST <= day <= today + LATEST:
            raise ValidationError(
                _("Choose a day within the last ten years or the next two. Is the year right?")
            )
        return day

    def clean(self) -> dict[str, Any]:
        """Work out the moment; a time that the clocks leave out that day is refused."""
        cleaned = super().clean() or {}
        day, begins = cleaned.get("day"), cleaned.get("time")
        if day is not None and begins is not None:
            moment = moment_of(day, begins)
            if moment is None:
                self.add_error(
                    "time",
                    _("That day the clocks go forward and leave this time out. Choose another."),
                )
            else:
                cleaned["starts_at"] = moment
        return cleaned

    @property
    def facts(self) -> Facts:
        """Return what was chosen. Call it on a valid form."""
        chosen = self.cleaned_data
        return Facts(chosen["starts_at"], chosen["duration"], chosen["format"])


def moment_of(day: date, begins: time) -> datetime | None:
    """Return that time of that day where the person is; None where the clocks leave it out.

    Where they go through it twice, the first is meant.
    """
    local = datetime.combine(day, begins, tzinfo=timezone.get_current_timezone())
    there_and_back = local.astimezone(UTC).astimezone(local.tzinfo)
    if there_and_back.replace(tzinfo=None, fold=0) != local.replace(tzinfo=None, fold=0):
        return None
    return local.astimezone(UTC)


class PlanForm(FactsForm):
    """A new meeting. The page has an id in ``meeting``: a button pressed twice plans one.

    ``share`` and ``comment`` are what it was begun from, to stand on the agenda.
    """

    meeting = forms.UUIDField(required=False, widget=forms.HiddenInput, initial=uuid4)
    share = forms.UUIDField(required=False, widget=forms.HiddenInput)
    comment = forms.UUIDField(required=False, widget=forms.HiddenInput)
    key_confirmed = forms.CharField(required=False, widget=forms.HiddenInput)
    field_order = ["agreement", "day", "time", "duration", "format"]

    def __init__(
        self, *args: Any, agreements: Iterable[Agreement], user: User, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.others = {str(one.pk): OtherSide(one, user) for one in agreements}
        choices = [(pk, _name(other)) for pk, other in self.others.items() if not other.why_not()]
        self.unusable = [why for other in self.others.values() if (why := other.why_not())]
        self.fields["agreement"] = forms.ChoiceField(
            label=_("With whom?"),
            choices=choices,
            widget=forms.RadioSelect,
            error_messages=CHOOSE,
            initial=choices[0][0] if len(choices) == 1 else None,
        )
        self.has_anybody = bool(choices)
        self.order_fields(self.field_order)

    @property
    def other(self) -> OtherSide:
        """Return who was chosen. Call it on a valid form."""
        return self.others[self.cleaned_data["agreement"]]

    @property
    def confirmed_key(self) -> bytes:
        """The fingerprint that was said to be compared, or nothing."""
        return read_fingerprint(self.cleaned_data["key_confirmed"])


def read_fingerprint(text: str) -> bytes:
    """Return the bytes of a fingerprint as a form sends it; nothing where it is none."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def _name(other: OtherSide) -> str | Promise:
    said = _("%(name)s, your supervisor") if other.is_supervisor else _("%(name)s, your supervisee")
    return said % {"name": other.person.get_full_name()}


class ItemForm(forms.Form):
    """Something for the agenda, in words. ``before`` is what it read when the page was opened."""

    item = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    before = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)
    text = WordsField(
        label=_("Something to bring"),
        help_text=_("Both of you read it. Up to 2,000 characters."),
    )

    def made_by(self, user: User) -> AgendaItem:
        """Return the new item. Call it on a valid form."""
        return AgendaItem(id=self.cleaned_data["item"], by=user.pk, text=self.cleaned_data["text"])


class BringForm(forms.Form):
    """A shared copy, or a comment in one, for a meeting's agenda."""

    comment = forms.UUIDField(required=False, widget=forms.HiddenInput)
    text = ProseField(
        label=_("A few words about it"),
        limit=LINE_LIMIT,
        widget=_lines(2),
        help_text=_("If you like. Both of you read it. Up to 2,000 characters."),
    )

    def __init__(self, *args: Any, meetings: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["meeting"] = forms.ChoiceField(
            label=_("To which meeting?"),
            choices=list(meetings),
            widget=forms.RadioSelect,
            error_messages=CHOOSE,
        )
        self.order_fields(["meeting", "text"])


class ActionForm(forms.Form):
    """Something agreed: what, who, by when, and which reflection it is for."""

    action = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    before = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)
    text = WordsField(
        label=_("What was agreed"), help_text=_("Both of you read it. Up to 2,000 characters.")
    )
    owner = forms.ChoiceField(label=_("Who does it?"), error_messages=CHOOSE)
    due_on = forms.DateField(
        label=_("By which day?"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Leave it empty if there is no day."),
        error_messages={"invalid": _("This is not a day.")},
    )

    def __init__(
        self,
        *args: Any,
        owners: Iterable[tuple[str, str]],
        shares: Iterable[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        owner = self.fields["owner"]
        assert isinstance(owner, forms.ChoiceField)
        owner.choices = list(owners)
        shares = list(shares)
        if shares:
            self.fields["share"] = forms.ChoiceField(
                label=_("For which reflection?"),
                choices=[("", _("None in particular")), *shares],
                required=False,
                help_text=_("It then shows there too, when its author looks back."),
            )

    def clean_due_on(self) -> date | None:
        """Refuse a day too far off to be meant."""
        day: date | None = self.cleaned_data["due_on"]
        if day is not None and abs(day - timezone.localdate()) > EARLIEST:
            raise ValidationError(_("Choose a day within ten years. Is the year right?"))
        return day

    @property
    def made(self) -> AgreedAction:
        """Return what was agreed. Call it on a valid form."""
        chosen = self.cleaned_data
        share = chosen.get("share")
        return AgreedAction(
            id=chosen["action"],
            text=chosen["text"],
            owner=Owner(chosen["owner"]),
            due_on=chosen["due_on"],
            share=UUID(share) if share else None,
        )


class NotesForm(forms.Form):
    """The notes of a meeting, written by either of the two."""

    notes = ProseField(
        label=_("Notes"),
        rows=16,
        limit=NOTES_LIMIT,
        help_text=_("Both of you read and write them. Up to 200,000 characters."),
    )
