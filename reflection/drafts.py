"""What a browser kept sealed because it was not saved or sent: opened, and shown where it belongs.

The browser seals the fields of a form to the public key of its writer's vault (static/js/seal.js),
bound to the vault, the thing it is about, the place there and the person. See ADR 014.

A *thing* is a reflection, a share or a meeting, by its id; a *place* is one of its forms: a
passage, ``look-back``, ``comment.new-happened``. What comes before the dot names the `Place` that
knows what becomes of such a text. An app tells of its places in its ``AppConfig.ready``
(`add_places`), so that this floor needs to know nothing of shares.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import msgspec
from django import forms
from django.forms.utils import flatatt
from django.http import HttpResponseBase, QueryDict
from django.utils.crypto import get_random_string
from django.utils.functional import Promise
from django.utils.safestring import SafeString

from reflection.actions import Source
from reflection.document import Document, Passage
from reflection.forms import LineField, ProseField
from reflection.history import ChangedBlock
from reflection.models import Entry, EntryVersion
from vault import crypto
from vault.access import VaultAccess, VaultRequest
from vault.crypto import CannotOpen, VaultKeys

LOOKED_AT = 50  # Earlier texts that are searched for what a draft says, newest first.


# --- The page that is written on -----------------------------------------------------------------


@dataclass(frozen=True)
class Sealing:
    """What a form's script needs to seal what is typed there: nothing secret.

    ``page`` is that opened form's own: another tab's text of the same place is another draft. A
    form shown again, with what was typed into it, has the page that it had.
    """

    writer: uuid.UUID
    thing: uuid.UUID
    place: str
    page: str
    vault: uuid.UUID
    key: bytes

    @property
    def attributes(self) -> SafeString:
        """Return them as attributes of the form's tag."""
        context = crypto.browser_draft(self.vault, self.thing, self.place, self.writer)
        told = {
            "vault": self.vault,
            "to": self.key.hex(),
            "info": crypto.sealing_info(context).hex(),
        }
        return self.naming + _attributes(told)

    @property
    def naming(self) -> SafeString:
        """Return those alone by which the browser names what it keeps of the form."""
        return _attributes(
            {"writer": self.writer, "thing": self.thing, "place": self.place, "page": self.page}
        )


def _attributes(told: Mapping[str, object]) -> SafeString:
    return flatatt({f"data-seal-{name}": value for name, value in told.items()})


def sealing(request: VaultRequest, thing: uuid.UUID, place: str, page: str) -> Sealing | None:
    """Return what a form at ``place`` of ``thing`` tells its script; None where there is no vault.

    What stands between the colons of a name in the browser can be no colon itself.
    """
    vault = request.vault.vault
    if vault is None:
        return None
    key, page = bytes(vault.public_key), page.replace(":", "")
    return Sealing(request.user.pk, thing, place, page, vault.pk, key)


def opened_page(request: VaultRequest) -> str:
    """Return the name of the opened page: a new one, or what it was posted with."""
    return request.POST.get("page", "")[:32] or get_random_string(16)


# --- What a browser kept -------------------------------------------------------------------------


@dataclass(frozen=True)
class Draft:
    """What was typed into one form, as that would have posted it."""

    thing: uuid.UUID
    place: str
    posted: QueryDict

    @property
    def kind(self) -> str:
        """The name of the `Place`."""
        return self.place.partition(".")[0]

    @property
    def detail(self) -> str:
        """Where in such a place, if it says so."""
        return self.place.partition(".")[2]

    def post(self, request: VaultRequest) -> VaultRequest:
        """Return ``request`` as if the form itself had posted the text now."""
        posted = self.posted.copy()
        posted._mutable = False
        request.POST = posted  # type: ignore[assignment]
        return request

    def texts(self, kind: type[forms.Form]) -> list[tuple[str | Promise, str]]:
        """Return what was typed into the boxes of a form, each with what that asks."""
        boxes = {
            name: field
            for name, field in kind.base_fields.items()
            if isinstance(field, ProseField | LineField)
        }
        found = ((field, str(self.posted.get(name, ""))) for name, field in boxes.items())
        return [(field.label or "", text) for field, text in found if text.strip()]

    @property
    def source(self) -> Source:
        """The opened page it comes from, as that page's next save would have said it."""
        return Source(
            revision=_number(self.posted.get("revision")),
            page=str(self.posted.get("page", ""))[:32],
            turn=_number(self.posted.get("turn")),
        )


