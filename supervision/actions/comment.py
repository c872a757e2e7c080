"""What changes a conversation: hold back, send, answer, change, remove, thank, act on."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

import msgspec
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from reflection import agreed
from reflection.document import UNREADABLE, AgreedStep, Label
from reflection.models import Entry
from supervision import notices
from supervision.actions.record import Happened, note_lines
from supervision.actions.standing import keep_conversation
from supervision.frozen import FrozenCopy, Reader
from supervision.models import Comment, HeldComment, Reaction, Share, ShareEvent
from supervision.rules import Action, Refused, Role
from supervision.said import Anchor, HeldSaid, NotThere, Said, ThereTwice, find_words
from vault.crypto import CannotOpen


class Overtaken(Refused):
    """It says something else by now than the page that changed it showed: ``now``, of ``as_of``."""

    def __init__(self, now: str, as_of: str) -> None:
        super().__init__(
            _("This comment was changed in another tab. Nothing was lost: choose what it says.")
        )
        self.now, self.as_of = now, as_of


@dataclass(frozen=True)
class Sending:
    """What was sent of what was held; ``unopened`` held comments do not open and stay held."""

    comments: list[Comment]
    unopened: int = 0


@dataclass(frozen=True)
class Carried:
    """How many held comments are with the ``newer`` version now, and how many stayed behind."""

    newer: Share
    number: int
    kept: int


# --- Sending and holding -------------------------------------------------------------------------


@transaction.atomic
def add_comment(
    *,
    by: User,
    reader: Reader,
    pk: UUID,
    passage: str,
    text: str,
    parent: UUID | None = None,
    comment: UUID | None = None,
    lens: Label | None = None,
    anchor: Anchor | None = None,
    at: datetime | None = None,
) -> Comment:
    """Return ``by``'s comment beside a passage of the copy, or their answer to one.

    ``comment`` is the id it is to have: the same words sent again under it are the same comment.
    Raises ``CannotOpen`` where ``reader`` cannot open the copy, ``Refused`` where the share is no
    longer live or has no such passage, words or comment, and ``Share.DoesNotExist`` for an
    outsider.
    """
    share = _allowed(by, pk, Action.REPLY if parent else Action.COMMENT)
    held = HeldSaid(Said(text, lens, anchor), passage, parent)
    thread, data_key = _place(share, reader, held)
    written = _comment(share, by, held, thread, pk=comment, at=at or timezone.now())
    if (earlier := _sent_before(written, held.said, data_key, comment)) is not None:
        return earlier
    _send(written, held.said, data_key)
    _tell(share, by, written.created_at)
    return written


@transaction.atomic
def hold_comment(
    *,
    by: User,
    reader: Reader,
    pk: UUID,
    passage: str,
    text: str,
    parent: UUID | None = None,
    comment: UUID | None = None,
    lens: Label | None = None,
    anchor: Anchor | None = None,
) -> HeldComment:
    """Return a comment of ``by``'s that is kept back until it is sent, under their own vault.

    The same words held again under the id ``comment`` are the same. It leaves no line in any log.
    Raises as `add_comment` does, and ``Refused`` for whoever does not hold comments back.
    """
    share = _allowed(by, pk, Action.HOLD)
    said = HeldSaid(Said(text, lens, anchor), passage, parent)
    thread, _data_key = _place(share, reader, said)
    said = HeldSaid(said.said, passage, thread.pk if thread else None)
    return _hold(by, reader, share, said, comment)


@transaction.atomic
def keep_late(
    *,
    by: User,
    reader: Reader,
    pk: UUID,
    passage: str,
    text: str,
    parent: UUID | None = None,
    comment: UUID | None = None,
    lens: Label | None = None,
    held: UUID | None = None,
    before: str | None = None,
) -> HeldComment:
    """Keep words that came too late to be sent among what ``by`` holds; return them as held.

    The copy need not open any more, so the words of it that they were about are not kept. ``held``:
    they were to change a comment that is held; where it is still, and says what it said as of
    ``before``, they do. Raises ``Refused`` for whoever does not hold comments back.
    """
    share = _allowed(by, pk, Action.KEEP_LATE)
    if passage not in share.passages:
        raise Refused(_("There is no such place in this copy to comment on."))
    waiting = HeldComment.objects.of_author(by).of_share(share).select_for_update()
    found = waiting.find(held)
    now = _read_held(found, reader) if found else None
    if found and now and before in (None, found.as_of):
        said = Said(text, now.said.lens, now.said.anchor)
        found.write(HeldSaid(said, now.passage, now.parent), reader)
        found.updated_at = timezone.now()
        found.save(update_fields=["body", "vault", "updated_at"])
        return found
    thread = Comment.objects.thread_of(share, parent)
    answers = thread.pk if thread and thread.passage == passage else None
    return _hold(by, reader, share, HeldSaid(Said(text, lens), passage, answers), comment)


@transaction.atomic
def change_held(
    *,
    by: User,
    reader: Reader,
    pk: UUID,
    held: UUID,
    text: str,
    lens: Label | None = None,
    anchor: Anchor | None = None,
    before: str | None = None,
) -> HeldComment:
    """Put other words into a comment that ``by`` holds; its place stays.

    ``before``: as of when its page showed it. Raises ``Overtaken`` where it was changed since,
    ``Refused``, also where it was sent or deleted meanwhile, and ``CannotOpen``.
    """
    share = _allowed(by, pk, Action.HOLD)
    found = _held_by(by, share, held)
    now = found.open(reader)
    said = HeldSaid(Said(text, lens, anchor), now.passage, now.parent)
    if said.without_words() == now:
        return found
    _refuse_overtaken(found, now.said, before)
    _place(share, reader, said)
    found.write(said, reader)
    found.updated_at = timezone.now()
    found.save(update_fields=["body", "vault", "updated_at"])
    return found


@transaction.atomic
def drop_held(*, by: User, held: UUID) -> HeldComment | None:
    """Delete a comment that ``by`` holds, whatever became of the share, and return what it was.

    None where ``by`` holds no such comment: it is gone already, or it is somebody else's.
    """
    found = HeldComment.objects.of_author(by).find(held)
    if found is not None:
        found.delete()
    return found


@transaction.atomic
def send_held(
    *,
    by: User,
    reader: Reader,
    pk: UUID,
    held: UUID | None = None,
    at: datetime | None = None,
) -> Sending:
    """Send what ``by`` holds for a copy: one comment, or all of them in the order of writing.

    Each is opened with its author's vault and closed again with the share's key, in one
    transaction that also takes it from what is held. One line in the log, one notice, however
    many. Raises ``Refused`` where the share is no longer live, ``CannotOpen`` where the copy, or
    the one comment, does not open. Sending what was sent a moment ago sends nothing.
    """
    share = _allowed(by, pk, Action.SEND)
    waiting = HeldComment.objects.of_author(by).of_share(share).select_for_update()
    chosen = list(waiting.filter(pk=held) if held else waiting)
    at = at or timezone.now()
    sent, unopened = [], 0
    for one in chosen:
        try:
            sent.append(_sent(one, share, reader, at))
        except CannotOpen:
            if held:
                raise
            unopened += 1
    if sent:
        _tell(share, by, at, number=len(sent))
    return Sending(sent, unopened)


@transaction.atomic
def carry_held(*, by: User, reader: Reader, pk: UUID) -> Carried:
    """Put what ``by`` holds for an older version with the newest that they can read.

    Each stays held, and beside the same passage. Where the older copy still opens, it is about the
    same words if those stand in the newer one; otherwise about the passage, because its words are
    in the copy alone. An answer becomes a comment of its own: its thread stays with the older
    version. What has no passage to go to, or does not open, stays where it is. Raises ``Refused``
    where there is no newer version, and ``CannotOpen`` where that does not open.
    """
    share = Share.objects.of_circle(by).select_related("agreement", "entry").get(pk=pk)
    newer = Share.objects.newer_for(share, by)
    if newer is None or not share.allows(Action.CARRY_HELD, by):
        raise Refused(_("There is no newer version of this that you can read."))
    target = _allowed(by, newer.pk, Action.HOLD)
    copy = target.open(reader)
    before = _copy_of(share, reader)
    waiting = HeldComment.objects.of_author(by).of_share(share).select_for_update()
    carried, kept = 0, 0
    for one in waiting:
        try:
            said = _in_newer(one.open(reader), before, copy)
        except CannotOpen:
            said = None
        if said is None:
            kept += 1
            continue
        one.share, one.share_uid = target, target.pk
        one.write(said, reader)
        one.save(update_fields=["share", "share_uid", "body", "vault"])
        carried += 1
    return Carried(target, carried, kept)


# --- While it is new -----------------------------------------------------------------------------


@transaction.atomic
def edit_comment(
    *,
    by: User,
    reader: Reader,
    pk: UUID,
    comment: UUID,
    text: str,
    before: str | None = None,
    at: datetime | None = None,
) -> Comment:
    """Put other words into a comment ``by`` sent within the last ten minutes.

    It is shown as edited; the earlier words are kept nowhere. ``before``: as of when its page
    showed it. Raises ``Overtaken`` where it was changed since, ``Refused`` and ``CannotOpen``.
    """
    share = _allowed(by, pk, Action.EDIT)
    at = at or timezone.now()
    found = _own_new(by, share, comment, at, _("It can be changed for ten minutes after sending."))
    data_key = share.data_key(reader)
    now = found.open(data_key)
    if now.text == text:
        return found
    _refuse_overtaken(found, now, before)
    found.write(Said(text, now.lens, now.anchor), data_key)
    found.edited_at = at
    found.save(update_fields=["body", "schema", "edited_at"])
    return found


@transaction.atomic
def remove_comment(*, by: User, pk: UUID, comment: UUID, at: datetime | None = None) -> Comment:
    """Take away a comment ``by`` sent within the last ten minutes that nobody answered.

    Its place stays, so that both see that there was one. Raises ``Refused``.
    """
    share = _allowed(by, pk, Action.REMOVE)
    at = at or timezone.now()
    found = _own_new(by, share, comment, at, _("It can be removed for ten minutes after sending."))
    if Comment.objects.is_answered(found):
        raise Refused(_("It was answered meanwhile, so it stays. You can still edit it."))
    found.remove(at)
    found.save(update_fields=["body", "removed_at"])
    keep_conversation(share)
    return found


# --- Quiet answers -------------------------------------------------------------------------------


@transaction.atomic
def react(*, by: User, pk: UUID, comment: UUID, kind: Reaction.Kind, is_on: bool) -> None:
    """Note that ``by`` says thanks for a comment, or that it helped; or take that back.

    Doing it twice changes nothing. Raises ``Refused``.
    """
    share = _allowed(by, pk, Action.THANK)
    found = _theirs(by, share, comment)
    # A member's comment is thanked for where it stands: the notice is the supervisor's.
    if _react(by, found, kind, is_on=is_on) and found.author_id == share.supervisor_id:
        notices.comment_thanked(share, by=by)


@transaction.atomic
def act_on(
    *, by: User, reader: Reader, pk: UUID, comment: UUID, is_on: bool, takes_newer: bool = False
) -> None:
    """Put a comment's words into the plan for repair of the reflection it is about, or take them
    out again. The words are copied: they stay what they were, unless ``takes_newer`` puts those it
    says now in their place. Raises ``Refused``, ``CannotOpen``.
    """
    share = _allowed(by, pk, Action.ACT_ON)
    found = _theirs(by, share, comment)
    entry = Entry.objects.owned_by(by).get(pk=share.entry_uid)
    keys = reader.in_vault(entry.vault_id).keys
    source = str(found.pk)
    if is_on:
        step = AgreedStep(
            source=source,
            words=found.read(share.data_key(reader)),
            by=found.author.get_full_name(),
            noted_at=timezone.now(),
        )
        put = agreed.renew_step if takes_newer else agreed.add_step
        put(by=by, keys=keys, pk=entry.pk, step=step)
    else:
        agreed.remove_step(by=by, keys=keys, pk=entry.pk, source=source)
    is_new = _react(by, found, Reaction.Kind.ACT_ON, is_on=is_on)
    if takes_newer and not is_new:
        mine = found.reactions.filter(by=by, kind=Reaction.Kind.ACT_ON)
        mine.update(at=timezone.now())


# --- Parts ---------------------------------------------------------------------------------------


def _allowed(by: User, pk: UUID, action: Action) -> Share:
    """Return the share, locked. Raises ``Refused``, and ``DoesNotExist`` for an outsider."""
    share = (
        Share.objects.of_circle(by)
        .select_for_update(of=("self",), no_key=True)
        .select_related("agreement", "entry", "supervisee", "supervisor")
        .get(pk=pk)
    )
    if not share.allows(action, by):
        if share.is_live and share.role_of(by) != Role.OUTSIDER:
            raise Refused(_("That is not yours to do here. Nothing was changed."))
        if action == Action.ACT_ON and share.supervisee_id == by.pk and not share.has_entry:
            raise Refused(
                _(
                    "The reflection this belongs to is deleted, so its plan cannot be changed. "
                    "Nothing was done."
                )
            )
        raise Refused(share.closed_because(by))
    return share


def _place(share: Share, reader: Reader, held: HeldSaid) -> tuple[Comment | None, bytes]:
    """Return the thread a comment goes to, if it is an answer, and the share's key.

    Raises ``Refused`` where the copy has no such place, and ``CannotOpen``.
    """
    thread = Comment.objects.thread_of(share, held.parent)
    data_key = share.data_key(reader)
    wrong_thread = held.parent and (thread is None or thread.passage != held.passage)
    if held.passage not in share.passages or wrong_thread:
        raise Refused(_("There is no such place in this copy to comment on."))
    anchor = held.said.anchor
    if anchor is not None and not _holds_in(share.open_with(data_key), held.passage, anchor):
        raise Refused(_("The words this is about do not stand there in the copy."))
    return thread, data_key


def _holds_in(copy: FrozenCopy, slug: str, anchor: Anchor) -> bool:
    return any(anchor.holds(passage) for passage in copy.passages if passage.slug == slug)


def _comment(
    share: Share,
    by: User,
    held: HeldSaid,
    thread: Comment | None,
    *,
    pk: UUID | None,
    at: datetime,
) -> Comment:
    """Return a comment of that id, or of a new one where the id is taken. It is not saved."""
    taken = pk is None or Comment.objects.find(pk) is not None
    return Comment(
        pk=uuid4() if taken else pk,
        share=share,
        passage=held.passage,
        author=by,
        parent=thread,
        created_at=at,
    )


def _sent_before(written: Comment, said: Said, data_key: bytes, pk: UUID | None) -> Comment | None:
    earlier = Comment.objects.find(pk)
    if earlier is None or not earlier.is_where(written) or not earlier.says(said, data_key):
        return None
    return earlier


def _send(comment: Comment, said: Said, data_key: bytes) -> None:
    comment.write(said, data_key)
    comment.save(force_insert=True)


def _sent(held: HeldComment, share: Share, reader: Reader, at: datetime) -> Comment:
    """Make a comment of what was held, under the share's key. Raises ``CannotOpen``."""
    said = held.open(reader)
    if said.place is not None:
        said = said.in_copy(share.open(reader).passages)
    thread, data_key = _place(share, reader, said)
    comment = _comment(share, held.author, said, thread, pk=held.pk, at=at)
    _send(comment, said.said, data_key)
    held.delete()
    return comment


