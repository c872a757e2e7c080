"""Opening one's own entry for a page, and what is said where it does not open."""

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import Http404, HttpResponseBase
from django.shortcuts import render

from reflection.document import UNREADABLE, Document
from reflection.models import Entry, EntryVersion
from vault.access import Locked, VaultRequest

P = ParamSpec("P")
View = Callable[Concatenate[VaultRequest, P], HttpResponseBase]


class CannotBeRead(Exception):
    """One's own entry that does not open here: damaged, or in an earlier, sealed vault."""

    def __init__(self, entry: Entry, *, is_sealed: bool) -> None:
        super().__init__()
        self.entry = entry
        self.is_sealed = is_sealed


def says_what_cannot_be_read(view: View[P]) -> View[P]:
    """Answer `CannotBeRead` with a page that says why and what to do; nothing is changed."""

    @wraps(view)
    def answered(request: VaultRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except CannotBeRead as error:
            context = {
                "entry": error.entry,
                "is_sealed": error.is_sealed,
                "has_earlier": EntryVersion.objects.of(error.entry).exists(),
            }
            return render(request, "reflection/entry_broken.html", context, status=409)

    return answered


def open_entry(request: VaultRequest, pk: uuid.UUID) -> tuple[Entry, Document]:
    """Return one's entry and what it holds. Raises ``Http404``, and `CannotBeRead`."""
    entry = Entry.objects.one_of(request.user, pk)
    if entry is None:
        raise Http404
    return entry, _opened(request, entry)


def hold_entry(request: VaultRequest, pk: uuid.UUID) -> tuple[Entry, Document]:
    """Return the same, held until the transaction ends: nobody changes it meanwhile."""
    try:
        entry = Entry.objects.locked(request.user, pk)
    except Entry.DoesNotExist as error:
        raise Http404 from error
    return entry, _opened(request, entry)


def _opened(request: VaultRequest, entry: Entry) -> Document:
    try:
        return entry.open(request.vault.keys_for(entry.vault_id))
    except (Locked, *UNREADABLE) as error:
        raise CannotBeRead(entry, is_sealed=isinstance(error, Locked)) from error


def open_if_whole(request: VaultRequest, pk: uuid.UUID) -> tuple[Entry, Document | None]:
    """Return one's entry and what it holds, None where that is damaged: it has earlier texts.

    Raises ``Http404``, and `CannotBeRead` for one in a sealed vault.
    """
    try:
        return open_entry(request, pk)
    except CannotBeRead as error:
        if error.is_sealed:
            raise
        return error.entry, None


def read_number(text: str) -> int:
    """Return a number that a page sent of itself; 0, the oldest, where it sent none."""
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def read_uuid(text: str) -> uuid.UUID | None:
    """Return the id that a page or an address carries, or None where it is none."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
