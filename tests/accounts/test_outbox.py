"""Mails: sealed in the outbox, delivered at least once, never twice at the same time."""

import smtplib
import threading
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
import pytest
import time_machine
from django.core import mail
from django.core.mail import BadHeaderError, EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.locmem import EmailBackend as Locmem
from django.db import connection, transaction
from django.utils.timezone import now
from kombu.exceptions import ChannelError, OperationalError
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts import tasks
from accounts.mail import (
    GIVE_UP_AFTER,
    SMTP_TIMEOUT_SECONDS,
    deliver,
    deliver_due,
    delivery,
    pause,
    unseal,
)
from accounts.models import OutgoingMail
from vault.crypto import CannotOpen

pytestmark = pytest.mark.django_db
CANARY = "canary-7f3a reset link"


@pytest.fixture(autouse=True)
def _outbox(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "accounts.mail.OutboxBackend"


class Refusing(Locmem):
    """A mail server that quotes what it was given when it refuses."""

    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        raise smtplib.SMTPRecipientsRefused({messages[0].to[0]: (550, CANARY.encode())})


def refuse(settings: Settings) -> None:
    settings.DELIVERY_EMAIL = {"EMAIL_BACKEND": f"{__name__}.Refusing"}


def send(subject: str = "Hello", body: str = CANARY) -> OutgoingMail:
    """Send a mail as any part of Mend does; return its row."""
    EmailMessage(subject, body, to=["nell@example.com"], headers={"X-Kind": "test"}).send()
    return OutgoingMail.objects.latest("created_at")


def test_mail_waits_in_the_outbox_and_no_word_of_it_can_be_read_there() -> None:
    row = send(subject=CANARY)

    stored = bytes(row.sealed) + str(OutgoingMail.objects.values()).encode()
    assert mail.outbox == []
    assert CANARY.encode() not in stored
    assert b"nell@example.com" not in stored


def test_delivering_sends_the_same_mail_and_empties_the_row() -> None:
    row = send()

    assert deliver(row.pk)

    (message,) = mail.outbox
    row.refresh_from_db()
    assert (message.subject, message.body, message.to) == ("Hello", CANARY, ["nell@example.com"])
    assert message.extra_headers == {"X-Kind": "test"}
    assert bytes(row.sealed) == b""
    assert row.sent_at


def test_mail_is_delivered_once() -> None:
    row = send()

    deliver(row.pk)
    deliver(row.pk)
    deliver_due()

    assert len(mail.outbox) == 1


def test_mail_of_a_transaction_that_failed_never_leaves() -> None:
    with transaction.atomic():
        send()
        transaction.set_rollback(True)

    deliver_due()
    assert mail.outbox == []


def test_worker_is_asked_once_the_transaction_is_done(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[str, list[str]]] = []
    monkeypatch.setattr("accounts.mail.current_app.send_task", lambda *a: asked.append(a))

    with django_capture_on_commit_callbacks(execute=True):
        row = send()
        assert asked == []

    assert asked == [("accounts.tasks.deliver_mail", [str(row.pk)])]


@pytest.mark.parametrize("error", [OperationalError, ChannelError, OSError])
def test_queue_that_is_away_loses_nothing_and_quotes_nothing(
    error: type[Exception],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def away(*args: object) -> None:
        raise error(CANARY)

    monkeypatch.setattr("accounts.mail.current_app.send_task", away)

    with django_capture_on_commit_callbacks(execute=True):
        send()

    assert "waits in the outbox" in caplog.text
    assert CANARY not in caplog.text
    tasks.deliver_outbox()
    assert len(mail.outbox) == 1


def test_the_task_delivers() -> None:
    tasks.deliver_mail(str(send().pk))

    assert len(mail.outbox) == 1


def test_refused_mail_is_kept_and_tried_again_later(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    row = send()
    refuse(settings)

    assert not deliver(row.pk)

    row.refresh_from_db()
    assert (row.attempts, row.last_error, row.sent_at) == (1, "SMTPRecipientsRefused", None)
    assert row.due_at - now() > timedelta(minutes=1)
    assert unseal(bytes(row.sealed), row.pk).body == CANARY
    assert CANARY not in caplog.text
    assert "nell@example.com" not in caplog.text


def test_mail_that_waits_is_left_alone_until_it_is_due(settings: Settings) -> None:
    row = send()
    refuse(settings)
    deliver(row.pk)
    settings.DELIVERY_EMAIL = {"EMAIL_BACKEND": "django.core.mail.backends.locmem.EmailBackend"}

    assert deliver_due() == 0
    with time_machine.travel(now() + timedelta(minutes=3), tick=False):
        assert deliver_due() == 1


def test_one_refused_mail_does_not_hold_up_the_others(settings: Settings) -> None:
    first = send()
    OutgoingMail.objects.filter(pk=first.pk).update(sealed=b"not a mail at all")
    send(body="second")

    assert deliver_due() == 1

    assert [message.body for message in mail.outbox] == ["second"]


def test_pauses_double_up_to_an_hour() -> None:
    minutes = [pause(attempts).total_seconds() / 60 for attempts in range(1, 8)]

    assert minutes == [2, 4, 8, 16, 32, 60, 60]
    assert pause(5000) == timedelta(hours=1)
    assert pause(1).total_seconds() > 2 * SMTP_TIMEOUT_SECONDS


def test_mail_nobody_takes_is_given_up_and_emptied_after_three_days(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    row = send()
    refuse(settings)

    with time_machine.travel(now() + GIVE_UP_AFTER + timedelta(minutes=1), tick=False):
        deliver_due()

    row.refresh_from_db()
    assert row.given_up_at
    assert bytes(row.sealed) == b""
    assert "was given up" in caplog.text
    assert not OutgoingMail.objects.waiting().exists()


def test_mail_sealed_under_a_key_that_is_gone_is_given_up(settings: Settings) -> None:
    row = send()
    settings.SECRET_KEY = "a-key-nobody-kept-a-copy-of" * 2

    deliver_due()

    row.refresh_from_db()
    assert (row.last_error, mail.outbox) == ("CannotOpen", [])


def test_mail_sealed_before_the_key_was_changed_still_leaves(settings: Settings) -> None:
    send()
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "the-key-after-a-rotation" * 2

    assert deliver_due() == 1


def test_sealed_mail_does_not_open_in_another_row() -> None:
    one, other = send(), send()

    with pytest.raises(CannotOpen):
        unseal(bytes(one.sealed), other.pk)


def test_settled_rows_are_cleared_after_a_month() -> None:
    deliver(send().pk)
    send(body="still waiting")

    with time_machine.travel(now() + timedelta(days=31), tick=False):
        deliver_due()

    assert OutgoingMail.objects.filter(sent_at__isnull=False).count() == 1


def test_header_made_of_two_lines_is_refused_before_it_is_kept() -> None:
    with pytest.raises(BadHeaderError):
        send(subject="Hello\nBcc: everybody@example.com")

    assert not OutgoingMail.objects.exists()


def test_mail_of_more_than_plain_text_is_refused() -> None:
    message = EmailMultiAlternatives("Hello", "text", to=["nell@example.com"])
    message.attach_alternative("<p>text</p>", "text/html")

    with pytest.raises(ValueError, match="plain text"):
        message.send()


def test_mail_to_nobody_is_not_kept() -> None:
    assert EmailMessage("Hello", "text").send() == 0
    assert not OutgoingMail.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_deliver_it_once() -> None:
    row = send()
    begun = threading.Barrier(2)
    left: list[bool] = []

    def work() -> None:
        begun.wait()
        left.append(deliver(row.pk))
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert sorted(left) == [False, True]
    assert len(mail.outbox) == 1


class TestDelivery:
    """The connection mails leave by, from ``EMAIL_URL``."""

    def test_folder_gets_a_file(self, settings: Settings, tmp_path: Path) -> None:
        settings.DELIVERY_EMAIL = {
            "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "EMAIL_FILE_PATH": str(tmp_path / "mail"),
        }

        deliver(send().pk)

        (file,) = (tmp_path / "mail").iterdir()
        assert CANARY in file.read_text()

    def test_mail_server_is_reached_as_the_address_says(self, settings: Settings) -> None:
        url = "smtp+tls://mend:p%40ss@mail.example.org:587"
        settings.DELIVERY_EMAIL = environ.Env.email_url_config(url)

        server: Any = delivery()

        assert (server.host, server.port) == ("mail.example.org", 587)
        assert (server.username, server.password) == ("mend", "p@ss")
        assert (server.use_tls, server.use_ssl) == (True, False)
        assert server.timeout == SMTP_TIMEOUT_SECONDS
