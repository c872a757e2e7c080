"""Days as pages write them: in the reader's zone, each written out once in a process."""

from datetime import date, datetime
from functools import lru_cache

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language

KEPT = 4_096


def day_said(moment: datetime, form: str = "j M Y") -> str:
    """Return the day of ``moment`` where its reader is, by a form of Django's ``date`` filter."""
    return date_said(timezone.localtime(moment).date(), form)


def date_said(day: date, form: str = "j M Y") -> str:
    """Return ``day`` in the same way."""
    return _written(day, form, get_language())


@lru_cache(maxsize=KEPT)
def _written(day: date, form: str, _language: str | None) -> str:
    return date_format(day, form)
