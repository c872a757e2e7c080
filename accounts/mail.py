"""Mails: written to an outbox in the transaction that caused them, delivered by a task.

A mail says that something waits in Mend, and never what it says. It is kept encrypted until it is
sent, because it may hold a link that signs somebody in.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
from celery import current_app
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import F
from django.template import Context, Engine
from django.utils.timezone import now
from kombu.exceptions import ChannelError, OperationalError

from accounts.models import OutgoingMail
from accounts.server_keys import key_now, open_under_any
from vault import crypto

logger = logging.getLogger(__name__)

# A try that is never heard of again is repeated after the first pause: it has to be longer than
# a mail server may take, or the same mail would be on its way twice.
SMTP_TIMEOUT_SECONDS = 30
FIRST_PAUSE = timedelta(minutes=2)
LONGEST_PAUSE = timedelta(hours=1)
GIVE_UP_AFTER = timedelta(days=3)
KEEP_SETTLED = timedelta(days=30)
# A broker that does not answer; a queue's folder that is full or may not be written.
QUEUE_AWAY = (OperationalError, ChannelError, OSError)


def link(path: str) -> str:
    """Return the address of a page for use in a mail, whatever host the request came to."""
    return str(settings.SITE_URL).rstrip("/") + path


def post(template: str, *, to: str, context: Mapping[str, Any]) -> None:
    """Put a mail to one person into the outbox.

    ``<template>_subject.txt`` and ``<template>_message.txt`` are rendered without HTML escaping.
    """
    facts = Context({"site_url": link("/"), **context}, autoescape=False)
    subject = " ".join(_rendered(f"{template}_subject.txt", facts).split())
    body = _rendered(f"{template}_message.txt", facts).strip() + "\n"
    EmailMessage(subject, body, to=[to]).send()


def _rendered(template: str, facts: Context) -> str:
    return str(Engine.get_default().get_template(template).render(facts))


# --- The outbox ----------------------------------------------------------------------------------


class Letter(msgspec.Struct, frozen=True):
    """What is kept of a mail until it is sent."""

    subject: str
    body: str
    from_email: str
    to: list[str]
    cc: list[str] = []
    bcc: list[str] = []
    reply_to: list[str] = []
    headers: dict[str, str] = {}

    @classmethod
    def of(cls, message: EmailMessage) -> "Letter":
        """Return what is kept of ``message``. Raises ``ValueError`` for more than plain text."""
        if message.attachments or getattr(message, "alternatives", None):
            raise ValueError("Mend's mails are plain text, without attachments.")
        return cls(
            subject=str(message.subject),
            body=str(message.body),
            from_email=message.from_email,
            to=list(message.to),
            cc=list(message.cc),
            bcc=list(message.bcc),
            reply_to=list(message.reply_to),
            headers={name: str(value) for name, value in message.extra_headers.items()},
        )

    def message(self) -> EmailMessage:
        """Return the mail to hand to a mail server."""
        return EmailMessage(
            subject=self.subject,
            body=self.body,
            from_email=self.from_email,
            to=self.to,
            bcc=self.bcc,
            cc=self.cc,
            reply_to=self.reply_to,
            headers=self.headers,
        )


def seal(letter: Letter, pk: UUID) -> bytes:
    """Return ``letter`` encrypted for the outbox row ``pk``."""
    key = key_now(crypto.outgoing_mail_key)
    return crypto.encrypt_body(key, msgspec.json.encode(letter), crypto.outgoing_mail(pk))


def unseal(sealed: bytes, pk: UUID) -> Letter:
    """Return what `seal` was given, also under one of ``SECRET_KEY_FALLBACKS``.

    Raises ``CannotOpen`` where none of them made it.
    """
    context = crypto.outgoing_mail(pk)
    data = open_under_any(
        crypto.outgoing_mail_key, lambda key: crypto.decrypt_body(key, sealed, context)
    )
    return msgspec.json.decode(data, type=Letter)


class OutboxBackend(BaseEmailBackend):
    """Django's way to send: every mail becomes a row, and a task delivers it on commit."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Return how many mails were put into the outbox."""
        addressed = [message for message in email_messages if message.recipients()]
        for message in addressed:
            message.message()  # raises BadHeaderError here rather than in the task
            mail = OutgoingMail()
            mail.sealed = seal(Letter.of(message), mail.pk)
            mail.save(force_insert=True)
            transaction.on_commit(partial(_ask_for_delivery, mail.pk))
        return len(addressed)


