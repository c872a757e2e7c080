"""The engines underneath: the database that was asked for, and a worker over Redis."""

import os
import time

import pytest
from django.conf import settings as given
from django.core import mail
from django.core.mail import send_mail
from django.db import connection, transaction
from pytest_django.fixtures import Settings

from accounts.models import OutgoingMail

WAIT_SECONDS = 20


@pytest.mark.django_db
def test_suite_runs_on_the_database_it_was_told_to() -> None:
    wanted = "postgresql" if os.environ.get("DATABASE_URL") else "sqlite"

    assert connection.vendor == wanted


@pytest.mark.django_db
def test_embedded_database_keeps_every_commit_and_wipes_what_is_deleted() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("SQLite only")
    with connection.cursor() as cursor:
        journal = cursor.execute("PRAGMA journal_mode").fetchone()
        deleted = cursor.execute("PRAGMA secure_delete").fetchone()

    assert journal == ("wal",)
    assert deleted == (1,)
    assert given.DATABASES["default"]["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


@pytest.mark.tasks
def test_mail_leaves_by_a_worker_over_redis_once_its_cause_is_committed(
    celery_worker: None, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = "accounts.mail.OutboxBackend"
    with transaction.atomic():
        send_mail("Something waits in Mend", "Sign in to see it.", None, ["okafor@alder.example"])
        row = OutgoingMail.objects.get()
        time.sleep(0.5)
        assert not mail.outbox, "sent before the transaction was through"
    until = time.monotonic() + WAIT_SECONDS
    while not mail.outbox and time.monotonic() < until:
        time.sleep(0.05)

    assert [message.to for message in mail.outbox] == [["okafor@alder.example"]]
    while OutgoingMail.objects.filter(sent_at=None).exists() and time.monotonic() < until:
        time.sleep(0.05)
    row.refresh_from_db()
    assert row.sent_at is not None
    assert row.sealed == b""
