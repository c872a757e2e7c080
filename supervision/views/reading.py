"""A share as both sides read it: the copy, its comments, its receipt, taking it back."""

from http import HTTPStatus
from uuid import UUID

import msgspec
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from supervision import actions
from supervision.conversation import lay_out, read_share
from supervision.forms import CommentForm
from supervision.models import Share
from supervision.opening import reader_of
from supervision.rules import Action, Refused
from vault.access import VaultRequest
from vault.crypto import CannotOpen
from vault.decorators import unlocked_required

NOT_OPEN_HERE = gettext_lazy(
    "The copy does not open here, so nothing can be written beside it. It was sealed to another "
    "vault than the one you have open, or what is stored is damaged."
)


@require_GET
@unlocked_required
def share_read(request: VaultRequest, pk: UUID) -> HttpResponse:
    """Show the frozen copy and its comments; a closed share's supervisor learns only when."""
    share = Share.objects.readable_by(request.user).find(pk)
    if share is None:
        known = get_object_or_404(Share.objects.known_to(request.user), pk=pk)
        context = {"share": known, "because": known.closed_because(request.user)}
        return render(request, "supervision/share_closed.html", context, status=HTTPStatus.GONE)
    return _page(request, share)


@require_POST
@unlocked_required
def comment_add(request: VaultRequest, pk: UUID) -> HttpResponse:
    """Add a comment or an answer. What cannot be added any more is handed back, not lost."""
    share = Share.objects.readable_by(request.user).find(pk)
    known = share or get_object_or_404(Share.objects.known_to(request.user), pk=pk)
    if share is None or not share.allows(Action.COMMENT, request.user):
        return _handed_back(request, known, known.closed_because(request.user))
    form = CommentForm(request.POST)
    if not form.is_valid():
        return _page(request, share, typed=form)
    try:
        comment = actions.add_comment(
            by=request.user,
            reader=reader_of(request.user, request.vault),
            pk=pk,
            **form.cleaned_data,
        )
    except Refused as refused:
        return _handed_back(request, known, refused.message)
    except CannotOpen:
        return _handed_back(request, known, NOT_OPEN_HERE)
    return redirect(f"{reverse('share_read', args=[pk])}#comment-{comment.pk}")


@require_POST
def share_revoke(request: VaultRequest, pk: UUID) -> HttpResponse:
    """Take a share back at once. It needs no unlocked vault."""
    get_object_or_404(Share.objects.given_by(request.user), pk=pk)
    share = actions.revoke_share(by=request.user, pk=pk)
    said = _("%(name)s cannot open it any more. What was read cannot be unread.")
    messages.success(request, said % {"name": share.supervisor.get_full_name()})
    return redirect("share_receipt", pk=pk)


@require_GET
def share_receipt(request: VaultRequest, pk: UUID) -> HttpResponse:
    """Show who consented to what, and what happened since. Nothing that was written is in it."""
    share = get_object_or_404(Share.objects.known_to(request.user), pk=pk)
    context = {
        "share": share,
        "events": share.events.log(),
        "is_author": share.supervisee_id == request.user.pk,
        "may_read": share.allows(Action.READ, request.user),
        "may_revoke": share.allows(Action.REVOKE, request.user),
    }
    return render(request, "supervision/share_receipt.html", context)


def _page(request: VaultRequest, share: Share, *, typed: CommentForm | None = None) -> HttpResponse:
    user, reader = request.user, reader_of(request.user, request.vault)
    try:
        copy, data_key = share.open(reader), share.data_key(reader)
    except (CannotOpen, msgspec.MsgspecError):
        if typed:
            return _handed_back(request, share, NOT_OPEN_HERE)
        context = {"share": share, "is_author": share.supervisee_id == user.pk}
        return render(request, "supervision/share_sealed.html", context, status=HTTPStatus.CONFLICT)
    events = list(share.events.log())
    opened = actions.note_opening(share=share, by=user, events=events)
    may_comment = share.allows(Action.COMMENT, user)
    context = {
        "share": share,
        "copy": copy,
        "beside": lay_out(
            copy, read_share(share, data_key, user), may_comment=may_comment, typed=typed
        ),
        "events": [*events, opened] if opened else events,
        "is_author": share.supervisee_id == user.pk,
        "may_comment": may_comment,
        "may_revoke": share.allows(Action.REVOKE, user),
        "because": "" if share.is_live else share.closed_because(user),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if typed else HTTPStatus.OK
    return render(request, "supervision/share_read.html", context, status=status)


def _handed_back(request: VaultRequest, share: Share, because: str | Promise) -> HttpResponse:
    """Return the page that keeps a comment which came too late, to read and to copy."""
    context = {"share": share, "because": because, "text": request.POST.get("text", "")}
    return render(request, "supervision/comment_kept.html", context, status=HTTPStatus.CONFLICT)