def _ask_for_delivery(pk: UUID) -> None:
    """Ask a worker to deliver at once. With the broker away, the sweep finds the row instead."""
    try:
        current_app.send_task("accounts.tasks.deliver_mail", [str(pk)])
    except QUEUE_AWAY as error:
        logger.warning(
            "The task queue is away (%s); mail %s waits in the outbox.", type(error).__name__, pk
        )


# --- Delivering ----------------------------------------------------------------------------------


def delivery() -> BaseEmailBackend:
    """Return the connection that mails really leave by, from ``DELIVERY_EMAIL``."""
    given = settings.DELIVERY_EMAIL
    backend = given["EMAIL_BACKEND"]
    options: dict[str, Any] = {}
    if backend.endswith("filebased.EmailBackend"):
        options["file_path"] = given["EMAIL_FILE_PATH"]
    elif backend.endswith("smtp.EmailBackend"):
        options = {
            "host": given.get("EMAIL_HOST"),
            "port": given.get("EMAIL_PORT"),
            "username": given.get("EMAIL_HOST_USER") or "",
            "password": given.get("EMAIL_HOST_PASSWORD") or "",
            "use_tls": given.get("EMAIL_USE_TLS", False),
            "use_ssl": given.get("EMAIL_USE_SSL", False),
            "timeout": SMTP_TIMEOUT_SECONDS,
        }
    connection: BaseEmailBackend = get_connection(backend, **options)
    return connection


def pause(attempts: int) -> timedelta:
    """Return how long to wait after the ``attempts``-th try: 2 minutes, doubling, up to an hour."""
    doubled: timedelta = FIRST_PAUSE * 2 ** min(max(attempts, 1) - 1, 10)
    return min(doubled, LONGEST_PAUSE)


def _claim(pk: UUID, moment: datetime) -> OutgoingMail | None:
    """Return the mail if it is due and nobody else has just taken it.

    One conditional UPDATE, so that two workers never hold the same mail, and no lock is held
    while the mail server takes its time.
    """
    mail = OutgoingMail.objects.due(moment).filter(pk=pk).first()
    if mail is None:
        return None
    taken = (
        OutgoingMail.objects.due(moment)
        .filter(pk=pk, attempts=mail.attempts)
        .update(attempts=F("attempts") + 1, due_at=moment + pause(mail.attempts + 1))
    )
    return mail if taken else None


def deliver(pk: UUID) -> bool:
    """Deliver one mail and empty its row; return whether it left.

    False if it is not due, or was tried and has to wait: the row says when. It may leave twice if
    the process dies between the mail server's yes and the row's; never at the same time.
    """
    moment = now()
    mail = _claim(pk, moment)
    if mail is None:
        return False
    try:
        delivery().send_messages([unseal(bytes(mail.sealed), mail.pk).message()])
    except Exception as error:  # a server may fail in any way; the row records it
        _note_failure(mail, error, moment)
        return False
    OutgoingMail.objects.filter(pk=pk).update(sent_at=now(), sealed=b"", last_error="")
    return True


def _note_failure(mail: OutgoingMail, error: Exception, moment: datetime) -> None:
    """Record the kind of error, never its text: it may quote an address."""
    kind = type(error).__name__
    row = OutgoingMail.objects.filter(pk=mail.pk)
    hopeless = isinstance(error, crypto.CannotOpen) or moment - mail.created_at > GIVE_UP_AFTER
    if hopeless:
        row.update(given_up_at=moment, sealed=b"", last_error=kind)
        logger.error("Mail %s was given up after %s tries (%s).", mail.pk, mail.attempts + 1, kind)
        return
    row.update(last_error=kind)
    logger.warning("Mail %s did not leave (%s); it will be tried again.", mail.pk, kind)


def deliver_due(limit: int = 200) -> int:
    """Deliver what is due, oldest first, and clear rows settled a month ago; return how many left.

    This is what finds the mails whose task never came, because the queue was away.
    """
    moment = now()
    OutgoingMail.objects.settled_before(moment - KEEP_SETTLED).delete()
    due = list(OutgoingMail.objects.due(moment).values_list("pk", flat=True)[:limit])
    return sum(deliver(pk) for pk in due)
