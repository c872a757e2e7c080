"""``{% frame %}``: what stands around every page, drawn by ``templates/jinja/frame.jinja``."""

from functools import cache
from typing import Any

from django.template import Context, Library
from django.template.base import Node, NodeList, Parser, Token
from django.template.loader import render_to_string
from django.template.loader_tags import BlockNode
from django.urls import get_script_prefix
from django.utils.safestring import SafeString
from django.utils.translation import get_language, get_language_bidi

from accounts.jinja import draw

register = Library()


class FrameNode(Node):
    """The blocks of a page, each put into the frame under its name."""

    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist

    def render(self, context: Context) -> SafeString:
        """Return the whole page."""
        blocks = [one for one in self.nodelist if isinstance(one, BlockNode)]
        page = {block.name: block.render_annotated(context) for block in blocks}
        return draw("frame.jinja", {**page, **_around(context)})


def _around(context: Context) -> dict[str, Any]:
    """Return what the frame shows beside the page; little of it where something failed early.

    ``user`` is None for a visitor.
    """
    request, user = context.get("request"), context.get("user")
    return {
        "user": user if user is not None and user.is_authenticated else None,
        "path": request.path if request else "",
        "full_path": request.get_full_path() if request else "",
        "nav": context.get("nav"),
        "vault_state": context.get("vault_state"),
        "vault_locks_at": context.get("vault_locks_at"),
        "vault_minutes_left": context.get("vault_minutes_left"),
        "kept_for": context.get("kept_for"),
        "is_covered": context.get("is_covered"),
        "messages": context.get("messages", ()),
        "csrf_token": context.get("csrf_token", ""),
        "language": get_language() or "en-gb",
        "is_bidi": get_language_bidi(),
    }


@register.tag
def frame(parser: Parser, _token: Token) -> FrameNode:
    """Put the blocks up to ``{% endframe %}`` into the frame."""
    nodelist = parser.parse(("endframe",))
    parser.delete_first_token()
    return FrameNode(nodelist)


@register.simple_tag(takes_context=True)
def keys_sheet(context: Context) -> SafeString:
    """Draw the sheet of keys for who is signed in; for a visitor, nothing."""
    user = context.get("user")
    if user is None or not user.is_authenticated:
        return SafeString("")
    shown = bool(context.get("has_vault"))
    return _sheet(shown, user.single_keys, get_language(), get_script_prefix())


@cache
def _sheet(has_vault: bool, single_keys: bool, _language: str, _prefix: str) -> SafeString:
    """Return the sheet, drawn once in a process: it is the same on all pages of all people."""
    given = {"has_vault": has_vault, "single_keys": single_keys, "active": True}
    return render_to_string("components/shortcuts.html", given)
