"""Settings for the tests: the real ones, with cheap key derivation and queues in memory."""

import os
import tempfile

os.environ.setdefault("MEND_DATA_DIR", tempfile.mkdtemp(prefix="mend-test-"))
os.environ.setdefault("SECRET_KEY", "only-for-tests-" + "k" * 40)
os.environ.setdefault("VAULT_PEPPER", "only-for-tests-" + "p" * 40)
os.environ.setdefault("TLS", "0")

from config.settings import *  # noqa: E402, F403

VAULT_ARGON2 = {"memory_kib": 64, "time": 1, "lanes": 1}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
CELERY_BROKER_URL = os.environ.get("TEST_REDIS_URL", "") or "memory://"
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = {}
DELIVERY_EMAIL = {"EMAIL_BACKEND": "django.core.mail.backends.locmem.EmailBackend"}
ALLOWED_HOSTS = ["*"]