def _tell(share: Share, by: User, at: datetime, *, number: int = 1) -> None:
    """Log that ``by`` commented, and write to the other side. The last thing an act does.

    ``number``: how many comments were sent together.
    """
    keep_conversation(share)
    facts = {"number": number} if number > 1 else {}
    note_lines(share.agreement_id, [Happened(ShareEvent.Kind.COMMENTED, at, by, share.pk, facts)])
    notices.share_commented(share, by=by, number=number)


def _hold(by: User, reader: Reader, share: Share, said: HeldSaid, pk: UUID | None) -> HeldComment:
    """Return it held, under that id where it is free; the same held before is the same."""
    earlier = HeldComment.objects.find(pk)
    same = said.without_words()
    if earlier and earlier.share_uid == share.pk and _read_held(earlier, reader) == same:
        return earlier
    taken = earlier is not None or Comment.objects.find(pk) is not None
    held = HeldComment(pk=uuid4() if taken else pk or uuid4(), share=share, author=by)
    held.share_uid = share.pk
    held.write(said, reader)
    held.save(force_insert=True)
    return held


def _read_held(held: HeldComment, reader: Reader) -> HeldSaid | None:
    """Return what it says and where, or None where it does not open."""
    try:
        return held.open(reader)
    except CannotOpen:
        return None


