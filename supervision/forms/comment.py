"""Commenting: what is asked. Whether it may be done, the actions decide."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from reflection.document import Label, Passage
from reflection.forms import ProseField
from reflection.queries.guide import Text
from supervision.models.comment import COMMENT_LIMIT
from supervision.said import MOST_WORDS, Anchor, NotThere, Said, ThereTwice, find_words


class Lenses:
    """The lenses that a comment can look through, as the guide has them."""

    def __init__(self, texts: Iterable[Text] = ()) -> None:
        self.texts = tuple(texts)

    def __bool__(self) -> bool:
        return bool(self.texts)

    def beside(self, kept: Label | None) -> list[tuple[Label, str]]:
        """Return each lens with its question; one chosen before stays if the guide dropped it."""
        found = [(Label(text.slug, text.title), text.text) for text in self.texts]
        if kept is not None and all(label.slug != kept.slug for label, _question in found):
            found.append((kept, ""))
        return found


class LensSelect(forms.RadioSelect):
    """The lenses as a quiet list; the question of the chosen one is shown."""

    template_name = "supervision/lenses.html"
    questions: dict[str, str]

    def _render(
        self, template_name: str, context: dict[str, Any], renderer: object = None
    ) -> SafeString:
        """Look for the template among the site's, where Django's own forms do not look."""
        return render_to_string(template_name, context)

    def create_option(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(*args, **kwargs)
        option["question"] = self.questions.get(str(option["value"]), "")
        return option


class CommentForm(forms.Form):
    """A comment beside a passage, on words within it, or an answer to another comment.

    The page makes the comment's id beforehand, so that a button pressed twice sends one. ``place``
    is where on the page the form stands. ``passages`` are the copy's: the words are looked for in
    the one that was posted. ``before`` is the time of the words that it was opened with, if any.
    ``cleaned_data`` has the `Anchor` as ``anchor`` and the lens as a `Label`.
    """

    comment = forms.UUIDField(required=False, widget=forms.HiddenInput, initial=uuid4)
    passage = forms.CharField(widget=forms.HiddenInput)
    parent = forms.UUIDField(required=False, widget=forms.HiddenInput)
    at = forms.CharField(required=False, widget=forms.HiddenInput)
    before = forms.CharField(required=False, widget=forms.HiddenInput, empty_value=None)
    about = ProseField(
        label=_("About which words?"),
        limit=MOST_WORDS,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto", "class": "short"}),
        help_text=_("Copy them here from the passage, or leave this empty."),
    )
    text = ProseField(
        label=_("Your comment"),
        limit=COMMENT_LIMIT,
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto", "class": "short"}),
        required=True,
        help_text=_("Up to 20,000 characters."),
        error_messages={"required": _("Write something first.")},
    )

    def __init__(
        self,
        *args: Any,
        place: str = "",
        passages: Sequence[Passage] = (),
        lenses: Lenses | None = None,
        kept_lens: Label | None = None,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("auto_id", f"id_{place}_%s" if place else "id_%s")
        super().__init__(*args, **kwargs)
        self.place = place
        self.passages = {passage.slug: passage for passage in passages}
        self.is_answer = place.startswith(("answer", "edit"))
        if self.is_answer:
            del self.fields["about"], self.fields["at"]
        if not place.startswith(("held", "edit")):
            del self.fields["before"]
        self.labels: dict[str, Label] = {}
        if lenses and not self.is_answer:
            self._offer(lenses.beside(kept_lens))

    @classmethod
    def holding(
        cls, said: Said, *, place: str, passage: str, before: str, **kwargs: Any
    ) -> "CommentForm":
        """Return a form that shows what was said, to put other words into it."""
        initial: dict[str, Any] = {"passage": passage, "text": said.text, "before": before}
        if said.anchor is not None:
            initial |= {"about": said.anchor.words, "at": said.anchor.place}
        if said.lens is not None:
            initial["lens"] = said.lens.slug
        return cls(initial=initial, place=place, kept_lens=said.lens, **kwargs)

    def _offer(self, lenses: list[tuple[Label, str]]) -> None:
        self.labels = {label.slug: label for label, _question in lenses}
        widget = LensSelect()
        widget.questions = {label.slug: question for label, question in lenses}
        self.fields["lens"] = forms.ChoiceField(
            label=_("Looking at"),
            required=False,
            widget=widget,
            choices=[
                ("", _("Nothing in particular")),
                *((slug, label.text) for slug, label in self.labels.items()),
            ],
        )

    @property
    def has_lens(self) -> bool:
        """Whether a lens is chosen, so that the list stands open."""
        return "lens" in self.fields and bool(self["lens"].value())

    def clean_text(self) -> str:
        """Refuse what is only spaces."""
        text: str = self.cleaned_data["text"]
        if not text.strip():
            raise ValidationError(_("Write something first."), code="required")
        return text

    def clean_lens(self) -> Label | None:
        """Return the lens with the words it has now."""
        return self.labels.get(self.cleaned_data["lens"])

    def clean(self) -> dict[str, Any]:
        """Find the words that it is about."""
        cleaned = super().clean() or {}
        words = cleaned.pop("about", "")
        near = cleaned.pop("at", "")
        cleaned.setdefault("lens", None)
        cleaned["anchor"] = None
        passage = self.passages.get(cleaned.get("passage", ""))
        if words.strip() and passage is not None:
            cleaned["anchor"] = self._found(passage, words, near)
        return cleaned

    def _found(self, passage: Passage, words: str, near: str) -> Anchor | None:
        try:
            return find_words(passage, words, near=near)
        except NotThere:
            self.add_error(
                "about",
                _(
                    "These words do not stand in this passage. Nothing was lost: copy them just as "
                    "they stand there, or leave this empty."
                ),
            )
        except ThereTwice:
            self.add_error(
                "about",
                _(
                    "These words stand in this passage more than once. Nothing was lost: copy a "
                    "few more around them."
                ),
            )
        return None


class LateForm(forms.Form):
    """A comment that came too late, to be kept among what its author holds, as it was typed.

    ``held``: it was to change that one, as it was ``before``. ``cleaned_data`` has what `keep_late`
    takes.
    """

    comment = forms.UUIDField(required=False, widget=forms.HiddenInput)
    passage = forms.CharField(widget=forms.HiddenInput)
    parent = forms.UUIDField(required=False, widget=forms.HiddenInput)
    held = forms.UUIDField(required=False, widget=forms.HiddenInput)
    before = forms.CharField(required=False, widget=forms.HiddenInput, empty_value=None)
    lens = forms.CharField(required=False, widget=forms.HiddenInput)
    text = ProseField(
        label=_("Your comment"),
        limit=COMMENT_LIMIT,
        widget=forms.Textarea(attrs={"rows": 10, "dir": "auto", "readonly": True}),
        required=True,
    )

    place = ""

    def __init__(self, *args: Any, lenses: Lenses | None = None, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", "id_late_%s")
        super().__init__(*args, **kwargs)
        offered = lenses.beside(None) if lenses else []
        self.labels = {label.slug: label for label, _question in offered}

    @classmethod
    def typed(cls, posted: QueryDict, *, held: UUID | None = None, place: str = "") -> "LateForm":
        """Return a form with what was typed into another one, at that ``place``."""
        given = {name: posted.get(name, "") for name in cls.base_fields}
        form = cls(initial=given | ({"held": held} if held else {}))
        form.place = place
        return form

    def clean_lens(self) -> Label | None:
        """Return the lens with the words it has now."""
        return self.labels.get(self.cleaned_data["lens"])
