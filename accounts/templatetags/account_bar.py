"""In the bar of whoever is signed in: the lock, and their own pages. ``{% account_bar %}``."""

from django.template import Context, Library
from django.utils.safestring import SafeString

from config.jinja import draw

register = Library()
_FRAME = ("user", "vault_state", "vault_locks_at", "vault_minutes_left", "csrf_token")


@register.simple_tag(takes_context=True)
def account_bar(context: Context) -> SafeString:
    """Draw it from what ``accounts.context_processors.mend`` found."""
    request = context["request"]
    place = {"path": request.path, "full_path": request.get_full_path()}
    return draw("account_bar.jinja", {**place, **{name: context[name] for name in _FRAME}})
