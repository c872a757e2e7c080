"""Letting a copy be read for longer: the very copy again, a later day, the consent anew."""

from http import HTTPStatus
from uuid import UUID

import msgspec
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from reflection.opening import open_entry, says_what_cannot_be_read
from reflection.watching import allowance_of
from supervision import actions
from supervision.forms import ExtensionForm
from supervision.frozen import (
    FrozenCopy,
    check_identifiers,
    count_kinds,
    freeze,
    is_day_left_out,
    without_day,
)
from supervision.models import ConsentWording, Share
from supervision.opening import reader_of
from supervision.rules import Action, Refused
from supervision.versions import compare_copies
from vault.access import VaultRequest
from vault.crypto import CannotOpen
from vault.decorators import is_first_look, unlocked_to_confirm


@require_http_methods(["GET", "POST"])
@unlocked_to_confirm
@says_what_cannot_be_read
def share_extend(request: VaultRequest, pk: UUID) -> HttpResponseBase:
    """Show the copy as it was shared, and let it be read until a later day.

    Nothing is frozen anew: who reads it, its conversation and what is held stay. What was posted
    from a page that shows another end or wording than there is, or kept by a vault that had locked,
    is shown again first.
    """
    share = get_object_or_404(Share.objects.readable_by(request.user).given_by(request.user), pk=pk)
    is_open = share.allows(Action.EXTEND, request.user)
    why_not = share.agreement.why_not_shareable() if is_open else share.closed_because(request.user)
    if why_not:
        return _to_receipt(request, share, why_not)
    try:
        copy = share.open(reader_of(request.user, request.vault))
    except (CannotOpen, msgspec.MsgspecError):
        context = {"share": share, "is_author": True}
        return render(request, "supervision/share_sealed.html", context, status=HTTPStatus.CONFLICT)
    page = _Page(request, share, copy)
    form = ExtensionForm(request.POST or None, share=share, wording=page.wording.pk)
    if not form.is_valid():
        return page.show(form)
    if is_first_look(request):
        return page.show(form, status=HTTPStatus.OK)
    return _extend(request, page, form)


def _extend(request: VaultRequest, page: "_Page", form: ExtensionForm) -> HttpResponse:
    share = page.share
    extension = actions.Extension(
        before=share.expires_at,
        until=form.cleaned_data["until"],
        attestation=form.cleaned_data["attestation"],
        wording=page.wording.pk,
        found=count_kinds(page.findings),
    )
    try:
        if not form.is_as_shown:
            raise actions.Changed
        actions.extend_share(by=request.user, pk=share.pk, extension=extension)
    except actions.Changed:
        share.refresh_from_db(fields=["expires_at"])
        return page.show_again()
    except Refused as refused:
        return _to_receipt(request, share, refused.message)
    said = _("%(name)s can read it for longer. What was written beside it stays where it is.")
    messages.success(request, said % {"name": share.supervisor.get_full_name()})
    return redirect("share_receipt", pk=share.pk)


class _Page:
    """What is looked at before a copy may be read for longer."""

    def __init__(self, request: VaultRequest, share: Share, copy: FrozenCopy) -> None:
        self.request, self.share, self.copy = request, share, copy
        _entry, self.document = open_entry(request, share.entry_uid)
        self.readers = [one.person for one in share.readers.holding().with_people()]
        self.wording = ConsentWording.objects.to_share(in_group=bool(self.readers))
        people = (share.supervisor, *self.readers)
        names = (person.get_full_name() for person in people)
        self.allowance = allowance_of(request).beside(self.document, *names)
        self.findings = check_identifiers(copy, self.allowance)

    def show_again(self) -> HttpResponse:
        """Show it with the end and the wording that there are now, and say why."""
        form = ExtensionForm(share=self.share, wording=self.wording.pk)
        return self.show(form, has_changed=True)

    def show(
        self,
        form: ExtensionForm,
        *,
        status: HTTPStatus = HTTPStatus.UNPROCESSABLE_ENTITY,
        has_changed: bool = False,
    ) -> HttpResponse:
        """Show it with ``form``."""
        left_out = is_day_left_out(self.copy, self.document)
        told = without_day(self.document) if left_out else self.document
        now = freeze(told, only=self.share.passages, note=self.copy.note)
        context = {
            "share": self.share,
            "copy": self.copy,
            "form": form,
            "wording": self.wording,
            "findings": self.findings,
            "check_is_partial": self.allowance.is_partial,
            "readers": self.readers,
            "changes": compare_copies(self.copy, now),
            "has_changed": has_changed,
        }
        shown = status if form.is_bound else HTTPStatus.OK
        return render(self.request, "supervision/share_extend.html", context, status=shown)


def _to_receipt(request: VaultRequest, share: Share, because: str) -> HttpResponse:
    messages.warning(request, because)
    return redirect("share_receipt", pk=share.pk)
