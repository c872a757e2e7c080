"""The true settings, made as talkative as they can be, with addresses that go wrong on purpose.

Only what makes leaks likelier is changed, and what makes a start slow: every logger speaks from
DEBUG on, tasks taken from the folder are kept, keys are derived cheaply.
"""

import os
from pathlib import Path

from config.settings import *  # noqa: F403
from config.settings import CELERY_BROKER_TRANSPORT_OPTIONS, EMBEDDED, LOGGING

ROOT_URLCONF = "tests.canaries.urls"
LOGGING["root"]["level"] = "DEBUG"  # type: ignore[index]
LOGGING["loggers"]["django"]["level"] = "DEBUG"  # type: ignore[index]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # noqa: F405
MEDIA_ROOT = Path(os.environ["MEND_DATA_DIR"]) / "media"
VAULT_ARGON2 = {"memory_kib": 64, "time": 1, "lanes": 1}
# Nobody types as many passwords in five minutes as this day has in it.
ACCOUNT_RATE_LIMITS = {"vault_unlock": "60/5m/user"}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
if EMBEDDED:
    TAKEN = Path(os.environ["MEND_DATA_DIR"]) / "tasks-taken"
    TAKEN.mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS |= {"store_processed": True, "processed_folder": str(TAKEN)}
