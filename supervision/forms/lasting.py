"""Until when a copy can be read: a stretch of time, or a day of one's own."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

CHOOSE = {"required": _("Choose one of these.")}
LONGEST = timedelta(days=365)
BY_DATE = "date"


class LastingForm(forms.Form):
    """Asks for the last day, at most a year from now; ``cleaned_data`` has it as ``until``.

    ``after``: a day it has to come after, if not just today.
    """

    lasts = forms.ChoiceField(
        label=_("Until when?"), widget=forms.RadioSelect, error_messages=CHOOSE
    )
    until_on = forms.DateField(
        label=_("The last day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("If you chose a day of your own. At most a year from now."),
    )

    def __init__(self, *args: Any, after: date | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = timezone.localdate()
        self.after = max(after or self.today, self.today)
        stretches = (
            (14, _("Two weeks, until %(day)s")),
            (30, _("A month, until %(day)s")),
            (91, _("Three months, until %(day)s")),
        )
        lasts = self.fields["lasts"]
        assert isinstance(lasts, forms.ChoiceField)
        lasts.choices = [
            *(
                (str(days), self._until(words, days))
                for days, words in stretches
                if self.today + timedelta(days=days) > self.after
            ),
            (BY_DATE, _("Until a day of my own")),
        ]

    def clean(self) -> dict[str, Any]:
        """Work out the last day."""
        cleaned = super().clean() or {}
        if cleaned.get("lasts"):
            cleaned["until"] = self._last_day(cleaned["lasts"], cleaned.get("until_on"))
        return cleaned

    def _until(self, words: Any, days: int) -> str:
        day = date_format(self.today + timedelta(days=days), "j F")
        return str(words) % {"day": day}

    def _last_day(self, lasts: str, until_on: date | None) -> date | None:
        if lasts != BY_DATE:
            return self.today + timedelta(days=int(lasts))
        if until_on is None:
            if not self.has_error("until_on"):
                self.add_error("until_on", _("Give the last day on which it can be read."))
        elif not self.after < until_on <= self.today + LONGEST:
            self.add_error("until_on", self._out_of_range())
        return until_on

    def _out_of_range(self) -> Any:
        if self.after == self.today:
            return _("Choose a day from tomorrow to a year from now.")
        day = date_format(self.after, "j F Y")
        return _("Choose a day after %(day)s, and at most a year from now.") % {"day": day}
