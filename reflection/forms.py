"""The guided forms: one for each passage. A form turns a document into the same with its passage
as it was typed; what is saved, and when, the actions decide."""

import re
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.jinja import draw
from reflection.codes import propose
from reflection.document import (
    Alliance,
    Answer,
    Document,
    Happened,
    Items,
    Label,
    LookBack,
    LookingAgain,
    Reaction,
    Strategy,
    TheirSide,
)
from reflection.findings import doubt_about_code
from reflection.limits import LimitValidator
from reflection.queries.guide import Guide, PatternGuide, StrategyGuide, Text
from reflection.reading import (
    ALLIANCE_ITEMS,
    ALLIANCE_VIEWS,
    SERIOUS_HARM,
    STANDINGS,
    day_of_look,
    doubt_about_day,
    is_likely,
)
from reflection.tagging import LONGEST_TAG, MOST_TAGS
from reflection.typed import TypedField
from reflection.writings import join_tags, split_tags
from vault.kept import Question

# About 16,000 words: well above what anyone writes in one box.
MAX_PROSE = 100_000
MAX_LINE = 200
# With room for tags that are too many or too long: of those is said which.
MAX_TAGS = 5_000


class ProseField(TypedField):
    """A box for writing. What is typed is kept exactly; only line ends are made one kind.

    The limit is not given to the browser, which would cut a long paste without a word.
    """

    def __init__(self, *, rows: int = 5, limit: int = MAX_PROSE, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": rows, "dir": "auto"}))
        super().__init__(strip=False, **kwargs)
        self.validators.append(
            LimitValidator(
                limit,
                _(
                    "This box holds up to %(limit_value)s characters and now has %(show_value)s. "
                    "Nothing was lost: shorten it here, or move a part to another box."
                ),
            )
        )

    def to_python(self, value: Any) -> str:
        return super().to_python(value).replace("\r\n", "\n")


class LineField(TypedField):
    """One line of text."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        kwargs.setdefault("widget", forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}))
        super().__init__(**kwargs)
        self.validators.append(
            LimitValidator(
                MAX_LINE,
                _("At most %(limit_value)s characters fit here; this has %(show_value)s."),
            )
        )


class CodeField(LineField):
    """A case code. One's own codes are offered by the list that stands in the same page."""

    LIST = "own-codes"

    def __init__(self, **kwargs: Any) -> None:
        # The browser offers the page's list and, by autocomplete, keeps nothing of what is typed.
        attrs = {"dir": "auto", "autocomplete": "off", "list": self.LIST}
        kwargs.setdefault("widget", forms.TextInput(attrs=attrs))
        super().__init__(**kwargs)


class TagsField(TypedField):
    """One's own tags in one line, with commas between them."""

    LIST = "own-tags"

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"dir": "auto", "autocomplete": "off", "list": self.LIST, "data-tags": ""}
        super().__init__(required=False, widget=forms.TextInput(attrs=attrs), **kwargs)
        self.validators.append(
            LimitValidator(
                MAX_TAGS,
                _(
                    "The tags of a reflection have up to %(limit_value)s characters together and "
                    "here are %(show_value)s. Nothing was lost: take some away."
                ),
            )
        )

    def clean(self, value: Any) -> str:
        """Return the tags as `split_tags` reads them, each once. Too much is not read at all."""
        tags = split_tags(super().clean(value))
        if len(tags) > MOST_TAGS:
            raise forms.ValidationError(
                _(
                    "A reflection holds up to %(limit)d tags and here are %(number)d. Nothing was "
                    "lost: take some away."
                ),
                params={"limit": MOST_TAGS, "number": len(tags)},
            )
        if longest := next((tag for tag in tags if len(tag) > LONGEST_TAG), None):
            raise forms.ValidationError(
                _(
                    "A tag holds up to %(limit)d characters. Nothing was lost: shorten “%(tag)s…”, "
                    "or put a comma where the next begins."
                ),
                params={"limit": LONGEST_TAG, "tag": longest[:20]},
            )
        return join_tags(tags)


def _code_hint(used: Iterable[str]) -> str:
    """Return what a code is, with three that are not ``used``."""
    hint = gettext("A made-up name only you connect with them, such as %(names)s. Never initials.")
    return hint % {"names": ", ".join(propose(used, 3))}


