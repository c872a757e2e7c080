"""What the export page asks."""

from django import forms
from django.utils.translation import gettext_lazy as _

PDF, JSON, MARKDOWN = "pdf", "json", "markdown"


class ExportForm(forms.Form):
    """Which file is wanted, and the account's password once more: a browser may be unattended."""

    kind = forms.ChoiceField(
        label=_("As what"),
        choices=[
            (PDF, _("PDF, to read or print")),
            (JSON, _("JSON, whole: can be brought back into Mend")),
            (MARKDOWN, _("Markdown, one text file for each reflection, in a zip")),
        ],
        initial=PDF,
        widget=forms.RadioSelect,
    )
    earlier = forms.BooleanField(
        label=_("With earlier texts of each reflection (JSON only)"),
        required=False,
        help_text=_("What you changed since, and texts written at the same time in two tabs."),
    )
    password = forms.CharField(
        label=_("Your password"),
        strip=False,
        max_length=1024,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        help_text=_("Asked again, so that nobody can take your journal from an open browser."),
    )
