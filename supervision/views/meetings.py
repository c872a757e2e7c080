"""Supervision meetings: the list, the plan, the record that both write and sign."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from reflection.actions import Source
from reflection.document import UNREADABLE
from reflection.drafts import opened_page, sealing
from reflection.listing import Position
from reflection.opening import read_number, read_uuid
from reflection.views.journal import by_its_writer
from supervision import actions
from supervision.agenda import Laid, refer, references_of, versions_of
from supervision.decorators import post_only
from supervision.forms.meeting import (
    ActionForm,
    BringForm,
    FactsForm,
    ItemForm,
    NotesForm,
    PlanForm,
    read_fingerprint,
)
from supervision.listing import open_rows
from supervision.minutes import (
    AgendaItem,
    Full,
    Gone,
    Minutes,
    Progress,
    Rewrite,
    agree,
    bring,
    change_action,
    drop,
    drop_action,
    move,
    reword,
    tick,
)
from supervision.models import (
    Agreement,
    Comment,
    MeetingVersion,
    Share,
    SupervisionMeeting,
    show_fingerprint,
)
from supervision.opening import reader_of
from supervision.rules import Action, MeetingState, Refused
from supervision.sealing import OtherSide
from vault import crypto
from vault.access import VaultRequest
from vault.decorators import (
    is_first_look,
    unlocked_required,
    unlocked_to_act,
    unlocked_to_confirm,
    unlocked_to_write,
)
from vault.kept import kept_fields, wants_json

PAGE = 25
FULL = gettext_lazy("There is no room for more than a hundred of these. Nothing was added.")


# --- The list ------------------------------------------------------------------------------------


@require_GET
def meeting_list(request: VaultRequest) -> HttpResponse:
    """Show one's meetings, the latest first. No words are shown, so no vault is needed."""
    user = request.user
    found = SupervisionMeeting.objects.of_party(user).without_words().newest_first()
    after = Position.read(request.GET.get("after", ""))
    if after is not None:
        found = found.older_than(after.created_at, after.pk)
    page = list(found[: PAGE + 1])
    last = page[PAGE - 1] if len(page) > PAGE else None
    vault = request.vault.vault
    context = {
        "rows": [(one, one.other_party(user)) for one in page[:PAGE]],
        "following": Position(last.starts_at, last.pk) if last else None,
        "is_first_page": after is None,
        "may_plan": Agreement.objects.to_meet_under(user).exists(),
        "own_key": _fingerprint(bytes(vault.public_key)) if vault and vault.is_ready else "",
    }
    return render(request, "supervision/meeting_list.html", context)


def _fingerprint(public_key: bytes) -> str:
    return show_fingerprint(crypto.fingerprint(public_key))


# --- Planning and moving -------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@unlocked_required
def meeting_new(request: VaultRequest) -> HttpResponse:
    """Plan a meeting, perhaps begun from a shared copy or a comment."""
    user = request.user
    agreements = list(Agreement.objects.to_meet_under(user))
    asked = read_uuid(request.GET.get("with", ""))
    today = timezone.localdate()
    given = {"agreement": str(asked)} if asked else {}
    form = PlanForm(
        request.POST or None,
        agreements=agreements,
        user=user,
        initial={
            "day": today,
            "share": read_uuid(request.GET.get("share", "")),
            "comment": read_uuid(request.GET.get("comment", "")),
            **given,
        },
    )
    if form.is_valid():
        try:
            return _plan(request, form)
        except actions.KeyUnknown as refused:
            return _key_page(request, form.other, refused.message, form=form)
        except Refused as refused:
            form.add_error(None, refused.message)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "supervision/meeting_new.html", {"form": form}, status=status)


def _plan(request: VaultRequest, form: PlanForm) -> HttpResponse:
    chosen = form.cleaned_data
    agreement = form.other.agreement
    item = _item(request, chosen["share"], chosen["comment"], under=agreement.pk)
    meeting = actions.plan_meeting(
        by=request.user,
        reader=reader_of(request.user, request.vault),
        agreement=agreement.pk,
        facts=form.facts,
        pk=chosen["meeting"],
        key_confirmed=form.confirmed_key,
        minutes=Minutes(agenda=(item,)) if item else None,
    )
    return redirect("meeting_read", pk=meeting.pk)


