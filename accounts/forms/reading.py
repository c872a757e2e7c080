"""How one wants to read, and to press keys."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User

CHOICES = ("text_size", "line_width", "typeface")


class ReadingForm(forms.ModelForm):
    """Size and shape of the text, motion, and whether single letters are keys."""

    class Meta:
        model = User
        fields = (*CHOICES, "less_motion", "single_keys")
        labels: ClassVar = {
            "less_motion": _("Less motion"),
            "single_keys": _("Single letters as keys"),
        }
        help_texts: ClassVar = {
            "less_motion": _(
                "Nothing slides or fades. Where your device asks for that, it is so anyway."
            ),
            "single_keys": _(
                "They work where you are not typing. Turn them off if you dictate, or press keys "
                "by accident; Escape twice, Escape and l, and Ctrl S work in any case."
            ),
        }
        widgets: ClassVar = {name: forms.RadioSelect(attrs={"class": "picks"}) for name in CHOICES}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in CHOICES:
            self.fields[name].required = False
        # On a page that follows what was chosen, "as it is" would be what one chose last.
        for name in ("text_size", "line_width"):
            field: Any = self.fields[name]
            field.choices = [
                (value, _("Standard") if value == "medium" else words)
                for value, words in field.choices
            ]

    def clean(self) -> dict[str, Any]:
        """Return what was chosen; where nothing was, it stays as it is."""
        data = super().clean() or {}
        held = {name: data.get(name) or self.initial[name] for name in CHOICES}
        return data | held
