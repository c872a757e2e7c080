"""The search's form: one box, and what narrows it down."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

import msgspec
from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from reflection.forms import put_caret_into
from reflection.limits import LimitValidator
from reflection.queries.guide import Guide
from reflection.reading import STANDINGS
from reflection.search.terms import read_terms
from reflection.search.wanted import NOT_SAID, Search
from reflection.typed import TypedField

MAX_LENGTH = 300
MAX_TERMS = 20

_MONTH = re.compile(r"(\d{4})-(\d{1,2})")


class MonthField(forms.Field):
    """A month, as the browser's own control writes it or as somebody types it: 2026-03."""

    widget = forms.DateInput(attrs={"type": "month", "autocomplete": "off"}, format="%Y-%m")

    def to_python(self, value: Any) -> date | None:
        """Return the month's first day."""
        typed = str(value or "").strip()
        if not typed:
            return None
        match = _MONTH.fullmatch(typed)
        try:
            return date(int(match[1]), int(match[2]), 1) if match else _no_month()
        except ValueError:
            return _no_month()


def _no_month() -> date:
    raise forms.ValidationError(
        _("Write the year and the month as 2026-03, or leave it empty."), code="month"
    )


class _OneOfMany(forms.ChoiceField):
    """A choice among one's own words. What is no longer offered can still be looked for."""

    def valid_value(self, value: Any) -> bool:
        return len(str(value)) <= MAX_LENGTH


class SearchForm(forms.Form):
    """What is looked for. ``codes`` and ``tags`` are one's own."""

    words = TypedField(
        label=_("Look for"),
        help_text=_(
            "A word also finds longer ones that begin with it. All the words must be in one "
            "reflection. A phrase in quotation marks is found as it stands."
        ),
        required=False,
        widget=forms.TextInput(
            attrs={
                "type": "search",
                "dir": "auto",
                "autocomplete": "off",
                "spellcheck": "false",
                "enterkeyhint": "search",
                "data-shortcut": "/",
            }
        ),
    )
    standing = forms.ChoiceField(
        label=_("Where it stands"),
        choices=[("", _("any")), *STANDINGS.items(), (NOT_SAID, _("nothing noted yet"))],
        required=False,
    )
    since = MonthField(label=_("From the month"), required=False)
    until = MonthField(label=_("To the month"), required=False)
    shared = forms.ChoiceField(
        label=_("Shared now"),
        choices=[("", _("either")), ("yes", _("shared")), ("no", _("not shared"))],
        required=False,
    )
    finished = forms.ChoiceField(
        label=_("Finished"),
        choices=[("", _("either")), ("yes", _("finished")), ("no", _("not finished"))],
        required=False,
    )

    def __init__(
        self,
        data: Any = None,
        *,
        search: Search | None = None,
        guide: Guide,
        codes: Iterable[str],
        tags: Iterable[str],
    ) -> None:
        held = msgspec.structs.asdict(search) if search else {}
        super().__init__(data, initial=held)
        if search is None:  # Else the page is about what was found.
            put_caret_into(self, "words")
        self.fields["words"].validators.append(
            LimitValidator(
                MAX_LENGTH,
                _(
                    "A search holds up to %(limit_value)s characters and this has %(show_value)s. "
                    "Nothing was searched: shorten it to the words that matter."
                ),
            )
        )
        own: list[tuple[str, Any, Iterable[tuple[str, str]]]] = [
            ("case_code", _("Case"), ((code, code) for code in codes)),
            ("tag", _("Tag"), ((tag, tag) for tag in tags)),
            ("pattern", _("Thought"), _titles(guide.patterns.values())),
            ("kind", _("Where the strain was"), ((text.slug, text.label) for text in guide.kinds)),
            ("strategy", _("Repair strategy"), _titles(guide.strategies.values())),
        ]
        for name, label, offered in own:
            self.fields[name] = _OneOfMany(
                label=label, choices=self._choices(name, offered), required=False
            )
        self.order_fields(["words", *(name for name, _label, _offered in own)])

    def _choices(self, name: str, offered: Iterable[tuple[str, str]]) -> list[tuple[str, Any]]:
        choices = dict(offered)
        asked = str((self.data if self.is_bound else self.initial).get(name) or "")
        if asked and len(asked) <= MAX_LENGTH:
            choices.setdefault(asked, asked)
        return [("", _("any")), *choices.items()]

    def clean(self) -> dict[str, Any]:
        """Ask for something to look for, and for months in their order."""
        data = super().clean() or {}
        since, until = data.get("since"), data.get("until")
        if since and until and until < since:
            self.add_error("until", _("This month is before the other one."))
        terms = read_terms(data.get("words") or "")
        if len(terms) > MAX_TERMS:
            self.add_error(
                "words",
                _("Up to %(limit)d words and phrases can be looked for at once.")
                % {"limit": MAX_TERMS},
            )
        if not self.errors and not terms and not self.search().is_narrowed:
            self.add_error("words", _("Write a word to look for, or narrow it down below."))
        return data

    def search(self) -> Search:
        """Return what is asked for. The form must be valid."""
        return Search(**self.cleaned_data)

    def in_words(self, search: Search) -> str:
        """Return what ``search`` asks for in one line, for who asked."""
        held = msgspec.structs.asdict(search)
        asked = [self._said(name, value) for name, value in held.items() if value]
        return " · ".join(asked)

    def _said(self, name: str, value: Any) -> str:
        if isinstance(value, date):
            said = date_format(value, "YEAR_MONTH_FORMAT")
        else:
            choices: Any = getattr(self.fields[name], "choices", ())
            said = str(dict(choices).get(value, value))
        if name in {"words", "pattern", "kind", "strategy"}:
            return said
        return f"{self.fields[name].label}: {said}"

    @property
    def narrowing(self) -> list[forms.BoundField]:
        """Every field but the box for words."""
        return [field for field in self if field.name != "words"]

    @property
    def is_narrowed(self) -> bool:
        """Whether one of them says something, or says it wrongly."""
        return any(field.value() or field.errors for field in self.narrowing)


def _titles(offered: Iterable[Any]) -> Iterable[tuple[str, str]]:
    return ((one.slug, one.title) for one in offered)
