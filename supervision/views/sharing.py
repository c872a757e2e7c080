"""Sharing an entry: choose, look at the very copy, confirm."""

import uuid
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import Any
from uuid import UUID

import msgspec
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from reflection.actions import settle_identifier
from reflection.document import UNREADABLE, Document
from reflection.findings import doubt_about_code, replaced, stand_ins_of, with_replaced
from reflection.models import Entry
from reflection.opening import open_entry, read_uuid, says_what_cannot_be_read
from reflection.reading import passages, title_of
from reflection.watching import allowance_of
from supervision import actions
from supervision.details import NOTE, details_of, pressed
from supervision.forms import ShareForm
from supervision.frozen import Terms, check_identifiers, without_day
from supervision.models import Agreement, ConsentWording, GroupMembership, GroupPin, Share
from supervision.opening import reader_of
from supervision.rules import Refused
from supervision.versions import earlier_copy
from vault.access import VaultRequest
from vault.decorators import unlocked_to_confirm

# The buttons beside the details on a preview.
SETTLES = frozenset({"replace", "keep", "leave_out", "put_back"})


@require_http_methods(["GET", "POST"])
@unlocked_to_confirm
@says_what_cannot_be_read
def share_new(request: VaultRequest, pk: UUID) -> HttpResponseBase:
    """Choose what to share, see the very copy, and share it. Nothing is kept between the steps.

    The preview's form carries the choices and a seal over everything that was shown. What is
    confirmed is made anew and shared only if the seal fits it; otherwise it is shown again. So it
    is too once a detail on it was replaced, kept or left out.
    """
    posted: QueryDict = request.POST
    step = posted.get("step", "")
    if not SETTLES.isdisjoint(posted):
        step, posted = "preview", _settled(request, pk)
    entry, document = open_entry(request, pk)
    is_posted = request.method == "POST"
    form = ShareForm(
        posted if step in ("preview", "confirm") else None,
        initial=ShareForm.typed(request.POST) if is_posted else _like(request, entry, document),
        barred=document.barred,
        agreements=Agreement.objects.of_supervisee(request.user).undeclined(),
        passages=passages(document),
        keys=request.vault.keys,
        fellows=GroupMembership.objects.fellows_of(request.user),
        pins=GroupPin.objects.owned_by(request.user),
    )
    if not form.is_valid():
        return _choose(request, entry, document, form)
    in_group = bool(form.cleaned_data.get("readers"))
    wording = ConsentWording.objects.to_share(in_group=in_group)
    share = read_uuid(request.POST.get("share", "")) if step == "confirm" else None
    own = allowance_of(request)
    allowance = own.beside(
        document,
        form.cleaned_data["agreement"].supervisor.get_full_name(),
        *(one.person.get_full_name() for one in form.cleaned_data.get("readers", ())),
    )
    terms = form.terms(
        share=share or uuid.uuid4(),
        entry=entry,
        document=document,
        wording=wording,
        allowance=allowance,
    )
    if step != "confirm":
        why_again = "locked" if request.vault.was_kept and posted is not request.POST else ""
    elif not terms.is_sealed_by(_seal(request), request.vault.keys):
        why_again = "changed"
    elif request.vault.was_kept:
        why_again = "locked"
    else:
        return _share(request, entry, document, form, terms)
    findings = check_identifiers(terms.copy, allowance)
    shows_code = "happened" in form.cleaned_data["passages"] or not document.title
    details = details_of(findings, document, form.data, stand_ins_of(document, own))  # type: ignore[arg-type]
    found = {
        "findings": findings,
        "details": [detail for detail in details if not detail.is_kept],
        "kept": [detail for detail in details if detail.is_kept],
        "check_is_partial": allowance.is_partial,
        "doubt_about_code": doubt_about_code(document) if shows_code else "",
        "is_without_day": form.cleaned_data["without_day"] and without_day(document) != document,
    }
    return _preview(request, form, terms, wording, found, why_again=why_again)


