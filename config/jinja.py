"""The Jinja environment in which the rows of long lists are drawn (``templates/rows/``)."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext, ngettext
from jinja2 import Environment, StrictUndefined


def environment(**options: Any) -> Environment:
    """Return it: escaping, strict about what is not there, with Django's translations."""
    made = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        loader=options["loader"],
        auto_reload=options["auto_reload"],
    )
    made.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    made.globals["url"] = reverse
    return made
