"""A task that fails with something private in its error, for a worker started by the tests."""

from celery import shared_task

PRIVATE = "She looked at the clock twice."


@shared_task
def fail() -> None:
    """Raise what a database's or a parser's error would quote."""
    try:
        raise KeyError(PRIVATE)
    except KeyError as error:
        raise ValueError(f"cannot read {PRIVATE!r}") from error
