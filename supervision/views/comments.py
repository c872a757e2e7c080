"""Commenting on a copy: hold back, send, change, remove, thank, act on. Each answers a post.

Whoever comes to one of these addresses by ``GET``, as from the page that unlocks a vault, is led to
the copy.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Concatenate, ParamSpec
from uuid import UUID

import msgspec
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import User
from reflection.models import Entry
from reflection.queries.guide import guide
from reflection.views.journal import begin_page
from supervision import actions
from supervision.conversation import read_held
from supervision.decorators import post_only
from supervision.forms import CommentForm, LateForm, Lenses
from supervision.models import HeldComment, Reaction, Share
from supervision.opening import reader_of
from supervision.rules import Action, Refused, Role
from supervision.views.reading import (
    HOLDS_FIRST,
    NOT_OPEN_HERE,
    find_readable,
    handed_back,
    lenses_for,
    share_page,
)
from vault.access import VaultRequest
from vault.crypto import CannotOpen
from vault.decorators import unlocked_required, unlocked_to_act, unlocked_to_write

CHANGES_HELD = ("by", "reader", "pk", "text", "lens", "anchor", "before")
_NOT_KEPT = gettext_lazy("It could not be kept as it was sent. Copy it from here.")

P = ParamSpec("P")
View = Callable[Concatenate[VaultRequest, UUID, P], HttpResponseBase]


def posts_to_share(
    guard: Callable[[View[P]], View[P]],
) -> Callable[[View[P]], View[P]]:
    """Let the view answer posts of a vault that ``guard`` lets in; a ``GET`` is led to the copy."""

    def decorate(view: View[P]) -> View[P]:
        return post_only("share_read")(guard(view))

    return decorate


# --- Writing -------------------------------------------------------------------------------------


@posts_to_share(unlocked_required)
def comment_add(request: VaultRequest, pk: UUID) -> HttpResponseBase:
    """Send or hold a comment or an answer. What cannot be added any more is handed back."""
    place = "answer-" if request.POST.get("parent") else "new-"
    place += request.POST.get("parent", "").replace("-", "") or request.POST.get("passage", "")
    holds = request.POST.get("do") == "hold"

    def add(fields: dict[str, Any]) -> UUID:
        act = actions.hold_comment if holds else actions.add_comment
        return act(**fields).pk

    action = Action.HOLD if holds else Action.COMMENT
    answer = _write(request, pk, place=place, action=action, act=add)
    if answer.status_code == HTTPStatus.FOUND and "do" in request.POST:
        request.session[HOLDS_FIRST] = holds
    return answer


@posts_to_share(unlocked_required)
def comment_edit(request: VaultRequest, pk: UUID, comment: UUID) -> HttpResponseBase:
    """Put other words into a comment of one's own that was sent a moment ago."""

    def edit(fields: dict[str, Any]) -> UUID:
        wanted = {name: fields[name] for name in ("by", "reader", "pk", "text", "before")}
        return actions.edit_comment(comment=comment, **wanted).pk

    return _write(request, pk, place=f"edit-{comment.hex}", action=Action.EDIT, act=edit)


@posts_to_share(unlocked_to_write(is_press=lambda posted: posted.get("do") == "drop"))
def held_change(request: VaultRequest, pk: UUID, held: UUID) -> HttpResponseBase:
    """Put other words into a comment one holds back, and send it if that was asked for."""
    if request.POST.get("do") == "drop":
        _drop(request, held)
        return redirect("share_read", pk=pk)

    def change(fields: dict[str, Any]) -> UUID:
        actions.change_held(held=held, **{name: fields[name] for name in CHANGES_HELD})
        if request.POST.get("do") == "send":
            actions.send_held(by=fields["by"], reader=fields["reader"], pk=pk, held=held)
        return held

    place = f"held-{held.hex}"
    return _write(request, pk, place=place, action=Action.HOLD, act=change, held=held)


@posts_to_share(unlocked_required)
def comment_keep(request: VaultRequest, pk: UUID) -> HttpResponseBase:
    """Keep a comment that came too late among what one holds. It cannot be sent from there."""
    known = get_object_or_404(Share.objects.known_to(request.user), pk=pk)
    form = LateForm(request.POST, lenses=Lenses(guide().lenses))
    if not form.is_valid():
        said = [str(one) for one in form.errors.get("text", [])]
        return handed_back(request, known, " ".join(said) or _NOT_KEPT)
    reader = reader_of(request.user, request.vault)
    try:
        actions.keep_late(by=request.user, reader=reader, pk=pk, **form.cleaned_data)
    except Refused as refused:
        return handed_back(request, known, refused.message)
    messages.success(request, _("Kept among what you hold. Nobody else can see that it is there."))
    return redirect("held_list")


