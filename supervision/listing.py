"""The lists of shares: what a row shows, and the place in the list to go on from."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

import msgspec
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.addresses import address_of
from accounts.days import day_said
from accounts.models import User
from reflection.listing import Chip, Position
from supervision.frozen import FrozenCopy, Reader
from supervision.models import Agreement, Share
from supervision.queries.share import ShareQuerySet
from supervision.rules import Action, AgreementState, Role
from vault.crypto import CannotOpen

PAGE = 20


class Shown(NamedTuple):
    """What a page shows: what waits for an answer, which stands before everything, and the rest."""

    waits: SafeString
    rest: SafeString


@dataclass(frozen=True)
class Row:
    """One share as a list shows it.

    ``copy`` is None while locked, where it does not open, and where it is somebody else's and was
    not opened yet: its title is a part of it, and whoever reads a part of it has opened it.
    """

    share: Share
    copy: FrozenCopy | None
    user: User
    is_locked: bool = False

    @property
    def address(self) -> str:
        """Where it is read."""
        return address_of("share_read", self.share.pk)

    @property
    def title(self) -> str:
        return self.copy.title if self.copy else ""

    @property
    def heading(self) -> str:
        """The copy's title, or in its place what can be said of it."""
        name = {"name": self.other.get_full_name()}
        if self.copy:
            return self.title
        if self.is_received and not (self.is_live and not self.is_taken):
            return _("What %(name)s had shared") % name
        if self.is_unopened:
            return _("A reflection shared by %(name)s") % name
        return _("A shared reflection") if self.is_locked else _("A copy that does not open here")

    @property
    def told(self) -> SafeString | str:
        """What it is to this person: what they were asked for, or whom they let read it."""
        name = {"name": self.other.get_full_name()}
        if self.is_taken:
            reading = self.share.reading(self.user.pk)
            taken = reading is not None and not reading.went_with_share
            return reading.why_removed(self.share) if reading and taken else ""
        if self.is_read_along:
            return _("%(name)s lets you read along.") % name
        along = getattr(self.share, "along", 0)
        if not self.is_received:
            said = (
                _("With %(name)s and %(number)d reading along.") if along else _("With %(name)s.")
            )
            return said % {**name, "number": along}
        if not self.is_live:
            return ""
        asks = _("{name} would like you to <b>{purpose}</b>.")
        told = format_html(asks, **name, purpose=Share.Purpose(self.share.purpose).label)
        if not along:
            return told
        more = ngettext("%d of the group reads along.", "%d of the group read along.", along)
        return format_html("{} {}", told, more % along)

    @property
    def chips(self) -> list[Chip]:
        """Whose move it is, and how much there is."""
        share, chips = self.share, []
        if self.is_unopened:
            chips.append(Chip(_("New"), "shared"))
        if share.is_superseded:
            chips.append(Chip(_("Version %d, an older one") % share.version))
        elif share.version > 1:
            chips.append(Chip(_("Version %d") % share.version))
        if self.waits_for_user:
            chips.append(Chip(_("Waits for your answer"), "repair"))
        elif self.is_unanswered:
            chips.append(Chip(_("Nothing said yet"), "repair"))
        elif self.is_unopened_by_other:
            chips.append(Chip(_("Not opened yet")))
        passages, comments = len(share.passages), share.comment_count
        chips.append(Chip(ngettext("%d passage", "%d passages", passages) % passages))
        if comments:
            chips.append(Chip(ngettext("%d comment", "%d comments", comments) % comments))
        return chips

    @property
    def day(self) -> str:
        """The day and month it was shared, where its reader is."""
        return day_said(self.share.shared_at, "j M")

    @property
    def year(self) -> str:
        return day_said(self.share.shared_at, "Y")

    @cached_property
    def other(self) -> User:
        """The other side."""
        return self.share.other_party(self.user)

    @cached_property
    def is_live(self) -> bool:
        """Whether its supervisor can read it now."""
        return self.share.is_live

    @cached_property
    def is_received(self) -> bool:
        """Whether it was shared with this person, rather than by them."""
        return self.share.supervisee_id != self.user.pk

    @cached_property
    def is_read_along(self) -> bool:
        """Whether this person is a member of a group who reads it beside its supervisor."""
        return self.is_received and self.share.supervisor_id != self.user.pk

    @cached_property
    def is_taken(self) -> bool:
        """Whether this person read it along and their key to it is gone."""
        reading = self.share.reading(self.user.pk) if self.is_read_along else None
        return reading is not None and reading.removed_at is not None

    @property
    def standing(self) -> str:
        """Where the copy stands; nothing where it stands for others and not for this person."""
        said = self.share.standing_said
        return "" if self.is_taken and self.is_live else said

    @cached_property
    def is_unopened(self) -> bool:
        """Whether it was shared with this person and they have not opened it yet."""
        return is_unopened(self.share, self.user)

    @property
    def is_unopened_by_other(self) -> bool:
        """Whether this person shared it and the other has not opened it, though they could."""
        return not self.is_received and self.share.opened_at is None and self.is_live

    @property
    def waits_for_user(self) -> bool:
        """Whether the other side had the last word and it can still be answered.

        It is a matter of the two: who reads along is not waited for.
        """
        last = self.share.last_word
        is_others = bool(last) and last != self.share.role_of(self.user)
        return is_others and not self.is_read_along and self.is_live

    @property
    def is_unanswered(self) -> bool:
        """Whether this person, its supervisor, opened it and nobody said anything yet."""
        share = self.share
        untold = share.turn == Share.Turn.SUPERVISOR and not share.last_word
        return self.is_received and not self.is_read_along and untold and self.is_live


