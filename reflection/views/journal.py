"""The journal: begin, write, read back, finish, look back, delete. Only ever one's own."""

import uuid
from itertools import groupby
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import number_of
from reflection import actions
from reflection.actions import AlreadyBegun, Conflict, Saved, Source
from reflection.alliance import changes
from reflection.cases import codes_of
from reflection.document import PASSAGES, Document, Happened
from reflection.drafts import opened_page, sealing
from reflection.findings import by_box, findings
from reflection.forms import PASSAGE_FORMS, PassageForm
from reflection.listing import Position, Row, open_rows, page_of
from reflection.models import Entry, EntryVersion
from reflection.opening import hold_entry, open_entry, read_uuid, says_what_cannot_be_read
from reflection.queries.guide import PatternGuide, guide, short_titles
from reflection.reading import PASSAGE_TITLES, doubt_about_day, passages, title_of, written
from reflection.search.kept import find_search
from reflection.search.terms import read_terms
from reflection.sharing import was_shared
from reflection.tagging import Tag, tags_of
from reflection.views.history import just_brought_back
from reflection.views.identifiers import DETAILS
from reflection.watching import allowance_of
from vault.access import VaultRequest
from vault.crypto import VaultKeys
from vault.decorators import unlocked_required, unlocked_to_act
from vault.kept import kept_response, wants_json

UNPROCESSABLE = 422

# The guide's texts that stand beside a passage while it is written.
NOTES: dict[str, tuple[str, ...]] = {
    "happened": ("copy-scope", "copy-client", "copy-legal"),
    "reaction": ("intro-hard", "copy-self"),
    "looking_again": ("acct-agree", "acct-punish"),
    "their_side": ("ctx-messy", "ctx-unequal"),
    "repair": ("copy-harm", "copy-emergency"),
}


@require_GET
@unlocked_required
def journal_list(request: VaultRequest) -> HttpResponse:
    """Show one's entries, newest first."""
    keyring = request.vault.keys_for
    day = request.GET.get("day", "")
    after = Position.from_day(day) if day else Position.read(request.GET.get("after", ""))
    just_deleted = just_deleted_by(request)
    rows, following = page_of(request.user, keyring, after=after)
    due = Entry.objects.due_of(request.user) if number_of(request, "due") else []
    context = {
        "rows": rows,
        "months": [(month, list(found)) for month, found in groupby(rows, lambda row: row.month)],
        "following": following,
        "is_first_page": after is None,
        "due": open_rows(due, keyring),
        "just_deleted": just_deleted,
        "was_shared": just_deleted is not None and was_shared(request.user, just_deleted.pk),
        "just_reminded": read_uuid(request.GET.get("reminded", "")),
    }
    return render(request, "reflection/journal_list.html", context)


def just_deleted_by(request: VaultRequest) -> Entry | None:
    """Return the entry that the page's address says was deleted a moment ago, if it was."""
    pk = read_uuid(request.GET.get("deleted", ""))
    return Entry.objects.deleted_by(request.user).without_text([pk]).get(pk) if pk else None


@require_GET
@unlocked_required
def journal_months(request: VaultRequest) -> HttpResponse:
    """Show in which months something was begun, to go there; or to a day."""
    months = Entry.objects.owned_by(request.user).by_month()
    years = [(year, list(found)) for year, found in groupby(months, lambda one: one[0].year)]
    return render(request, "reflection/journal_months.html", {"years": years})


@require_GET
@unlocked_required
def journal_deleted(request: VaultRequest) -> HttpResponse:
    """Show what was deleted and can still be brought back."""
    entries = Entry.objects.deleted_by(request.user)[:100]
    context = {"rows": open_rows(entries, request.vault.keys_for)}
    return render(request, "reflection/journal_deleted.html", context)


@require_http_methods(["GET", "POST"])
@unlocked_required
def journal_begin(request: VaultRequest) -> HttpResponseBase:
    """Write the first passage; the first save makes the entry.

    The page makes the entry's id beforehand, so that a save sent again makes no second entry.
    """
    pk = read_uuid(request.POST.get("entry", "")) or uuid.uuid4()
    if request.method == "POST" and Entry.objects.owned_by(request.user).has(pk):
        return entry_write(request, pk=pk, passage="happened")
    entry = Entry(pk=pk, owner=request.user, vault_id=request.vault.keys.vault_id, revision=0)
    form = _form(request, "happened", entry=entry, document=_begun(request))
    if request.method == "POST" and form.is_valid():
        begun = Document(begun_from=_begun_from(request))
        document = form.rewrite(begun)
        if document != begun or request.POST.get("go") in PASSAGE_FORMS:
            try:
                entry = actions.begin_entry(
                    by=request.user,
                    keys=request.vault.keys,
                    document=document,
                    pk=pk,
                    source=_source(request),
                )
            except AlreadyBegun:
                return entry_write(request, pk=pk, passage="happened")
        return _saved(request, Saved(entry, document), form)
    return _write_page(request, entry, Document(), form)


