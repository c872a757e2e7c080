"""What a person wants on their first page. It says nothing of what they wrote."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models

if TYPE_CHECKING:
    from accounts.models import User


class TodayChoicesManager(models.Manager["TodayChoices"]):
    def of(self, user: "User") -> "TodayChoices":
        """Return what ``user`` chose; what stands at first, unsaved, where they chose nothing."""
        return self.filter(user=user).first() or TodayChoices(user=user)


class TodayChoices(models.Model):
    """What one person chose for Today. ``shows_earlier``: *a year ago today* and its like."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="today_choices"
    )
    shows_earlier = models.BooleanField(default=True)
    objects = TodayChoicesManager()

    def __str__(self) -> str:
        return f"choices of {self.user_id}"
