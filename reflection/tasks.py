"""What the journal does by itself."""

from celery import shared_task

from reflection import actions
from reflection.incoming.actions import purge_incoming as drop_incoming


@shared_task
def purge_deleted_entries() -> int:
    """Remove for good what was deleted longer ago than the undo period; return how many."""
    return actions.purge_deleted_entries()


@shared_task
def purge_expired_captures() -> int:
    """Remove for good the captures whose time is over; return how many."""
    return actions.purge_expired_captures()


@shared_task
def purge_incoming() -> int:
    """Drop the files that waited too long to be brought in; return how many."""
    return drop_incoming()
