"""Clinicians with journals of a given size, signed in and unlocked, for the bench."""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Model
from django.test import Client
from msgspec.structs import replace

from accounts.models import User
from reflection import actions
from reflection.document import Document, Happened, Label, Reaction, Repair, Strategy
from reflection.models import Entry
from supervision.frozen import encode_copy
from supervision.models import Share
from tests import factories
from vault import crypto
from vault.crypto import VaultKeys
from vault.models import Vault

M = TypeVar("M", bound=Model)

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
    others: tuple[uuid.UUID, ...]


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
    pks = Entry.objects.owned_by(user).newest_first().values_list("pk", flat=True)
    return Writer(size, user, keys, cookies, newest=entry.pk, others=tuple(pks[1:9]))


@dataclass(frozen=True)
class Supervisor:
    """Somebody to whom ``size`` copies were handed; ``cookies`` are their browser's."""

    size: int
    user: User
    cookies: dict[str, str]


SUPERVISEES = 5
AT_ONCE = 500


def make_supervisor(size: int) -> Supervisor:
    """Return a supervisor of five, with ``size`` live copies, nine in ten of them opened."""
    supervisor = factories.make_user(email=f"supervisor-{size}@example.org", name=f"Reads {size}")
    clinic = factories.make_clinic(name=f"Desk {size}")
    factories.make_membership(user=supervisor, clinic=clinic)
    client = Client()
    factories.unlock(client, supervisor)
    vault = factories.reader(supervisor).vault
    for number in range(SUPERVISEES):
        email = f"shares-{size}-{number}@example.org"
        supervisee = factories.make_user(email=email, name=f"Shares {number}")
        factories.make_membership(user=supervisee, clinic=clinic)
        factories.make_vault(supervisee)
        agreement = factories.make_agreement(supervisee=supervisee, supervisor=supervisor)
        first = factories.make_share(agreement=agreement)
        rows = list(range(number, size, SUPERVISEES))[1:]
        with transaction.atomic():
            for start in range(0, len(rows), AT_ONCE):
                _share_often(first, vault, rows[start : start + AT_ONCE])
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    client.get("/supervision/")
    cookies = {name: morsel.value for name, morsel in client.cookies.items()}
    return Supervisor(size=size, user=supervisor, cookies=cookies)


def _share_often(first: Share, recipient: Vault, numbers: list[int]) -> None:
    """Make a copy like ``first`` for each number, each of an entry and under a key of its own."""
    reader = factories.reader(first.supervisee)
    copy = first.open(reader)
    entries: list[Entry] = []
    shares: list[Share] = []
    for number in numbers:
        entry = Entry.objects.get(pk=first.entry_uid) if not entries else _like(entries[0])
        entry.pk = uuid.uuid4()
        entries.append(entry)
        share = _like(first)
        share.pk, share.entry, share.entry_uid = uuid.uuid4(), entry, entry.pk
        share.shared_at = first.shared_at - timedelta(minutes=number + 1)
        share.opened_at = None if number % 10 == 0 else share.shared_at
        share.last_word = ("", "supervisor", "supervisee")[number % 3] if number % 10 else ""
        key = crypto.new_key()
        said = replace(copy, title=f"After the yawn, {number}")
        share.body = crypto.encrypt_body(key, encode_copy(said), share.body_context)
        share.key_supervisee = reader.keys.wrap(key, crypto.share_key(share.pk, share.vault_id))
        context = crypto.sealed_share_key(share.pk, share.supervisor_id)
        share.key_supervisor = crypto.seal(bytes(recipient.public_key), key, context)
        shares.append(share)
    Entry.objects.bulk_create(entries)
    Share.objects.bulk_create(shares)


def _like(row: M) -> M:
    """Return an unsaved row with the same columns."""
    names = [one.attname for one in row._meta.concrete_fields if not one.generated]
    return type(row)(**{name: getattr(row, name) for name in names})


def make_anew(writer: Writer) -> Entry:
    """Return an entry of ``writer`` that was saved once."""
    return actions.begin_entry(by=writer.user, keys=writer.keys, document=reflection_of(0))


def load() -> None:
    """Make the tables and load what every installation has."""
    call_command("migrate", verbosity=0)
    if settings.DATABASES["default"]["ENGINE"].endswith("postgresql"):
        call_command("createcachetable", verbosity=0)
    call_command("load_guide", verbosity=0)
    call_command("load_wordings", verbosity=0)
