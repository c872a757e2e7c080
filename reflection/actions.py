"""What can be done to a reflection. Each act is whole or not at all, and no text is lost."""

import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from reflection.bringing_back import PART_TITLES, brought_back
from reflection.cases import note_code
from reflection.document import UNREADABLE, Change, Document, LookBack, encode
from reflection.models import Entry, EntryVersion
from reflection.reading import PASSAGE_TITLES, in_order_of_days, written
from reflection.tagging import note_tags
from reflection.writings import texts_of, words_gone
from vault import crypto

if TYPE_CHECKING:
    from vault.crypto import VaultKeys

# While somebody writes, an earlier text is put aside at most this often.
KEEP_EVERY = timedelta(minutes=5)
# But always where so many words go at once: a sentence that was not meant to.
MANY_WORDS = 10

Rewrite = Callable[[Document], Document]


class AlreadyBegun(Exception):
    """The entry that was to be begun is there: the same page sent it twice."""


class LookGone(Exception):
    """The look back that was to be changed was taken away meanwhile; nothing was written."""


class LookChanged(Exception):
    """The looks back were changed on another page meanwhile; nothing was written."""


@dataclass(frozen=True)
class Source:
    """Where a save comes from: the revision its page was opened on, which page, its how-manieth."""

    revision: int
    page: str = ""
    turn: int = 0

    def is_overtaken(self, change: Change) -> bool:
        """Tell whether the same page has since sent something newer that arrived before this."""
        return bool(self.page) and self.page == change.page and self.turn < change.turn

    def is_late(self, change: Change) -> bool:
        """Tell whether another page has changed the passage since this one was opened."""
        return change.revision > self.revision and (not self.page or self.page != change.page)

    def takes_over(self, change: Change, *, says_something: bool = False) -> bool:
        """Tell whether this page replaces what another wrote: that is put aside, however new.

        What stands there and came from no such page, captured or brought in, is another's too.
        """
        is_written = bool(change.revision) or says_something
        return bool(self.page) and is_written and self.page != change.page


@dataclass(frozen=True)
class Saved:
    """A save that went through, with the document as it now is."""

    entry: Entry
    document: Document


@dataclass(frozen=True)
class Conflict:
    """A save that came too late: ``mine`` was put aside, ``document`` is what stands."""

    entry: Entry
    document: Document
    mine: Document


@transaction.atomic
def begin_entry(
    *,
    by: User,
    keys: "VaultKeys",
    document: Document,
    pk: uuid.UUID | None = None,
    follow_up_on: date | None = None,
    source: Source | None = None,
    is_capture: bool = False,
    expires_at: datetime | None = None,
) -> Entry:
    """Return a new entry holding ``document``. ``pk`` may be made beforehand, by an open page.

    ``source`` says which page wrote *what happened*, so that its next save is known as its own.
    Raises `AlreadyBegun` where ``by`` has an entry of that ``pk``. Somebody else's is not used: a
    refusal would tell that such an entry exists.
    """
    if pk is not None and Entry.objects.has(pk):
        if Entry.objects.owned_by(by).has(pk):
            raise AlreadyBegun
        pk = None
    pk = pk or uuid.uuid4()
    data_key = crypto.new_key()
    if source is not None:
        change = Change(1, source.page, source.turn)
        document = msgspec.structs.replace(document, changed={"happened": change})
    entry = Entry(
        pk=pk,
        owner=by,
        vault_id=keys.vault_id,
        key=keys.wrap(data_key, crypto.entry_key(pk, keys.vault_id)),
        body=_sealed(data_key, document, pk=pk, vault_id=keys.vault_id, revision=1),
        follow_up_on=follow_up_on,
        is_capture=is_capture,
        expires_at=expires_at,
    )
    try:
        with transaction.atomic():
            entry.save(force_insert=True)
    except IntegrityError as error:  # the same page's other request was quicker by a moment
        raise AlreadyBegun from error
    note_code(entry=entry, keys=keys, before="", after=document.happened.case_code)
    note_tags(keys=keys, after=document.tags)
    return entry


@transaction.atomic
def save_passage(
    *,
    by: User,
    keys: "VaultKeys",
    pk: uuid.UUID,
    passage: str,
    rewrite: Rewrite,
    source: Source,
    follow_up_on: date | None = None,
    sets_follow_up: bool = False,
    keeps_standing: bool = False,
) -> Saved | Conflict:
    """Write one passage of ``by``'s entry and return what came of it.

    ``keeps_standing`` puts aside what stood there, however new it is.

    ``rewrite`` gives the document with the passage as it was typed. Where the passage has changed
    since in another page, both texts are kept and a `Conflict` is returned; a change to another
    passage is no conflict. An older save that arrives after a newer one of the same page writes
    nothing, and so does saving what is already there. Raises ``Entry.DoesNotExist`` and
    ``CannotOpen``.
    """
    entry = Entry.objects.locked(by, pk)
    return write_passage(
        entry=entry,
        keys=keys,
        current=entry.open(keys),
        passage=passage,
        rewrite=rewrite,
        source=source,
        follow_up_on=follow_up_on,
        sets_follow_up=sets_follow_up,
        keeps_standing=keeps_standing,
    )


