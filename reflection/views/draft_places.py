"""Where drafts of the journal belong: a passage, a capture, a look back."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from reflection import actions
from reflection.actions import AlreadyBegun, Conflict
from reflection.document import UNREADABLE, Document, LookBack
from reflection.drafts import LOOKED_AT, Draft, Found, Place, is_held
from reflection.forms import (
    PASSAGE_FORMS,
    CaptureForm,
    LineField,
    LookBackForm,
    PassageForm,
    ProseField,
)
from reflection.history import compare
from reflection.models import Entry, EntryVersion
from reflection.opening import CannotBeRead, open_entry
from reflection.queries.guide import guide
from reflection.reading import PASSAGE_TITLES, passages, title_of
from reflection.views.captures import journal_capture
from reflection.views.journal import conflicted
from reflection.views.looking_back import entry_look_back, look_back_edit
from vault.access import Locked, VaultRequest


class PassagePlace:
    """One of the passages of a reflection. Keeping is a save like any other of that page."""

    def look(self, request: VaultRequest, draft: Draft) -> Found:
        """Compare with what stands. Raises `CannotBeRead`."""
        entry, document = _standing(request, draft)
        form = _form(draft, entry, document)
        is_valid = form.is_valid()
        mine = form.rewrite(document) if is_valid else document
        keys = request.vault.keys_for(entry.vault_id)
        held = is_valid and is_held(draft, entry, keys=keys, now=document, mine=mine)
        return Found(
            belongs=_belongs(draft, entry),
            is_held=held,
            keep=_("Keep this text") if is_valid and not held else "",
            back=reverse("journal_list"),
            compare=lambda: compare(document, mine),
            passages=passages(mine, only=[draft.place]) if is_valid else [],
            to_copy=_loose(draft, form),
            is_valid=is_valid,
        )

    def keep(self, request: VaultRequest, draft: Draft) -> HttpResponseBase:
        """Save it as its own page would have; a later text is never overwritten."""
        entry, document = _standing(request, draft)
        form = _form(draft, entry, document)
        form.full_clean()
        if entry._state.adding:
            try:
                entry = actions.begin_entry(
                    by=request.user,
                    keys=request.vault.keys,
                    document=form.rewrite(Document()),
                    pk=entry.pk,
                    source=draft.source,
                )
            except AlreadyBegun:  # A second press of the button.
                entry, _document = open_entry(request, entry.pk)
            return redirect("entry_write", pk=entry.pk, passage=draft.place)
        outcome = actions.save_passage(
            by=request.user,
            keys=request.vault.keys_for(entry.vault_id),
            pk=entry.pk,
            passage=draft.place,
            rewrite=form.rewrite,
            source=draft.source,
            keeps_standing=True,
            follow_up_on=form.next_look_back,
            sets_follow_up=form.sets_look_back,
        )
        if isinstance(outcome, Conflict):
            return conflicted(request, outcome, form)
        return redirect("entry_write", pk=entry.pk, passage=draft.place)


class CapturePlace:
    """A moment that was being captured. Keeping saves the capture, under the id its page made."""

    def look(self, request: VaultRequest, draft: Draft) -> Found:
        """Tell whether the capture was saved after all, now or among its earlier texts."""
        form = CaptureForm(draft.posted)
        is_valid = form.is_valid()
        held = False
        if is_valid:
            said = form.document().happened
            held = any(
                (one.happened.took_place, one.happened.case_code)
                == (said.took_place, said.case_code)
                for one in _texts_of(request, draft.thing)
            )
        is_begun = Entry.objects.all_of(request.user).has(draft.thing)
        unsaved = _("It was typed under “Capture a moment”. Keep it, and it waits in your journal.")
        other = _(
            "It was typed under “Capture a moment”, which you saved with other words. Copy it from "
            "here, and go on where that is."
        )
        return Found(
            belongs=other if is_begun else unsaved,
            is_held=held,
            keep=_("Keep this text") if is_valid and not is_begun else "",
            back=reverse("capture_list" if is_begun else "journal_capture"),
            texts=() if is_begun else draft.texts(CaptureForm),
            to_copy=draft.texts(CaptureForm) if is_begun else (),
        )

    def keep(self, request: VaultRequest, draft: Draft) -> HttpResponseBase:
        """Save it as its own page would have."""
        return journal_capture(draft.post(request))


class LookBackPlace:
    """A look back at a reflection, noted anew or changed."""

    def look(self, request: VaultRequest, draft: Draft) -> Found:
        """Tell whether it was saved after all; where its reflection is deleted, say so."""
        form = LookBackForm(draft.posted)
        # A day that is over meanwhile is asked for again; the words are none the worse.
        look = form.look() if not set(form.errors) - {"follow_up_on"} else None
        parts = passages(Document(looking_back=(look,)), only=["looking_back"]) if look else []
        shown: dict[str, Any] = {"passages": parts}
        if look is None:
            shown = {"to_copy": draft.texts(LookBackForm)}
        try:
            entry, document = open_entry(request, draft.thing)
        except (Http404, CannotBeRead):
            return Found(
                _(
                    "It is a look back at a reflection that is not open to you now: it may have "
                    "been deleted. Bring that back under Journal, Deleted, then look here again; "
                    "or copy the text."
                ),
                back=reverse("journal_list"),
                **shown,
            )
        return Found(
            belongs=_("It is a look back at “%(title)s”.") % {"title": title_of(document)},
            is_held=look is not None and self._holds(request, entry, look),
            keep=_("Keep this text"),
            back=reverse("entry_read", args=[entry.pk]),
            **shown,
        )

    def keep(self, request: VaultRequest, draft: Draft) -> HttpResponseBase:
        """Save it as its own page would have; what was changed meanwhile is shown beside it."""
        if draft.detail != "change":
            return entry_look_back(draft.post(request), pk=draft.thing)
        return look_back_edit(draft.post(request), pk=draft.thing, place=0)

    def _holds(self, request: VaultRequest, entry: Entry, look: LookBack) -> bool:
        said = _words(look)
        return any(
            said == _words(one)
            for document in _texts_of(request, entry.pk)
            for one in document.looking_back
        )


JOURNAL: dict[str, Place] = {
    **dict.fromkeys(PASSAGE_FORMS, PassagePlace()),
    "capture": CapturePlace(),
    "look-back": LookBackPlace(),
}


# --- Parts ---------------------------------------------------------------------------------------


def _standing(request: VaultRequest, draft: Draft) -> tuple[Entry, Document]:
    """Return the entry as it stands, an empty one where none was ever saved.

    For one that is in the bin an empty one stands in, always the same: kept twice, it is one.
    """
    pk = draft.thing
    if Entry.objects.deleted_by(request.user).has(pk):
        pk = uuid.uuid5(pk, draft.source.page)
    try:
        return open_entry(request, pk)
    except Http404:
        vault_id = request.vault.keys.vault_id
        return Entry(pk=pk, owner=request.user, vault_id=vault_id, revision=0), Document()


def _belongs(draft: Draft, entry: Entry) -> str:
    title = {"passage_title": PASSAGE_TITLES[draft.place]}
    if entry.pk != draft.thing:
        return _(
            "It belongs to “%(passage_title)s” of a reflection that has since been deleted. Keep "
            "it, and it becomes a reflection of its own."
        ) % title  # fmt: skip
    if entry._state.adding:
        return _(
            "It belongs to “%(passage_title)s” of a reflection that was never saved. Keep it, and "
            "that reflection is begun."
        ) % title  # fmt: skip
    return _(
        "It belongs to “%(passage_title)s”. Keep it, and what stands now is still found among the "
        "earlier texts."
    ) % title  # fmt: skip


def _form(draft: Draft, entry: Entry, document: Document) -> PassageForm:
    given: dict[str, Any] = {"document": document, "guide": guide()}
    if draft.place == "repair":
        given["follow_up_on"] = entry.follow_up_on
    return PASSAGE_FORMS[draft.place](draft.posted, **given)


def _loose(draft: Draft, form: PassageForm) -> list[tuple[str | Promise, str]]:
    """Return texts that would not be saved with the rest: of boxes that are too full, or gone."""
    boxes = {
        name for name, field in form.fields.items() if isinstance(field, ProseField | LineField)
    }
    found: list[tuple[str | Promise, str]] = []
    for name in draft.posted:
        text = str(draft.posted.get(name, ""))
        if name in boxes and name in form.errors:
            found.append((form.fields[name].label or "", text))
        elif name not in form.fields and name.startswith("answer_") and text.strip():
            found.append((_("An answer whose question is no longer chosen"), text))
    return found


def _texts_of(request: VaultRequest, pk: uuid.UUID) -> Iterable[Document]:
    """Give what an entry of one's own says and said, deleted or not, as far as it opens."""
    entry = Entry.objects.all_of(request.user).find(pk)
    if entry is None:
        return
    texts: list[Entry | EntryVersion] = [entry, *EntryVersion.objects.of(entry)[:LOOKED_AT]]
    for text in texts:
        try:
            yield text.open(request.vault.keys_for(entry.vault_id))
        except (Locked, *UNREADABLE):
            continue


def _words(look: LookBack) -> tuple[object, ...]:
    """Return what a look back says, whenever it was noted."""
    return look.did, look.met, look.standing, look.learned, look.alliance
