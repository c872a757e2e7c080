"""What the floors above do when an account is closed or opened again."""

from collections.abc import Callable

from accounts.models import User

_STEPS: list[Callable[[User], None]] = []


def at_switch(step: Callable[[User], None]) -> None:
    """Have ``step`` done whenever an account is closed or opened, in the same transaction."""
    if step not in _STEPS:
        _STEPS.append(step)


def tell_of_switch(person: User) -> None:
    """Do what was asked for, now that ``person.is_active`` says how it is."""
    for step in _STEPS:
        step(person)