@dataclass(frozen=True)
class AgreementRow:
    """An agreement as ``user`` sees it: who the other is, and what can be done now."""

    agreement: Agreement
    user: User

    @property
    def role(self) -> Role:
        return self.agreement.role_of(self.user)

    @property
    def other(self) -> User:
        """The other of the two; the supervisor for somebody who proposed it for both."""
        return self.agreement.other_party(self.user)

    @property
    def is_supervisor_away(self) -> bool:
        """Whether this person's supervisor has a closed account, so that they can read nothing."""
        is_mine = self.role == Role.SUPERVISEE and self.agreement.state == AgreementState.ACTIVE
        return is_mine and not self.agreement.supervisor.is_active

    @property
    def may_accept(self) -> bool:
        return self.agreement.allows(Action.ACCEPT, self.user)

    @property
    def may_decline(self) -> bool:
        return self.agreement.allows(Action.DECLINE, self.user)

    @property
    def may_end(self) -> bool:
        return self.agreement.allows(Action.END, self.user)

    @property
    def may_share(self) -> bool:
        return self.agreement.allows(Action.SHARE, self.user)

    @property
    def may_be_in_group(self) -> bool:
        """Whether the supervisor leads a group, in which this person may read along."""
        return self.role == Role.SUPERVISEE and bool(getattr(self.agreement, "has_group", False))

    @property
    def active_since(self) -> datetime | None:
        """When the second of the two accepted; None until then."""
        accepted = (self.agreement.supervisee_accepted_at, self.agreement.supervisor_accepted_at)
        return max(filter(None, accepted)) if all(accepted) else None


def open_rows(shares: Iterable[Share], user: User, reader: Reader | None) -> list[Row]:
    """Return a row for each of ``shares``. One that does not open hides no other."""
    return [
        Row(
            share,
            None if is_unopened(share, user) else _opened(share, reader),
            user,
            is_locked=reader is None,
        )
        for share in shares
    ]


def is_unopened(share: Share, user: User) -> bool:
    """Tell whether a share was given to ``user``, or to read along, who has yet to open it."""
    if user.pk in (share.supervisee_id, share.supervisor_id):
        return share.opened_at is None and share.supervisor_id == user.pk
    reading = share.reading(user.pk)
    return reading is not None and reading.opened_at is None and reading.removed_at is None


def _opened(share: Share, reader: Reader | None) -> FrozenCopy | None:
    if reader is None:
        return None
    try:
        return share.open(reader)
    except (CannotOpen, msgspec.MsgspecError):
        return None  # the row says so


def page_of(
    shares: ShareQuerySet, user: User, reader: Reader | None, *, after: Position | None
) -> tuple[list[Row], Position | None]:
    """Return one page of ``shares``, and where the next begins (None at the end)."""
    found = shares.listed()
    if after is not None:
        found = found.older_than(after.created_at, after.pk)
    page = list(found[: PAGE + 1])
    last = page[PAGE - 1] if len(page) > PAGE else None
    following = Position(last.shared_at, last.pk) if last else None
    return open_rows(page[:PAGE], user, reader), following
