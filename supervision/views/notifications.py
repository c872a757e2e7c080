"""What somebody is told of: the list, one of them, and of what they want to be told."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from reflection.listing import Position
from supervision import actions
from supervision.models import NoticeChoice, NoticeKind, Notification
from vault.access import VaultRequest

PAGE = 30


@require_GET
def notification_list(request: VaultRequest) -> HttpResponse:
    """Show what one was told of, the newest first. It needs no open vault: it holds no content."""
    found = mine = Notification.objects.of_person(request.user)
    after = Position.read(request.GET.get("after", ""))
    if after is not None:
        found = found.older_than(after.created_at, after.pk)
    page = list(found[: PAGE + 1])
    last = page[PAGE - 1] if len(page) > PAGE else None
    context = {
        "notifications": page[:PAGE],
        "following": Position(last.at, last.pk) if last else None,
        "is_first": after is None,
        "any_unseen": any(one.seen_at is None for one in page) or mine.unseen().exists(),
    }
    return render(request, "supervision/notification_list.html", context)


@require_GET
def notification_open(request: VaultRequest, pk: UUID) -> HttpResponse:
    """Lead to what a notification is about, and note that it was seen."""
    try:
        notification = actions.see_notification(by=request.user, pk=pk)
    except Notification.DoesNotExist:
        raise Http404 from None
    return redirect(notification.path)


@require_http_methods(["GET", "POST"])
def notification_see_all(request: VaultRequest) -> HttpResponse:
    """Note that all was seen. Whoever comes back to the address is led to the list."""
    if request.method == "POST":
        actions.see_all(by=request.user)
    return redirect("notification_list")


@require_http_methods(["GET", "POST"])
def notification_choices(request: VaultRequest) -> HttpResponse:
    """Choose, kind by kind, whether to be told in the app and by mail."""
    if request.method == "POST":
        actions.choose_notices(
            by=request.user,
            in_app=set(request.POST.getlist("in_app")),
            by_mail=set(request.POST.getlist("by_mail")),
        )
        messages.success(request, _("Saved. It holds from now on."))
        return redirect("notification_choices")
    made = {one.kind: one for one in NoticeChoice.objects.of_person(request.user)}
    choices = [(kind, made.get(kind) or NoticeChoice.by_default(kind)) for kind in NoticeKind]
    return render(request, "supervision/notification_choices.html", {"choices": choices})