def write_passage(
    *,
    entry: Entry,
    keys: "VaultKeys",
    current: Document,
    passage: str,
    rewrite: Rewrite,
    source: Source,
    follow_up_on: date | None = None,
    sets_follow_up: bool = False,
    keeps_standing: bool = False,
) -> Saved | Conflict:
    """Do what `save_passage` does with an ``entry`` that is held, and holds ``current``.

    To be called in the transaction that holds it.
    """
    mine = rewrite(current)
    changed = current.changed.get(passage, Change(revision=0))
    if source.is_overtaken(changed):
        return Saved(entry=entry, document=current)
    if mine != current:
        entry.go_on()
        if source.is_late(changed):
            _put_mine_aside(entry, keys, current=current, mine=mine)
            return Conflict(entry=entry, document=current, mine=mine)
        takes_over = source.takes_over(changed, says_something=_says(current, passage))
        gone = words_gone(texts_of(current, passage), texts_of(mine, passage))
        keep = True if keeps_standing or takes_over or gone >= MANY_WORDS else None
        _note_words(entry, keys, current, mine)
        current = _write(entry, keys, mine, passages=[passage], source=source, keep=keep)
    if sets_follow_up and entry.follow_up_on != follow_up_on:
        entry.go_on()
        entry.follow_up_on = follow_up_on
        entry.save(update_fields=["follow_up_on"])
    return Saved(entry=entry, document=current)


@transaction.atomic
def settle_identifier(
    *, by: User, keys: "VaultKeys", pk: uuid.UUID, rewrite: Rewrite, passage: str | None = None
) -> Entry:
    """Replace a detail in one passage of ``by``'s entry, or (no passage) note that it is kept.

    What stood there before is put aside first, so that it can be brought back.
    """
    entry = Entry.objects.locked(by, pk)
    current = entry.open(keys)
    mine = rewrite(current)
    if mine != current:
        _note_words(entry, keys, current, mine)
        _write(entry, keys, mine, passages=[passage] if passage else [], keep=bool(passage))
    return entry


@transaction.atomic
def bar_people(
    *, by: User, keys: "VaultKeys", pk: uuid.UUID, barred: Collection[uuid.UUID]
) -> Entry:
    """Let ``barred``, by their ids, never be shared with from this entry; nobody else is.

    It stands inside the entry's ciphertext. Raises ``Entry.DoesNotExist`` and ``CannotOpen``.
    """
    entry = Entry.objects.locked(by, pk)
    current = entry.open(keys)
    ids = tuple(sorted(set(barred)))
    if ids != current.barred:
        mine = msgspec.structs.replace(current, barred=ids)
        _write(entry, keys, mine, passages=[], keep=False)
    return entry


@transaction.atomic
def look_back(
    *,
    by: User,
    keys: "VaultKeys",
    pk: uuid.UUID,
    look: LookBack,
    follow_up_on: date | None,
    sets_follow_up: bool = True,
) -> Entry:
    """Add a look back to ``by``'s entry and set the next day to look back, or none.

    Where the page does not set one, a day that has come is done with, and one ahead stays.
    """
    entry = Entry.objects.locked(by, pk)
    current = entry.open(keys)
    if look in current.looking_back:
        return entry
    entry.go_on()
    while any(look.noted_at == one.noted_at for one in current.looking_back):
        # Sent again with other words: both are kept, each by a time of its own.
        look = msgspec.structs.replace(look, noted_at=look.noted_at + timedelta(microseconds=1))
    _write_looks(entry, keys, current, (*current.looking_back, look))
    has_come = entry.follow_up_on is not None and entry.follow_up_on <= timezone.localdate()
    if sets_follow_up or has_come:
        _set_look_back(entry, follow_up_on if sets_follow_up else None)
    return entry


