"""The crispy template pack `mend`: labels, hints, errors and shapes of fields."""

import re

import pytest
from crispy_forms.bootstrap import FormActions, InlineCheckboxes, InlineRadios, StrictButton
from crispy_forms.helper import FormHelper
from crispy_forms.layout import (
    Button,
    ButtonHolder,
    Column,
    Div,
    Field,
    Fieldset,
    Layout,
    MultiField,
    Row,
    Submit,
)
from django import forms
from django.forms import formset_factory
from django.template import engines
from django.test import RequestFactory

from accounts.templatetags.fields import leading


class Everything(forms.Form):
    """One field of each shape."""

    title = forms.CharField(help_text="A word or two.")
    email = forms.EmailField(required=False)
    password = forms.CharField(widget=forms.PasswordInput)
    body = forms.CharField(widget=forms.Textarea, label="Is shame shrinking this?", required=False)
    kind = forms.ChoiceField(widget=forms.RadioSelect, choices=[("goals", "Goals"), ("b", "Bond")])
    feelings = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple(attrs={"class": "picks"}),
        choices=[("sad", "sadness"), ("lost", "confusion")],
        help_text="As many as ring true.",
    )
    markers = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "two"}),
        choices=[("Withdrawal", [("denial", "denial")]), ("Confrontation", [("me", "of me")])],
    )
    strain = forms.TypedChoiceField(
        required=False,
        coerce=int,
        widget=forms.RadioSelect(attrs={"class": "scale", "low": "calm", "high": "torn"}),
        choices=[("", "unsaid"), *((n, str(n)) for n in range(6))],
    )
    who = forms.ChoiceField(choices=[("", "Choose"), ("o", "Dr Okafor")])
    on = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))
    sure = forms.BooleanField(label="I understand.", help_text="It cannot be unread.")
    token = forms.CharField(widget=forms.HiddenInput, required=False)


class TwoBoxes(forms.Form):
    """Nothing in it has to be answered."""

    one = forms.CharField(required=False)
    two = forms.CharField(required=False, widget=forms.Textarea)


def render(template: str, **context: object) -> str:
    """Return what ``template`` makes of ``context``, with runs of space as one."""
    loaded = engines["django"].from_string("{% load crispy_forms_tags %}" + template)
    return re.sub(r"\s+", " ", loaded.render(context, RequestFactory().get("/")))


def field_of(html: str, name: str) -> str:
    """Return the part of ``html`` that is the field ``name``."""
    found = re.search(rf'id="div_id_{name}".*?(?=id="div_id_|<input type="hidden"|$)', html)
    assert found, name
    return found.group()


def test_label_belongs_to_its_control() -> None:
    html = field_of(render("{{ form|crispy }}", form=Everything()), "title")
    assert '<label for="id_title"' in html
    assert 'id="id_title"' in html


def test_hint_describes_its_control() -> None:
    html = field_of(render("{{ form|crispy }}", form=Everything()), "title")
    assert 'id="id_title_helptext">A word or two.' in html
    assert 'aria-describedby="id_title_helptext"' in html


def test_field_with_an_error_is_marked_and_described() -> None:
    html = field_of(render("{{ form|crispy }}", form=Everything({})), "title")
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="id_title_helptext id_title_error"' in html
    assert '<ul class="wrong" id="id_title_error"> <li>This field is required.</li>' in html


def test_writing_box_carries_its_label_as_a_question() -> None:
    html = field_of(render("{{ form|crispy }}", form=Everything()), "body")
    assert '<label for="id_body" class="q">' in html


@pytest.mark.parametrize("name", ["kind", "feelings", "markers", "strain"])
def test_several_choices_stand_in_a_fieldset_with_a_legend(name: str) -> None:
    html = render("{{ form|crispy }}", form=Everything())
    before, inside = html.split(f'id="div_id_{name}"')
    assert before.rstrip().endswith('<fieldset class="field"')
    assert '<legend class="q">' in inside.split("</legend>")[0]


def test_group_of_radios_with_an_error_says_so_once() -> None:
    html = field_of(render("{{ form|crispy }}", form=Everything({})), "kind")
    assert 'role="radiogroup"' in html
    assert html.count("aria-invalid") == 1
    assert 'aria-describedby="id_kind_error"' in html


