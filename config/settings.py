"""Mend's settings: everything that differs between installations comes from the environment.

Two modes. *Embedded* (no ``DATABASE_URL``): SQLite, one process, a file-system task queue, secrets
made on first start and kept in ``MEND_DATA_DIR``. *Clinic* (``DATABASE_URL`` given): PostgreSQL,
and every secret must be given; a missing one stops the start with a sentence that names it.
"""

from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from config.secrets import embedded_secrets

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

EMBEDDED = not env.str("DATABASE_URL", default="")
DATA_DIR = Path(env.str("MEND_DATA_DIR", default=str(BASE_DIR / "var"))).resolve()

if EMBEDDED:
    _secrets = embedded_secrets(DATA_DIR)
else:
    _secrets = {name: env.str(name, default="") for name in ("SECRET_KEY", "VAULT_PEPPER")}
    for _name, _value in _secrets.items():
        if len(_value) < 32:
            raise ImproperlyConfigured(
                f"Mend cannot start: {_name} is missing or shorter than 32 characters."
            )
SECRET_KEY = _secrets["SECRET_KEY"]
# Earlier ones, newest first, while what was made under them is still about.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
VAULT_PEPPER = _secrets["VAULT_PEPPER"].encode()

DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"] if EMBEDDED else []
)
SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# With TLS in front, cookies are Secure and carry the __Host- prefix. Plain HTTP is for loopback.
TLS = env.bool("TLS", default=not EMBEDDED)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TLS else None
SECURE_SSL_REDIRECT = TLS
SECURE_HSTS_SECONDS = 31_536_000 if TLS else 0
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = TLS
SESSION_COOKIE_NAME = "__Host-session" if TLS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if TLS else "csrf"
VAULT_COOKIE_NAME = "__Host-vault" if TLS else "vault"
CSRF_FAILURE_VIEW = "accounts.views.errors.csrf_failed"
X_FRAME_OPTIONS = "DENY"

INSTALLED_APPS = [
    "config.apps.MendAdminConfig",
    "accounts",  # before Django's own, whose command to set a password it adds to
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "crispy_forms",
    "csp",
    "vault",
    "reflection",
    "supervision",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "accounts.middleware.WhoMiddleware",
    "vault.middleware.VaultMiddleware",
    "accounts.middleware.SignedInMiddleware",
    "accounts.middleware.SameWriterMiddleware",
    "accounts.middleware.TimezoneMiddleware",
    "accounts.middleware.PrivatePagesMiddleware",
    "accounts.middleware.ButtonAddressMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.context_processors.mend",
            ],
        },
    },
]

# Rows of long lists and what stands on every page: in Django's own templates they cost more than
# all the rest of a page.
TEMPLATES.append(
    {
        "NAME": "jinja",
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates" / "jinja", BASE_DIR / "templates" / "components"],
        "OPTIONS": {"environment": "accounts.jinja.environment"},
    }
)

DATABASES: dict[str, dict[str, Any]]
if EMBEDDED:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": DATA_DIR / "mend.sqlite3",
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": (
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;"
                ),
            },
        }
    }
else:
    DATABASES = {"default": env.db("DATABASE_URL")}
    DATABASES["default"].setdefault("OPTIONS", {})["pool"] = env.bool("DB_POOL", default=True)
    # What one connection keeps asking is parsed once, and PostgreSQL may stop planning it anew.
    DATABASES["default"]["OPTIONS"] |= {"server_side_binding": True, "prepare_threshold": 2}

# One process keeps its counters in memory; several share them in the database, so that nobody
# needs Redis to sign in or to write.
CACHES = {
    "default": (
        {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
        if EMBEDDED
        else {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "mend_cache"}
    ),
}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"

OPEN_SIGNUP = env.bool("OPEN_SIGNUP", default=False)
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_FORMS = {
    "login": "accounts.forms.signing_in.LoginForm",
    "signup": "accounts.forms.signing_in.SignupForm",
    "reauthenticate": "accounts.forms.signing_in.ReauthenticateForm",
    "add_email": "accounts.forms.signing_in.AddEmailForm",
    "change_password": "accounts.forms.signing_in.ChangePasswordForm",
    "set_password": "accounts.forms.signing_in.SetPasswordForm",
    "reset_password": "accounts.forms.signing_in.ResetPasswordForm",
    "reset_password_from_key": "accounts.forms.signing_in.ResetPasswordKeyForm",
}
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = False
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_RATE_LIMITS = {"vault_unlock": "10/5m/user"}
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True
MFA_ADAPTER = "accounts.adapter.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Mend"
# Not on every request: that would be a write for each page read.
USERSESSIONS_TRACK_ACTIVITY = False
# Rate limits count by the visitor's address, which only the proxies in front can tell.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0 if EMBEDDED else 1)

SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14

# The vault: fifteen minutes idle, eight hours in all, enforced on the server.
VAULT_IDLE_SECONDS = 15 * 60
VAULT_ABSOLUTE_SECONDS = 8 * 60 * 60
VAULT_START_OVER_DAYS = 7
# How long somebody who wants their account deleted can still keep it.
ACCOUNT_LEAVING_DAYS = 14
VAULT_ARGON2 = {"memory_kib": 64 * 1024, "time": 3, "lanes": 1}

LANGUAGE_CODE = "en-gb"
# Without this, a browser set to American English would be shown dates month first.
LANGUAGES = [("en-gb", "English")]
TIME_ZONE = env.str("TIME_ZONE", default="Europe/London")
# Every text is marked for translation; with one language there is nothing to look up.
USE_I18N = len(LANGUAGES) > 1
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(DATA_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "config.storage.StaticStorage"},
}
FIXTURE_DIRS = [BASE_DIR / "fixtures"]

