"""Mend's addresses, and some more: that fail with text in hand, and that leak it on purpose."""

import json
import logging
import tempfile
import uuid
from pathlib import Path
from typing import Any

import msgspec
from celery import current_app
from django.conf import settings
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import DataError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template import engines
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from config import urls
from config.urls import handler400, handler403, handler404, handler500
from reflection.document import Document
from reflection.models import Entry
from vault.access import VaultRequest
from vault.decorators import unlocked_required

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


def _message(text: str, document: Document) -> None:
    try:
        raise KeyError(text)
    except KeyError as error:
        raise ValueError(f"{text} in {document}") from error


def _database(text: str, document: Document) -> None:
    # As a database's own message would quote the row.
    raise DataError(f"invalid input: {text}\nDETAIL: Failing row contains ({document}).")


def _encoding(text: str, document: Document) -> None:
    text.encode("ascii", "strict")
    text.encode("utf-16").decode("ascii")


def _parsing(text: str, document: Document) -> None:
    json.loads(text)


def _deciding(text: str, document: Document) -> None:
    msgspec.convert({"schema": text}, type=Document)


def _rendering(text: str, document: Document) -> None:
    source = "{{ text.nothing.here }}{{ document.title.nobody }}{% include text %}"
    engines["django"].from_string(source).render({"text": text, "document": document})


BREAKS = {
    "message": _message,
    "database": _database,
    "encoding": _encoding,
    "parsing": _parsing,
    "deciding": _deciding,
    "rendering": _rendering,
}


@unlocked_required
def breaks(request: VaultRequest, pk: uuid.UUID, kind: str) -> HttpResponse:
    """Open an entry in a transaction and fail, with its text and what was posted in hand."""
    with transaction.atomic():
        entry = get_object_or_404(Entry.objects.owned_by(request.user), pk=pk)
        document = entry.open(request.vault.keys)
        BREAKS[kind](request.POST["took_place"], document)
    raise AssertionError("it was to fail")


@csrf_exempt
def leaks(request: HttpRequest) -> HttpResponse:
    """Leave the posted text in each place where the search looks: the search's own trial."""
    text = request.POST["text"]
    request.session["leak"] = [text] * 50  # long enough for Django to pack it
    cache.set("leak", {"text": text})
    logging.getLogger("reflection.leak").debug("leak: %s", text)
    with tempfile.NamedTemporaryFile("w", prefix="leak-", delete=False) as file:
        file.write(text)
    default_storage.save("leak.txt", ContentFile(text.encode()))
    (Path(settings.STATIC_ROOT) / "leak.txt").write_text(text, encoding="utf-16")
    current_app.send_task("tests.canaries.leak", [text], queue="leaks")
    return HttpResponse("leaked")


def memory(request: HttpRequest) -> HttpResponse:
    """Return the bytes of a cache that is kept in this process's memory."""
    kept: dict[str, Any] = getattr(cache, "_cache", {})
    return HttpResponse(repr(dict(kept)), content_type="text/plain")


urlpatterns = [
    *urls.urlpatterns,
    path("canaries/breaks/<uuid:pk>/<slug:kind>/", breaks, name="canary_breaks"),
    path("canaries/leaks/", leaks, name="canary_leaks"),
    path("canaries/memory/", memory, name="canary_memory"),
]
