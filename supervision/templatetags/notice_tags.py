"""In the bar of every page: how much somebody has not seen yet. ``{% notices_bar %}``."""

from typing import Any

from django import template
from django.template import Context

from accounts.access import has_way
from supervision.bar import MOST, ask

register = template.Library()
_DAYS = "days_to_look_back"


@register.inclusion_tag("supervision/notices_bar.html", takes_context=True)
def notices_bar(context: Context) -> dict[str, Any]:
    """Show how many notifications were not seen, and the way to them; nothing where there are none.

    The days to look back, which the bar shows too, are counted in the same query.
    """
    request = context.get("request")
    user = getattr(request, "user", None)
    if request is None or user is None or not has_way(request, "supervision"):
        return {"number": 0}
    found = ask(request, user, with_days=context.get(_DAYS) is None)
    context.setdefault(_DAYS, found["due"])
    number = found["unseen"]
    return {"number": number, "said": f"{MOST - 1}+" if number >= MOST else str(number)}
