"""Asks for the sweep that finds waiting mails, as beat does: ``python -m tests.canaries.sweep``."""

import json
import sys

import django


def main() -> None:
    """Put the task into the queue."""
    django.setup()
    from accounts.tasks import deliver_outbox

    deliver_outbox.delay()
    json.dump("asked", sys.stdout)


if __name__ == "__main__":
    main()