def test_short_choices_stand_side_by_side() -> None:
    html = field_of(
        render("{{ form|crispy }}", form=Everything({"feelings": ["lost"]})), "feelings"
    )
    assert '<div class="picks">' in html
    assert re.search(r'value="lost"[^>]*\bchecked\b', html)
    assert not re.search(r'value="sad"[^>]*\bchecked\b', html)


def test_groups_of_choices_keep_their_headings() -> None:
    html = field_of(render("{{ form|crispy }}", form=Everything()), "markers")
    assert '<div class="choices two">' in html
    assert '<p class="choice-group">Withdrawal</p>' in html


def test_scale_keeps_nought_apart_from_unsaid() -> None:
    html = field_of(render("{{ form|crispy }}", form=Everything(initial={"strain": 0})), "strain")
    assert re.search(r'value="0"[^>]*\bchecked\b', html)
    assert not re.search(r'value=""[^>]*\bchecked\b', html)
    assert html.index('value="5"') < html.index('class="unsaid"') < html.index('value=""')


def test_ends_of_a_scale_are_said_to_a_screen_reader() -> None:
    html = field_of(render("{{ form|crispy }}", form=Everything()), "strain")
    assert 'aria-describedby=" id_strain_ends"' in html
    assert '<p class="scale-ends" id="id_strain_ends"> <span>calm</span> <span>torn</span>' in html
    assert 'low="calm"' not in html


def test_password_offers_to_be_shown_and_is_never_sent_back() -> None:
    form = Everything({"password": "kept-to-myself"})
    html = field_of(render("{{ form|crispy }}", form=form), "password")
    assert 'data-reveal data-text-show="Show" data-text-hide="Hide"' in html
    assert "kept-to-myself" not in html


def test_single_checkbox_stands_before_its_words() -> None:
    html = field_of(render("{{ form|crispy }}", form=Everything()), "sure")
    assert html.index('type="checkbox"') < html.index('<label for="id_sure">')


def test_optional_is_said_only_beside_what_is_asked() -> None:
    mixed = render("{{ form|crispy }}", form=Everything())
    assert '<span class="optional">optional</span>' in field_of(mixed, "email")
    assert "optional" not in field_of(mixed, "title")
    assert "optional" not in render("{{ form|crispy }}", form=TwoBoxes())


def test_one_of_several_that_are_asked_for_together_is_not_called_optional() -> None:
    form = Everything()
    form.one_of = ("email",)  # type: ignore[attr-defined]

    assert "optional" not in field_of(render("{{ form|crispy }}", form=form), "email")


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("Title", "Title:"),
        ("Which passages?", "Which passages?"),
        ("Ask them to…", "Ask them to:"),
        ("It is for my part.", "It is for my part:"),
        ("", ""),
    ],
)
def test_label_leads_on_to_what_is_wrong(label: str, said: str) -> None:
    assert leading(label) == said


def test_what_was_typed_comes_back_whole_and_harmless() -> None:
    html = render("{{ form|crispy }}", form=Everything({"body": "</textarea><b>&amp; 🪡"}))
    assert "&lt;/textarea&gt;&lt;b&gt;&amp;amp; 🪡" in html


def test_form_without_errors_has_no_summary() -> None:
    assert "summary" not in render("{{ form|crispy }}", form=Everything())


def test_summary_of_errors_leads_to_each_field() -> None:
    html = render("{{ form|crispy }}", form=Everything({}))
    summary = html.split("</ul> </div>")[0]
    assert '<a href="#id_title"> Title: This field is required. </a>' in summary
    assert '<a href="#div_id_kind">' in summary
    assert 'id="div_id_kind" role="radiogroup" aria-invalid="true" tabindex="-1"' in html
    assert 'tabindex="-1" autofocus' in summary


