"""Forms for one's case codes: putting one on the list, giving a case another."""

from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from reflection.cases import Codes, case_key, plain
from reflection.codes import looks_like_initials_or_record, propose
from reflection.forms import LineField


def refuse_what_names(word: str) -> None:
    """Raise ``ValidationError`` for what looks like initials or a number of a record."""
    if looks_like_initials_or_record(word):
        raise forms.ValidationError(
            _(
                "“%(word)s” looks like initials or a number of a record, which others may know. "
                "Choose a made-up name."
            ),
            params={"word": word},
        )


class CodeForm(forms.Form):
    """One more code for the list, before anything is written about the case."""

    MAX_LENGTH = 60

    word = LineField(
        label=_("A code of your own"),
        required=True,
        error_messages={"required": _("Write a code, or take one of those above.")},
    )

    def __init__(self, data: Any = None, *, codes: Codes, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.codes = codes

    def clean_word(self) -> str:
        """Return the code with single spaces."""
        word = plain(self.cleaned_data["word"])
        if len(word) > self.MAX_LENGTH:
            raise forms.ValidationError(
                _("A code may have up to %(limit)d characters. Nothing was lost: shorten it."),
                params={"limit": self.MAX_LENGTH},
            )
        refuse_what_names(word)
        return word


class RenameForm(CodeForm):
    """Another code for a case; asked once more where two cases would become one."""

    in_texts = forms.BooleanField(
        label=_("Also where I wrote it out in my texts and titles"),
        help_text=_("As a word of its own, spelled just so. There is no undo but the same again."),
        required=False,
        initial=True,
    )
    merge = forms.BooleanField(required=False)

    def __init__(self, data: Any = None, *, old: str, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.old = old
        self.fields["word"].label = _("The new code")
        self.fields["word"].error_messages["required"] = _("Write the new code.")
        self.fields["word"].help_text = format_lazy(
            _("Not used yet, for instance: {}."), ", ".join(propose([*self.codes.words, old], 4))
        )
        self.other = self._other()
        if self.other is None:
            del self.fields["merge"]
        else:
            self.fields["merge"].label = _("Yes, make one case of the two")
            self.fields["merge"].help_text = _(
                "Mend cannot tell them apart afterwards, and cannot part them again."
            )

    def _other(self) -> str | None:
        """Return the other case of one's own that has the typed code already, or None."""
        typed = plain(str(self.data.get("word", ""))) if self.is_bound else ""
        found = self.codes.like(typed) if typed else None
        return found if found and case_key(found) != case_key(self.old) else None

    def clean(self) -> dict[str, Any]:
        """Ask before two cases become one."""
        data = super().clean() or {}
        if data.get("word") == self.old:
            self.add_error("word", _("That is its code already."))
        if self.other is not None and not data.get("merge"):
            self.add_error(
                "merge",
                forms.ValidationError(
                    _("You have a case “%(word)s” already. Shall the two become one?"),
                    params={"word": self.other},
                ),
            )
        return data
