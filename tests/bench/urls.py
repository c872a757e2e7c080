"""Mend's own addresses, and beside them two bare views to compare its pages with.

Both stand behind the same middleware and ask who is signed in, so that what is compared is what a
page does, not what stands before every page. One gives back bytes it was handed beforehand; the
other fetches fifty rows as the list or the desk does, and writes them out with as little as a
template can: no decryption, no queues, no frame.
"""

import os
from datetime import timedelta
from functools import cache
from pathlib import Path

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from config.urls import handler400, handler403, handler404, handler500
from config.urls import urlpatterns as mend
from reflection import actions
from reflection.models import Entry
from supervision.models import Share

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

ROWS = 50
if os.environ.get("MEND_BENCH_KEEPS_ALL"):
    # Every save puts the text before it aside, which it otherwise does once in five minutes.
    actions.KEEP_EVERY = timedelta(0)


@cache
def _kept(name: str) -> bytes:
    return (Path(os.environ["MEND_BENCH_BARE"]) / name).read_bytes()


@csrf_exempt
@login_not_required
def bare(request: HttpRequest, name: str) -> HttpResponse:
    """Return the bytes kept under ``name``; a post is read first, as every form's is."""
    request.POST.get("")
    request.user.is_authenticated  # noqa: B018 - asks the session, as every page does
    return HttpResponse(_kept(name))


_LIST = """<!DOCTYPE html><title>{{ title }}</title><ol>{% for row in rows %}
<li class="entry"><b>{{ row.created_at|date:"j M Y" }}</b>
<a href="{% url 'entry_read' row.pk %}">{{ row.pk }}</a>
{% if row.finished_at %}Finished {{ row.finished_at|date:"j M Y" }}{% else %}Not finished{% endif %}
<p>{{ row.revision }} {{ row.follow_up_on|date:"j M Y" }}</p></li>{% endfor %}</ol>"""
_DESK = """<!DOCTYPE html><title>{{ title }}</title><ol>{% for row in rows %}
<li class="entry"><b>{{ row.shared_at|date:"j M Y" }}</b>
<a href="{% url 'share_read' row.pk %}">{{ row.supervisee.name }}</a>
<p>{{ row.get_purpose_display }} until {{ row.expires_at|date:"j M Y" }}</p>
{% if not row.opened_at %}New{% endif %} version {{ row.version }}, {{ row.comment_count }}
</li>{% endfor %}</ol>"""


def fifty(request: HttpRequest, name: str) -> HttpResponse:
    """Return fifty rows of the reader's, ``list`` or ``desk``, written out plainly."""
    user = request.user
    if name == "list":
        rows = Entry.objects.owned_by(user).newest_first()  # type: ignore[arg-type]
        source = _LIST
    else:
        rows = Share.objects.received_by(user).listed()  # type: ignore[arg-type, assignment]
        source = _DESK
    context = {"title": "Fifty rows", "rows": rows[:ROWS]}
    return HttpResponse(_template(source).render(context, request))


@cache
def _template(source: str):  # type: ignore[no-untyped-def]
    return engines["django"].from_string(source)


urlpatterns = [*mend, path("bare/<slug:name>/", bare), path("fifty/<slug:name>/", fifty)]
