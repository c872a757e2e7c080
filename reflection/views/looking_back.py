"""Looking back: note how it went, any number of times; the day to be asked. Only one's own."""

import uuid
from datetime import datetime

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_http_methods, require_POST

from reflection import actions
from reflection.actions import LookChanged, LookGone
from reflection.alliance import noted_earlier
from reflection.document import Document, LookBack
from reflection.drafts import opened_page, sealing
from reflection.findings import findings
from reflection.forms import LookBackForm, RemindForm
from reflection.models import Entry
from reflection.opening import open_entry, read_number, says_what_cannot_be_read
from reflection.reading import passages, title_of
from reflection.views.identifiers import details_of
from reflection.watching import allowance_of
from vault.access import VaultRequest
from vault.decorators import unlocked_required, unlocked_to_act

UNPROCESSABLE, CONFLICT = 422, 409


@require_http_methods(["GET", "POST"])
@unlocked_required
@says_what_cannot_be_read
def entry_look_back(request: VaultRequest, pk: uuid.UUID) -> HttpResponse:
    """Note how it went: any number of times."""
    entry, document = open_entry(request, pk)
    form = LookBackForm(
        request.POST or None, follow_up_on=entry.follow_up_on, earlier=noted_earlier(document)
    )
    if request.method == "POST" and form.is_valid():
        actions.look_back(
            by=request.user,
            keys=request.vault.keys_for(entry.vault_id),
            pk=pk,
            look=form.look(),
            follow_up_on=form.cleaned_data["follow_up_on"],
            sets_follow_up=form.sets_follow_up,
        )
        return _noted(request, pk)
    return _page(request, entry, document, form)


@require_http_methods(["GET", "POST"])
@unlocked_required
@says_what_cannot_be_read
def look_back_edit(request: VaultRequest, pk: uuid.UUID, place: int) -> HttpResponse:
    """Change what was noted. Which look back it is, the time it was noted at tells."""
    entry, document = open_entry(request, pk)
    look = _find(document, request.POST.get("noted_at", ""), place)
    if look is None and request.method == "GET":
        raise Http404
    form = LookBackForm(
        request.POST or None,
        look=look,
        follow_up_on=entry.follow_up_on,
        earlier=noted_earlier(document, look),
    )
    if look is not None and request.method == "POST" and form.is_valid():
        try:
            actions.change_look(
                by=request.user,
                keys=request.vault.keys_for(entry.vault_id),
                pk=pk,
                look=form.look(),
                revision=read_number(request.POST.get("revision", "")),
                follow_up_on=form.cleaned_data["follow_up_on"],
                sets_follow_up=form.sets_follow_up,
            )
        except (LookChanged, LookGone):
            return _page(request, *open_entry(request, pk), form, look=look, overtaken=True)
        return _noted(request, pk, at="#looking_back")
    return _page(request, entry, document, form, look=look, overtaken=look is None)


def _noted(request: VaultRequest, pk: uuid.UUID, *, at: str = "") -> HttpResponse:
    """Lead to the reflection: first to what was noted and may identify somebody, if anything."""
    _entry, document = open_entry(request, pk)
    found = findings(document, allowance_of(request), passage="looking_back")
    return redirect(details_of(pk) if found else reverse("entry_read", args=[pk]) + at)


def _find(document: Document, noted_at: str, place: int) -> LookBack | None:
    """Return the look back noted then; where no time is given, the one at ``place``, from 1."""
    looks = document.looking_back
    if not noted_at:
        return looks[place - 1] if 0 < place <= len(looks) else None
    moment = _moment(noted_at)
    return next((look for look in looks if look.noted_at == moment), None)


def _moment(text: str) -> datetime | None:
    try:
        return parse_datetime(text)
    except ValueError:
        return None


def _action(entry: Entry, document: Document, look: LookBack | None) -> str:
    """Return where the form is posted to: to the look back it changes, or to note one anew."""
    if look is None:
        return reverse("entry_look_back", args=[entry.pk])
    return reverse("look_back_edit", args=[entry.pk, document.looking_back.index(look) + 1])


def _page(
    request: VaultRequest,
    entry: Entry,
    document: Document,
    form: LookBackForm,
    *,
    look: LookBack | None = None,
    overtaken: bool = False,
) -> HttpResponse:
    answers_again = form.is_bound and not overtaken
    page = opened_page(request)
    context = {
        "action": _action(entry, document, look),
        "page": page,
        "sealing": sealing(request, entry.pk, "look-back.change" if look else "look-back", page),
        "entry": entry,
        "title": title_of(document),
        "form": form,
        "look": look,
        "overtaken": overtaken,
        "revision": request.POST.get("revision", "") if answers_again else entry.revision,
        "earlier": passages(document, only=["repair", "looking_back"]),
    }
    status = CONFLICT if overtaken else UNPROCESSABLE if form.is_bound else 200
    return render(request, "reflection/entry_look_back.html", context, status=status)


@require_POST
@unlocked_to_act
@says_what_cannot_be_read
def look_back_remove(request: VaultRequest, pk: uuid.UUID, place: int) -> HttpResponse:
    """Take a look back away; it stays among the earlier texts."""
    entry, document = open_entry(request, pk)
    look = _find(document, request.POST.get("noted_at", ""), place)
    if look is not None:  # else it is away already
        keys = request.vault.keys_for(entry.vault_id)
        actions.take_look(by=request.user, keys=keys, pk=pk, noted_at=look.noted_at)
    return redirect(reverse("entry_read", args=[pk]) + "?taken#looking_back")


@require_http_methods(["GET", "POST"])
@unlocked_to_act
@says_what_cannot_be_read
def entry_remind(request: VaultRequest, pk: uuid.UUID) -> HttpResponse:
    """Not yet: ask again tomorrow, in a week, in four weeks, on a day of one's own, or no more."""
    entry = get_object_or_404(Entry.objects.owned_by(request.user), pk=pk)
    form = RemindForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actions.set_look_back(
            by=request.user, pk=pk, follow_up_on=form.cleaned_data["follow_up_on"]
        )
        back = request.POST.get("back", "")
        if back in {"home", "journal_list"}:
            return redirect(f"{reverse(back)}?reminded={pk}")
        return redirect("entry_read", pk=pk)
    entry, document = open_entry(request, pk)
    context = {
        "entry": entry,
        "title": title_of(document),
        "form": form,
        "back": request.POST.get("back", ""),
    }
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, "reflection/entry_remind.html", context, status=status)