def begin_page(request: VaultRequest, *, begun_from: uuid.UUID) -> HttpResponse:
    """Return the empty page of a new reflection, begun while reading something of that id.

    Where it was begun goes into the reflection with its first words; until then there is none.
    """
    document = Document(begun_from=str(begun_from))
    keys = request.vault.keys
    entry = Entry(pk=uuid.uuid4(), owner=request.user, vault_id=keys.vault_id, revision=0)
    form = _form(request, "happened", entry=entry, document=document, is_posted=False)
    return _write_page(request, entry, document, form)


def _begun_from(request: VaultRequest) -> str:
    """Return what a first save says that the reflection was begun from; nothing if it is no id."""
    return str(read_uuid(request.POST.get("begun_from", "")) or "")


def _begun(request: VaultRequest) -> Document:
    """Return what a new reflection begins with: the code of the case one comes from, if any."""
    case = read_uuid(request.GET.get("case", "")) if request.method == "GET" else None
    if case is None:
        return Document()
    codes = codes_of(request.user, request.vault.keys, request.vault.keys_for)
    return Document(happened=Happened(case_code=codes.find(case, request.vault.keys) or ""))


@require_GET
@unlocked_required
@says_what_cannot_be_read
def entry_read(request: VaultRequest, pk: uuid.UUID) -> HttpResponse:
    """Read it back: the whole reflection, to finish, share, print or go on with.

    What may identify somebody in it the page asks for once it is there (later.js), so that a long
    text is read at once. With `DETAILS` in its address the page has it.
    """
    entry, document = open_entry(request, pk)
    token = request.GET.get("found", "")
    search = find_search(request.vault.keys, token) if token else None
    context = {
        "found_terms": read_terms(search.words) if search else (),
        "found_by": token,
        "entry": entry,
        "row": Row(entry, document, short_titles=short_titles()),
        "passages": passages(document),
        "alliance_changes": changes(document),
        "just_taken": "taken" in request.GET,
        "brought_back": just_brought_back(request, entry, document),
        "steps": _steps(document, now="read_back"),
        "set_aside": _set_aside(entry, request.vault.keys_for(entry.vault_id), document),
        "empty": [slug for slug in PASSAGES if slug not in written(document)],
        "findings": findings(document, allowance_of(request)) if DETAILS in request.GET else None,
        "doubt_about_day": doubt_about_day(document),
    }
    return render(request, "reflection/entry_read.html", context)


def _set_aside(entry: Entry, keys: VaultKeys, document: Document) -> list[dict[str, Any]]:
    """Return the newest texts that came too late from another tab, where they differ from now."""
    found = []
    for version in EntryVersion.objects.latest_conflicts(entry):
        late, standing = version.open_if_whole(keys), passages(document)
        differing = [part for part in passages(late) if part not in standing] if late else []
        if differing or late is None:
            found.append({"version": version, "passages": differing, "is_damaged": late is None})
    return found


@require_http_methods(["GET", "POST"])
@unlocked_required
@says_what_cannot_be_read
def entry_write(request: VaultRequest, pk: uuid.UUID, passage: str) -> HttpResponse:
    """Write one passage. A save answers JSON to the page's script, a redirect to a plain post."""
    if request.POST.get("passage", passage) != passage:
        message = _("These boxes belong to another passage. Nothing was saved, nothing was lost.")
        return kept_response(request, status=400, reason="conflict", message=message)
    if request.method == "POST":
        return _post_passage(request, pk, passage)
    entry, document = open_entry(request, pk)
    form = _form(request, passage, entry=entry, document=document)
    return _write_page(request, entry, document, form)


def _post_passage(request: VaultRequest, pk: uuid.UUID, passage: str) -> HttpResponse:
    with transaction.atomic():
        entry, document = hold_entry(request, pk)
        form = _form(request, passage, entry=entry, document=document)
        outcome = _save(request, entry, document, form) if form.is_valid() else None
    if outcome is None:
        return _write_page(request, entry, document, form)
    if isinstance(outcome, Conflict):
        return conflicted(request, outcome, form)
    return _saved(request, outcome, form)


