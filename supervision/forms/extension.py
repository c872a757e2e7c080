"""Letting a copy be read for longer: until when, and what the client has agreed to."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from supervision.forms.lasting import CHOOSE, LastingForm
from supervision.models import Share


class ExtensionForm(LastingForm):
    """A later last day for the same copy, and the attestation anew. No day is chosen beforehand.

    ``before`` and ``wording`` are what the page showed: where they are others by now, it is shown
    again and nothing is done.
    """

    attestation = forms.ChoiceField(
        label=_("What has your client agreed to?"),
        widget=forms.RadioSelect,
        choices=Share.Attestation.choices,
        error_messages=CHOOSE,
        help_text=_("Your supervisor sees which you chose. Do not name the client anywhere."),
    )
    before = forms.CharField(widget=forms.HiddenInput)
    wording = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, share: Share, wording: int, **kwargs: Any) -> None:
        shown = {"before": share.expires_at.isoformat(), "wording": wording}
        kwargs["initial"] = {"attestation": share.attestation} | shown
        super().__init__(*args, after=timezone.localdate(share.expires_at), **kwargs)
        self.shown = shown

    @property
    def is_as_shown(self) -> bool:
        """Whether the end it has so far, and the wording, are still those the page showed."""
        return all(self.cleaned_data[name] == value for name, value in self.shown.items())
