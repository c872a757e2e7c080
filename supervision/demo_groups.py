"""The demo's supervision groups: what ``groups.yaml`` tells, done through the real actions."""

from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path

import msgspec

from accounts.models import User
from supervision.actions.group import accept_place, make_group
from supervision.forms.readers import reader_terms
from supervision.frozen import Reader, ReaderTerms
from supervision.models import GroupMembership, SupervisionGroup


class _Told(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the file says; a misspelt field is refused rather than lost."""


class MemberTold(_Told, frozen=True):
    """Somebody who was asked into a group, and when they accepted."""

    person: str
    accepted: str


class GroupTold(_Told, frozen=True):
    """A group, whom its supervisor asked, and when."""

    name: str
    supervisor: str
    made: str
    members: tuple[MemberTold, ...]


class GroupsTold(_Told, frozen=True):
    """``groups.yaml``."""

    groups: tuple[GroupTold, ...]


class DemoGroup:
    """One group on its way into the database."""

    def __init__(
        self, told: GroupTold, users: Callable[[str], User], readers: Callable[[str], Reader]
    ) -> None:
        self.told, self.users, self.readers = told, users, readers
        self.group: SupervisionGroup | None = None

    def steps(
        self, at: Callable[[str], datetime]
    ) -> Iterator[tuple[datetime, Callable[[], object]]]:
        """Yield what happened, each with its moment, which ``at`` works out."""
        yield at(self.told.made), self._make
        for member in self.told.members:
            yield at(member.accepted), partial(self._accept, member.person)

    def _make(self) -> None:
        people = [self.users(member.person).pk for member in self.told.members]
        self.group = make_group(
            by=self.users(self.told.supervisor), name=self.told.name, people=people
        )

    def _accept(self, person: str) -> None:
        assert self.group is not None
        accept_place(by=self.users(person), pk=self.group.pk, keys=self.readers(person).keys)


def read_groups(folder: Path) -> tuple[GroupTold, ...]:
    """Return the groups told in ``folder``."""
    data = (folder / "groups.yaml").read_bytes()
    return msgspec.yaml.decode(data, type=GroupsTold).groups


def told_readers(
    author: User, supervisor: User, people: Collection[User]
) -> tuple[ReaderTerms, ...]:
    """Return the terms by which ``people``, in a group of both, read what ``author`` shares.

    Their keys were compared.
    """
    wanted = {one.pk for one in people}
    places = [
        place
        for place in GroupMembership.objects.fellows_of(author)
        if place.person_id in wanted and place.group.supervisor_id == supervisor.pk
    ]
    return reader_terms(places, {place.key.hex() for place in places})