@transaction.atomic
def change_look(
    *,
    by: User,
    keys: "VaultKeys",
    pk: uuid.UUID,
    look: LookBack,
    revision: int,
    follow_up_on: date | None,
    sets_follow_up: bool = True,
) -> Entry:
    """Put ``look`` in the place of the look back noted at the same time; the earlier text is kept.

    Raises `LookChanged` where the looks back were changed after ``revision``, which the page was
    opened on, and `LookGone` where it was taken away.
    """
    entry = Entry.objects.locked(by, pk)
    current = entry.open(keys)
    if look not in current.looking_back:
        if all(one.noted_at != look.noted_at for one in current.looking_back):
            raise LookGone
        if current.changed.get("looking_back", Change(revision=0)).revision > revision:
            raise LookChanged
        looks = tuple(
            look if one.noted_at == look.noted_at else one for one in current.looking_back
        )
        _write_looks(entry, keys, current, looks)
    if sets_follow_up:
        _set_look_back(entry, follow_up_on)
    return entry


@transaction.atomic
def take_look(*, by: User, keys: "VaultKeys", pk: uuid.UUID, noted_at: datetime) -> Entry:
    """Take the look back noted at ``noted_at`` away. It stays among the earlier texts."""
    entry = Entry.objects.locked(by, pk)
    current = entry.open(keys)
    looks = tuple(one for one in current.looking_back if one.noted_at != noted_at)
    if looks != current.looking_back:
        _write_looks(entry, keys, current, looks)
    return entry


@transaction.atomic
def set_look_back(*, by: User, pk: uuid.UUID, follow_up_on: date | None) -> Entry:
    """Set the day to look back at ``by``'s entry, or none. Nothing has to be opened for it."""
    entry = Entry.objects.locked(by, pk)
    if follow_up_on is not None:
        entry.go_on()
    _set_look_back(entry, follow_up_on)
    return entry


@transaction.atomic
def keep_capture(*, by: User, pk: uuid.UUID) -> Entry:
    """Keep ``by``'s capture, if its time is not over: it no longer goes by itself."""
    entry = Entry.objects.locked(by, pk)
    entry.keep()
    return entry


@transaction.atomic
def purge_expired_captures() -> int:
    """Remove for good the captures whose time is over, with all texts; return how many.

    What was kept, gone on with, finished or shared has no such time: the database sees to it.
    """
    gone = list(Entry.objects.expired().select_for_update().values_list("pk", flat=True))
    _, per_model = Entry.objects.expired().among(gone).delete()
    return per_model.get(Entry._meta.label, 0)


def _set_look_back(entry: Entry, follow_up_on: date | None) -> None:
    if entry.follow_up_on != follow_up_on:
        entry.follow_up_on = follow_up_on
        entry.save(update_fields=["follow_up_on"])


def _write_looks(
    entry: Entry, keys: "VaultKeys", current: Document, looks: tuple[LookBack, ...]
) -> None:
    changed = msgspec.structs.replace(current, looking_back=in_order_of_days(looks))
    _write(entry, keys, changed, passages=["looking_back"], keep=True)


@transaction.atomic
def bring_back(
    *,
    by: User,
    keys: "VaultKeys",
    pk: uuid.UUID,
    revision: int,
    parts: Collection[str] = tuple(PART_TITLES),
    undoes: bool = False,
) -> Entry:
    """Make ``parts`` of an earlier text of ``by``'s entry current; the text they replace is kept.

    What came since stays (see `brought_back`), unless this ``undoes`` the last change: then the
    whole is again as it was. Where the current text is damaged the earlier one takes its place, and
    its ciphertext is kept. Raises ``Entry.DoesNotExist``, ``EntryVersion.DoesNotExist`` and, for
    the earlier one, ``CannotOpen``.
    """
    entry = Entry.objects.locked(by, pk)
    version = EntryVersion.objects.of(entry).get(revision=revision)
    earlier, is_damaged = version.open(keys), False
    try:
        current = entry.open(keys)
    except UNREADABLE:
        current, is_damaged = Document(barred=_barred_in_any(entry, keys)), True
    if is_damaged or (undoes and entry.revision == revision + 1):
        parts = tuple(PART_TITLES)
        document = msgspec.structs.replace(earlier, changed=current.changed, barred=current.barred)
    else:
        document = brought_back(earlier, current, parts)
    if is_damaged or document != current:
        # Title and tags stand on the page of the first passage.
        passages = {part if part in PASSAGE_TITLES else "happened" for part in parts}
        _write(entry, keys, document, passages=sorted(passages), keep=True)
        _note_words(entry, keys, current, document)
    return entry


def _barred_in_any(entry: Entry, keys: "VaultKeys") -> tuple[uuid.UUID, ...]:
    """Return whom any of the entry's earlier texts bars: better one too many than one too few."""
    texts = (version.open_if_whole(keys) for version in EntryVersion.objects.of(entry))
    return tuple(sorted({person for text in texts if text for person in text.barred}))