def _item(
    request: VaultRequest, share: UUID | None, comment: UUID | None, *, under: UUID, text: str = ""
) -> AgendaItem | None:
    """Return an item for a copy or a comment that the person can read, or None."""
    if share is None:
        return None
    found = Share.objects.readable_by(request.user).find(share)
    if found is None or found.agreement_id != under:
        return None
    said = Comment.objects.of_share(found).find(comment)
    return AgendaItem(
        id=uuid4(),
        by=request.user.pk,
        text=text,
        share=found.pk,
        comment=said.pk if said else None,
    )


def _key_page(
    request: VaultRequest,
    other: OtherSide,
    message: str,
    *,
    form: PlanForm | None = None,
    action: str = "",
) -> HttpResponse:
    """Ask for the other side's key to be compared; the form's own choices come along."""
    left_out = {"csrfmiddlewaretoken", "key_confirmed"}
    fields = [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name not in left_out
    ]
    context = {
        "other": other,
        "standing": other.standing(request.vault.keys),
        "message": message,
        "fields": fields,
        "asked_before": "key_confirmed" in request.POST,
        "action": action or request.get_full_path(),
        "value": other.key.hex(),
    }
    status = HTTPStatus.CONFLICT
    return render(request, "supervision/meeting_key.html", context, status=status)


@require_http_methods(["GET", "POST"])
@unlocked_to_confirm
def meeting_move(request: VaultRequest, pk: UUID) -> HttpResponse:
    """Change day, time, length or form. What the form was made of comes along with it."""
    meeting = _meeting(request, pk)
    if not meeting.allows(Action.MOVE, request.user):
        raise Http404
    before = _before(request, meeting)
    form = FactsForm(request.POST or None, initial=FactsForm.initial_of(meeting.facts))
    if form.is_valid() and not is_first_look(request):
        try:
            actions.move_meeting(
                by=request.user,
                reader=reader_of(request.user, request.vault),
                pk=pk,
                facts=form.facts,
                before=before,
                anew="anew" in request.POST,
            )
        except actions.SignedAlready as refused:
            return _signed_since(request, meeting, refused.message)
        except actions.Moved as refused:
            meeting.refresh_from_db()
            form = FactsForm(initial=FactsForm.initial_of(meeting.facts))
            return _move_page(request, meeting, form, refused.message)
        except UNREADABLE:
            return _sealed(request, meeting)
        except Refused as refused:
            form.add_error(None, refused.message)
        else:
            return redirect("meeting_read", pk=pk)
    return _move_page(request, meeting, form)


def _before(request: VaultRequest, meeting: SupervisionMeeting) -> Any:
    """Return the facts the form was made of: the present ones unless they have moved since."""
    sent = request.POST.get("before", "")
    is_same = not sent or sent == _told(meeting)
    return meeting.facts if is_same else None


def _told(meeting: SupervisionMeeting) -> str:
    return f"{meeting.starts_at.isoformat()} {meeting.duration} {meeting.format}"


