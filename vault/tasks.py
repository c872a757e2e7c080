"""The vault's clockwork."""

from celery import shared_task

from vault import actions


@shared_task
def complete_start_overs() -> int:
    """Seal the vaults whose owners asked for a fresh one and whose delay is over."""
    return actions.complete_start_overs()


@shared_task
def purge_unlocks() -> int:
    """Delete unlocked keys that no browser may use any more."""
    return actions.purge_unlocks()
