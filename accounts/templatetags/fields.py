"""``{% field_drawn %}``: one field of a form, drawn by ``templates/jinja/field.jinja``."""

from typing import Any

from crispy_forms.templatetags.crispy_forms_filters import optgroups
from django import forms
from django.forms.boundfield import BoundField
from django.template import Context, Library
from django.utils.safestring import SafeString

from accounts.jinja import draw

register = Library()
# By the first of these that a widget is.
_KINDS: tuple[tuple[type[forms.Widget], str], ...] = (
    (forms.CheckboxSelectMultiple, "checkboxes"),
    (forms.RadioSelect, "radios"),
    (forms.CheckboxInput, "tick"),
    (forms.PasswordInput, "password"),
)


@register.simple_tag(takes_context=True)
def field_drawn(context: Context) -> SafeString:
    """Draw the ``field`` that crispy-forms put into the context, as it wants it shown."""
    field: BoundField = context["field"]
    kind = _kind(field)
    given: dict[str, Any] = {
        "field": field,
        "kind": kind,
        "css": field.field.widget.attrs.get("class", ""),
        "groups": optgroups(field) if kind in {"checkboxes", "radios"} else (),
        "is_optional": _is_optional(field),
        "errors": field.errors if context.get("form_show_errors") else (),
        "shows_labels": context.get("form_show_labels"),
        "wrapper_class": context.get("wrapper_class"),
        "label_class": context.get("label_class"),
    }
    return draw("field.jinja", given)


@register.filter
def leading(label: str) -> str:
    """Return the label of a field as it leads on to what is wrong; one that asks, as it is."""
    plain = str(label).rstrip(" .…:")
    return f"{plain}:" if plain and not plain.endswith("?") else plain


@register.filter
def holds_words(form: forms.BaseForm) -> bool:
    """Whether there is anything in one of the boxes of ``form`` that one writes in."""
    return any(f.value() for f in form.visible_fields() if f.widget_type in {"text", "textarea"})


def _kind(field: BoundField) -> str:
    widget = field.field.widget
    if field.is_hidden:
        return "hidden"
    found = next((kind for one, kind in _KINDS if isinstance(widget, one)), "")
    return found or ("parts" if field.use_fieldset else "box")


def _is_optional(field: BoundField) -> bool:
    """Whether a field says that it is: not one of several of which some have to be answered."""
    one_of = getattr(field.form, "one_of", ())
    return not field.field.required and field.name not in one_of and _asks(field.form)


def _asks(form: forms.BaseForm) -> bool:
    """Whether some of what a form shows has to be answered."""
    return any(one.required and not one.widget.is_hidden for one in form.fields.values())