def _save(
    request: VaultRequest, entry: Entry, document: Document, form: PassageForm
) -> Saved | Conflict:
    return actions.write_passage(
        entry=entry,
        keys=request.vault.keys_for(entry.vault_id),
        current=document,
        passage=form.passage,
        rewrite=form.rewrite,
        source=_source(request),
        # What a replaced detail stood in is kept, as when it is replaced on the page that reads.
        keeps_standing=request.POST.get("keep") == "standing",
        follow_up_on=form.next_look_back,
        sets_follow_up=form.sets_look_back,
    )


def _saved(request: VaultRequest, saved: Saved, form: PassageForm) -> HttpResponse:
    entry, passage = saved.entry, form.passage
    if wants_json(request):
        stored = not entry._state.adding
        return JsonResponse(
            {
                "state": "saved" if stored else "empty",
                "revision": entry.revision,
                "saved_at": timezone.now().isoformat(),
                "action": _write_url(entry, passage) if stored else None,
                "written": [step["slug"] for step in _steps(saved.document) if step["done"]],
                "identifiers": _identifiers(request, saved, passage) if stored else None,
                "doubts": form.doubts(saved.document),
            }
        )
    go = request.POST.get("go", "")
    if entry._state.adding:
        return redirect("journal_list")
    if go == "later":
        return redirect("journal_list")
    if go in PASSAGE_FORMS:
        return redirect("entry_write", pk=entry.pk, passage=go)
    return redirect("entry_read", pk=entry.pk)


def _identifiers(request: VaultRequest, saved: Saved, passage: str) -> dict[str, Any]:
    """Return what in the passage may identify somebody, by its box, and where to settle it."""
    found = findings(saved.document, allowance_of(request), passage=passage)
    return {"url": reverse("entry_identifiers", args=[saved.entry.pk]), "findings": by_box(found)}


def conflicted(request: VaultRequest, conflict: Conflict, form: PassageForm) -> HttpResponse:
    """Answer a late save with both texts. Both are kept, whatever is chosen next."""
    if wants_json(request):
        message = _(
            "This passage was also changed in another tab. Both texts are kept: compare them "
            "and choose."
        )
        return JsonResponse({"error": "conflict", "message": message}, status=409)
    context = {
        "entry": conflict.entry,
        "passage": form.passage,
        "passage_title": PASSAGE_TITLES[form.passage],
        "differences": form.differences(conflict.document),
        "mine": _posted(dict(form.posted.lists())),
        "both": _posted(form.joined_with(conflict.document)),
        "action": _write_url(conflict.entry, form.passage),
    }
    return render(request, "reflection/entry_conflict.html", context, status=409)


def _posted(data: dict[str, list[str]]) -> list[tuple[str, str]]:
    left_out = {"csrfmiddlewaretoken", "revision", "page", "turn", "go"}
    return [(name, value) for name in data if name not in left_out for value in data[name]]


@require_POST
@unlocked_to_act
def entry_finish(request: VaultRequest, pk: uuid.UUID) -> HttpResponse:
    """Mark it finished, or open it again; it stays editable either way."""
    get_object_or_404(Entry.objects.owned_by(request.user), pk=pk)
    # One goes on where what was pressed stood: there is the way back now.
    if request.POST.get("finished") == "no":
        actions.reopen_entry(by=request.user, pk=pk)
        place = "finish"
    else:
        actions.finish_entry(by=request.user, pk=pk)
        place = "look-back"
    return redirect(f"{reverse('entry_read', args=[pk])}#{place}")


@require_POST
@unlocked_to_act
def entry_delete(request: VaultRequest, pk: uuid.UUID) -> HttpResponse:
    """Delete it; the list one came from then offers to bring it back."""
    get_object_or_404(Entry.objects.owned_by(request.user), pk=pk)
    actions.delete_entry(by=request.user, pk=pk)
    back = "capture_list" if request.POST.get("back") == "captures" else "journal_list"
    return redirect(f"{reverse(back)}?deleted={pk}")


@require_POST
@unlocked_to_act
def entry_restore(request: VaultRequest, pk: uuid.UUID) -> HttpResponse:
    """Bring a deleted one back as it was."""
    get_object_or_404(Entry.objects.deleted_by(request.user), pk=pk)
    actions.restore_entry(by=request.user, pk=pk)
    return redirect("entry_read", pk=pk)


