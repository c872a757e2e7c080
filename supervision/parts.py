"""What one shared, as it goes into one's export: the copy, its receipt, and what was said of it."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

import msgspec
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from accounts.models import User
from reflection.document import UNREADABLE, Block, Passage
from reflection.export.parts import Part
from reflection.export.shape import Leaf
from supervision.along import who_read_along
from supervision.conversation import Note, read_share
from supervision.frozen import FrozenCopy
from supervision.models import Share, ShareEvent
from supervision.opening import reader_of
from vault.access import VaultAccess

CHUNK = 100


class SharedEvent(msgspec.Struct, frozen=True):
    """One line of a share's log: when, what (a `ShareEvent.Kind`), and in words."""

    at: datetime
    kind: str
    words: str


class SharedReader(msgspec.Struct, frozen=True):
    """A member of a group who was let read along; ``because`` says why not any more."""

    name: str
    since: datetime
    until: datetime | None
    because: str


class SharedComment(msgspec.Struct, frozen=True):
    """A comment beside a passage, or an answer to one. ``text`` is null where it does not open."""

    id: UUID
    passage: str
    author: str
    is_mine: bool
    written_at: datetime
    text: str | None
    answers: tuple["SharedComment", ...] = ()


class Shared(msgspec.Struct, frozen=True):
    """One share: its receipt, the copy (null where it does not open), its log, its comments."""

    id: UUID
    entry: UUID
    version: int
    entry_revision: int
    supervisor: str
    purpose: str
    attestation: str
    wording: str
    wording_version: int
    shared_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    expired_at: datetime | None
    identifiers_found: dict[str, int]
    content_hash: str
    copy: FrozenCopy | None
    events: tuple[SharedEvent, ...]
    comments: tuple[SharedComment, ...]
    readers: tuple[SharedReader, ...] = ()


def shared_by(user: User, access: VaultAccess) -> Iterator[Shared]:
    """Give what ``user`` shared, oldest first: a constant number of queries for each hundred."""
    reader = reader_of(user, access)
    for share in Share.objects.to_export(user).iterator(chunk_size=CHUNK):
        try:
            copy, data_key = share.open(reader), share.data_key(reader)
            notes = read_share(share, data_key, user)
        except UNREADABLE:
            copy, notes = None, []
        yield _shared(share, copy, notes)


def _shared(share: Share, copy: FrozenCopy | None, notes: list[Note]) -> Shared:
    return Shared(
        id=share.pk,
        entry=share.entry_uid,
        version=share.version,
        entry_revision=share.entry_revision,
        supervisor=share.supervisor.get_full_name(),
        purpose=share.purpose,
        attestation=share.attestation,
        wording=share.wording.slug,
        wording_version=share.wording.version,
        shared_at=share.shared_at,
        expires_at=share.expires_at,
        revoked_at=share.revoked_at,
        expired_at=share.expired_at,
        identifiers_found=share.identifiers_found,
        content_hash=share.content_hash,
        copy=copy,
        events=tuple(_event(one) for one in share.events.all()),
        comments=tuple(_comment(note) for note in notes),
        readers=tuple(
            SharedReader(one.name, one.since, one.until, one.because)
            for one in who_read_along(share.events.all())
        ),
    )


def _event(event: ShareEvent) -> SharedEvent:
    return SharedEvent(event.at, event.kind, event.words)


def _comment(note: Note) -> SharedComment:
    comment = note.comment
    return SharedComment(
        id=comment.pk,
        passage=comment.passage,
        author=comment.author.get_full_name(),
        is_mine=note.is_mine,
        written_at=comment.created_at,
        text=note.text,
        answers=tuple(_comment(answer) for answer in note.replies),
    )


def leaf_of(share: Shared) -> Leaf:
    """Return a share as it is read: the receipt, then the copy with its comments."""
    facts = [
        _("Shared with %(name)s on %(when)s")
        % {"name": share.supervisor, "when": _when(share.shared_at)},
        *(_read_along(one) for one in share.readers),
        _("Asked to: %(purpose)s") % {"purpose": Share.Purpose(share.purpose).label},
        str(Share.Attestation(share.attestation).label),
        _standing(share),
    ]
    copy = share.copy
    title = copy.title if copy else _("A copy that cannot be opened")
    passages = []
    if copy and copy.note:
        passages.append(
            Passage("note", _("What I would like help with"), (Block(label="", text=copy.note),))
        )
    for passage in copy.passages if copy else ():
        said = tuple(
            block
            for comment in share.comments
            if comment.passage == passage.slug
            for block in _said(comment)
        )
        passages.append(msgspec.structs.replace(passage, blocks=(*passage.blocks, *said)))
    log = tuple(f"{_when(event.at)}: {event.words}" for event in share.events)
    passages.append(
        Passage("log", _("What happened to it"), (Block(label="", items=log, style="list"),))
    )
    return Leaf(
        id=share.id,
        title=_("Shared: %(title)s") % {"title": title},
        begun_at=share.shared_at,
        facts=tuple(facts),
        passages=tuple(passages),
    )


def _read_along(one: SharedReader) -> str:
    if one.until is None:
        return _("%(name)s reads along") % {"name": one.name}
    return _("%(name)s read along until %(when)s") % {"name": one.name, "when": _when(one.until)}


def _standing(share: Shared) -> str:
    if share.revoked_at:
        return _("Taken back %(when)s") % {"when": _when(share.revoked_at)}
    if share.expired_at:
        return _("Ran out %(when)s") % {"when": _when(share.expired_at)}
    return _("Until %(when)s") % {"when": _when(share.expires_at)}


def _said(comment: SharedComment) -> list[Block]:
    facts = {"name": comment.author, "when": _when(comment.written_at)}
    label = _("%(name)s, %(when)s") % facts
    text = _("This comment cannot be opened.") if comment.text is None else comment.text
    blocks = [Block(label=label, text=text, style="quote")]
    return blocks + [block for answer in comment.answers for block in _said(answer)]


def _when(moment: datetime) -> str:
    return date_format(localtime(moment), "j F Y, H:i")


SHARED = Part(name="shared", folder="shared", item=Shared, items=shared_by, leaf=leaf_of)
