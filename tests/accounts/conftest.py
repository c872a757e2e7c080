"""Mails as they really leave: through the outbox, delivered by what the worker runs."""

import re
from collections.abc import Callable

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from pytest_django import Settings

from accounts.mail import deliver_due

Post = Callable[[], list[EmailMessage]]


@pytest.fixture
def post(settings: Settings, db: None) -> Post:
    """Put mails into the outbox as in real life; calling it delivers them and returns them all."""
    settings.EMAIL_BACKEND = "accounts.mail.OutboxBackend"

    def deliver() -> list[EmailMessage]:
        deliver_due()
        return mail.outbox

    return deliver


def path_in(message: EmailMessage) -> str:
    """Return the path of the only link in a mail."""
    (path,) = re.findall(r"https?://[^/\s]+(/\S*)", str(message.body))
    return str(path)
