"""A share as both sides read it: the copy, its comments, its receipt, taking it back."""

from http import HTTPStatus
from uuid import UUID

import msgspec
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from accounts.models import User
from reflection.queries.guide import guide
from supervision import actions
from supervision.conversation import Conversation, read_held
from supervision.forms import CommentForm, LateForm, Lenses
from supervision.group_log import seen_by_member
from supervision.models import Share
from supervision.opening import reader_of
from supervision.rules import Action, Role
from vault.access import VaultRequest
from vault.crypto import CannotOpen
from vault.decorators import unlocked_required

NOT_OPEN_HERE = gettext_lazy(
    "The copy does not open here, so nothing can be written beside it. It was sealed to another "
    "vault than the one you have open, or what is stored is damaged."
)

# Whether somebody last held a comment back: that button then comes first.
HOLDS_FIRST = "supervision_holds_first"


@require_GET
@unlocked_required
def share_read(request: VaultRequest, pk: UUID) -> HttpResponse:
    """Show the frozen copy and its comments; a closed share's supervisor learns only when."""
    share = find_readable(request, pk)
    if share is None:
        known = get_object_or_404(Share.objects.known_to(request.user), pk=pk)
        return _closed_page(request, known)
    return share_page(request, share)


# --- The page, for whatever leads to it ----------------------------------------------------------


def find_readable(request: VaultRequest, pk: UUID) -> Share | None:
    """Return the share, if the person can read it now, with the next and previous they can read."""
    readable = Share.objects.readable_by(request.user).select_related("group")
    readable = readable.with_news(request.user)
    return readable.with_neighbours(request.user).find(pk)


def lenses_for(request: VaultRequest, share: Share) -> Lenses:
    """Return the lenses that a supervisor is offered; a supervisee answers without."""
    return Lenses(guide().lenses if share.allows(Action.HOLD, request.user) else ())


def share_page(
    request: VaultRequest,
    share: Share,
    *,
    typed: CommentForm | None = None,
    status: HTTPStatus = HTTPStatus.UNPROCESSABLE_ENTITY,
) -> HttpResponse:
    """Return the page of a share, with a form that was not accepted where it was posted from.

    ``status`` is that of the page where a form is ``typed``.
    """
    user, reader = request.user, reader_of(request.user, request.vault)
    try:
        data_key = share.data_key(reader)
        copy = share.open_with(data_key)
    except (CannotOpen, msgspec.MsgspecError):
        if typed:
            return handed_back(request, share, NOT_OPEN_HERE)
        context = {"share": share, "is_author": share.supervisee_id == user.pk}
        return render(request, "supervision/share_sealed.html", context, status=HTTPStatus.CONFLICT)
    events = list(share.events.log())
    opened = actions.note_opening(share=share, by=user, events=events)
    if getattr(share, "has_news", True):
        actions.see_about(by=user, share=share.pk, are_there=True)
    is_author = share.supervisee_id == user.pk
    is_member = share.role_of(user) == Role.MEMBER
    held = read_held(user, reader, share) if share.allows(Action.READ_HELD, user) else []
    conversation = Conversation(
        share, copy, data_key, user, held, lenses_for(request, share), typed
    )
    lines = [*events, opened] if opened else events
    context = {
        "share": share,
        "copy": copy,
        "beside": conversation.lay_out(),
        "events": seen_by_member(lines, share, user) if is_member else lines,
        "is_author": is_author,
        "is_member": is_member,
        "readers": share.readers.holding().with_people() if share.group_id else [],
        "may_take_from_one": share.allows(Action.TAKE_FROM_ONE, user),
        "may_bring": share.agreement.allows(Action.PLAN, user),
        "newer": _newer(share, user),
        "held": held,
        "unopened_held": sum(one.held is None for one in held),
        "may_comment": share.allows(Action.COMMENT, user),
        "may_hold": share.allows(Action.HOLD, user),
        "holds_first": bool(request.session.get(HOLDS_FIRST)),
        "may_reflect": share.allows(Action.REFLECT, user),
        "may_revoke": share.allows(Action.REVOKE, user),
        "because": "" if share.is_live else share.closed_because(user),
    }
    answer = status if typed else HTTPStatus.OK
    return render(request, "supervision/share_read.html", context, status=answer)


def _closed_page(request: VaultRequest, share: Share) -> HttpResponse:
    """Return the page of a closed share: why it is, and what its reader still holds for it."""
    actions.see_about(by=request.user, share=share.pk)
    reader = reader_of(request.user, request.vault)
    is_member = request.user.pk != share.supervisor_id
    reading = share.reading(request.user.pk) if is_member else None
    context = {
        "share": share,
        "because": share.closed_because(request.user),
        "is_member": is_member,
        "key_is_gone": reading is not None and reading.removed_at is not None,
        "newer": _newer(share, request.user),
        "held": read_held(request.user, reader, share),
    }
    return render(request, "supervision/share_closed.html", context, status=HTTPStatus.GONE)


def _newer(share: Share, user: User) -> Share | None:
    """Return the newer version that this one stands behind, where ``user`` can read it."""
    return Share.objects.newer_for(share, user) if share.is_folded else None


def handed_back(
    request: VaultRequest,
    share: Share,
    because: str | Promise,
    *,
    held: UUID | None = None,
    place: str = "",
) -> HttpResponse:
    """Return the page that keeps a comment which came too late, to read and to copy.

    A supervisor can keep it among what they hold. ``held``: it was to change that one. ``place`` is
    where on the page of the copy it was typed, as for a `CommentForm`.
    """
    context = {
        "share": share,
        "because": because,
        "form": LateForm.typed(request.POST, held=held, place=place),
        "may_keep": share.allows(Action.KEEP_LATE, request.user),
        "may_read_receipt": share.allows(Action.READ_RECEIPT, request.user),
    }
    return render(request, "supervision/comment_kept.html", context, status=HTTPStatus.CONFLICT)