def _form(
    request: VaultRequest,
    passage: str,
    *,
    entry: Entry,
    document: Document,
    is_posted: bool | None = None,
) -> PassageForm:
    """Return the form of a passage. ``is_posted``: with what was typed, as a ``POST`` has it."""
    kwargs: dict[str, Any] = {"document": document, "guide": guide()}
    if passage == "repair":
        kwargs["follow_up_on"] = entry.follow_up_on
    if passage == "happened" and not wants_json(request):
        kwargs["codes"] = codes_of(request.user, request.vault.keys, request.vault.keys_for).words
        kwargs["begins"] = entry._state.adding
    is_posted = request.method == "POST" if is_posted is None else is_posted
    return PASSAGE_FORMS[passage](request.POST if is_posted else None, **kwargs)


def _write_page(
    request: VaultRequest, entry: Entry, document: Document, form: PassageForm
) -> HttpResponse:
    status = UNPROCESSABLE if form.is_bound else 200
    if form.is_bound and wants_json(request):
        return JsonResponse({"error": "invalid", "fields": form.errors}, status=status)
    is_new = entry._state.adding
    page = opened_page(request)
    context = {
        "entry": entry,
        "is_new": is_new,
        "sealing": sealing(request, entry.pk, form.passage, page),
        "begun_from": (document.begun_from or _begun_from(request)) if is_new else "",
        "form": form,
        "doubts": form.doubts(document),
        "passage": form.passage,
        "passage_title": PASSAGE_TITLES[form.passage],
        "title": "" if is_new else title_of(document),
        "steps": _steps(document, now=form.passage),
        "following": _following(form.passage),
        "preceding": _preceding(form.passage),
        "companion": _companion(form, document),
        "own_tags": _own_tags(request) if form.passage == "happened" else [],
        "notes": [
            form.guide.texts[slug] for slug in NOTES[form.passage] if slug in form.guide.texts
        ],
        "contacts": form.guide.contacts if form.passage == "repair" else (),
        "csrf_cookie_name": settings.CSRF_COOKIE_NAME,
        "action": reverse("journal_begin") if is_new else _write_url(entry, form.passage),
        "saved_today": timezone.localdate(entry.updated_at) == timezone.localdate(),
        "revision": _number(request, "revision") if form.is_bound else entry.revision,
        "turn": _number(request, "turn"),
        "page": page,
    }
    return render(request, f"reflection/passage_{form.passage}.html", context, status=status)


def _own_tags(request: VaultRequest) -> list[Tag]:
    return tags_of(request.user, request.vault.keys_for)


def _steps(document: Document, now: str = "") -> list[dict[str, Any]]:
    """Return the six steps for the list beside the form, with what is written and where one is."""
    done = written(document)
    steps: list[dict[str, Any]] = [
        {
            "slug": slug,
            "title": PASSAGE_TITLES[slug],
            "done": slug in done,
            "now": slug == now,
        }
        for slug in PASSAGES
    ]
    read_back = {"slug": "read_back", "title": _("Read it back"), "done": False}
    return [*steps, {**read_back, "now": now == "read_back"}]


def _following(passage: str) -> dict[str, Any]:
    """Return the step that *Continue* goes to."""
    steps = [*PASSAGES, "read_back"]
    slug = steps[steps.index(passage) + 1]
    names = {
        "reaction": _("Continue to my reaction"),
        "looking_again": _("Continue to looking again"),
        "their_side": _("Continue to their side"),
        "repair": _("Continue to repair"),
        "read_back": _("Read it back"),
    }
    return {"slug": slug, "name": names[slug]}


def _preceding(passage: str) -> str:
    """Return the passage that *Back* goes to; none before the first."""
    place = PASSAGES.index(passage)
    return PASSAGES[place - 1] if place else ""


def _companion(form: PassageForm, document: Document) -> list[PatternGuide]:
    """Return what the guide says of the chosen patterns, to stand beside looking again."""
    if form.passage != "looking_again":
        return []
    chosen = {label.slug for label in document.reaction.patterns}
    return [pattern for slug, pattern in form.guide.patterns.items() if slug in chosen]


def _source(request: VaultRequest) -> Source:
    """Return which opened page a save comes from, by what the page says of itself."""
    return Source(
        revision=_number(request, "revision"),
        page=request.POST.get("page", "")[:32],
        turn=_number(request, "turn"),
    )


def _write_url(entry: Entry, passage: str) -> str:
    return reverse("entry_write", kwargs={"pk": entry.pk, "passage": passage})


def _number(request: VaultRequest, name: str) -> int:
    """Return a number the page sent of itself; 0, the oldest, where it sent none."""
    text = request.POST.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 10 else 0
