"""The journal's list: what a row shows of an entry, and the place in the list to go on from."""

import base64
import binascii
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.addresses import address_of
from accounts.days import date_said
from reflection.document import UNREADABLE, Document, decode
from reflection.models import Entry
from reflection.queries.guide import short_titles
from reflection.queries.journal import PAGE
from reflection.reading import STANDINGS, is_named, opening_of, progress_of, standing_of, title_of
from reflection.strain import strain_marks
from vault.access import Keyring, Locked

if TYPE_CHECKING:
    from accounts.models import User

# Opens the text of one entry of a vault (`VaultKeys.entry_opener`).
Opener = Callable[[bytes, int, bytes, bytes], bytes]


class Chip(NamedTuple):
    """A few words about a row; ``kind`` gives them their colour."""

    words: str | Promise
    kind: str = ""


@dataclass(frozen=True)
class Row:
    """One entry as the list shows it; ``document`` is None where it cannot be opened.

    ``is_sealed`` says that it waits in an earlier vault of its owner, not that it is damaged.
    """

    entry: Entry
    document: Document | None
    is_sealed: bool = False
    short_titles: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """Where it is read."""
        return address_of("entry_read", self.entry.pk)

    @property
    def title(self) -> str:
        return title_of(self.document) if self.document else ""

    @property
    def opening(self) -> str:
        return opening_of(self.document) if self.document else ""

    @property
    def continuation(self) -> str:
        """The first words as they go on where the title, for want of one, is made of them."""
        words = self.opening
        if self.document is None or is_named(self.document):
            return words
        rest = words[len(self.title.removesuffix("…")) :].strip()
        return f"…{rest}" if rest else ""

    @property
    def standing(self) -> str:
        """Where it stands, in words, or an empty string."""
        slug = standing_of(self.document) if self.document else ""
        return str(STANDINGS[slug]) if slug else ""

    @property
    def is_mended(self) -> bool:
        """Tell whether its strain is drawn in gold: repaired, or no rupture after all."""
        return self.document is not None and standing_of(self.document) in {
            "repaired",
            "false_alarm",
        }

    @property
    def progress(self) -> str:
        return progress_of(self.document) if self.document else ""

    @property
    def thoughts(self) -> list[str]:
        """The recognised thoughts, by the guide's short titles or else as they were copied."""
        chosen = self.document.reaction.patterns if self.document else ()
        return [self.short_titles.get(label.slug, label.text) for label in chosen]

    @property
    def strategies(self) -> list[str]:
        """The chosen strategies, by the guide's short titles or else as they were copied."""
        chosen = self.document.repair.strategies if self.document else ()
        return [self.short_titles.get(strategy.slug, strategy.title) for strategy in chosen]

    @property
    def chips(self) -> list[Chip]:
        """What it is about and how far it has come: thoughts, kinds, strategies."""
        if self.document is None:
            return []
        chips = [Chip(thought, "rupture") for thought in self.thoughts]
        chips += [Chip(label.text) for label in self.document.happened.kinds]
        chips += [Chip(strategy, "repair") for strategy in self.strategies]
        if not self.entry.finished_at:
            chips.append(Chip(_("Not finished, %s") % self.progress))
        if self.entry.expires_at:
            moment = date_format(timezone.localtime(self.entry.expires_at), "j M, H:i")
            chips.append(Chip(_("gone on %s unless kept") % moment))
        return chips

    @cached_property
    def begun_on(self) -> date:
        """The day it was begun, where its author is."""
        return timezone.localtime(self.entry.created_at).date()

    @property
    def day(self) -> str:
        """The same in words."""
        return date_said(self.begun_on, "j M")

    @property
    def session_day(self) -> str:
        """The day of the therapy session, if it was noted."""
        noted = self.document.happened.occurred_on if self.document else None
        return date_said(noted, "j M") if noted else ""

    @property
    def strain_marks(self) -> SafeString:
        """Its strain, drawn."""
        return strain_marks(
            self.document.happened.strain if self.document else None, self.is_mended
        )

    @property
    def standing_said(self) -> str:
        """Where it stands, or that its repair is open, or that even its strain was not rated."""
        if self.standing:
            return self.standing
        rated = self.document is not None and self.document.happened.strain is not None
        return _("repair open") if rated else _("not rated")

    @property
    def tags(self) -> tuple[str, ...]:
        return self.document.tags if self.document else ()

    @property
    def month(self) -> date:
        """The first day of the month it was begun in, where its author is."""
        return self.begun_on.replace(day=1)