def test_summary_says_what_became_of_what_was_typed() -> None:
    with_password = render("{{ form|as_crispy_errors }}", form=Everything({}))
    assert "Nothing was changed, and nothing was lost." in with_password
    assert with_password.count("A password is never sent back") == 1
    bad = TwoBoxes({"one": "x"})
    bad.add_error(None, "The two do not belong together.")
    without = render("{{ form|as_crispy_errors }}", form=bad)
    assert "<li>The two do not belong together.</li>" in without
    assert "What you wrote is still below." in without
    assert "password" not in without
    empty = TwoBoxes({})
    empty.add_error(None, "Write something in one of them.")
    assert "What you wrote" not in render("{{ form|as_crispy_errors }}", form=empty)


def test_error_of_a_hidden_field_is_shown_in_the_summary() -> None:
    form = Everything({})
    form.add_error("token", "This page is from another time.")
    assert "<li>This page is from another time.</li>" in render("{{ form|crispy }}", form=form)


def test_one_field_can_be_rendered_alone() -> None:
    html = render("{{ form.title|as_crispy_field }}", form=Everything())
    assert html.count("<label") == 1


def test_error_text_is_escaped() -> None:
    form = TwoBoxes({})
    form.add_error("one", "<b>bold</b>")
    html = render("{{ form|crispy }}", form=form)
    assert "<b>bold</b>" not in html
    assert "&lt;b&gt;bold&lt;/b&gt;" in html


def _helper(*fields: object, **attributes: object) -> FormHelper:
    helper = FormHelper()
    helper.layout = Layout(*fields)
    for name, value in attributes.items():
        setattr(helper, name, value)
    return helper


def test_whole_form_has_its_token_and_its_buttons() -> None:
    helper = FormHelper()
    helper.form_id = "boxes"
    helper.add_input(Submit("save", "Save", css_class="danger"))
    html = render("{% crispy form helper %}", form=TwoBoxes(), helper=helper)
    assert re.search(r'<form [^>]*id="boxes"[^>]*method="post"', html)
    assert "csrfmiddlewaretoken" in html
    assert re.search(
        r'<input type="submit" name="save" value="Save"[^>]*class="btn [^"]*danger', html
    )


def test_form_asked_by_get_carries_no_token() -> None:
    helper = _helper("one", form_method="get")
    html = render("{% crispy form helper %}", form=TwoBoxes(), helper=helper)
    assert "csrfmiddlewaretoken" not in html


def test_layout_objects_have_their_templates() -> None:
    helper = _helper(
        Fieldset("About <it>", Row(Column("title"), Div("email", css_class="wide"))),
        MultiField("Who", "who"),
        InlineRadios("kind"),
        InlineCheckboxes("feelings"),
        Field("body", css_class="short", wrapper_class="first"),
        ButtonHolder(Submit("a", "A")),
        FormActions(Button("b", "B"), StrictButton("C", css_class="btn quiet")),
    )
    html = render("{% crispy form helper %}", form=Everything(), helper=helper)
    assert '<div class="row' in html
    assert 'class="field first"' in html
    assert re.search(r'<textarea [^>]*class="short"', html)
    assert re.search(r'<button class="[^"]*quiet"', html)
    assert html.count("csrfmiddlewaretoken") == 1


def test_layout_shows_the_summary_of_errors() -> None:
    helper = _helper("title")
    html = render("{% crispy form helper %}", form=Everything({}), helper=helper)
    assert 'class="summary"' in html


def test_field_named_in_no_form_is_refused_aloud() -> None:
    helper = _helper("nowhere")
    with pytest.raises(Exception, match="nowhere"):
        render("{% crispy form helper %}", form=TwoBoxes(), helper=helper)


def test_formset_renders_each_form_and_its_own_errors() -> None:
    boxes = formset_factory(TwoBoxes, extra=2, max_num=1, validate_max=True)
    data = {
        "form-TOTAL_FORMS": "2",
        "form-INITIAL_FORMS": "0",
        "form-0-one": "x",
        "form-1-one": "y",
    }
    html = render("{{ formset|crispy }}", formset=boxes(data))
    assert 'name="form-TOTAL_FORMS"' in html
    assert 'id="id_form-1-one"' in html
    assert 'class="summary"' in html
    formset = boxes()
    assert "<form" in render("{% crispy formset helper %}", formset=formset, helper=FormHelper())