def _write(
    request: VaultRequest,
    pk: UUID,
    *,
    place: str,
    action: Action,
    act: Callable[[dict[str, Any]], UUID],
    held: UUID | None = None,
) -> HttpResponse:
    """Check what was typed at ``place``, do ``act`` with it, and go to what came of it.

    ``held``: it is to change that comment, which is held.
    """
    share = find_readable(request, pk)
    known = share or get_object_or_404(Share.objects.known_to(request.user), pk=pk)
    if share is None or not share.allows(action, request.user):
        return handed_back(request, known, _why_not(known, request.user), held=held, place=place)
    reader = reader_of(request.user, request.vault)
    try:
        passages = share.open(reader).passages
    except (CannotOpen, msgspec.MsgspecError):
        return handed_back(request, known, NOT_OPEN_HERE, held=held, place=place)
    form = CommentForm(
        request.POST, place=place, passages=passages, lenses=lenses_for(request, share)
    )
    if not form.is_valid():
        return share_page(request, share, typed=form)
    fields = form.cleaned_data | {"by": request.user, "reader": reader, "pk": pk}
    try:
        written = act(fields)
    except actions.Overtaken as overtaken:
        return _two_texts(request, share, form, overtaken)
    except (Refused, CannotOpen) as error:
        why = error.message if isinstance(error, Refused) else NOT_OPEN_HERE
        return handed_back(request, known, why, held=held, place=place)
    return _to_comment(pk, written)


def _two_texts(
    request: VaultRequest, share: Share, form: CommentForm, overtaken: actions.Overtaken
) -> HttpResponse:
    """Show what a comment says by now beside what was to replace it: nothing is chosen yet."""
    names = [name for name in form.fields if name not in ("text", "before")]
    mine, theirs = form.cleaned_data["text"], overtaken.now
    context = {
        "share": share,
        "form": form,
        "because": overtaken.message,
        "theirs": theirs,
        "mine": mine,
        "choices": [
            (_("Put both together"), f"{theirs.rstrip()}\n\n{mine}"),
            (_("Go on with this tab’s"), mine),
        ],
        "before": overtaken.as_of,
        "given": [(name, form.data[name]) for name in names if name in form.data],
        "action": request.path,
    }
    return render(request, "supervision/comment_conflict.html", context, status=HTTPStatus.CONFLICT)


# --- Without words -------------------------------------------------------------------------------


@posts_to_share(unlocked_to_act)
def held_send(request: VaultRequest, pk: UUID, held: UUID | None = None) -> HttpResponseBase:
    """Send everything one holds for this copy, or one comment of it."""
    get_object_or_404(Share.objects.known_to(request.user), pk=pk)
    reader = reader_of(request.user, request.vault)
    try:
        sending = actions.send_held(by=request.user, reader=reader, pk=pk, held=held)
    except Refused as refused:
        messages.warning(request, f"{refused.message} {_('Nothing was sent, nothing was lost.')}")
        return redirect("share_read", pk=pk)
    except CannotOpen:
        messages.warning(request, NOT_OPEN_HERE)
        return redirect("share_read", pk=pk)
    number = len(sending.comments)
    done: HttpResponse = redirect("share_read", pk=pk)
    if number:
        said = ngettext("%(number)d comment sent.", "%(number)d comments sent.", number)
        messages.success(request, said % {"number": number})
        done = _to_comment(pk, sending.comments[0].pk)
    else:
        messages.info(request, _("There was nothing held to send."))
    if sending.unopened:
        messages.warning(request, _("What does not open was not sent and is kept."))
    return done


@posts_to_share(unlocked_to_act)
def held_carry(request: VaultRequest, pk: UUID) -> HttpResponseBase:
    """Put what one holds for an older version of a copy with the newest."""
    get_object_or_404(Share.objects.known_to(request.user), pk=pk)
    reader = reader_of(request.user, request.vault)
    try:
        carried = actions.carry_held(by=request.user, reader=reader, pk=pk)
    except Refused as refused:
        messages.warning(request, f"{refused.message} {_('Nothing was changed.')}")
        return redirect("share_read", pk=pk)
    except (CannotOpen, msgspec.MsgspecError):
        messages.warning(request, NOT_OPEN_HERE)
        return redirect("share_read", pk=pk)
    said = ngettext(
        "%(number)d held comment is with version %(version)d now. It is still held.",
        "%(number)d held comments are with version %(version)d now. They are still held.",
        carried.number,
    )
    facts = {"number": carried.number, "version": carried.newer.version}
    messages.success(request, said % facts)
    if carried.kept:
        messages.warning(
            request,
            _("What belongs to a passage that is not in it, or does not open, stayed behind."),
        )
    return redirect("share_read", pk=carried.newer.pk)