def _settled(request: VaultRequest, pk: UUID) -> QueryDict:
    """Do what was pressed beside a detail of the preview, and return the choices as they are then.

    Where the vault had locked, nothing is done: it is looked at again first.
    """
    posted = request.POST.copy()
    if request.vault.was_kept:
        return posted
    if "leave_out" in posted or "put_back" in posted:
        posted["without_day"] = "yes" if "leave_out" in posted else ""
        return posted
    entry, document = open_entry(request, pk)
    allowance = allowance_of(request)
    if one := pressed(posted, "keep"):
        posted.appendlist("kept", one.text)
    elif (one := pressed(posted, "replace")) and one.box == NOTE:
        posted["note"] = replaced(
            posted.get("note", ""),
            allowance.beside(document),
            wanted=one.text,
            replacement=one.typed,
        )
    elif one:
        settle_identifier(
            by=request.user,
            keys=request.vault.keys_for(entry.vault_id),
            pk=pk,
            passage=one.home,
            rewrite=partial(
                with_replaced,
                allowance=allowance,
                passage=one.home,
                box=one.box,
                text=one.text,
                replacement=one.typed,
            ),
        )
    return posted


def _share(
    request: VaultRequest, entry: Entry, document: Document, form: ShareForm, terms: Terms
) -> HttpResponseBase:
    reader = reader_of(request.user, request.vault)
    try:
        share = actions.share_passages(
            by=request.user,
            reader=reader,
            terms=terms,
            takes_back_older="take_back_older" in request.POST,
        )
    except Refused as refused:
        form.add_error(None, refused.message)
        return _choose(request, entry, document, form)
    except actions.Changed:  # since it was read above: show what it is now
        return share_new(request, pk=entry.pk)
    messages.success(request, _("It is shared. This is its receipt."))
    return redirect("share_receipt", pk=share.pk)


def _choose(
    request: VaultRequest, entry: Entry, document: Document, form: ShareForm
) -> HttpResponse:
    """Show the choices, with what is wrong with them."""
    context = {
        "entry": entry,
        "title": title_of(document),
        "form": form,
        # Refused because nobody is left to share with: what was typed is to be copied from here.
        "note": form.data.get("note", "") if form.is_bound else "",
        "has_passages": form.has_passages,
        "has_agreement": form.has_agreement,
        "unusable": form.unusable,
        "barred": form.barred_names,
        "group_wording": (
            ConsentWording.objects.to_share(in_group=True) if "readers" in form.fields else None
        ),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "supervision/share_new.html", context, status=status)


def _preview(
    request: VaultRequest,
    form: ShareForm,
    terms: Terms,
    wording: ConsentWording,
    found: dict[str, Any],
    *,
    why_again: str,
) -> HttpResponse:
    """Show the very copy. A copy that is shown again goes by a new id, so it is a new consent.

    ``found`` is what may identify somebody in it. ``why_again`` says why Share did not share:
    ``changed``, ``locked``, or nothing at first.
    """
    terms = msgspec.structs.replace(terms, share=uuid.uuid4())
    agreement: Agreement = form.cleaned_data["agreement"]
    versions = Share.objects.given_by(request.user).of_entry_to(
        terms.entry, agreement.supervisor_id
    )
    context = {
        "form": form,
        "terms": terms,
        "copy": terms.copy,
        "now": timezone.now(),
        "version": Share.objects.latest_version(terms.entry, agreement.supervisor_id) + 1,
        "agreement": agreement,
        "readers": [one.person for one in form.cleaned_data.get("readers", ())],
        "earlier": earlier_copy(versions, terms.copy, reader_of(request.user, request.vault)),
        "takes_back_older": "take_back_older" in request.POST,
        "purpose": Share.Purpose(terms.purpose).label,
        "attestation": Share.Attestation(terms.attestation).label,
        **found,
        "wording": wording,
        "seal": terms.seal(request.vault.keys).hex(),
        "why_again": why_again,
    }
    return render(request, "supervision/share_preview.html", context)


def _like(request: VaultRequest, entry: Entry, document: Document) -> dict[str, Any]:
    """Return what was chosen for an earlier share of the entry that the address names, if any."""
    pk = read_uuid(request.GET.get("like", ""))
    share = Share.objects.readable_by(request.user).given_by(request.user).find(pk) if pk else None
    if share is None or share.entry_uid != entry.pk:
        return {}
    copy = None
    with suppress(*UNREADABLE):
        copy = share.open(reader_of(request.user, request.vault))
    return ShareForm.like(share, copy, document)


def _seal(request: VaultRequest) -> bytes:
    try:
        return bytes.fromhex(request.POST.get("seal", ""))
    except ValueError:
        return b""
