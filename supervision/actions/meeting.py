"""What changes a supervision meeting: plan, move, write, hold, sign. No text of either is lost."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from reflection.actions import KEEP_EVERY, MANY_WORDS, Source
from reflection.document import Change
from reflection.writings import words_gone
from supervision import notices
from supervision.frozen import Reader
from supervision.minutes import (
    Done,
    Minutes,
    Rewrite,
    encode,
    encode_progress,
    takes_away,
)
from supervision.models import Agreement, Facts, MeetingVersion, Signature, SupervisionMeeting
from supervision.rules import Action, MeetingState, Refused, Role
from supervision.sealing import OtherSide
from vault import crypto
from vault.models import Vault

Kind = MeetingVersion.Kind


class KeyUnknown(Refused):
    """The other side's key has to be compared first. Nothing was planned or sealed."""


class SignedAlready(Refused):
    """Somebody signed the record as it is. A change makes a new one, and has to be meant."""


class Moved(Refused):
    """Somebody else changed the day, time, length or form meanwhile."""


@dataclass(frozen=True)
class Written:
    """The meeting, its minutes as they now stand, and ``mine`` where the notes came too late."""

    meeting: SupervisionMeeting
    minutes: Minutes
    mine: str | None = None


# --- Planning ------------------------------------------------------------------------------------


@transaction.atomic
def plan_meeting(
    *,
    by: User,
    reader: Reader,
    agreement: UUID,
    facts: Facts,
    form: UUID | None = None,
    key_confirmed: bytes = b"",
    minutes: Minutes | None = None,
) -> SupervisionMeeting:
    """Return a new meeting of ``by`` and the other side, its words sealed to both.

    ``form`` is the id of the page it was filled in on: sent twice, that plans one meeting. The
    meeting's own id is made of it and of who sends it, so that nobody learns by a form whether a
    meeting of others has some id. ``key_confirmed`` is the fingerprint ``by`` says they compared.
    Raises ``Refused``, and ``KeyUnknown`` where the other side's key has to be compared first.
    """
    agreed = Agreement.objects.visible_to(by).select_for_update(of=("self",))
    found = agreed.select_related("supervisee", "supervisor").get(pk=agreement)
    pk = uuid.uuid5(by.pk, str(form)) if form else uuid.uuid4()
    planned = SupervisionMeeting.objects.of_party(by)
    if form and (already := planned.find(pk)):
        return already
    other = OtherSide(found, by)
    if not found.allows(Action.PLAN, by):
        nobody = _("Only the two people of an agreement plan meetings. Nothing was planned.")
        raise Refused(other.why_not() or nobody)
    vault = _vault_to_seal_to(other, reader, key_confirmed)
    _refuse_overlap(found, facts)
    meeting = SupervisionMeeting(
        pk=pk,
        agreement=found,
        planned_by=by,
        starts_at=facts.starts_at,
        duration=facts.duration,
        format=facts.format,
    )
    data_key = crypto.new_key()
    _seal_to(meeting, reader.user_id, reader.vault, data_key)
    _seal_to(meeting, other.person.pk, vault, data_key)
    _enclose(meeting, data_key, minutes or Minutes())
    try:
        with transaction.atomic():
            meeting.save(force_insert=True)
    except IntegrityError:  # The form came twice at once, with two agreements: each locks its own.
        if already := planned.find(pk):
            return already
        raise
    notices.meeting_planned(meeting, by=by)
    return meeting


@transaction.atomic
def move_meeting(
    *, by: User, reader: Reader, pk: UUID, facts: Facts, before: Facts | None, anew: bool = False
) -> SupervisionMeeting:
    """Give the meeting another day, time, length or form.

    ``before`` is what its form was made of, None where that is known to have changed.

    Raises ``Refused``; ``Moved`` where it is no longer ``before``; ``SignedAlready`` unless
    ``anew``; ``CannotOpen``, because the words are bound to the revision.
    """
    meeting = _locked(by, pk, with_agreement=True)
    _require(meeting, Action.MOVE, by)
    if meeting.facts == facts:
        return meeting
    if meeting.facts != before:
        raise Moved(
            _(
                "Day, time, length or form were changed meanwhile, to what you see now. Nothing "
                "was lost. If yours is right, enter it again."
            )
        )
    _refuse_unmeant(meeting, anew=anew)
    if meeting.held_at is not None and facts.starts_at > timezone.now():
        raise Refused(_("It was said to have taken place, so it cannot lie ahead."))
    _refuse_overlap(meeting.agreement, facts, but=meeting.pk)
    data_key = meeting.data_key(reader)
    minutes = meeting.read(data_key)
    meeting.starts_at, meeting.duration, meeting.format = (
        facts.starts_at,
        facts.duration,
        facts.format,
    )
    _store(meeting, data_key, minutes, by=by, also=("starts_at", "duration", "format"))
    notices.meeting_moved(meeting, by=by)
    return meeting


