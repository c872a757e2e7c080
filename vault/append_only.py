"""Logs that only grow: the app adds lines, and neither changes nor removes any."""

from typing import Any, NoReturn, TypeVar

from django.db import models

Line = TypeVar("Line", bound=models.Model)
REFUSED = "This log is append-only: its lines go only with what they are about."


class AppendOnlyQuerySet(models.QuerySet[Line]):
    """The lines of a log."""

    def update(self, **kwargs: Any) -> NoReturn:
        """Raise ``TypeError``."""
        raise TypeError(REFUSED)

    def delete(self) -> NoReturn:
        """Raise ``TypeError``."""
        raise TypeError(REFUSED)


class AppendOnly(models.Model):
    """One line of a log. A foreign key's cascade, from what it is about, takes it along."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Add the line. Raises ``TypeError`` when it has been written before."""
        if not self._state.adding:
            raise TypeError(REFUSED)
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raise ``TypeError``."""
        raise TypeError(REFUSED)
