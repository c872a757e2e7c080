"""Run with ``manage.py shell`` on a database from before the record: an agreement with its log."""

import hashlib
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

apps = MigrationExecutor(connection).loader.project_state([("supervision", "0002_pinned_at")]).apps


def make(model: str, **fields: Any) -> Any:
    """Return a row of a model as it was then."""
    return apps.get_model(model).objects.create(**fields)


now = timezone.now()
mira, okafor = (make("accounts.User", email=f"{name}@example.com", name=name) for name in "mo")
vault = make("vault.Vault", user=mira, public_key=b"p" * 32, wrapped_private_key=b"w")
wording = make("supervision.ConsentWording", slug="agreement", version=1, title="A", text="Words.")
agreement = make(
    "supervision.Agreement",
    supervisee=mira,
    supervisor=okafor,
    proposed_by=mira,
    wording=wording,
    proposed_at=now - timedelta(days=9),
    supervisee_accepted_at=now - timedelta(days=9),
    supervisor_accepted_at=now - timedelta(days=8),
    ended_at=now - timedelta(days=1),
    ended_by=okafor,
)
share = make(
    "supervision.Share",
    agreement=agreement,
    entry_uid=agreement.pk,
    entry_revision=3,
    supervisee=mira,
    supervisor=okafor,
    vault=vault,
    sealed_to=vault.pk,
    version=1,
    passages=["repair"],
    body=b"ciphertext",
    key_supervisee=b"k",
    content_hash=hashlib.sha256(b"ciphertext").hexdigest(),
    purpose="listen",
    wording=wording,
    identifiers_checked_at=now - timedelta(days=7),
    attestation="asked",
    shared_at=now - timedelta(days=7),
    expires_at=now + timedelta(days=7),
    revoked_at=agreement.ended_at,
    revoked_by=okafor,
)
# Written in another order than they happened: an opening was noted late.
for kind, days in (("shared", 7), ("agreement_ended", 1), ("opened", 5)):
    who = mira if kind == "shared" else okafor
    make("supervision.ShareEvent", share=share, kind=kind, by=who, at=now - timedelta(days=days))