@transaction.atomic
def call_off_meeting(*, by: User, pk: UUID) -> SupervisionMeeting:
    """Say that it does not take place, or did not. What was written stays readable."""
    meeting = _locked(by, pk)
    if meeting.state == MeetingState.CALLED_OFF and meeting.role_of(by) != Role.OUTSIDER:
        return meeting
    _require(meeting, Action.CALL_OFF, by)
    meeting.called_off_at = timezone.now()
    meeting.held_at = None
    meeting.save(update_fields=["called_off_at", "held_at"])
    notices.meeting_called_off(meeting, by=by)
    return meeting


@transaction.atomic
def note_meeting_took_place(*, by: User, pk: UUID) -> SupervisionMeeting:
    """Say that it took place. Raises ``Refused`` before it has begun."""
    meeting = _locked(by, pk)
    if meeting.held_at is not None and meeting.role_of(by) != Role.OUTSIDER:
        return meeting
    _require(meeting, Action.TOOK_PLACE, by)
    if not meeting.has_begun:
        raise Refused(_("It has not begun yet. Nothing was changed."))
    meeting.held_at = timezone.now()
    meeting.save(update_fields=["held_at"])
    return meeting


# --- Writing -------------------------------------------------------------------------------------


@transaction.atomic
def rewrite_minutes(
    *,
    by: User,
    reader: Reader,
    pk: UUID,
    rewrite: Rewrite,
    anew: bool = False,
) -> Written:
    """Change agenda or agreed actions by ``rewrite``, on what stands now.

    Where that takes words away, whoever wrote them, the record they stood in is kept as a version.
    Raises ``Refused``, ``SignedAlready`` unless ``anew``, what ``rewrite`` raises, and what
    `SupervisionMeeting.read` does.
    """
    meeting = _locked(by, pk)
    _require(meeting, Action.MINUTE, by)
    data_key = meeting.data_key(reader)
    current = meeting.read(data_key)
    mine = rewrite(current)
    if mine != current:
        _refuse_unmeant(meeting, anew=anew)
        if takes_away(current, mine):
            _keep(meeting, Kind.EARLIER)
        _store(meeting, data_key, mine, by=by)
    return Written(meeting, mine)


@transaction.atomic
def write_notes(
    *, by: User, reader: Reader, pk: UUID, text: str, source: Source, anew: bool = False
) -> Written:
    """Make ``text`` the notes. Where another page wrote meanwhile, both texts are kept.

    An older save that arrives after a newer one of the same page writes nothing. Raises as
    `rewrite_minutes` does.
    """
    meeting = _locked(by, pk)
    _require(meeting, Action.MINUTE, by)
    data_key = meeting.data_key(reader)
    current = meeting.read(data_key)
    last = current.notes_changed
    if source.is_overtaken(last) or text == current.notes:
        return Written(meeting, current)
    _refuse_unmeant(meeting, anew=anew)
    change = Change(meeting.revision + 1, source.page, source.turn)
    if source.is_late(last):
        mine = msgspec.structs.replace(current, notes=text)
        return Written(meeting, _put_aside(meeting, data_key, current, mine, by=by), mine=text)
    takes_much = words_gone([current.notes], [text]) >= MANY_WORDS
    if source.takes_over(last) or takes_much or _kept_long_ago(meeting):
        _keep(meeting, Kind.EARLIER)
    minutes = msgspec.structs.replace(current, notes=text, notes_changed=change)
    _store(meeting, data_key, minutes, by=by)
    return Written(meeting, minutes)


@transaction.atomic
def follow_action(
    *,
    by: User,
    reader: Reader,
    pk: UUID,
    action: UUID,
    is_done: bool,
    on: date | None = None,
) -> SupervisionMeeting:
    """Tick an agreed action off, or take the tick back. It changes nothing that was signed.

    Raises ``Refused``, ``Gone`` where there is no such action, and what reading raises.
    """
    meeting = _locked(by, pk)
    _require(meeting, Action.FOLLOW, by)
    data_key = meeting.data_key(reader)
    known = str(meeting.read(data_key).action(action).id)
    progress = meeting.read_progress(data_key)
    if is_done == (known in progress):
        return meeting
    if is_done:
        progress[known] = Done(by=by.pk, on=on or timezone.localdate())
    else:
        del progress[known]
    meeting.progress_turn += 1
    context = crypto.meeting_progress(meeting.pk, meeting.progress_turn)
    meeting.progress = crypto.encrypt_body(data_key, encode_progress(progress), context)
    meeting.save(update_fields=["progress", "progress_turn"])
    return meeting


