"""Bringing in what was looked at: all of it, or nothing."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.actions import record
from accounts.models import AccountEvent, User
from reflection.cases import note_codes
from reflection.document import UNREADABLE, encode
from reflection.incoming.plan import Plan, plan_for, taken
from reflection.incoming.reading import read_files
from reflection.incoming.shape import Candidate
from reflection.models import Entry, EntryVersion, Incoming
from reflection.tagging import recount_tags
from reflection.watching import TooMany, watch_words
from vault import crypto

if TYPE_CHECKING:
    from vault.access import Keyring
    from vault.crypto import VaultKeys

BATCH = 200
LIST_FULL = _(
    "The words to watch were left out: your list of them is full. Take some away under Words to "
    "watch, then bring in the file again; what is here already is passed over."
)
LIST_DAMAGED = _(
    "The words to watch were left out: your list of them cannot be opened. Begin it anew under "
    "Words to watch, then bring in the file again; what is here already is passed over."
)


class Gone(Exception):
    """The file no longer waits: it was brought in, thrown away, or its hour is over."""


@transaction.atomic
def put_aside(*, keys: "VaultKeys", files: list[tuple[str, bytes]]) -> Incoming:
    """Return ``files`` kept under the vault until a yes; an earlier one that waits is dropped."""
    Incoming.objects.of_vault(keys.vault_id).delete()
    incoming = Incoming(vault_id=keys.vault_id)
    incoming.put(keys, files)
    incoming.save(force_insert=True)
    return incoming


@transaction.atomic
def throw_away(*, by: User, pk: uuid.UUID) -> None:
    """Drop what waits, if it does."""
    if waiting := Incoming.objects.waiting_for(by, pk):
        waiting.delete()


def bring_in(
    *, by: User, keys: "VaultKeys", keyring: "Keyring", pk: uuid.UUID, finish: bool = False
) -> Plan:
    """Make entries of what waits, and return what came of it. One transaction: all or nothing.

    ``finish`` brings in as finished what another program wrote: it is not waited for on Today.
    What has come into the journal since it was looked at is left alone. Raises `Gone`.

    Whatever can be is done before the transaction begins: where one writes at a time, everybody
    else's save waits until it ends.
    """

    def made_ready() -> _Ready:
        return _made_ready(by, keys, keyring, pk, finish=finish)

    ready = made_ready()
    with transaction.atomic():
        incoming = Incoming.objects.select_for_update().waiting_for(by, pk)
        if incoming is None:
            raise Gone
        if not ready.is_still_true(by):
            ready = made_ready()
        return _written(by, keys, keyring, incoming, ready)


@transaction.atomic
def purge_incoming() -> int:
    """Drop what has waited too long; return how many."""
    return Incoming.objects.over().delete()[0]


@dataclass(frozen=True)
class _Ready:
    """What is to be written: sealed, and not saved yet. ``seen`` is the journal it was made for."""

    plan: Plan
    entries: list[Entry]
    versions: list[EntryVersion]
    seen: set[tuple[uuid.UUID, datetime | None, datetime, int]]

    def is_still_true(self, by: User) -> bool:
        """Tell whether the journal is as it was, and nobody took one of the ids meanwhile."""
        if Entry.objects.states_of(by) != self.seen:
            return False
        return not taken(entry.pk for entry in self.entries)


def _made_ready(
    by: User, keys: "VaultKeys", keyring: "Keyring", pk: uuid.UUID, *, finish: bool
) -> _Ready:
    """Read what waits and seal what is new of it. Raises `Gone`."""
    seen = Entry.objects.states_of(by)
    incoming = Incoming.objects.waiting_for(by, pk)
    if incoming is None or incoming.vault_id != keys.vault_id:
        raise Gone
    found = read_files(incoming.open(keys), timezone.get_current_timezone())
    plan = plan_for(by, keys, keyring, found)
    if finish:
        plan.new = [one.as_finished() for one in plan.new]
    used = taken(one.id for one in plan.new if one.id)
    ready = _Ready(plan, [], [], seen)
    for one in plan.new:
        entry, texts = _entry(by, keys, one, used)
        ready.entries.append(entry)
        ready.versions.extend(texts)
    return ready


def _written(
    by: User, keys: "VaultKeys", keyring: "Keyring", incoming: Incoming, ready: _Ready
) -> Plan:
    """Save it, and what goes with it; return the plan, with what came of the words to watch."""
    plan = ready.plan
    Entry.objects.bulk_create(ready.entries, batch_size=BATCH)
    EntryVersion.objects.bulk_create(ready.versions, batch_size=BATCH)
    plan.words, plan.words_left = _watch(by, keys, plan.words)
    note_codes(keys=keys, words=plan.codes)
    recount_tags(by=by, keys=keys, keyring=keyring, tags=plan.tags)
    incoming.delete()
    record(AccountEvent.Kind.IMPORTED, user=by, by=by, detail=str(len(plan.new)))
    return plan


def _entry(
    by: User, keys: "VaultKeys", one: Candidate, used: set[uuid.UUID]
) -> tuple[Entry, list[EntryVersion]]:
    """Return a new entry under the current vault, and its earlier texts; not saved yet."""
    pk = uuid.uuid4() if one.id is None or one.id in used else one.id
    data_key = crypto.new_key()

    def sealed(document: object, revision: int) -> bytes:
        context = crypto.entry_body(pk, keys.vault_id, revision)
        return crypto.encrypt_body(data_key, encode(document), context)  # type: ignore[arg-type]

    entry = Entry(
        pk=pk,
        owner=by,
        vault_id=keys.vault_id,
        key=keys.wrap(data_key, crypto.entry_key(pk, keys.vault_id)),
        body=sealed(one.document, one.revision),
        revision=one.revision,
        created_at=one.created_at,
        updated_at=one.updated_at,
        finished_at=one.finished_at,
        follow_up_on=one.follow_up_on,
        is_capture=one.is_capture,
    )
    texts = [
        EntryVersion(
            entry=entry,
            revision=text.revision,
            body=sealed(text.document, text.revision),
            kind=text.kind,
            saved_at=text.saved_at,
        )
        for text in one.earlier
    ]
    return entry, texts


def _watch(by: User, keys: "VaultKeys", words: list[str]) -> tuple[list[str], str | Promise]:
    """Add ``words`` to those that are watched; return them, or none and why they are left out."""
    try:
        with transaction.atomic():
            watch_words(by=by, keys=keys, words=words)
    except TooMany:
        return [], LIST_FULL
    except UNREADABLE:
        return [], LIST_DAMAGED
    return words, ""
