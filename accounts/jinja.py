"""The Jinja environment of ``templates/jinja/``, and how Django's templates show what it draws."""

from collections.abc import Mapping, MutableMapping
from typing import Any

from django.forms import renderers
from django.template import TemplateDoesNotExist
from django.template.defaultfilters import linebreaks_filter, urlencode
from django.template.loader import get_template
from django.templatetags.static import static
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext
from jinja2 import Environment, StrictUndefined

from accounts.addresses import address_of
from accounts.days import day_said

ENGINE = "jinja"


class Widgets(renderers.Jinja2):
    """Draws widgets by the Jinja templates that come with Django.

    The admin's own widgets have Django's alone.
    """

    _others = renderers.DjangoTemplates()

    def get_template(self, template_name: str) -> Any:
        """Return the template in the one language or the other."""
        try:
            return super().get_template(template_name)
        except TemplateDoesNotExist:
            return self._others.get_template(template_name)


class _Environment(Environment):
    """What all templates are given is known before the first is loaded: a plain dictionary will do.

    Jinja's own chain of two takes longer to read, once for each template and each inclusion, than
    most of these templates take to draw.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return what a template finds beside what it is drawn with."""
        return {**self.globals, **(d or {})}


def environment(**options: Any) -> Environment:
    """Return it: escaping, strict about what is not there, with Django's translations."""
    made = _Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=options["loader"],
        auto_reload=options["auto_reload"],
    )
    made.globals |= {"_": _said, "counted": _counted, "url": address_of, "static": static}
    made.globals["day_said"] = day_said
    made.filters |= {"linebreaks": linebreaks_filter, "urlencode": urlencode}
    return made


def _said(text: str, **values: Any) -> str:
    """Return ``text`` in the reader's language, with ``values`` where it names them."""
    return gettext(text) % values if values else gettext(text)


def _counted(one: str, many: str, number: int) -> str:
    return ngettext(one, many, number)


def draw(name: str, given: Mapping[str, Any]) -> SafeString:
    """Return what the template ``name`` of ``templates/jinja/`` makes of ``given``."""
    drawn = get_template(name, using=ENGINE).render(dict(given))
    return mark_safe(drawn)  # noqa: S308 - the environment escapes