# --- Signing -------------------------------------------------------------------------------------


@transaction.atomic
def sign_meeting(
    *, by: User, reader: Reader, pk: UUID, revision: int, at: datetime | None = None
) -> Signature:
    """Return ``by``'s signature of the record as it stood at ``revision``, which they had read.

    Signing the same twice returns the first. Raises ``Refused`` where it was changed since, or
    past Mend after the other signed it, and what reading raises: nobody signs what they cannot
    open.
    """
    meeting = _locked(by, pk)
    role = meeting.role_of(by)
    if revision == meeting.revision:
        made = Signature.objects.of([pk]).filter(version__revision=revision, side=role).first()
        if made is not None:
            return made
    _require(meeting, Action.SIGN, by)
    if revision != meeting.revision:
        raise Refused(
            _(
                "The record was changed after you opened this page, so nothing was signed. Read it "
                "as it is now, then sign."
            )
        )
    meeting.read(meeting.data_key(reader))
    version = _keep(meeting, Kind.SIGNED)
    if version.digest != meeting.digest:
        raise Refused(
            _(
                "What is stored is no longer what the other of you signed, so nothing was signed. "
                "This page says what differs."
            )
        )
    signature = Signature.objects.create(
        version=version, side=role, signer=by, signed_at=at or timezone.now(), digest=version.digest
    )
    name = f"{role}_signed_at"
    setattr(meeting, name, signature.signed_at)
    meeting.save(update_fields=[name])
    notices.meeting_signed(meeting, by=by)
    return signature


# --- A new vault of the other side's -------------------------------------------------------------


@transaction.atomic
def seal_meetings_anew(
    *, by: User, reader: Reader, agreement: UUID, key_confirmed: bytes = b""
) -> int:
    """Seal each meeting's key to the vault the other side has now; return how many were.

    Those ``by`` cannot open are left. Raises ``KeyUnknown`` where the key was not compared.
    """
    agreed = Agreement.objects.with_party(by).select_for_update(of=("self",))
    found = agreed.select_related("supervisee", "supervisor").get(pk=agreement)
    other = OtherSide(found, by)
    vault = _vault_to_seal_to(other, reader, key_confirmed, even_when_ended=True)
    side = "supervisor" if other.is_supervisor else "supervisee"
    done = 0
    meetings = SupervisionMeeting.objects.of_party(by).under(found.pk)
    for meeting in meetings.select_for_update(of=("self",)):
        if getattr(meeting, f"sealed_to_{side}") == vault.pk:
            continue
        try:
            data_key = meeting.data_key(reader)
        except crypto.CannotOpen:
            continue
        _seal_to(meeting, other.person.pk, vault, data_key)
        meeting.save(update_fields=[f"key_{side}", f"sealed_to_{side}"])
        done += 1
    return done


# --- Parts ---------------------------------------------------------------------------------------


def _locked(by: User, pk: UUID, *, with_agreement: bool = False) -> SupervisionMeeting:
    """Return the meeting, locked. With the agreement: so that no two are planned at once."""
    found = SupervisionMeeting.objects.of_party(by)
    if with_agreement:
        agreement = found.values_list("agreement_id", flat=True).get(pk=pk)
        Agreement.objects.select_for_update().get(pk=agreement)
    return found.select_for_update(of=("self",)).get(pk=pk)


def _require(meeting: SupervisionMeeting, action: Action, by: User) -> None:
    if meeting.allows(action, by):
        return
    if meeting.agreement.ended_at is not None and meeting.state != MeetingState.CALLED_OFF:
        raise Refused(
            _(
                "The agreement has ended, so the record can be read and signed, and no longer "
                "changed. Nothing was lost."
            )
        )
    said = {
        MeetingState.CALLED_OFF: _("This meeting was called off. Nothing was changed."),
        MeetingState.PLANNED: _(
            "Say first that it took place; then it can be signed. Nothing was changed."
        ),
        MeetingState.SIGNED: _("Both of you have signed this record. Nothing was changed."),
    }
    signed = _("This record was signed already. Nothing was changed.")
    raise Refused(said.get(meeting.state, signed))


