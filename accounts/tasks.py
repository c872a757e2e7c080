"""What a worker does for accounts. Tasks carry ids, never text."""

from uuid import UUID

from celery import shared_task
from django.core.management import call_command

from accounts import leaving, mail


@shared_task
def deliver_mail(pk: str) -> None:
    """Deliver the outbox row ``pk``, unless somebody else has."""
    mail.deliver(UUID(pk))


@shared_task
def deliver_outbox() -> None:
    """Deliver whatever is due: the sweep that runs every minute."""
    mail.deliver_due()


@shared_task
def complete_leavings() -> int:
    """Delete the accounts whose owners wanted it and whose day has come; return how many."""
    return leaving.complete_leavings()


@shared_task
def clear_sessions() -> None:
    """Delete the sessions that have expired: Django leaves them in the table."""
    call_command("clearsessions")
