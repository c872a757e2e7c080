"""What of the journal stands on other pages: its own row of links, and two places in the bar."""

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from django import template
from django.template import Context
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.access import has_way, number_of
from accounts.addresses import address_of
from accounts.days import date_said, day_said
from accounts.jinja import draw
from reflection.document import PASSAGES, Passage
from reflection.listing import Row
from reflection.models import Entry
from reflection.reading import day_of_look
from reflection.search.terms import Folded, Term, marked
from reflection.strain import strain_marks

register = template.Library()
_DAY = "j F Y"
register.simple_tag(strain_marks, name="strain")
register.simple_tag(address_of, name="address")


@register.simple_tag(takes_context=True)
def entry_rows(
    context: Context, rows: Sequence[Row], shared: Mapping[UUID, SafeString] | None = None
) -> SafeString:
    """Draw ``rows`` of a list; ``shared`` says with whom each entry is shared, by its id."""
    given = {"rows": rows, "shared": shared or {}, "csrf_token": context["csrf_token"]}
    return draw("entries.jinja", given)


register.filter("day_of_look", day_of_look)


@register.simple_tag(takes_context=True)
def entry_tags(context: Context, tags: Sequence[str]) -> SafeString:
    """Draw an entry's tags, each a way to all that have it; nothing where it has none."""
    if not tags:
        return SafeString("")
    return draw("tags.jinja", {"tags": tags, "csrf_token": context["csrf_token"]})


@register.simple_tag
def entry_steps(steps: Sequence[Mapping[str, Any]], entry: Entry, form_id: str = "") -> SafeString:
    """Draw the steps of an entry: links, or buttons that save the form of that id and go."""
    return draw("steps.jinja", {"steps": steps, "entry": entry, "form_id": form_id})


@register.simple_tag
def entry_dates(entry: Entry) -> SafeString:
    """Say when an entry was begun, saved and finished, and when to look back on it."""
    finished, saved = entry.finished_at, timezone.localtime(entry.updated_at)
    given = {
        "begun": day_said(entry.created_at, _DAY),
        "saved": date_format(saved, "j F, H:i"),
        "finished": day_said(finished, _DAY) if finished else "",
        "follow_up": date_said(entry.follow_up_on, _DAY) if entry.follow_up_on else "",
    }
    return draw("entry_dates.jinja", given)


@register.simple_tag(takes_context=True)
def entry_actions(context: Context, entry: Entry, passages: Sequence[Passage]) -> SafeString:
    """Draw what can be done with an entry that is read: share, finish or look back."""
    given = {"entry": entry, "is_written": bool(passages), "csrf_token": context["csrf_token"]}
    return draw("entry_actions.jinja", given)


@register.simple_tag(takes_context=True)
def entry_foot(context: Context, entry: Entry) -> SafeString:
    """Draw what can be done with it at its end: print, mark as unfinished, delete."""
    return draw("entry_foot.jinja", {"entry": entry, "csrf_token": context["csrf_token"]})


@register.simple_tag
def entry_beside(entry: Entry, steps: Sequence[Mapping[str, Any]]) -> SafeString:
    """Draw what stands beside an entry that is read: its steps, and where else to go."""
    return draw("entry_beside.jinja", {"entry": entry, "steps": steps})


@register.simple_tag(takes_context=True)
def passage_read(context: Context, passage: Passage, entry: Entry) -> SafeString:
    """Draw a passage of ``entry`` with its title, and the way to write in it.

    Looking back is written elsewhere than the five passages.
    """
    is_written = passage.slug in PASSAGES and passage.slug != "looking_back"
    address = address_of("entry_write", entry.pk, passage.slug) if is_written else ""
    return draw("passage_read.jinja", {**_marked(context, passage), "address": address})


@register.simple_tag(takes_context=True)
def passage_blocks(context: Context, passage: Passage) -> SafeString:
    """Draw a passage as it is read, marked where a search led to the page (``found_terms``)."""
    return draw("passage.jinja", _marked(context, passage))


def _marked(context: Context, passage: Passage) -> dict[str, Any]:
    terms: Sequence[Term] = context.get("found_terms") or ()
    return {"passage": passage, "marked": partial(_with_marks, terms) if terms else _as_it_is}


def _as_it_is(text: str) -> str:
    return text


def _with_marks(terms: Sequence[Term], text: str) -> SafeString:
    """Return ``text`` with what a search looked for marked, for ``linebreaks`` to set.

    A mark ends with its line, so that it stands inside one paragraph.
    """
    pieces = marked(text, Folded(text).spans(terms))
    return format_html_join(
        "",
        "{}",
        (
            (format_html("<mark>{}</mark>", line) if piece.is_found and line.strip() else line,)
            for piece in pieces
            for line in _lines(piece.text)
        ),
    )


def _lines(text: str) -> list[str]:
    """Return the lines of ``text`` and what stands between them."""
    return re.split(r"(\r\n|\r|\n)", text)


@register.simple_tag(takes_context=True)
def journal_nav(context: Context) -> SafeString:
    """Draw the journal's pages, each with its label and whether one is on it."""
    path = context["request"].path
    offered = [
        (_("Reflections"), "journal_list"),
        (_("Captures"), "capture_list"),
        (_("Cases"), "case_list"),
        (_("Search"), "journal_search"),
        (_("Insights"), "journal_insights"),
        (_("Export"), "journal_export"),
    ]
    found = [(label, address_of(name)) for label, name in offered]
    deepest = max((url for _label, url in found if path.startswith(url)), key=len, default="")
    pages = [{"label": label, "url": url, "current": url == deepest} for label, url in found]
    return draw("journal_nav.jinja", {"pages": pages})


@register.simple_tag(takes_context=True)
def journal_bar(context: Context) -> SafeString:
    """Show who keeps a journal the way to a capture, and how many days to look back have come.

    The number is the days', which stand in clear: it is shown while the journal is locked as well,
    and says nothing of what is in it.
    """
    request = context.get("request")
    if request is None or not has_way(request, "journal"):
        return SafeString("")
    given = {
        "due": number_of(request, "due"),
        "is_capturing": request.path == address_of("journal_capture"),
    }
    return draw("journal_bar.jinja", given)