@posts_to_share(unlocked_to_act)
def comment_remove(request: VaultRequest, pk: UUID, comment: UUID) -> HttpResponseBase:
    """Take away a comment of one's own that was sent a moment ago."""
    get_object_or_404(Share.objects.known_to(request.user), pk=pk)
    return _quietly(
        request,
        lambda: actions.remove_comment(by=request.user, pk=pk, comment=comment),
        _to_comment(pk, comment),
    )


@posts_to_share(unlocked_to_act)
def comment_react(request: VaultRequest, pk: UUID, comment: UUID, kind: str) -> HttpResponseBase:
    """Say thanks, that it helped, or that one will act on it; or take that back."""
    get_object_or_404(Share.objects.known_to(request.user), pk=pk)
    on = request.POST.get("on")
    is_on = on != "no"
    if kind == Reaction.Kind.ACT_ON:
        reader = reader_of(request.user, request.vault)

        def act() -> object:
            return actions.act_on(
                by=request.user,
                reader=reader,
                pk=pk,
                comment=comment,
                is_on=is_on,
                takes_newer=on == "newer",
            )
    else:

        def act() -> object:
            return actions.react(
                by=request.user, pk=pk, comment=comment, kind=Reaction.Kind(kind), is_on=is_on
            )

    return _quietly(request, act, _to_comment(pk, comment))


@posts_to_share(unlocked_to_act)
def share_reflect(request: VaultRequest, pk: UUID) -> HttpResponseBase:
    """Begin a reflection of one's own from a copy one reads. Nothing of the copy goes into it.

    The page is empty and nothing is kept before its first words. It answers the post itself: no
    address, and so no log, holds from which copy somebody began.
    """
    share = get_object_or_404(Share.objects.known_to(request.user), pk=pk)
    if not share.allows(Action.REFLECT, request.user):
        messages.warning(request, _why_not(share, request.user))
        return redirect("share_read", pk=pk)
    return begin_page(request, begun_from=pk)


@require_GET
@unlocked_required
def held_list(request: VaultRequest) -> HttpResponse:
    """Show everything one holds back, also for copies that are closed or gone."""
    notes = read_held(request.user, reader_of(request.user, request.vault))
    return render(request, "supervision/held_list.html", {"held": notes})


@require_http_methods(["GET", "POST"])
def held_drop(request: VaultRequest, held: UUID) -> HttpResponseBase:
    """Delete a comment one holds back, whatever became of its copy. It needs no open vault."""
    dropped = _drop(request, held) if request.method == "POST" else None
    if dropped is None or dropped.share_id is None:
        return redirect("held_list")
    return redirect("share_read", pk=dropped.share_id)


# --- Parts ---------------------------------------------------------------------------------------


def _why_not(share: Share, user: User) -> str:
    """Return, in a sentence to ``user``, why they may not do what they asked for."""
    if share.is_live and share.role_of(user) != Role.OUTSIDER:
        return _("That is not yours to do here.")
    return share.closed_because(user)


def _drop(request: VaultRequest, held: UUID) -> HeldComment | None:
    """Delete it and say so; of what is not theirs, the same is said as of what is gone already."""
    dropped = actions.drop_held(by=request.user, held=held)
    if dropped is None:
        messages.info(request, _("That is not among what you hold, so nothing was deleted."))
    else:
        messages.success(request, _("Deleted. Nobody else ever saw it."))
    return dropped


def _quietly(
    request: VaultRequest, act: Callable[[], object], leads_to: HttpResponse
) -> HttpResponse:
    """Do ``act`` and go on; say what was in the way, if something was. Nothing was typed."""
    try:
        act()
    except Refused as refused:
        messages.warning(request, refused.message)
    except (CannotOpen, Entry.DoesNotExist):
        messages.warning(request, _("That does not open here. Nothing was changed."))
    return leads_to


def _to_comment(pk: UUID, comment: UUID) -> HttpResponse:
    return redirect(f"{reverse('share_read', args=[pk])}#comment-{comment}")
