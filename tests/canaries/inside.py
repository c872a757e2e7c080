"""Opens what an installation keeps closed: ``python -m tests.canaries.inside``.

Reads a password for each address from standard input, as JSON. Writes, as JSON, what only those
passwords open (``opened``, by the model it stands in), and what the installation itself can read
(``sessions``, ``cache``, ``mails``, ``queue``).
"""

import json
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import django

if TYPE_CHECKING:
    from supervision.frozen import Reader


def main() -> None:
    """Write what was asked for."""
    django.setup()
    passwords: dict[str, str] = json.load(sys.stdin)
    found = {
        "opened": opened(passwords),
        "sessions": list(sessions()),
        "cache": list(cached()),
        "mails": list(waiting_mails()),
    }
    json.dump(found, sys.stdout)


# --- What a password opens -----------------------------------------------------------------------


def opened(passwords: dict[str, str]) -> dict[str, list[str]]:
    """Return every text that these passwords open, as JSON, by the model that holds it.

    Each person opens what is theirs with their own keys, so that a copy which both sides hold is
    opened from both. Raises ``CannotOpen`` where something does not open.
    """
    from tests import factories
    from vault.models import Vault

    found: dict[str, list[str]] = {label: [] for label in OPENED_BY}
    for vault in Vault.objects.active().filter(user__email__in=passwords).select_related("user"):
        reader = factories.reader(vault.user, passwords[vault.user.email])
        for label, read in OPENED_BY.items():
            found[label] += read(reader)
    return found


def _json(one: Any) -> str:
    import msgspec

    return msgspec.json.encode(one).decode()


def entries(reader: "Reader") -> Iterator[str]:
    """Give every reflection as it stands."""
    from reflection.models import Entry

    for entry in Entry.objects.filter(owner=reader.user_id):
        yield _json(entry.open(reader.keys))


def entry_versions(reader: "Reader") -> Iterator[str]:
    """Give every earlier text of every reflection, those that came late too."""
    from reflection.models import EntryVersion

    for version in EntryVersion.objects.filter(entry__owner=reader.user_id).select_related("entry"):
        yield _json(version.open(reader.keys))


def lists(reader: "Reader") -> Iterator[str]:
    """Give every list of one's own: words to watch, codes, tags, searches."""
    from reflection.models import PrivateList

    for row in PrivateList.objects.filter(vault=reader.vault):
        yield _json(row.open_as(reader.keys, object))


def incoming(reader: "Reader") -> Iterator[str]:
    """Give the files that were sent and wait for a yes."""
    from reflection.models import Incoming

    for row in Incoming.objects.filter(vault=reader.vault):
        yield _json([(name, data.decode()) for name, data in row.open(reader.keys)])


def copies(reader: "Reader") -> Iterator[str]:
    """Give every copy that somebody shared, was given or reads along, while their side opens it."""
    for share in _shares(reader):
        yield _json(share.open(reader))


def comments(reader: "Reader") -> Iterator[str]:
    """Give every comment beside such a copy, but for those that were removed."""
    for share in _shares(reader):
        for comment in share.comments.filter(removed_at=None):
            yield _json(comment.open(share.data_key(reader)))


def held_comments(reader: "Reader") -> Iterator[str]:
    """Give what one holds back."""
    from supervision.models import HeldComment

    for held in HeldComment.objects.filter(author=reader.user_id):
        yield _json(held.open(reader))


def meetings(reader: "Reader") -> Iterator[str]:
    """Give what stands of every meeting that one is part of, and its ticks."""
    for meeting in _meetings(reader):
        data_key = meeting.data_key(reader)
        yield _json([meeting.read(data_key), meeting.read_progress(data_key)])


def meeting_versions(reader: "Reader") -> Iterator[str]:
    """Give every earlier record of such a meeting, those that came late too."""
    for meeting in _meetings(reader):
        for version in meeting.versions.all():
            yield _json(version.read(meeting.data_key(reader)))


def _shares(reader: "Reader") -> Iterator[Any]:
    from django.db.models import Q

    from supervision.models import Share, ShareReader

    along = ShareReader.objects.holding().filter(person=reader.user_id)
    theirs = (
        Q(supervisee=reader.user_id)
        | Q(supervisor=reader.user_id, key_supervisor__isnull=False)
        | Q(pk__in=along.values("share"))
    )
    yield from Share.objects.filter(theirs)


def _meetings(reader: "Reader") -> Iterator[Any]:
    from django.db.models import Q

    from supervision.models import SupervisionMeeting

    theirs = Q(agreement__supervisee=reader.user_id) | Q(agreement__supervisor=reader.user_id)
    yield from SupervisionMeeting.objects.filter(theirs).select_related("agreement")


# Who reads each column of ciphertext that holds words of somebody's.
OPENED_BY: dict[str, Callable[["Reader"], Iterator[str]]] = {
    "reflection.Entry": entries,
    "reflection.EntryVersion": entry_versions,
    "reflection.Incoming": incoming,
    "reflection.PrivateList": lists,
    "supervision.Comment": comments,
    "supervision.HeldComment": held_comments,
    "supervision.MeetingVersion": meeting_versions,
    "supervision.Share": copies,
    "supervision.SupervisionMeeting": meetings,
}


# --- What the installation can read --------------------------------------------------------------


def sessions() -> Iterator[str]:
    """Give what is in each session, unpacked."""
    from django.contrib.sessions.models import Session

    for session in Session.objects.all():
        yield json.dumps(session.get_decoded(), ensure_ascii=False)


def cached() -> Iterator[str]:
    """Give each row of the cache's table, if there is one, unpacked."""
    from django.conf import settings
    from django.core.cache import cache
    from django.db import connection

    if settings.EMBEDDED:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key, value FROM mend_cache")
        for key, _value in cursor.fetchall():
            # The table holds what Django pickled; the cache itself unpickles it.
            yield f"{key} {cache.get(key.split(':', 2)[2])!r}"


def waiting_mails() -> Iterator[str]:
    """Give each mail that still waits in the outbox."""
    from accounts.mail import unseal
    from accounts.models import OutgoingMail

    for row in OutgoingMail.objects.exclude(sealed=b""):
        yield repr(unseal(bytes(row.sealed), row.pk))


if __name__ == "__main__":
    main()