CRISPY_ALLOWED_TEMPLATE_PACKS = "mend"
CRISPY_TEMPLATE_PACK = "mend"
CRISPY_FAIL_SILENTLY = False
# A page of a guided form has some two hundred boxes and choices.
FORM_RENDERER = "accounts.jinja.Widgets"

# Uploads and long posts stay in memory: nothing a person wrote is spooled to a temporary file.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 24 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
# A folder of Markdown, chosen file by file. What a view takes in bytes it says itself.
DATA_UPLOAD_MAX_NUMBER_FILES = 1000

# Mail goes to an outbox table in the same transaction as what caused it; a task delivers it.
EMAIL_BACKEND = "accounts.mail.OutboxBackend"
# Embedded, the true mails are files in a folder, to be read there.
if EMBEDDED and not env.str("EMAIL_URL", default=""):
    DELIVERY_EMAIL = {
        "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
        "EMAIL_FILE_PATH": str(DATA_DIR / "mail"),
    }
else:
    if not env.str("EMAIL_URL", default=""):
        raise ImproperlyConfigured(
            "Mend cannot start: EMAIL_URL is missing. It says where mail is handed in, such as "
            "smtp+tls://name:password@mail.example.org:587."
        )
    DELIVERY_EMAIL = env.email_url("EMAIL_URL")
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Mend <mend@localhost>")

REDIS_URL = env.str("REDIS_URL", default="")
CELERY_BROKER_URL = REDIS_URL or "folder://localhost"
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = (
    {"socket_connect_timeout": 2, "socket_timeout": 5, "visibility_timeout": 600}
    if REDIS_URL
    else {
        "data_folder_in": str(DATA_DIR / "queue"),
        "data_folder_out": str(DATA_DIR / "queue"),
        "control_folder": str(DATA_DIR / "queue-control"),
        "polling_interval": 0.1,
    }
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_step": 0.1}
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "expire-shares": {"task": "supervision.tasks.expire_shares", "schedule": 60.0},
    "remind-of-expiry": {"task": "supervision.tasks.remind_of_expiry", "schedule": 3600.0},
    # Every hour, not every day: embedded, Mend may never run for a day on end.
    "purge-notifications": {"task": "supervision.tasks.purge_notifications", "schedule": 3600.0},
    "deliver-outbox": {"task": "accounts.tasks.deliver_outbox", "schedule": 60.0},
    "complete-start-overs": {"task": "vault.tasks.complete_start_overs", "schedule": 3600.0},
    "purge-unlocks": {"task": "vault.tasks.purge_unlocks", "schedule": 900.0},
    "complete-leavings": {"task": "accounts.tasks.complete_leavings", "schedule": 3600.0},
    "clear-sessions": {"task": "accounts.tasks.clear_sessions", "schedule": 3600.0},
    "purge-incoming": {"task": "reflection.tasks.purge_incoming", "schedule": 900.0},
    "purge-deleted-entries": {"task": "reflection.tasks.purge_deleted_entries", "schedule": 3600.0},
    "purge-expired-captures": {
        "task": "reflection.tasks.purge_expired_captures",
        "schedule": 900.0,
    },
}

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "font-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    name: []
    for name in ("camera", "display-capture", "geolocation", "microphone", "payment", "usb")
}

# Logs carry times, routes and error types. Request bodies and local variables never reach them.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {
            "()": "accounts.reports.TypeOnlyFormatter",
            "format": "{asctime} {levelname} {name} {message}",
            "style": "{",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="WARNING")},
    "loggers": {
        "django": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        # Celery gives these two handlers of its own unless they have one.
        "celery.task": {"handlers": ["console"], "propagate": False},
        "multiprocessing": {"handlers": ["console"], "propagate": False},
    },
}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
DEFAULT_EXCEPTION_REPORTER_FILTER = "accounts.reports.SilentReporterFilter"
ADMINS: list[tuple[str, str]] = []
