"""Where drafts of supervision belong: a comment, an answer, one held back, a meeting's notes."""

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from uuid import UUID

import msgspec
from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from reflection.document import UNREADABLE, Passage
from reflection.drafts import LOOKED_AT, Draft, Found, Place
from reflection.history import ChangedBlock, words_changed
from reflection.opening import read_uuid
from supervision.agenda import versions_of
from supervision.conversation import read_held
from supervision.forms import CommentForm
from supervision.forms.meeting import NotesForm
from supervision.frozen import Reader
from supervision.minutes import Minutes
from supervision.models import Comment, HeldComment, Share, SupervisionMeeting
from supervision.opening import reader_of
from supervision.rules import Action
from supervision.said import HeldSaid, Said
from supervision.views.meetings.notes import meeting_notes
from supervision.views.reading import find_readable, lenses_for, share_page
from vault.access import VaultRequest
from vault.crypto import CannotOpen


class CommentPlace:
    """A form beside a copy. The detail is where on the page it stood: ``new-happened``, ``held-…``.

    Keeping puts the words back into their box: nothing is sent or held by it.
    """

    def look(self, request: VaultRequest, draft: Draft) -> Found:
        """Tell whether it was sent or held after all, and whether it still can be."""
        texts = draft.texts(CommentForm)
        share = find_readable(request, draft.thing)
        if _is_said(request, draft, share):
            return Found(_("It was typed beside a shared copy."), is_held=True, texts=texts)
        if share is None or _form(request, share, draft) is None:
            closed = _(
                "It was typed beside a copy that is not open to you any more, so it cannot be "
                "sent. It is yours to read and to copy; nobody else ever saw it."
            )
            return Found(closed, back=reverse("supervision_home"), to_copy=texts)
        back = reverse("share_read", args=[share.pk])
        if not share.allows(Action.COMMENT, request.user):
            over = _(
                "It was typed beside a shared copy, where nothing can be written any more. It is "
                "yours to read and to copy; nobody else ever saw it."
            )
            return Found(over, back=back, to_copy=texts)
        if not _can_go_on(request, share, draft):
            gone = _(
                "It was typed beside a shared copy, where its place is gone: what it answers or "
                "changes was sent, removed or closed meanwhile. Copy it from here, and write it "
                "there anew if you like."
            )
            return Found(gone, back=back, to_copy=texts)
        unsent = _("It was typed beside “%(title)s”, and neither sent nor held.")
        return Found(
            unsent % {"title": share.open(reader_of(request.user, request.vault)).title},
            keep=_("Put it back into its box"),
            hint=_("Nothing is sent by that: you see it where it was typed, and send it or not."),
            back=back,
            texts=texts,
        )

    def keep(self, request: VaultRequest, draft: Draft) -> HttpResponseBase:
        """Show the copy with the words in the box where they were typed."""
        share = find_readable(request, draft.thing)
        form = _form(request, share, draft) if share else None
        if share is None or form is None:  # Closed since it was looked at.
            return redirect("share_read", pk=draft.thing)
        messages.info(request, _("Your words are back in their box. Nothing was sent."))
        return share_page(request, share, typed=form, status=HTTPStatus.OK)


class NotesPlace:
    """The notes of a supervision meeting. Keeping is a save like any other of that page."""

    def look(self, request: VaultRequest, draft: Draft) -> Found:
        """Compare with the notes that stand, and with what they said earlier."""
        text = str(draft.posted.get("notes", "")).replace("\r\n", "\n")
        texts = draft.texts(NotesForm)
        meeting = SupervisionMeeting.objects.of_party(request.user).with_vaults().find(draft.thing)
        minutes = _read(request, meeting) if meeting else None
        if meeting is None or minutes is None:
            closed = _(
                "It belongs to the notes of a meeting that does not open here any more. It is "
                "yours to read and to copy."
            )
            return Found(closed, back=reverse("meeting_list"), to_copy=texts)
        held = _is_noted(request, draft, meeting, minutes, text)
        may = meeting.allows(Action.MINUTE, request.user) and NotesForm(draft.posted).is_valid()
        too_late = _("They cannot be changed any more: copy it from here.")
        return Found(
            _("It belongs to the notes of your meeting with %(name)s.")
            % {"name": meeting.other_party(request.user).get_full_name()},
            is_held=held,
            keep=_("Keep this text") if may else "",
            hint="" if may else too_late,
            back=reverse("meeting_read", args=[meeting.pk]),
            compare=partial(_changed, minutes.notes, text) if may and not held else list,
            to_copy=() if may and not held else texts,
        )

    def keep(self, request: VaultRequest, draft: Draft) -> HttpResponseBase:
        """Save the notes as their own page would have; a later text is never overwritten."""
        return meeting_notes(draft.post(request), pk=draft.thing)


SUPERVISION: dict[str, Place] = {"comment": CommentPlace(), "meeting": NotesPlace()}


# --- Comments ------------------------------------------------------------------------------------


def _form(request: VaultRequest, share: Share, draft: Draft) -> CommentForm | None:
    """Return the form as it was typed into; None where the copy does not open."""
    passages = _passages(share, reader_of(request.user, request.vault))
    if passages is None:
        return None
    lenses = lenses_for(request, share)
    return CommentForm(draft.posted, place=draft.detail, passages=passages, lenses=lenses)