class DayAheadField(forms.DateField):
    """The day to look back: within ten years. One that is just over is due at once.

    A page that saves by itself takes such a day and asks about it; any other refuses it.
    """

    MOST, LATE = timedelta(days=3660), timedelta(days=366)

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        today = {"type": "date"}
        kwargs.setdefault("widget", forms.DateInput(attrs=today, format="%Y-%m-%d"))
        super().__init__(**kwargs)

    @classmethod
    def refuse_unlikely(cls, day: date | None) -> None:
        """Raise ``ValidationError`` for a day long over, or further off than one plans."""
        today = timezone.localdate()
        if day is not None and not today - cls.LATE <= day <= today + cls.MOST:
            raise forms.ValidationError(
                _("Choose a day within the next ten years. Nothing was lost."),
                code="unlikely",
            )

    @classmethod
    def refuse_over(cls, day: date | None) -> None:
        """Raise ``ValidationError`` for a day that is over, and as `refuse_unlikely` does."""
        cls.refuse_unlikely(day)
        if day is not None and day < timezone.localdate():
            raise forms.ValidationError(
                _("That day is over. Choose one from today on, or none. Nothing was lost."),
                code="over",
            )


class ChoicesField(forms.MultipleChoiceField):
    """Some of the guide's choices. One chosen before stays choosable if the guide drops it."""

    def __init__(
        self,
        offered: Iterable[Label],
        kept: Iterable[Label],
        *,
        shape: str = "",
        shown: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        self.labels = {label.slug: label for label in (*offered, *kept)}
        shown = shown or {}
        choices = [
            (label.slug, shown.get(label.slug, label.text)) for label in self.labels.values()
        ]
        widget = forms.CheckboxSelectMultiple(attrs={"class": shape} if shape else {})
        super().__init__(choices=choices, required=False, widget=widget, **kwargs)

    def clean(self, value: Any) -> tuple[Label, ...]:
        """Return the chosen labels, with the words they have now or had when first chosen."""
        return tuple(self.labels[slug] for slug in super().clean(value))


@dataclass(frozen=True)
class Difference:
    """One field as it stands and as it was typed in another tab, in words."""

    label: str
    theirs: str
    mine: str


class PassageForm(forms.Form):
    """A form for one passage of ``document``, offering what ``guide`` holds."""

    passage = ""

    def __init__(
        self, data: QueryDict | None = None, *, document: Document, guide: Guide, **kwargs: Any
    ) -> None:
        self.guide = guide
        self.document = document
        self.posted = data if data is not None else QueryDict()
        super().__init__(data, initial=self.held(document), **kwargs)
        self.build()

    def build(self) -> None:
        """Add the fields that depend on the guide or on the document."""

    def held(self, document: Document) -> dict[str, Any]:
        """Return what the form shows of ``document``."""
        raise NotImplementedError

    def rewrite(self, document: Document) -> Document:
        """Return ``document`` with this passage as it was typed. The form must be valid."""
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        """Keep what stands in a box that was not posted at all: only what is emptied is empty."""
        data = super().clean() or {}
        held = self.held(self.document)
        for name, field in self.fields.items():
            if isinstance(field, ProseField | LineField | TagsField) and name not in self.data:
                data[name] = held.get(name) or ""
        return data

    def doubts(self, document: Document) -> dict[str, str]:
        """Return what is asked about what ``document`` holds, by the name of its box."""
        return {}

    @property
    def sets_look_back(self) -> bool:
        """Whether the day to look back was changed on this page, since it was opened."""
        return "follow_up_on" in self.changed_data

    @property
    def next_look_back(self) -> date | None:
        """The day to look back that was typed; None where this passage does not ask for it."""
        return self.cleaned_data.get("follow_up_on")

    def joined_with(self, document: Document) -> dict[str, list[str]]:
        """Return what was posted, joined with what ``document`` holds.

        Prose one after the other, theirs first; what is ticked in either; of lines and single
        choices one's own where there is one.
        """
        data: dict[str, list[str]] = dict(self.posted.lists())
        held = self.held(document)
        for name, field in self.fields.items():
            data[name] = _joined(field, held.get(name), data.get(name, []))
        return data

    def differences(self, document: Document) -> list[Difference]:
        """Return the fields that hold something else in ``document`` than was typed."""
        held = self.held(document)
        pairs = (
            Difference(
                str(field.label),
                theirs=_in_words(field, held.get(name)),
                mine=_in_words(field, self.cleaned_data.get(name)),
            )
            for name, field in self.fields.items()
        )
        return [pair for pair in pairs if pair.theirs != pair.mine]


def _joined(field: forms.Field, theirs: Any, mine: list[str]) -> list[str]:
    if isinstance(field, ChoicesField):
        return [*mine, *(slug for slug in theirs or () if slug not in mine)]
    if isinstance(field, forms.BooleanField):
        return mine or (["on"] if theirs else [])
    text = "" if theirs is None else str(theirs)
    if isinstance(field, ProseField):
        typed = field.to_python("".join(mine))
        return ["\n\n".join(dict.fromkeys(part for part in (text, typed) if part))]
    return mine if any(mine) else [text]


def _in_words(field: forms.Field, value: Any) -> str:
    if isinstance(field, ChoicesField):
        slugs = (item if isinstance(item, str) else item.slug for item in value or ())
        return ", ".join(field.labels[slug].text for slug in slugs if slug in field.labels)
    if isinstance(field, forms.BooleanField):
        return gettext("yes") if value else ""
    if isinstance(field, forms.ChoiceField):
        choices: Any = field.choices
        named = {str(key): str(name) for key, name in choices if key != ""}
        return named.get(str(value), "")
    if isinstance(value, date):
        return date_format(value)
    return str(value or "")


def _doubt(texts: Iterable[Text]) -> str:
    """Return what is wanting in some of the texts, said once for the whole group."""
    doubts = sorted({text.unchecked for text in texts if text.unchecked})
    return gettext("These names are %(doubts)s.") % {"doubts": ", ".join(doubts)} if doubts else ""


def _labels(texts: Iterable[Text]) -> list[Label]:
    return [Label(text.slug, text.label) for text in texts]


def _as_thought(pattern: PatternGuide) -> SafeString:
    """Return a pattern's choice: the thoughts first, for one knows them by their words."""
    thoughts = format_html_join(" ", "<q>{}</q>", ((point.text,) for point in pattern.thoughts))
    return format_html('{} <span class="soft small">{}</span>', thoughts, pattern.title)


def _slugs(labels: Iterable[Label]) -> list[str]:
    return [label.slug for label in labels]


def put_caret_into(form: forms.Form, name: str) -> None:
    """Let the page open with the caret in that box; after errors, their summary has it."""
    if not form.is_bound:
        form.fields[name].widget.attrs["autofocus"] = True


class _NumberSelect(forms.Select):
    """Drawn at once, not choice by choice. Nobody changes its choices: copies share them."""

    __deepcopy__ = forms.Widget.__deepcopy__

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        """Return the select with ``value`` chosen, or nothing."""
        given = {
            "attrs": {"name": name, **self.build_attrs(self.attrs, attrs)},
            "choices": self.choices,
            "chosen": "" if value is None else str(value),
        }
        return draw("number_select.jinja", given)


class NumberField(forms.TypedChoiceField):
    """A choice of 0 to 10 or nothing, named for a screen reader: it stands in a table.

    Copies share the choices, as they do their widget's: a passage has two dozen of such fields.
    """

    def __init__(self, label: Any) -> None:
        super().__init__(
            label=label,
            choices=[("", "–"), *((str(number), str(number)) for number in range(11))],
            coerce=int,
            empty_value=None,
            required=False,
            widget=_NumberSelect(attrs={"aria-label": label}),
        )

    __deepcopy__ = forms.Field.__deepcopy__


class AllianceFields:
    """The four own items in three views, as fields ``<prefix>_<view>_<item>``."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self._made = {
            name: NumberField(format_lazy("{}, {}", ALLIANCE_ITEMS[item], ALLIANCE_VIEWS[view]))
            for view, item, name in self._names()
        }

    def _names(self) -> Iterable[tuple[str, str, str]]:
        for view in ALLIANCE_VIEWS:
            for item in ALLIANCE_ITEMS:
                yield view, item, f"{self.prefix}_{view}_{item}"

    def fields(self) -> dict[str, forms.Field]:
        return {name: deepcopy(field) for name, field in self._made.items()}

    def held(self, alliance: Alliance) -> dict[str, Any]:
        return {name: getattr(getattr(alliance, view), item) for view, item, name in self._names()}

    def read(self, data: Mapping[str, Any]) -> Alliance:
        return Alliance(
            **{
                view: Items(
                    **{item: data[f"{self.prefix}_{view}_{item}"] for item in ALLIANCE_ITEMS}
                )
                for view in ALLIANCE_VIEWS
            }
        )

    def holds_anything(self, form: forms.Form) -> bool:
        """Tell whether ``form`` shows a number in any of them, typed or held."""
        return any(form[name].value() not in {None, ""} for _view, _item, name in self._names())

    def rows(self, form: forms.Form) -> list[tuple[Promise, list[forms.BoundField]]]:
        """Return, for the table, each item with its fields in the order of the views."""
        return [
            (title, [form[f"{self.prefix}_{view}_{item}"] for view in ALLIANCE_VIEWS])
            for item, title in ALLIANCE_ITEMS.items()
        ]


BEFORE = AllianceFields("before")
AFTER = AllianceFields("after")
NOW = AllianceFields("now")


class HappenedForm(PassageForm):
    """What happened."""

    passage = "happened"

    title = LineField(
        label=_("A title"), help_text=_("Or leave it: the case code stands in for it.")
    )
    tags = TagsField(
        label=_("Tags"),
        help_text=_("Your own words to find it by, with commas between them. Never shared."),
    )
    case_code = CodeField(label=_("Case code"))
    occurred_on = forms.DateField(
        label=_("Day of the therapy session"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    took_place = ProseField(
        label=_("What took place?"),
        help_text=_("As a camera might have seen it. What you made of it comes later."),
        rows=8,
    )
    client_words = ProseField(label=_("What did they say, as near as you remember?"), rows=4)
    surfaced = ProseField(
        label=_("How did it surface?"),
        help_text=_("In the room, in a message, through silence, from somebody else."),
        rows=3,
    )
    strain = forms.TypedChoiceField(
        label=_("How strained was it?"),
        help_text=_("0 is hardly, 5 is as bad as it gets. Nothing is scored."),
        choices=[("", _("not said")), *((str(number), str(number)) for number in range(6))],
        coerce=int,
        empty_value=None,
        required=False,
        widget=forms.RadioSelect(
            attrs={"class": "scale", "data-low": _("hardly"), "data-high": _("very")}
        ),
    )

    def __init__(
        self, *args: Any, codes: Iterable[str] = (), begins: bool = False, **kwargs: Any
    ) -> None:
        self.codes = tuple(codes)
        super().__init__(*args, **kwargs)
        if begins:  # What was written before is opened to read, and to go on by key.
            put_caret_into(self, "took_place")

    def build(self) -> None:
        held = self.document.happened
        self.fields["case_code"].help_text = _code_hint(self.codes)
        self.fields["kinds"] = ChoicesField(
            _labels(self.guide.kinds), held.kinds, shape="picks", label=_("Where was the strain?")
        )
        kept = [held.movement] if held.movement else []
        self.moves = {label.slug: label for label in (*_labels(self.guide.movements), *kept)}
        self.fields["movement"] = forms.ChoiceField(
            label=_("Which way did they move?"),
            choices=[
                ("", _("not said")),
                *((label.slug, label.text) for label in self.moves.values()),
            ],
            required=False,
            widget=forms.RadioSelect(attrs={"class": "picks"}),
        )
        named = self.guide.markers
        away, against = self._markers(held)
        self.fields["withdrawing"] = ChoicesField(
            _labels(named.withdrawal),
            away,
            shape="picks",
            help_text=_doubt(named.withdrawal),
            label=_("Signs of moving away"),
        )
        self.fields["confronting"] = ChoicesField(
            _labels(named.confrontation),
            against,
            shape="picks",
            help_text=_doubt(named.confrontation),
            label=_("Signs of moving against"),
        )
        self.fields.update(BEFORE.fields())
        self.fields.update(AFTER.fields())

    def _markers(self, part: Happened) -> tuple[list[Label], list[Label]]:
        """Return the chosen signs of moving away, and all others."""
        slugs = {text.slug for text in self.guide.markers.withdrawal}
        away = [label for label in part.markers if label.slug in slugs]
        return away, [label for label in part.markers if label.slug not in slugs]

    @property
    def opens_signs(self) -> bool:
        """Whether the signs of moving away or against are shown unasked: typed, and refused."""
        return self.is_bound and any(
            self[name].value() for name in ("movement", "withdrawing", "confronting")
        )

    @property
    def opens_alliance(self) -> bool:
        """Whether the own items are shown unasked: numbers were typed, and the page refused."""
        return self.is_bound and any(items.holds_anything(self) for items in (BEFORE, AFTER))

    @property
    def alliance(self) -> list[tuple[Promise, list[tuple[Promise, list[forms.BoundField]]]]]:
        """The two tables of own items, each with its heading."""
        return [(_("Before it happened"), BEFORE.rows(self)), (_("Since"), AFTER.rows(self))]

    def doubts(self, document: Document) -> dict[str, str]:
        asked = {
            "occurred_on": doubt_about_day(document),
            "case_code": doubt_about_code(document),
        }
        return {name: doubt for name, doubt in asked.items() if doubt}

    def held(self, document: Document) -> dict[str, Any]:
        part = document.happened
        away, against = self._markers(part)
        return {
            "title": document.title,
            "tags": join_tags(document.tags),
            "case_code": part.case_code,
            "occurred_on": part.occurred_on,
            "took_place": part.took_place,
            "client_words": part.client_words,
            "surfaced": part.surfaced,
            "kinds": _slugs(part.kinds),
            "movement": part.movement.slug if part.movement else "",
            "withdrawing": _slugs(away),
            "confronting": _slugs(against),
            "strain": part.strain,
            **BEFORE.held(part.before),
            **AFTER.held(part.after),
        }

    def rewrite(self, document: Document) -> Document:
        data = self.cleaned_data
        return msgspec.structs.replace(
            document,
            title=data["title"],
            tags=split_tags(data["tags"]),
            happened=Happened(
                case_code=data["case_code"],
                occurred_on=data["occurred_on"],
                took_place=data["took_place"],
                client_words=data["client_words"],
                surfaced=data["surfaced"],
                kinds=data["kinds"],
                movement=self.moves.get(data["movement"]),
                markers=(*data["withdrawing"], *data["confronting"]),
                strain=data["strain"],
                before=BEFORE.read(data),
                after=AFTER.read(data),
            ),
        )


class ReactionForm(PassageForm):
    """My reaction."""

    passage = "reaction"

    no_pattern = forms.BooleanField(label=_("None of these"), required=False)
    something_else = ProseField(label=_("Something else went through my mind"), rows=2)
    own_words = ProseField(
        label=_("In my own words"),
        help_text=_(
            "The thought as it came, however unfair. Only you read it, unless you share it."
        ),
        rows=7,
    )

    def build(self) -> None:
        held = self.document.reaction
        self.fields["feelings"] = ChoicesField(
            _labels(self.guide.feelings), held.feelings, shape="picks", label=_("What did I feel?")
        )
        self.fields["amplifiers"] = ChoicesField(
            _labels(self.guide.amplifiers),
            held.amplifiers,
            shape="picks",
            label=_("Was it stronger because …"),
        )
        self.fields["patterns"] = ChoicesField(
            [Label(pattern.slug, pattern.title) for pattern in self.guide.patterns.values()],
            held.patterns,
            shown={slug: _as_thought(pattern) for slug, pattern in self.guide.patterns.items()},
            label=_("Do I recognise one of these thoughts?"),
            help_text=_("More than one may fit. Each opens its prompts under Looking again."),
        )
        self.order_fields(
            ["feelings", "amplifiers", "patterns", "no_pattern", "something_else", "own_words"]
        )

    def held(self, document: Document) -> dict[str, Any]:
        part = document.reaction
        return {
            "feelings": _slugs(part.feelings),
            "amplifiers": _slugs(part.amplifiers),
            "patterns": _slugs(part.patterns),
            "no_pattern": part.no_pattern,
            "something_else": part.something_else,
            "own_words": part.own_words,
        }

    def rewrite(self, document: Document) -> Document:
        data = self.cleaned_data
        none = data["no_pattern"] and not data["patterns"]
        return msgspec.structs.replace(document, reaction=Reaction(**{**data, "no_pattern": none}))


class LookingAgainForm(PassageForm):
    """Looking again: the prompts of the chosen patterns, and always my part in it."""

    passage = "looking_again"
    ANSWER = re.compile(r"^answer_(?P<slug>[-\w]+)$")
    MY_PART = _("What was my part in it?")

    def build(self) -> None:
        self.prompts = {answer.prompt: answer for answer in self._offered()}
        patterns = self.guide.patterns.values()
        hints = {prompt.slug: prompt.hint for pattern in patterns for prompt in pattern.prompts}
        for slug, answer in self.prompts.items():
            self.fields[f"answer_{slug}"] = ProseField(
                label=answer.question, help_text=hints.get(slug, "")
            )
        self.fields["my_part"] = ProseField(
            label=self.MY_PART,
            help_text=_("You can own a part without accepting every detail of their account."),
        )

    @property
    def groups(self) -> list[tuple[Label, list[forms.BoundField]]]:
        """The prompts' fields by the thought they belong to, in the order they are offered."""
        found: dict[Label, list[forms.BoundField]] = {}
        for slug, answer in self.prompts.items():
            thought = Label(answer.pattern, answer.pattern_title)
            found.setdefault(thought, []).append(self[f"answer_{slug}"])
        return list(found.items())

    def _offered(self) -> Iterable[Answer]:
        """Give each prompt to show, once: those of the chosen patterns, then any answered before
        or just posted, so that no answer is dropped when a choice of pattern changes."""
        answered = {answer.prompt: answer for answer in self.document.looking_again.answers}
        chosen = {label.slug for label in self.document.reaction.patterns}
        posted = {match["slug"] for name in self.data if (match := self.ANSWER.match(name))}
        for pattern in self.guide.patterns.values():
            for prompt in pattern.prompts:
                if prompt.slug in answered:
                    yield answered.pop(prompt.slug)
                elif pattern.slug in chosen or prompt.slug in posted:
                    yield Answer(
                        prompt=prompt.slug,
                        question=prompt.text,
                        pattern=pattern.slug,
                        pattern_title=pattern.title,
                        text="",
                    )
        yield from answered.values()

    def held(self, document: Document) -> dict[str, Any]:
        part = document.looking_again
        return {
            **{f"answer_{answer.prompt}": answer.text for answer in part.answers},
            "my_part": part.my_part,
        }

    def rewrite(self, document: Document) -> Document:
        answers = tuple(
            msgspec.structs.replace(answer, text=text)
            for slug, answer in self.prompts.items()
            if (text := self.cleaned_data[f"answer_{slug}"])
        )
        return msgspec.structs.replace(
            document,
            looking_again=LookingAgain(answers=answers, my_part=self.cleaned_data["my_part"]),
        )


class TheirSideForm(PassageForm):
    """Their side."""

    passage = "their_side"

    their_voice = ProseField(
        label=_("A few lines in their voice"),
        help_text=_("As they might tell it to a friend. A guess, to be tested together later."),
        rows=8,
    )

    def build(self) -> None:
        held = self.document.their_side
        chosen = {label.slug for label in self.document.reaction.patterns}
        # A choice posted from a page that was opened before the patterns changed stays possible.
        posted = set(self.posted.getlist("realities"))
        offered = [
            Label(reality.slug, reality.text)
            for pattern in self.guide.patterns.values()
            for reality in pattern.realities
            if pattern.slug in chosen or reality.slug in posted
        ]
        if offered or held.realities:
            self.fields["realities"] = ChoicesField(
                offered, held.realities, label=_("Which of these ring true for them?")
            )
        self.order_fields(["realities", "their_voice"])

    def held(self, document: Document) -> dict[str, Any]:
        part = document.their_side
        return {"realities": _slugs(part.realities), "their_voice": part.their_voice}

    def rewrite(self, document: Document) -> Document:
        return msgspec.structs.replace(
            document,
            their_side=TheirSide(
                realities=self.cleaned_data.get("realities", ()),
                their_voice=self.cleaned_data["their_voice"],
            ),
        )


class RepairForm(PassageForm):
    """Repair: strategies now or later, words, the serious-harm question, the day to look back."""

    passage = "repair"

    plan = ProseField(
        label=_("What do I want to do?"),
        help_text=_("And what do I want to leave out, this time?"),
    )
    words = ProseField(label=_("Words I might use"), rows=4)
    serious_harm = forms.ChoiceField(
        label=_("Could there be serious harm here?"),
        help_text=_(
            "For instance a boundary violation, sexual contact, exploitation, discrimination, "
            "risk, a complaint, or their getting worse."
        ),
        choices=[("", _("not said")), *SERIOUS_HARM.items()],
        required=False,
        widget=forms.RadioSelect(attrs={"class": "picks"}),
    )
    follow_up_on = DayAheadField(
        label=_("Look back on"),
        help_text=_("Mend puts it on your first page that day. Only the date is kept in clear."),
        # A day set elsewhere since is not set back by a page that was opened before.
        show_hidden_initial=True,
    )

    def __init__(self, *args: Any, follow_up_on: date | None = None, **kwargs: Any) -> None:
        self.held_follow_up = follow_up_on
        super().__init__(*args, **kwargs)

    def build(self) -> None:
        held = {strategy.slug: strategy for strategy in self.document.repair.strategies}
        self.titles = {slug: strategy.title for slug, strategy in self.guide.strategies.items()}
        self.titles.update({slug: strategy.title for slug, strategy in held.items()})
        for slug, title in self.titles.items():
            self.fields[f"strategy_{slug}"] = forms.ChoiceField(
                label=title,
                choices=[("", _("not this")), ("now", _("now")), ("later", _("later"))],
                required=False,
                widget=forms.RadioSelect(attrs={"class": "picks"}),
            )
        self.fields["steps"] = ChoicesField(
            _labels((*self.guide.steps, *self.guide.harm_steps)),
            self.document.repair.steps,
            label=_("Steps this may also need"),
        )

    def clean_follow_up_on(self) -> date | None:
        """Return the day; one that was set before may be over, a new one may not."""
        day: date | None = self.cleaned_data["follow_up_on"]
        if self.sets_look_back:
            DayAheadField.refuse_unlikely(day)
        return day

    def doubts(self, document: Document) -> dict[str, str]:
        day = self.next_look_back if self.is_bound and self.sets_look_back else None
        if day is None or day >= timezone.localdate():
            return {}
        asked = gettext(
            "Is this day right? %(day)s is over. It is kept as you typed it, and Mend asks you to "
            "look back at once."
        )
        return {"follow_up_on": asked % {"day": date_format(day, "j F Y")}}

    @property
    def strategies(self) -> list[tuple[forms.BoundField, StrategyGuide | None]]:
        """Each strategy's choice with what the guide says of it (None where it no longer does)."""
        return [(self[f"strategy_{slug}"], self.guide.strategies.get(slug)) for slug in self.titles]

    def held(self, document: Document) -> dict[str, Any]:
        part = document.repair
        return {
            "plan": part.plan,
            "words": part.words,
            "serious_harm": part.serious_harm,
            "steps": _slugs(part.steps),
            "follow_up_on": self.held_follow_up,
            **{f"strategy_{strategy.slug}": strategy.when for strategy in part.strategies},
        }

    def rewrite(self, document: Document) -> Document:
        data = self.cleaned_data
        strategies = tuple(
            Strategy(slug=slug, title=title, when=when)
            for slug, title in self.titles.items()
            if (when := data[f"strategy_{slug}"])
        )
        return msgspec.structs.replace(
            document,
            repair=msgspec.structs.replace(
                document.repair,
                strategies=strategies,
                words=data["words"],
                plan=data["plan"],
                serious_harm=data["serious_harm"],
                steps=data["steps"],
            ),
        )


class CaptureForm(forms.Form):
    """Capture a moment: one box, a case code, and whether it goes by itself.

    ``codes`` are the person's own, which no suggestion repeats.
    """

    LASTS = timedelta(days=7)

    took_place = ProseField(
        label=_("What happened, in a line or two?"),
        required=True,
        rows=6,
        error_messages={"required": _("Write a word or two, then save.")},
    )
    case_code = CodeField(label=_("Case code"))
    expires = forms.BooleanField(
        label=_("Gone in 7 days unless I keep it"),
        help_text=_(
            "Then it is removed for good: nobody can bring it back. A backup may hold it, sealed, "
            "until that backup is replaced. Going on with it, finishing or sharing it keeps it."
        ),
        required=False,
    )
    entry = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, codes: Iterable[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.codes = tuple(codes)
        self.fields["case_code"].help_text = _code_hint(self.codes)
        put_caret_into(self, "took_place")

    @property
    def expires_at(self) -> datetime | None:
        """When it goes by itself; None where it stays."""
        return timezone.now() + self.LASTS if self.cleaned_data["expires"] else None

    def document(self) -> Document:
        """Return a new document holding what was captured."""
        return Document(
            happened=Happened(
                case_code=self.cleaned_data["case_code"],
                took_place=self.cleaned_data["took_place"],
            )
        )


def _now_in_one_word() -> str:
    return timezone.now().isoformat().replace("+00:00", "Z")


class WatchForm(forms.Form):
    """Words or phrases to watch for, one to a line."""

    MAX_LENGTH = 80

    words = ProseField(
        label=_("Words to add, one to a line"),
        help_text=_(
            "A name, a village, a firm, a nickname. Accents and capitals make no difference."
        ),
        required=True,
        rows=3,
        error_messages={"required": _("Write a word or two, then add them.")},
    )

    def clean_words(self) -> list[str]:
        """Return the lines that hold something."""
        lines = [" ".join(line.split()) for line in self.cleaned_data["words"].splitlines()]
        for line in lines:
            if len(line) > self.MAX_LENGTH:
                raise forms.ValidationError(
                    _("A line may hold up to %(limit)d characters. Nothing was lost: shorten it."),
                    params={"limit": self.MAX_LENGTH},
                )
            if line and not any(letter.isalnum() for letter in line):
                raise forms.ValidationError(
                    _("“%(line)s” has no letter to look for."), params={"line": line}
                )
        if not any(lines):
            raise forms.ValidationError(self.fields["words"].error_messages["required"])
        return [line for line in lines if line]


class RetagForm(forms.Form):
    """A tag, and what it is to be called from now on; nothing takes it away."""

    old = forms.CharField(widget=forms.HiddenInput)
    new = TypedField(required=False)
    remove = forms.BooleanField(required=False)

    def clean(self) -> dict[str, Any]:
        """Hold the new name to what a tag may be; taking away has to be said."""
        data = super().clean() or {}
        typed = data.get("new") or ""
        if data.get("remove"):
            return {**data, "new": ""}
        new = split_tags(typed) if len(typed) <= MAX_TAGS else ()
        if len(new) != 1:
            self.add_error("new", _("Write one tag, without a comma. Nothing was changed."))
        elif len(new[0]) > LONGEST_TAG:
            message = _("A tag holds up to %(limit)d characters. Nothing was changed.")
            self.add_error("new", message % {"limit": LONGEST_TAG})
        return {**data, "new": new[0] if new else ""}


class LookBackForm(forms.Form):
    """Looking back: on which day, what I did, how they met it, where it stands, what I learned."""

    occurred_on = forms.DateField(
        label=_("On which day?"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("The day it is about, if that is not the day you write this."),
    )
    did = ProseField(label=_("What did I do?"))
    met = ProseField(label=_("How did they meet it?"))
    standing = forms.ChoiceField(
        label=_("Where does it stand?"),
        choices=[("", _("not said")), *STANDINGS.items()],
        required=False,
        widget=forms.RadioSelect(attrs={"class": "picks"}),
    )
    learned = ProseField(label=_("What did I learn?"), rows=4)
    follow_up_on = DayAheadField(
        label=_("Look back again on"),
        help_text=_("Leave it empty to be reminded no more."),
        # A day set elsewhere since is not set back by a page that was opened before.
        show_hidden_initial=True,
    )
    noted_at = forms.DateTimeField(widget=forms.HiddenInput)

    def __init__(
        self,
        data: Any = None,
        *,
        look: LookBack | None = None,
        follow_up_on: date | None = None,
        earlier: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        self.look_held, self.day_held = look, follow_up_on
        super().__init__(data, initial=self._held(), **kwargs)
        self.fields.update(NOW.fields())
        for name, said in (earlier or {}).items():
            self.fields[f"{NOW.prefix}_{name}"].help_text = said
        self.fields["noted_at"].initial = _now_in_one_word
        self.fields["occurred_on"].initial = timezone.localdate

    def _held(self) -> dict[str, Any]:
        look, day = self.look_held, self.day_held
        if look is None:
            # Looking back on the day itself, or after it, is what one was to be reminded of.
            return {"follow_up_on": day} if day and day > timezone.localdate() else {}
        held = {name: getattr(look, name) for name in ("did", "met", "standing", "learned")}
        noted_at = look.noted_at.isoformat()
        return {
            **held,
            **NOW.held(look.alliance),
            "noted_at": noted_at,
            "occurred_on": day_of_look(look),
            "follow_up_on": day,
        }

    def clean_noted_at(self) -> datetime:
        """Return when it was noted; now, where the page's own clock cannot be meant."""
        if self.look_held is not None:
            return self.look_held.noted_at
        noted_at: datetime = self.cleaned_data["noted_at"]
        now = timezone.now()
        return noted_at if now - DayAheadField.MOST <= noted_at <= now + timedelta(days=1) else now

    def clean_occurred_on(self) -> date | None:
        """Return the day it is about: not one to come."""
        day: date | None = self.cleaned_data["occurred_on"]
        if day is not None and not is_likely(day, seen_from=timezone.localdate()):
            raise forms.ValidationError(
                _("This day cannot be meant. Choose one up to today; nothing was lost."),
                code="unlikely",
            )
        return day

    def clean_follow_up_on(self) -> date | None:
        """Return the day; the one that is set already may be over, a new one may not."""
        day: date | None = self.cleaned_data["follow_up_on"]
        if self.sets_follow_up:
            DayAheadField.refuse_over(day)
        return day

    @property
    def sets_follow_up(self) -> bool:
        """Whether the day to look back again was changed on this page, since it was opened."""
        return "follow_up_on" in self.changed_data

    @property
    def opens_alliance(self) -> bool:
        """Whether the own items are shown unasked: they hold numbers."""
        return NOW.holds_anything(self)

    @property
    def alliance(self) -> list[tuple[Promise, list[tuple[Promise, list[forms.BoundField]]]]]:
        """The table of own items, with its heading."""
        return [(_("Between us now"), NOW.rows(self))]

    def clean(self) -> dict[str, Any]:
        """Ask for at least one word or choice."""
        data = super().clean() or {}
        said = [data.get(name) for name in ("did", "met", "standing", "learned")]
        rated = [data.get(name) for name in NOW.fields()]
        if not any(said) and all(number is None for number in rated) and not self.errors:
            raise forms.ValidationError(_("Write something, or choose where it stands."))
        return data

    def look(self) -> LookBack:
        """Return the look back that was noted. ``noted_at`` tells a retry from a second one."""
        data = self.cleaned_data
        return LookBack(
            noted_at=data["noted_at"],
            occurred_on=data["occurred_on"],
            did=data["did"],
            met=data["met"],
            standing=data["standing"],
            learned=data["learned"],
            alliance=NOW.read(data),
        )


class RemindForm(forms.Form):
    """When to be asked again."""

    CHOICES = ("tomorrow", "week", "month", "day", "never")

    when = forms.ChoiceField(choices=[(one, one) for one in CHOICES])
    on = DayAheadField(label=_("A day of my own"))

    def clean(self) -> dict[str, Any]:
        """Work out the day, by the clock of who asks: ``follow_up_on``, None for never."""
        data = super().clean() or {}
        day = data.get("on")
        if data.get("when") == "day":
            if day is None and "on" not in self.errors:
                self.add_error("on", _("Choose a day, or one of the other answers."))
            try:
                DayAheadField.refuse_over(day)
            except forms.ValidationError as error:
                self.add_error("on", error)
        data["follow_up_on"] = _day(data.get("when", ""), day)
        return data


def _day(when: str, day: date | None) -> date | None:
    today = timezone.localdate()
    after = {"tomorrow": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=28)}
    return today + after[when] if when in after else day if when == "day" else None


PASSAGE_FORMS: dict[str, type[PassageForm]] = {
    form.passage: form
    for form in (HappenedForm, ReactionForm, LookingAgainForm, TheirSideForm, RepairForm)
}


def asked_by(*kinds: type[forms.Form]) -> dict[str, Question]:
    """Return what forms ask, by the names of the fields that are declared in them."""
    return {
        name: Question(field.label, is_written=_is_written(field))
        for kind in kinds
        for name, field in kind.base_fields.items()
        if field.label or _is_written(field)
    }


def _is_written(field: forms.Field) -> bool:
    """Tell whether people write what they like into a field."""
    is_box = isinstance(field.widget, forms.Textarea) or (
        getattr(field.widget, "input_type", "") == "text"
    )
    return isinstance(field, forms.CharField) and is_box
