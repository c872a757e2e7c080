"""What a person, a clinic or a group may be called."""

import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# They join or part letters inside a name: Persian and Indian scripts are written with them.
JOINERS = "\u200c\u200d"
UNSEEN = {"Cc", "Cf"}  # Controls and format marks, as Unicode has them.


class NameField(forms.CharField):
    """A name: one line, in any script.

    It stands in mails and on other people's pages. Line ends and runs of spaces become one space.
    Refused is what is not seen but works on the words around it: control characters, and marks that
    turn the direction of writing.
    """

    default_error_messages = {
        "unseen": _(
            "There is a character in this name that cannot be seen and changes how the words "
            "around it read. Type the name anew, without copying it from elsewhere."
        ),
    }

    def to_python(self, value: Any) -> str:
        """Return the name on one line."""
        return " ".join((super().to_python(value) or "").split())

    def validate(self, value: Any) -> None:
        """Refuse what cannot be seen, and a name of nothing else."""
        super().validate("".join(sign for sign in value if sign not in JOINERS).strip())
        if any(unicodedata.category(sign) in UNSEEN and sign not in JOINERS for sign in value):
            raise ValidationError(self.error_messages["unseen"], code="unseen")
