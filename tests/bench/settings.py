"""The true settings with true costs, and beside Mend's pages a bare one to compare them with."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "tests.bench.urls"
ALLOWED_HOSTS = ["127.0.0.1", "testserver"]
# The same person signs in again and again here.
ACCOUNT_RATE_LIMITS = {"login": "", "login_failed": "", "vault_unlock": ""}