def open_rows(
    entries: Iterable[Entry], keyring: Keyring, short_titles: Mapping[str, str] | None = None
) -> list[Row]:
    """Return a row for each entry. One that cannot be opened does not hide the others."""
    return list(each_row(entries, keyring, short_titles))


def open_row(entry: Entry, keyring: Keyring, short_titles: Mapping[str, str] | None = None) -> Row:
    """Return ``entry`` as the list shows it, opened where it can be."""
    return next(each_row([entry], keyring, short_titles))


def each_row(
    entries: Iterable[Entry], keyring: Keyring, short_titles: Mapping[str, str] | None = None
) -> Iterator[Row]:
    """Give the same one by one, as they are asked for."""
    openers: dict[uuid.UUID, Opener] = {}

    def opener(vault_id: uuid.UUID) -> Opener:
        if vault_id not in openers:
            openers[vault_id] = keyring(vault_id).entry_opener()
        return openers[vault_id]

    for entry in entries:
        yield _open_row(entry, opener, short_titles)


def _open_row(
    entry: Entry,
    opener: Callable[[uuid.UUID], Opener],
    short_titles: Mapping[str, str] | None,
) -> Row:
    try:
        opened = opener(entry.vault_id)
        document = decode(
            opened(entry.pk.bytes, entry.revision, bytes(entry.key), bytes(entry.body))
        )
    except Locked:
        return Row(entry, None, is_sealed=True)
    except UNREADABLE:
        return Row(entry, None)  # the row says so, and that the ciphertext is kept
    return Row(entry, document, short_titles=short_titles or {})


@dataclass(frozen=True)
class Position:
    """A place in the list, newest first: just after the entry it names."""

    created_at: datetime
    pk: uuid.UUID

    def __str__(self) -> str:
        raw = f"{self.created_at.isoformat()} {self.pk}".encode()
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    @classmethod
    def read(cls, text: str) -> "Position | None":
        """Return the position written by ``str``, by UTC, or None where it is none."""
        try:
            raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
            created_at, pk = raw.split(" ")
            moment = datetime.fromisoformat(created_at)
            return cls(moment.astimezone(UTC), uuid.UUID(pk)) if moment.tzinfo else None
        except (ValueError, OverflowError, binascii.Error):
            return None

    @classmethod
    def from_day(cls, text: str) -> "Position | None":
        """Return the place before which stands what was begun after a day or a month.

        ``text`` is ``2024-03-05`` or ``2024-03``; None where it names neither.
        """
        try:
            first = date.fromisoformat(text if len(text) > len("2024-03") else f"{text}-01")
            after = first + timedelta(days=1 if len(text) > len("2024-03") else 32)
            if len(text) <= len("2024-03"):
                after = after.replace(day=1)
            begins = datetime.combine(after, time(), tzinfo=timezone.get_current_timezone())
            return cls(begins.astimezone(UTC), uuid.UUID(int=0))
        except (ValueError, OverflowError):
            return None


def page_of(
    user: "User", keyring: Keyring, *, after: Position | None
) -> tuple[list[Row], Position | None]:
    """Return one page of ``user``'s entries, and where the next begins (None at the end)."""
    place = (after.created_at, after.pk) if after else None
    entries = Entry.objects.newest_of(user, after=place)
    rows = open_rows(entries[:PAGE], keyring, short_titles())
    last = entries[PAGE - 1] if len(entries) > PAGE else None
    return rows, Position(last.created_at, last.pk) if last else None
