"""In the bar of every page: how much somebody has not seen yet. ``{% notices_bar %}``."""

from django import template
from django.template import Context
from django.utils.safestring import SafeString

from accounts.access import has_way
from config.jinja import draw
from supervision.bar import MOST, ask

register = template.Library()
_DAYS = "days_to_look_back"


@register.simple_tag(takes_context=True)
def notices_bar(context: Context) -> SafeString:
    """Show how many notifications were not seen, and the way to them; nothing where there are none.

    The days to look back, which the bar shows too, are counted in the same query.
    """
    request = context.get("request")
    user = getattr(request, "user", None)
    if request is None or user is None or not has_way(request, "supervision"):
        return SafeString("")
    found = ask(request, user, with_days=context.get(_DAYS) is None)
    context.setdefault(_DAYS, found["due"])
    number = found["unseen"]
    if not number:
        return SafeString("")
    said = f"{MOST - 1}+" if number >= MOST else str(number)
    return draw("notices_bar.jinja", {"number": number, "said": said})