def _where(draft: Draft) -> tuple[str, UUID | None]:
    """Return whether it is new, an answer, held or an edit, and the comment's id it goes by."""
    kind, _dash, which = draft.detail.partition("-")
    if kind in ("held", "edit"):
        return kind, read_uuid(which)
    return kind, read_uuid(str(draft.posted.get("comment", "")))


def _is_said(request: VaultRequest, draft: Draft, share: Share | None) -> bool:
    """Tell whether Mend has the comment with these words in this place, sent or held.

    A page sends a new comment once, under the id it made: one that was sent under it and changed or
    removed since, or that does not open any more, was this.
    """
    kind, pk = _where(draft)
    user, reader = request.user, reader_of(request.user, request.vault)
    mine = [one for one in Comment.objects.by(user).beside(draft.thing) if _is_place(one, draft)]
    for sent in mine:
        said = _opened(sent, share, reader)
        as_of = sent.as_of if kind == "edit" else None
        if said is not None and _says(said, draft, as_of):
            return True
        is_its_own = sent.pk == pk and kind in ("new", "answer")
        if is_its_own and (said is None or sent.edited_at):
            return True
    passages = _passages(share, reader)
    return any(
        one.held is not None
        and one.comment.pk == pk
        and _holds(one.held, draft, passages, one.comment.as_of)
        for one in read_held(user, reader)
    )


def _passages(share: Share | None, reader: Reader) -> Sequence[Passage] | None:
    """Return the copy's passages; None where it does not open."""
    try:
        return share.open(reader).passages if share else None
    except (CannotOpen, msgspec.MsgspecError):
        return None


def _holds(held: HeldSaid, draft: Draft, passages: Sequence[Passage] | None, as_of: str) -> bool:
    """Tell the same of what is held: of its place alone where the copy that has its words is shut.

    Then the words it is about cannot be told, and those that were typed have to do.
    """
    if passages is None:
        return held.said.text == _text_of(draft)
    return _says(held.in_copy(passages).said, draft, as_of)


def _is_place(sent: Comment, draft: Draft) -> bool:
    """Tell whether a comment stands where the draft was typed."""
    kind, pk = _where(draft)
    if kind in ("held", "edit"):
        return sent.pk == pk
    parent = read_uuid(str(draft.posted.get("parent", "")))
    return (sent.passage, sent.parent_id) == (draft.posted.get("passage"), parent)


def _opened(sent: Comment, share: Share | None, reader: Reader) -> Said | None:
    try:
        return sent.open(share.data_key(reader)) if share and not sent.removed_at else None
    except CannotOpen:
        return None


def _says(said: Said, draft: Draft, as_of: str | None) -> bool:
    """Tell whether the words are the same, and those they are about.

    ``as_of`` is when what the draft was to change came to say so, if that is known.
    """
    about = said.anchor.words if said.anchor else ""
    is_there = said.text == _text_of(draft) or _is_joined(said, draft, as_of)
    return is_there and _plain(about) == _plain(str(draft.posted.get("about", about)))


def _is_joined(said: Said, draft: Draft, as_of: str | None) -> bool:
    """Tell whether two tabs' texts of one comment were put together, this one at the end.

    Where it still says what the draft's page showed, what stands before was taken out there.
    """
    before = str(draft.posted.get("before", ""))
    has_changed = bool(as_of and before) and before != as_of
    return has_changed and said.text.endswith(f"\n\n{_text_of(draft)}")


def _text_of(draft: Draft) -> str:
    return str(draft.posted.get("text", "")).replace("\r\n", "\n")


def _plain(words: str) -> str:
    return " ".join(words.split()).strip("\"'“”‘’«»„").casefold()


def _can_go_on(request: VaultRequest, share: Share, draft: Draft) -> bool:
    """Tell whether the box still stands on the page of the copy, for this person."""
    kind, pk = _where(draft)
    user, detail = request.user, draft.detail.partition("-")[2]
    if kind == "new":
        return detail in share.passages and share.allows(Action.COMMENT, user)
    if kind == "answer":
        thread = Comment.objects.thread_of(share, read_uuid(detail))
        return thread is not None and share.allows(Action.REPLY, user)
    if kind == "held":
        waiting = HeldComment.objects.of_author(user).of_share(share)
        return waiting.find(pk) is not None and share.allows(Action.HOLD, user)
    sent = Comment.objects.of_share(share).find(pk)
    is_own = sent is not None and sent.author_id == user.pk and sent.is_new(timezone.now())
    return kind == "edit" and is_own and share.allows(Action.EDIT, user)


# --- Notes ---------------------------------------------------------------------------------------


def _read(request: VaultRequest, meeting: SupervisionMeeting) -> Minutes | None:
    try:
        return meeting.read(meeting.data_key(reader_of(request.user, request.vault)))
    except UNREADABLE:
        return None


def _changed(notes: str, text: str) -> list[ChangedBlock]:
    return [ChangedBlock("", "", tuple(words_changed(notes, text)))]


def _is_noted(
    request: VaultRequest, draft: Draft, meeting: SupervisionMeeting, minutes: Minutes, text: str
) -> bool:
    """Tell whether the record has the text: now, since by the same page, or in a version."""
    if text == minutes.notes or draft.source.is_overtaken(minutes.notes_changed):
        return True
    data_key = meeting.data_key(reader_of(request.user, request.vault))
    for row in versions_of(meeting).rows[:LOOKED_AT]:
        with suppress(*UNREADABLE):  # A damaged one holds nothing: the draft is offered.
            if row.version.read(data_key).notes == text:
                return True
    return False
