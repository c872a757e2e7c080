"""Settings for the tests: the real ones, with cheap key derivation and queues in memory.

They run on SQLite, or on the PostgreSQL that ``DATABASE_URL`` names.
"""

import atexit
import os
import shutil
import tempfile

if "MEND_DATA_DIR" not in os.environ:
    # Processes started from here use the same folder; the one that made it takes it away.
    os.environ["MEND_DATA_DIR"] = tempfile.mkdtemp(prefix="mend-test-")
    atexit.register(shutil.rmtree, os.environ["MEND_DATA_DIR"], ignore_errors=True)
os.environ.setdefault("SECRET_KEY", "only-for-tests-" + "k" * 40)
os.environ.setdefault("VAULT_PEPPER", "only-for-tests-" + "p" * 40)
os.environ.setdefault("TLS", "0")
os.environ.setdefault("EMAIL_URL", "memorymail://")
# A pool holds connections open, and a test database in use cannot be dropped.
os.environ.setdefault("DB_POOL", "0")

from config.settings import *  # noqa: F403
from config.settings import CACHES, DATA_DIR, DATABASES, EMBEDDED, STATIC_ROOT

if EMBEDDED:
    # In a file, as in real life: threads of the live server and of a worker each open their own
    # connection, and wait for one another. What is thrown away need not survive a power cut.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
    DATABASES["default"]["OPTIONS"]["init_command"] = (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA secure_delete=ON;"
    )

VAULT_ARGON2 = {"memory_kib": 64, "time": 1, "lanes": 1}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
CACHES["default"] = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
CELERY_BROKER_URL = "memory://"
CELERY_BROKER_TRANSPORT_OPTIONS = {}
DELIVERY_EMAIL = {"EMAIL_BACKEND": "django.core.mail.backends.locmem.EmailBackend"}
ALLOWED_HOSTS = ["*"]
# WhiteNoise warns of a missing folder, and warnings are errors.
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
