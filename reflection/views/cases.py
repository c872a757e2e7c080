"""Case codes: the list, one case over time, another code for it. Only ever one's own."""

import uuid
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from reflection.case_forms import CodeForm, RenameForm
from reflection.cases import (
    Codes,
    add_codes,
    case_id,
    case_key,
    codes_of,
    gather_anew,
    plain,
    take_code,
)
from reflection.codes import propose
from reflection.listing import Row
from reflection.queries.guide import short_titles
from reflection.reading import STANDINGS, day_of, standing_of
from reflection.renaming import Renaming, rename_case, survey
from reflection.rereading import every_row
from reflection.timeline import timeline
from vault.access import VaultRequest
from vault.crypto import VaultKeys
from vault.decorators import is_first_look, unlocked_required, unlocked_to_act, unlocked_to_confirm

UNPROCESSABLE = 422
PROPOSED = 6


@dataclass
class Case:
    """One case in the list: its code, where it is found, how much there is and how it stands."""

    word: str
    pk: uuid.UUID
    count: int = 0
    latest_on: date | None = None
    standing: str = ""


@dataclass
class Cases:
    """All of one's cases, and what could not be sorted to one.

    A code that only entries have is a case too, to be put on the list (``unlisted``), unless the
    list is damaged: it is made anew first.
    """

    keys: VaultKeys
    known: dict[str, Case]
    is_whole: bool = True
    without: int = 0
    unlisted: list[str] = field(default_factory=list)
    damaged: list[Row] = field(default_factory=list)
    sealed: int = 0

    def take(self, row: Row) -> None:
        """Sort one entry, of those that come newest first."""
        if row.document is None:
            if row.is_sealed:
                self.sealed += 1
            else:
                self.damaged.append(row)
            return
        case = self._case(row.document.happened.case_code)
        if case is None:
            return
        day = day_of(row.document, row.entry.created_at)
        case.count += 1
        case.latest_on = max(day, case.latest_on or day)
        slug = standing_of(row.document)
        case.standing = case.standing or (str(STANDINGS[slug]) if slug else "")

    def _case(self, code: str) -> Case | None:
        key = case_key(code)
        if not key:
            self.without += 1
        elif key not in self.known:
            self.unlisted.append(code)
            if self.is_whole:
                self.known[key] = Case(plain(code), case_id(self.keys, code))
        return self.known.get(key)


def _codes(request: VaultRequest) -> Codes:
    return codes_of(request.user, request.vault.keys, request.vault.keys_for)


def _word(request: VaultRequest, case: uuid.UUID) -> str:
    """Return the code that the address names. Raises ``Http404`` where it is none of one's own."""
    word = _codes(request).find(case, request.vault.keys)
    if word is None:
        raise Http404
    return word


@require_http_methods(["GET", "POST"])
@unlocked_required
def case_list(request: VaultRequest) -> HttpResponse:
    """Show one's codes, and put another on the list."""
    codes, keys = _codes(request), request.vault.keys
    form = CodeForm(request.POST or None, codes=codes)
    if codes.is_whole and form.is_valid():
        add_codes(keys=keys, words=[form.cleaned_data["word"]])
        return redirect(f"{reverse('case_list')}?added={case_id(keys, form.cleaned_data['word'])}")
    known = {case_key(word): Case(word, case_id(keys, word)) for word in codes.words}
    cases = Cases(keys, known, is_whole=codes.is_whole)
    for row in every_row(request.user, request.vault.keys_for):
        cases.take(row)
    if cases.unlisted and codes.is_whole:
        add_codes(keys=keys, words=cases.unlisted)
    found = sorted(cases.known.values(), key=lambda case: case.latest_on or date.min, reverse=True)
    context = {
        "form": form,
        "codes": codes,
        "cases": [case for case in found if case.count],
        "kept_ready": [case for case in found if not case.count],
        "sorted": cases,
        "proposed": propose([case.word for case in found], PROPOSED),
        "added": request.GET.get("added", ""),
    }
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, "reflection/case_list.html", context, status=status)


@require_POST
@unlocked_to_act
def case_gather(request: VaultRequest) -> HttpResponse:
    """Make a damaged list anew from the entries."""
    gather_anew(by=request.user, keyring=request.vault.keys_for)
    return redirect("case_list")


@require_POST
@unlocked_to_act
def case_remove(request: VaultRequest, case: uuid.UUID) -> HttpResponse:
    """Take a code that nothing is written under from the list."""
    take_code(by=request.user, keyring=request.vault.keys_for, word=_word(request, case))
    return redirect("case_list")


@require_GET
@unlocked_required
def case_read(request: VaultRequest, case: uuid.UUID) -> HttpResponse:
    """Show one case over time: rupture, repair, looking back."""
    word = _word(request, case)
    rows, damaged, sealed = [], [], 0
    titles = short_titles()
    for row in every_row(request.user, request.vault.keys_for):
        if row.is_sealed:
            sealed += 1
        elif row.document is None:
            damaged.append(row)
        elif case_key(row.document.happened.case_code) == case_key(word):
            rows.append(Row(row.entry, row.document, short_titles=titles))
    context = {
        "word": word,
        "case": case,
        "rows": rows,  # what each is shared with is asked once for all
        "moments": timeline(rows),
        "count": len(rows),
        "damaged": damaged,
        "sealed": sealed,
        "renamed": request.GET.get("renamed", ""),
    }
    return render(request, "reflection/case_read.html", context)


@require_http_methods(["GET", "POST"])
@unlocked_to_confirm
def case_rename(request: VaultRequest, case: uuid.UUID) -> HttpResponse:
    """Give a case another code, everywhere; two cases become one only when that was said."""
    codes, keyring = _codes(request), request.vault.keys_for
    word = _word(request, case)
    form = RenameForm(request.POST or None, codes=codes, old=word)
    if form.is_valid() and not is_first_look(request):
        new, in_texts = form.cleaned_data["word"], form.cleaned_data["in_texts"]
        renaming = Renaming(old=word, new=form.other or new, in_texts=in_texts)
        done = rename_case(by=request.user, keyring=keyring, renaming=renaming)
        context: dict[str, Any] = {
            "done": done,
            "old": word,
            "word": renaming.new,
            "case": case_id(request.vault.keys, renaming.new),
        }
        return render(request, "reflection/case_renamed.html", context)
    context = {
        "form": form,
        "word": word,
        "case": case,
        "survey": survey(request.user, keyring, word),
    }
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, "reflection/case_rename.html", context, status=status)
