"""Opens what an installation keeps closed: ``python -m tests.canaries.inside``.

Reads a password for each address from standard input, as JSON. Writes, as JSON, what only those
passwords open (``journal``, ``shares``), and what the installation itself can read (``sessions``,
``cache``, ``mails``, ``queue``).
"""

import json
import sys
from collections.abc import Iterator

import django


def main() -> None:
    """Write what was asked for."""
    django.setup()
    passwords: dict[str, str] = json.load(sys.stdin)
    found = {
        "journal": list(journal(passwords)),
        "shares": list(shares(passwords)),
        "sessions": list(sessions()),
        "cache": list(cached()),
        "mails": list(waiting_mails()),
    }
    json.dump(found, sys.stdout)


def journal(passwords: dict[str, str]) -> Iterator[str]:
    """Give every text of every entry, earlier and conflicting ones too."""
    from accounts.models import User
    from reflection.document import encode
    from reflection.models import Entry
    from tests import factories

    for user in User.objects.filter(email__in=passwords):
        keys = factories.vault_keys(user, passwords[user.email])
        for entry in Entry.objects.filter(owner=user):
            yield encode(entry.open(keys)).decode()
            for version in entry.versions.all():
                yield encode(version.open(keys)).decode()


def shares(passwords: dict[str, str]) -> Iterator[str]:
    """Give every copy that was shared, and every comment."""
    from accounts.models import User
    from supervision.frozen import encode_copy
    from supervision.models import Share
    from tests import factories

    for user in User.objects.filter(email__in=passwords):
        for share in Share.objects.filter(supervisee=user):
            reader = factories.reader(user, passwords[user.email])
            yield encode_copy(share.open(reader)).decode()
            for comment in share.comments.all():
                yield comment.read(share.data_key(reader))


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