@transaction.atomic
def finish_entry(*, by: User, pk: uuid.UUID) -> Entry:
    """Mark ``by``'s entry as finished and keep its text of this moment. It stays editable."""
    entry = Entry.objects.locked(by, pk)
    if entry.finished_at is None:
        entry.go_on()
        entry.finished_at = timezone.now()
        entry.save(update_fields=["finished_at"])
        _keep(entry, kind=EntryVersion.Kind.FINISHED)
    return entry


@transaction.atomic
def reopen_entry(*, by: User, pk: uuid.UUID) -> Entry:
    """Mark ``by``'s entry as unfinished again."""
    entry = Entry.objects.locked(by, pk)
    entry.finished_at = None
    entry.save(update_fields=["finished_at"])
    return entry


@transaction.atomic
def delete_entry(*, by: User, pk: uuid.UUID) -> Entry:
    """Put ``by``'s entry in the bin. It can be brought back until the purge."""
    entry = Entry.objects.locked(by, pk)
    entry.deleted_at = timezone.now()
    entry.save(update_fields=["deleted_at"])
    return entry


@transaction.atomic
def restore_entry(*, by: User, pk: uuid.UUID) -> Entry:
    """Bring ``by``'s deleted entry back as it was."""
    entry = Entry.objects.deleted_by(by).select_for_update().get(pk=pk)
    entry.deleted_at = None
    entry.save(update_fields=["deleted_at"])
    return entry


@transaction.atomic
def purge_deleted_entries() -> int:
    """Remove for good the entries deleted longer ago than the undo period; return how many."""
    _, per_model = Entry.objects.past_undo().delete()
    return per_model.get(Entry._meta.label, 0)


def _says(document: Document, passage: str) -> bool:
    """Tell whether a passage's page shows anything; a title and tags stand with the first."""
    if passage == "happened" and (document.title or document.tags):
        return True
    return passage in written(document)


def _note_words(entry: Entry, keys: "VaultKeys", before: Document, after: Document) -> None:
    note_code(
        entry=entry, keys=keys, before=before.happened.case_code, after=after.happened.case_code
    )
    note_tags(keys=keys, before=before.tags, after=after.tags)


def _sealed(
    data_key: bytes, document: Document, *, pk: uuid.UUID, vault_id: uuid.UUID, revision: int
) -> bytes:
    context = crypto.entry_body(pk, vault_id, revision)
    return crypto.encrypt_body(data_key, encode(document), context)


def _write(
    entry: Entry,
    keys: "VaultKeys",
    document: Document,
    *,
    passages: list[str],
    source: Source | None = None,
    keep: bool | None = None,
) -> Document:
    """Make ``document`` the entry's current text at the next revision and return it.

    The text it replaces is put aside when ``keep`` says so, or (None) when the last was put aside
    long enough ago.
    """
    if keep is None:
        latest = EntryVersion.objects.latest_saved_at(entry) or entry.created_at
        keep = timezone.now() - latest >= KEEP_EVERY
    if keep:
        _keep(entry, kind=EntryVersion.Kind.EARLIER)
    revision = entry.revision + 1
    page, turn = (source.page, source.turn) if source else ("", 0)
    changes = {slug: Change(revision, page, turn) for slug in passages}
    document = msgspec.structs.replace(document, changed={**document.changed, **changes})
    return _store(entry, keys, document, revision=revision)


def _store(entry: Entry, keys: "VaultKeys", document: Document, *, revision: int) -> Document:
    entry.body = _sealed(
        entry.data_key(keys), document, pk=entry.pk, vault_id=entry.vault_id, revision=revision
    )
    entry.revision = revision
    entry.updated_at = timezone.now()
    entry.save(update_fields=["body", "revision", "updated_at"])
    return document


def _keep(entry: Entry, *, kind: str) -> None:
    EntryVersion.objects.get_or_create(
        entry=entry,
        revision=entry.revision,
        defaults={"body": entry.body, "kind": kind, "saved_at": entry.updated_at},
    )


def _put_mine_aside(entry: Entry, keys: "VaultKeys", *, current: Document, mine: Document) -> None:
    """Keep a late text as a version of its own, and move the current one past it.

    The current one is put aside as well: whichever is chosen next, the other can be found.
    """
    latest = EntryVersion.objects.of(entry).conflicts().first()
    if latest is not None and latest.open_if_whole(keys) == mine:
        return
    _keep(entry, kind=EntryVersion.Kind.EARLIER)
    revision = entry.revision + 1
    EntryVersion.objects.create(
        entry=entry,
        revision=revision,
        body=_sealed(
            entry.data_key(keys), mine, pk=entry.pk, vault_id=entry.vault_id, revision=revision
        ),
        kind=EntryVersion.Kind.CONFLICT,
        saved_at=timezone.now(),
    )
    _store(entry, keys, current, revision=revision + 1)