def open_draft(
    *,
    access: VaultAccess,
    person: uuid.UUID,
    vault: uuid.UUID,
    thing: uuid.UUID,
    place: str,
    sealed: bytes,
) -> Draft:
    """Return what the browser sealed. Raises ``CannotOpen``, and ``Locked`` for a sealed vault."""
    owned = next((one for one in (access.vault, *access.sealed) if one and one.pk == vault), None)
    if owned is None:
        raise CannotOpen
    private_key = access.keys_for(vault).private_key(bytes(owned.wrapped_private_key))
    context = crypto.browser_draft(vault, thing, place, person)
    data = crypto.unpad(crypto.open_sealed(private_key, sealed, context))
    try:
        fields = msgspec.json.decode(data, type=list[tuple[str, str]])
    except msgspec.MsgspecError as error:
        raise CannotOpen from error
    posted = QueryDict(mutable=True)
    for name, value in fields:
        posted.appendlist(name, value)
    return Draft(thing, place, posted)


# --- What Mend makes of it -----------------------------------------------------------------------


@dataclass(frozen=True)
class Found:
    """What Mend makes of a draft.

    ``belongs`` says where it belongs and, where it cannot go there any more, why. ``is_held``: Mend
    has the text. ``keep`` is what the button says, nothing where it can only be read and copied.
    ``back`` is the address of the page it belongs to. The rest shows the text; what is ``to_copy``
    stands exactly as it was typed. ``compare`` gives what keeping it changes: only a page that
    shows it has the words compared.
    """

    belongs: str
    is_held: bool = False
    keep: str = ""
    back: str = "/"
    hint: str = ""
    compare: Callable[[], Sequence[ChangedBlock]] = tuple
    passages: Sequence[Passage] = ()
    texts: Sequence[tuple[str | Promise, str]] = ()
    to_copy: Sequence[tuple[str | Promise, str]] = ()
    is_valid: bool = True

    @cached_property
    def changes(self) -> Sequence[ChangedBlock]:
        """What keeping it changes, block by block."""
        return self.compare()


class Place(Protocol):
    """Where a draft belongs. Who may write there, and what then, the place's own page decides."""

    def look(self, request: VaultRequest, draft: Draft) -> Found:
        """Return what is known of the draft. It changes nothing, and refuses to show nothing."""

    def keep(self, request: VaultRequest, draft: Draft) -> HttpResponseBase:
        """Do what the button says."""


_places: dict[str, Place] = {}


def add_places(places: Mapping[str, Place]) -> None:
    """Have drafts of these kinds looked at and kept by what an app says here."""
    _places.update(places)


def find_place(place: str) -> Place | None:
    """Return what knows of drafts of that place, or None where there is no such place."""
    return _places.get(place.partition(".")[0])


def is_held(draft: Draft, entry: Entry, *, keys: VaultKeys, now: Document, mine: Document) -> bool:
    """Tell whether the journal has the draft's text: now, or among the entry's earlier texts.

    What the same page has sent since holds it too (`Source.is_overtaken`).
    """
    changed = now.changed.get(draft.place)
    if mine == now or (changed is not None and draft.source.is_overtaken(changed)):
        return True
    versions = EntryVersion.objects.of(entry)[:LOOKED_AT]
    said = _said(mine, draft.place)
    return any(_holds(version, keys, draft.place, said) for version in versions)


def _holds(version: EntryVersion, keys: VaultKeys, passage: str, said: tuple[object, ...]) -> bool:
    earlier = version.open_if_whole(keys)
    # A damaged one holds nothing: the draft is offered.
    return earlier is not None and _said(earlier, passage) == said


def _said(document: Document, passage: str) -> tuple[object, ...]:
    part = getattr(document, passage)
    return (part, document.title) if passage == "happened" else (part,)


def _number(text: str | list[object] | None) -> int:
    text = text if isinstance(text, str) else ""
    return int(text) if text.isdecimal() and len(text) < 10 else 0
