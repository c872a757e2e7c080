"""In the bar of every page: how much somebody has not seen yet. ``{% notices_bar %}``."""

from django import template
from django.template import Context
from django.utils.safestring import SafeString

from accounts.access import has_way, number_of
from accounts.jinja import draw

register = template.Library()
MOST = 100


@register.simple_tag(takes_context=True)
def notices_bar(context: Context) -> SafeString:
    """Show how many notifications were not seen, and the way to them; nothing where there are none.

    From `MOST` on it says that there are more than can be looked at.
    """
    request = context.get("request")
    if request is None or not has_way(request, "supervision"):
        return SafeString("")
    number = number_of(request, "unseen")
    if not number:
        return SafeString("")
    said = f"{MOST - 1}+" if number >= MOST else str(number)
    return draw("notices_bar.jinja", {"number": number, "said": said})