def _copy_of(share: Share, reader: Reader) -> FrozenCopy | None:
    """Return the copy, or None where its reader cannot open it any more."""
    if not share.is_live:
        return None
    try:
        return share.open(reader)
    except UNREADABLE:
        return None


def _in_newer(held: HeldSaid, before: FrozenCopy | None, copy: FrozenCopy) -> HeldSaid | None:
    """Return what was held for one copy as it is held for another; None without its passage."""
    passage = next((one for one in copy.passages if one.slug == held.passage), None)
    if passage is None:
        return None
    anchor = held.in_copy(before.passages).said.anchor if before else None
    try:
        there = find_words(passage, anchor.words, near=anchor.place) if anchor else None
    except (NotThere, ThereTwice):
        there = None
    return HeldSaid(msgspec.structs.replace(held.said, anchor=there), held.passage)


def _refuse_overtaken(found: Comment | HeldComment, now: Said, before: str | None) -> None:
    if before not in (None, found.as_of):
        raise Overtaken(now.text, found.as_of)


def _held_by(by: User, share: Share, pk: UUID) -> HeldComment:
    waiting = HeldComment.objects.of_author(by).of_share(share).select_for_update()
    found = waiting.find(pk)
    if found is None:
        raise Refused(_("This is not held any more: it was sent or deleted in another tab."))
    return found


def _own_new(by: User, share: Share, pk: UUID, at: datetime, rule: str) -> Comment:
    found = Comment.objects.of_share(share).select_for_update().find(pk)
    if found is None or found.author_id != by.pk:
        raise Refused(_("There is no such comment of yours here."))
    if not found.is_new(at):
        raise Refused(_("It stands as it is.") + " " + rule)
    return found


def _theirs(by: User, share: Share, pk: UUID) -> Comment:
    comments: Callable[[UUID], Comment | None] = Comment.objects.of_share(share).find
    found = comments(pk)
    if found is None or found.author_id == by.pk or found.removed_at is not None:
        raise Refused(_("There is no such comment of theirs here."))
    return found


def _react(by: User, comment: Comment, kind: Reaction.Kind, *, is_on: bool) -> bool:
    """Put the reaction there or take it away; return whether it is there and was not before."""
    if is_on:
        return Reaction.objects.get_or_create(comment=comment, by=by, kind=kind)[1]
    Reaction.objects.filter(comment=comment, by=by, kind=kind).delete()
    return False
