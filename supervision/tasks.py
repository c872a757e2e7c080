"""What happens to shares by itself."""

from celery import shared_task

from supervision import actions


@shared_task
def expire_shares() -> int:
    """Close the shares that ran out or lost their entry for good; return how many."""
    return actions.expire_shares()


@shared_task
def purge_notifications() -> int:
    """Delete notifications older than ninety days; return how many."""
    return actions.purge_notifications()


@shared_task
def remind_of_expiry() -> int:
    """Write to those whose copies run out in a few days; return how many mails that makes."""
    return actions.remind_of_expiry()