def _refuse_unmeant(meeting: SupervisionMeeting, *, anew: bool) -> None:
    if meeting.is_signed_by_any and not anew:
        raise SignedAlready(
            _(
                "This record is signed. Changing it makes a new version, without signatures; the "
                "signed one stays as it is, and so do its signatures."
            )
        )


def _vault_to_seal_to(
    other: OtherSide, reader: Reader, confirmed: bytes, *, even_when_ended: bool = False
) -> Vault:
    """Return the other side's vault, its key known. Raises ``Refused``."""
    why_not = other.why_not()
    vault = other.vault
    if vault is None or (why_not and not even_when_ended):
        raise Refused(why_not or _("They have no vault that anything could be sealed to."))
    if not other.knows_key(reader.keys):
        if confirmed != other.key:
            raise KeyUnknown(
                _("Compare the key of %(name)s first. Nothing was sealed to it.")
                % {"name": other.person.get_full_name()}
            )
        other.remember(reader.keys)
    return vault


def _refuse_overlap(agreement: Agreement, facts: Facts, *, but: UUID | None = None) -> None:
    """Raise ``Refused`` where the two meet at that time already: hours must not count twice."""
    near = SupervisionMeeting.objects.under(agreement.pk).near(facts.starts_at, facts.ends_at)
    for one in near:
        if one.pk != but and one.ends_at > facts.starts_at:
            raise Refused(
                _(
                    "You two have a meeting at that time already. Look at it among your meetings, "
                    "or choose another time."
                )
            )


def _seal_to(meeting: SupervisionMeeting, person: UUID, vault: Vault, data_key: bytes) -> None:
    is_supervisee = person == meeting.agreement.supervisee_id
    side = "supervisee" if is_supervisee else "supervisor"
    context = crypto.sealed_meeting_key(meeting.pk, person)
    sealed = crypto.seal(bytes(vault.public_key), data_key, context)
    setattr(meeting, f"key_{side}", sealed)
    setattr(meeting, f"sealed_to_{side}", vault.pk)


def _enclose(meeting: SupervisionMeeting, data_key: bytes, minutes: Minutes) -> None:
    meeting.body = crypto.encrypt_body(data_key, encode(minutes), meeting.body_context())


def _store(
    meeting: SupervisionMeeting,
    data_key: bytes,
    minutes: Minutes,
    *,
    by: User,
    also: tuple[str, ...] = (),
) -> None:
    """Make ``minutes`` the present record, at the next revision, which nobody has signed yet.

    Whose signature stood under the one before is told, unless it was they who changed it.
    """
    other = meeting.role_of(meeting.other_party(by))
    others_went = getattr(meeting, f"{other}_signed_at") is not None
    meeting.revision += 1
    _enclose(meeting, data_key, minutes)
    meeting.updated_at = timezone.now()
    meeting.supervisee_signed_at = meeting.supervisor_signed_at = None
    fields = ("revision", "body", "updated_at", "supervisee_signed_at", "supervisor_signed_at")
    meeting.save(update_fields=[*fields, *also])
    if others_went:
        notices.signature_gone(meeting, by=by)


def _keep(meeting: SupervisionMeeting, kind: str) -> MeetingVersion:
    """Return the version that holds the record as it is stored now."""
    given: dict[str, Any] = {
        "kind": kind,
        "body": meeting.body,
        "starts_at": meeting.starts_at,
        "duration": meeting.duration,
        "format": meeting.format,
        "saved_at": meeting.updated_at,
    }
    version, _made = MeetingVersion.objects.get_or_create(
        meeting=meeting, revision=meeting.revision, defaults=given
    )
    version.meeting = meeting
    return version


def _kept_long_ago(meeting: SupervisionMeeting) -> bool:
    kept = MeetingVersion.objects.of([meeting.pk]).latest_saved_at() or meeting.created_at
    return timezone.now() - kept >= KEEP_EVERY


def _put_aside(
    meeting: SupervisionMeeting, data_key: bytes, current: Minutes, mine: Minutes, *, by: User
) -> Minutes:
    """Keep a late text as a version of its own, and move the present one past it."""
    versions = MeetingVersion.objects.of([meeting.pk]).select_related("meeting")
    latest = versions.conflicts().first()
    if latest is not None and latest.read(data_key).notes == mine.notes:
        return current
    _keep(meeting, Kind.EARLIER)
    meeting.revision += 1
    _enclose(meeting, data_key, mine)
    _keep(meeting, Kind.CONFLICT)
    _store(meeting, data_key, current, by=by)
    return current
