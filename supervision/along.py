"""Who reads along, as the record tells it: who was given a key to which copy, and lost it when."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from supervision.models import ShareEvent

Kind = ShareEvent.Kind


@dataclass(frozen=True)
class ReadAlong:
    """Somebody who reads a copy along, or did: ``because`` (a `ShareReader.Because`) says why not
    any more, and is empty while they do."""

    share: UUID | None
    person: str
    name: str
    since: datetime
    until: datetime | None = None
    because: str = ""


def who_read_along(lines: Iterable[ShareEvent]) -> list[ReadAlong]:
    """Return everybody whom ``lines``, in the order they were made, name as one who reads along.

    No query, where each line came with whom it is ``about``.
    """
    found: dict[tuple[UUID | None, str], ReadAlong] = {}
    for line in lines:
        person = line.facts.get("reader", "")
        key = (line.share_uid, person)
        if line.kind == Kind.READER_ADDED:
            name = line.about.get_full_name() if line.about else _("Somebody who left")
            found[key] = ReadAlong(line.share_uid, person, name, line.at)
        elif line.kind == Kind.READER_REMOVED and (one := found.get(key)):
            because = line.facts.get("because", "")
            found[key] = ReadAlong(one.share, person, one.name, one.since, line.at, because)
    return list(found.values())
