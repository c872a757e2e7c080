"""What Mend does by itself, as beat is told."""

from typing import Any

import pytest
from django.conf import settings

from config.celery import app


@pytest.mark.parametrize("name", sorted(settings.CELERY_BEAT_SCHEDULE))
def test_each_scheduled_task_exists_and_has_its_time(name: str) -> None:
    app.loader.import_default_modules()
    given: dict[str, Any] = settings.CELERY_BEAT_SCHEDULE[name]
    assert set(given) == {"task", "schedule"}
    assert given["task"] in app.tasks
    assert given["schedule"] > 0