def _move_page(
    request: VaultRequest, meeting: SupervisionMeeting, form: FactsForm, because: str = ""
) -> HttpResponse:
    context = {
        "meeting": meeting,
        "form": form,
        "before": _told(meeting),
        "because": because,
        "anew": _is_changing(request, meeting),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    status = HTTPStatus.CONFLICT if because else status
    return render(request, "supervision/meeting_move.html", context, status=status)


@post_only("meeting_read")
def meeting_call_off(request: VaultRequest, pk: UUID) -> HttpResponse:
    """Call a meeting off. What was written stays."""
    _meeting(request, pk)
    done = _("Called off. What was written for it is kept.")
    return _decide(request, pk, lambda: actions.call_off_meeting(by=request.user, pk=pk), done)


@post_only("meeting_read")
def meeting_took_place(request: VaultRequest, pk: UUID) -> HttpResponse:
    """Say that a meeting took place; from then on it counts, and can be signed."""
    _meeting(request, pk)
    done = _("It took place, and counts among your hours. Now it can be signed.")
    return _decide(
        request, pk, lambda: actions.note_meeting_took_place(by=request.user, pk=pk), done
    )


@post_only("meeting_read")
@unlocked_to_act
def meeting_sign(request: VaultRequest, pk: UUID) -> HttpResponse:
    """Sign the record as it was read."""
    meeting = _meeting(request, pk)
    reader = reader_of(request.user, request.vault)
    revision = read_number(request.POST.get("revision", ""))
    try:
        return _decide(
            request,
            pk,
            lambda: actions.sign_meeting(by=request.user, reader=reader, pk=pk, revision=revision),
            _("Signed. The record is fixed as it is; a change would make a new version."),
        )
    except UNREADABLE:
        return _sealed(request, meeting)


def _decide(
    request: VaultRequest, pk: UUID, decide: Callable[[], object], done: str
) -> HttpResponse:
    try:
        decide()
    except Refused as refused:
        messages.warning(request, refused.message)
    else:
        messages.success(request, done)
    return redirect("meeting_read", pk=pk)


@post_only("meeting_read")
@unlocked_to_act
def meeting_seal_anew(request: VaultRequest, pk: UUID) -> HttpResponse:
    """Seal what was written to the vault the other side has now."""
    meeting = _meeting(request, pk)
    other = OtherSide(meeting.agreement, request.user)
    try:
        actions.seal_meetings_anew(
            by=request.user,
            reader=reader_of(request.user, request.vault),
            agreement=meeting.agreement_id,
            key_confirmed=read_fingerprint(request.POST.get("key_confirmed", "")),
        )
    except actions.KeyUnknown as refused:
        return _key_page(request, other, refused.message)
    except Refused as refused:
        messages.warning(request, refused.message)
    else:
        said = _("%(name)s can open what you two wrote about your meetings again.")
        messages.success(request, said % {"name": other.person.get_full_name()})
    return redirect("meeting_read", pk=pk)


# --- The record ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Opened:
    """A meeting with what is in it, as this browser can open it."""

    meeting: SupervisionMeeting
    minutes: Minutes
    progress: Progress
    laid: Laid


def _meeting(request: VaultRequest, pk: UUID) -> SupervisionMeeting:
    """Return one's meeting. Raises ``Http404`` to everybody else, whoever they are."""
    found = SupervisionMeeting.objects.of_party(request.user).with_vaults()
    return get_object_or_404(found, pk=pk)


def _open(request: VaultRequest, meeting: SupervisionMeeting) -> Opened:
    """Return the meeting with its minutes. Raises what ``UNREADABLE`` names."""
    user, reader = request.user, reader_of(request.user, request.vault)
    data_key = meeting.data_key(reader)
    minutes = meeting.read(data_key)
    laid = Laid(meeting, minutes, user, references_of(minutes, user, reader))
    return Opened(meeting, minutes, meeting.read_progress(data_key), laid)


@require_GET
@unlocked_required
def meeting_read(request: VaultRequest, pk: UUID) -> HttpResponse:
    """Show a meeting: its facts, agenda, notes, what was agreed, and who signed."""
    actions.see_about(by=request.user, meeting=pk)
    return _page(request, _meeting(request, pk))


def _page(
    request: VaultRequest,
    meeting: SupervisionMeeting,
    *,
    item: ItemForm | None = None,
    action: ActionForm | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """Show the record; ``item`` and ``action`` are forms that were not accepted, with text."""
    user = request.user
    try:
        opened = _open(request, meeting)
    except UNREADABLE:
        return _sealed(request, meeting)
    laid, minutes = opened.laid, opened.minutes
    is_open = meeting.allows(Action.MINUTE, user) and (
        not meeting.is_signed_by_any or _is_changing(request, meeting)
    )
    agenda = laid.agenda(is_open=is_open, typed=item)
    agreed = laid.actions(opened.progress, is_open=is_open, typed=action)
    other = OtherSide(meeting.agreement, user)
    versions = versions_of(meeting)
    context = {
        **_facts(meeting, user),
        "minutes": minutes,
        "agenda": agenda,
        "agreed": agreed,
        "item_form": _unplaced(item, agenda) or ItemForm(auto_id="id_new_item_%s"),
        "action_form": _unplaced(action, agreed) or laid.action_form(auto_id="id_new_action_%s"),
        "is_open": is_open,
        "anew": is_open and meeting.is_signed_by_any,
        "may_change": meeting.allows(Action.MINUTE, user) and not is_open,
        "may_follow": meeting.allows(Action.FOLLOW, user),
        "signatures": [
            one
            for row in versions
            if row.version.revision == meeting.revision
            for one in row.signatures
        ],
        "versions": [row for row in versions if row.version.revision != meeting.revision],
        "needs_seal": _needs_seal(meeting, other),
    }
    return render(request, "supervision/meeting_read.html", context, status=status)


def _facts(meeting: SupervisionMeeting, user: Any) -> dict[str, Any]:
    """Return what every page of a meeting says of it, and what can be done."""
    return {
        "meeting": meeting,
        "other": meeting.other_party(user),
        "is_supervisee": user.pk == meeting.agreement.supervisee_id,
        "has_ended": meeting.agreement.ended_at is not None,
        "is_called_off": meeting.state == MeetingState.CALLED_OFF,
        "is_signed": meeting.state == MeetingState.SIGNED,
        "may_move": meeting.allows(Action.MOVE, user),
        "may_call_off": meeting.allows(Action.CALL_OFF, user),
        "may_say_held": meeting.allows(Action.TOOK_PLACE, user) and meeting.has_begun,
        "may_sign": meeting.allows(Action.SIGN, user),
    }


def _unplaced(form: Any, rows: list[Any]) -> Any:
    """Return a form that was not accepted, unless it stands beside the row it is for."""
    return form if form is not None and all(row.form is not form for row in rows) else None


def _needs_seal(meeting: SupervisionMeeting, other: OtherSide) -> bool:
    """Tell whether the other side has a vault by now that this was not sealed to."""
    side = "supervisor" if other.is_supervisor else "supervisee"
    vault = other.vault
    return vault is not None and vault.pk != getattr(meeting, f"sealed_to_{side}")


def _is_changing(request: VaultRequest, meeting: SupervisionMeeting) -> bool:
    """Tell whether somebody said that they want to change what is signed."""
    asked = "change" in request.GET or "anew" in request.POST
    return meeting.is_signed_by_any and asked


def _sealed(request: VaultRequest, meeting: SupervisionMeeting) -> HttpResponse:
    """Show what is known of a meeting whose words do not open here; what was typed comes back."""
    texts = [one.value for one in kept_fields(request, {}) if one.is_text]
    context = {**_facts(meeting, request.user), "texts": texts}
    status = HTTPStatus.CONFLICT
    return render(request, "supervision/meeting_sealed.html", context, status=status)


def _signed_since(request: VaultRequest, meeting: SupervisionMeeting, because: str) -> HttpResponse:
    """Hand back what was posted, and ask whether a new version is meant."""
    if wants_json(request):
        return JsonResponse({"error": "conflict", "message": because}, status=HTTPStatus.CONFLICT)
    context = {
        "meeting": meeting,
        "because": because,
        "may_go_on": meeting.allows(Action.MINUTE, request.user),
        "fields": kept_fields(request, {"notes": _("Notes")}),
        "action": request.get_full_path(),
    }
    return render(request, "supervision/meeting_kept.html", context, status=HTTPStatus.CONFLICT)


def _rewrite(
    request: VaultRequest, meeting: SupervisionMeeting, rewrite: Rewrite, *, keep: bool = False
) -> HttpResponse | None:
    """Change the record; return an answer only where that could not be done.

    Raises `Gone` and `Full`.
    """
    try:
        actions.rewrite_minutes(
            by=request.user,
            reader=reader_of(request.user, request.vault),
            pk=meeting.pk,
            rewrite=rewrite,
            anew="anew" in request.POST,
            keep=keep,
        )
    except Refused as refused:  # signed, ended or called off meanwhile
        return _signed_since(request, meeting, refused.message)
    except UNREADABLE:
        return _sealed(request, meeting)
    return None


@post_only("meeting_read")
@unlocked_to_write(is_press=lambda posted: posted.get("do") not in ("add", "reword"))
def meeting_agenda(request: VaultRequest, pk: UUID) -> HttpResponse:
    """Add to the agenda, reword, tick, move or take off an item."""
    meeting = _meeting(request, pk)
    do = request.POST.get("do", "")
    if do in ("add", "reword"):
        return _write_item(request, meeting, do)
    item = read_uuid(request.POST.get("item", ""))
    changes: dict[str, Callable[[UUID], Rewrite]] = {
        "tick": lambda pk: tick(pk, is_done=True),
        "untick": lambda pk: tick(pk, is_done=False),
        "up": lambda pk: move(pk, by=-1),
        "down": lambda pk: move(pk, by=1),
        "drop": drop,
    }
    if do not in changes or item is None:
        raise Http404
    try:
        answer = _rewrite(request, meeting, changes[do](item), keep=do == "drop")
    except Gone:
        messages.warning(request, _("That item was taken off the agenda meanwhile."))
        answer = None
    return answer or _back_to(meeting, "agenda")


def _write_item(request: VaultRequest, meeting: SupervisionMeeting, do: str) -> HttpResponse:
    prefix = "id_new_item_%s" if do == "add" else "id_reworded_%s"
    form = ItemForm(request.POST, auto_id=prefix)
    if not form.is_valid():
        return _page(request, meeting, item=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    chosen = form.cleaned_data
    rewrite = bring(form.made_by(request.user))
    if do == "reword":
        before = chosen["before"].replace("\r\n", "\n")
        rewrite = reword(chosen["item"], chosen["text"], before=before, by=request.user.pk)
    try:
        answer = _rewrite(request, meeting, rewrite)
    except Gone:
        form.add_error("text", _(
            "That item was taken off the agenda meanwhile. Your words are still here: add them "
            "anew if you like."
        ))  # fmt: skip
        return _page(request, meeting, item=form, status=HTTPStatus.CONFLICT)
    except Full:
        form.add_error("text", str(FULL))
        return _page(request, meeting, item=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return answer or _back_to(meeting, "agenda")


@post_only("meeting_read")
@unlocked_to_write(is_press=lambda posted: posted.get("do") == "drop")
def meeting_actions(request: VaultRequest, pk: UUID) -> HttpResponse:
    """Note what was agreed, change it, or take it out."""
    meeting = _meeting(request, pk)
    do = request.POST.get("do", "")
    if do == "drop":
        action = read_uuid(request.POST.get("action", ""))
        if action is None:
            raise Http404
        return _rewrite(request, meeting, drop_action(action), keep=True) or _back_to(
            meeting, "agreed"
        )
    if do not in ("add", "change"):
        raise Http404
    try:
        opened = _open(request, meeting)
    except UNREADABLE:
        return _sealed(request, meeting)
    prefix = "id_new_action_%s" if do == "add" else "id_changed_%s"
    form = opened.laid.action_form(request.POST, auto_id=prefix)
    if not form.is_valid():
        return _page(request, meeting, action=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    before = form.cleaned_data["before"].replace("\r\n", "\n")
    rewrite = agree(form.made) if do == "add" else change_action(form.made, before=before)
    try:
        answer = _rewrite(request, meeting, rewrite)
    except Gone:
        form.add_error("text", _(
            "This was taken out meanwhile. Your words are still here: add them anew if you like."
        ))  # fmt: skip
        return _page(request, meeting, action=form, status=HTTPStatus.CONFLICT)
    except Full:
        form.add_error("text", str(FULL))
        return _page(request, meeting, action=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return answer or _back_to(meeting, "agreed")


@post_only("meeting_read")
@unlocked_to_act
def meeting_follow(request: VaultRequest, pk: UUID) -> HttpResponse:
    """Tick an agreed action off, or take the tick back; then go where one came from."""
    meeting = _meeting(request, pk)
    action = read_uuid(request.POST.get("action", ""))
    if action is None:
        raise Http404
    try:
        actions.follow_action(
            by=request.user,
            reader=reader_of(request.user, request.vault),
            pk=pk,
            action=action,
            is_done=request.POST.get("do") == "done",
        )
    except UNREADABLE:
        return _sealed(request, meeting)
    except Gone:
        messages.warning(request, _("That was taken out of what was agreed meanwhile."))
    except Refused as refused:
        messages.warning(request, refused.message)
    back = request.POST.get("next", "")
    if back and url_has_allowed_host_and_scheme(back, {request.get_host()}):
        return redirect(back)
    return _back_to(meeting, "agreed")


def _back_to(meeting: SupervisionMeeting, place: str) -> HttpResponse:
    return redirect(f"{reverse('meeting_read', args=[meeting.pk])}#{place}")


# --- Notes ---------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@unlocked_required
@by_its_writer
def meeting_notes(request: VaultRequest, pk: UUID) -> HttpResponseBase:
    """Write the notes. They save themselves; two texts written at once are both kept."""
    meeting = _meeting(request, pk)
    if request.method == "GET":
        return _notes_begun(request, meeting)
    form = NotesForm(request.POST)
    if not form.is_valid():
        if wants_json(request):
            said = {"error": "invalid", "fields": form.errors}
            return JsonResponse(said, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        return _notes_page(request, meeting, form)
    try:
        written = actions.write_notes(
            by=request.user,
            reader=reader_of(request.user, request.vault),
            pk=meeting.pk,
            text=form.cleaned_data["notes"],
            source=_source(request),
            anew="anew" in request.POST,
        )
    except Refused as refused:
        return _signed_since(request, meeting, refused.message)
    except UNREADABLE:
        return _sealed(request, meeting)
    return _notes_written(request, written)


def _notes_begun(request: VaultRequest, meeting: SupervisionMeeting) -> HttpResponse:
    if not meeting.allows(Action.MINUTE, request.user):
        return redirect("meeting_read", pk=meeting.pk)
    try:
        opened = _open(request, meeting)
    except UNREADABLE:
        return _sealed(request, meeting)
    form = NotesForm(initial={"notes": opened.minutes.notes})
    return _notes_page(request, meeting, form, opened)


def _notes_written(request: VaultRequest, written: actions.Written) -> HttpResponse:
    meeting = written.meeting
    if written.mine is not None:
        return _notes_conflict(request, written)
    if wants_json(request):
        return JsonResponse(
            {
                "state": "saved",
                "revision": meeting.revision,
                "saved_at": timezone.now().isoformat(),
                "action": None,
                "written": [],
            }
        )
    return _back_to(meeting, "notes")


def _notes_conflict(request: VaultRequest, written: actions.Written) -> HttpResponse:
    """Answer notes that came too late with both texts. Both are kept, whatever is chosen next."""
    if wants_json(request):
        said = _("The notes were also changed elsewhere. Both texts are kept.")
        return JsonResponse({"error": "conflict", "message": said}, status=HTTPStatus.CONFLICT)
    theirs, mine = written.minutes.notes, written.mine or ""
    context = {
        "meeting": written.meeting,
        "theirs": theirs,
        "mine": mine,
        "both": f"{theirs.rstrip()}\n\n{mine}" if theirs.strip() else mine,
    }
    return render(request, "supervision/meeting_conflict.html", context, status=HTTPStatus.CONFLICT)


def _notes_page(
    request: VaultRequest,
    meeting: SupervisionMeeting,
    form: NotesForm,
    opened: Opened | None = None,
) -> HttpResponse:
    page = opened_page(request)
    context = {
        **_facts(meeting, request.user),
        "form": form,
        "revision": request.POST.get("revision") or meeting.revision,
        "page": page,
        "sealing": sealing(request, meeting.pk, "meeting", page),
        "turn": request.POST.get("turn") or 0,
        "anew": _is_changing(request, meeting),
        "agenda": opened.laid.agenda(is_open=False) if opened else [],
        "csrf_cookie_name": settings.CSRF_COOKIE_NAME,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "supervision/meeting_notes.html", context, status=status)


def _source(request: VaultRequest) -> Source:
    """Return which opened page a save comes from, by what the page says of itself."""
    return Source(
        revision=read_number(request.POST.get("revision", "")),
        page=request.POST.get("page", "")[:32],
        turn=read_number(request.POST.get("turn", "")),
    )


# --- Versions, and bringing a copy ---------------------------------------------------------------


@require_GET
@unlocked_required
def meeting_version(request: VaultRequest, pk: UUID, revision: int) -> HttpResponse:
    """Show the record as it stood, with the signatures it has."""
    meeting = _meeting(request, pk)
    rows = versions_of(meeting)
    row = next((one for one in rows if one.version.revision == revision), None)
    if row is None:
        raise Http404
    user, reader = request.user, reader_of(request.user, request.vault)
    try:
        minutes = row.version.read(meeting.data_key(reader))
    except UNREADABLE:
        return _sealed(request, meeting)
    laid = Laid(meeting, minutes, user, references_of(minutes, user, reader))
    context = {
        **_facts(meeting, user),
        "row": row,
        "version": row.version,
        "is_conflict": row.version.kind == MeetingVersion.Kind.CONFLICT,
        "is_present": revision == meeting.revision,
        "minutes": minutes,
        "agenda": laid.agenda(is_open=False),
        "agreed": laid.actions({}, is_open=False),
    }
    return render(request, "supervision/meeting_version.html", context)


@require_http_methods(["GET", "POST"])
@unlocked_required
def meeting_bring(request: VaultRequest, pk: UUID) -> HttpResponse:
    """Put a shared copy, or a comment in one, on the agenda of a meeting of the two."""
    user = request.user
    share = Share.objects.readable_by(user).find(pk)
    if share is None or not share.agreement.allows(Action.PLAN, user):
        raise Http404
    meetings = list(
        SupervisionMeeting.objects.of_party(user)
        .under(share.agreement_id)
        .to_bring_to()
        .without_words()[:12]
    )
    comment = read_uuid(request.GET.get("comment", ""))
    choices = [(str(one.pk), _when(one)) for one in meetings]
    first = choices[0][0] if len(choices) == 1 else None
    form = BringForm(
        request.POST or None, meetings=choices, initial={"comment": comment, "meeting": first}
    )
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    if form.is_valid():
        try:
            return _bring(request, share, form)
        except Full:
            form.add_error(None, str(FULL))
    [row] = open_rows(Share.objects.among([pk]).listed(), user, reader_of(user, request.vault))
    context = {
        "share": share,
        "reference": refer({pk: row}, pk, user, comment),
        "form": form,
        "comment": comment,
        "has_meetings": bool(meetings),
        "may_plan": share.agreement.allows(Action.PLAN, user),
    }
    return render(request, "supervision/meeting_bring.html", context, status=status)


def _bring(request: VaultRequest, share: Share, form: BringForm) -> HttpResponse:
    chosen = form.cleaned_data
    meeting = _meeting(request, UUID(chosen["meeting"]))
    item = _item(
        request, share.pk, chosen["comment"], under=meeting.agreement_id, text=chosen["text"]
    )
    if item is None:
        raise Http404
    return _rewrite(request, meeting, bring(item)) or _back_to(meeting, "agenda")


def _when(meeting: SupervisionMeeting) -> str:
    begins = timezone.localtime(meeting.starts_at)
    return f"{date_format(begins, 'l j F Y')}, {begins:%H:%M}"
