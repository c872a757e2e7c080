"""Clinicians with journals of a given size, signed in and unlocked, for the bench."""

import uuid
from dataclasses import dataclass

from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from django.test import Client

from accounts.models import User
from reflection import actions
from reflection.document import Document, Happened, Label, Reaction, Repair, Strategy
from reflection.models import Entry, EntryVersion
from tests import factories
from vault.crypto import VaultKeys

# A word that stands in the first entry alone.
ONCE = "threshold"
PROSE = (
    "I yawned while Finch was speaking and saw it land. They went quiet and looked at the clock, "
    "and I heard myself explain that the room was hot. In the last ten minutes we talked about "
    "the holidays as if nothing had happened, and I was relieved, which I like even less. "
)


@dataclass(frozen=True)
class Writer:
    """A clinician with ``size`` entries of about 2 KB; ``cookies`` are their browser's."""

    size: int
    user: User
    keys: VaultKeys
    cookies: dict[str, str]
    newest: uuid.UUID


def reflection_of(number: int) -> Document:
    """Return a reflection of about 2 KB of JSON, told apart by ``number``."""
    return Document(
        title=f"After the yawn, {number}",
        happened=Happened(
            case_code="Finch",
            took_place=PROSE * 3 + (ONCE if number == 0 else ""),
            client_words="You were tired of me.",
            strain=3,
        ),
        reaction=Reaction(
            patterns=(Label("too-much", "They are making too much of it"),), own_words=PROSE
        ),
        repair=Repair(
            strategies=(Strategy("acknowledge", "Acknowledge it"),), plan=f"Thursday. {PROSE}"
        ),
    )


def make_writer(size: int) -> Writer:
    """Return a clinician with ``size`` entries."""
    user = factories.make_user(email=f"writer-{size}@example.org", name=f"Writer {size}")
    factories.make_membership(user=user, clinic=factories.make_clinic(name=f"Bench {size}"))
    client = Client()
    keys = factories.unlock(client, user)
    with transaction.atomic():
        for number in range(size):
            entry = actions.begin_entry(by=user, keys=keys, document=reflection_of(number))
    client.get("/journal/new/")  # gives the cookie that posts are checked against
    cookies = {name: morsel.value for name, morsel in client.cookies.items()}
    return Writer(size=size, user=user, keys=keys, cookies=cookies, newest=entry.pk)


def make_much_saved(writer: Writer, saves: int) -> Entry:
    """Return an entry of ``writer`` with ``saves`` earlier texts kept."""
    entry = actions.begin_entry(by=writer.user, keys=writer.keys, document=reflection_of(0))
    EntryVersion.objects.bulk_create(
        EntryVersion(entry=entry, revision=number, body=entry.body)
        for number in range(1, saves + 1)
    )
    return entry


def load() -> None:
    """Make the tables and load what every installation has."""
    call_command("migrate", verbosity=0)
    if settings.DATABASES["default"]["ENGINE"].endswith("postgresql"):
        call_command("createcachetable", verbosity=0)
    call_command("load_guide", verbosity=0)
    call_command("load_wordings", verbosity=0)
