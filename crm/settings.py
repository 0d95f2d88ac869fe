"""Tandem's settings: one file, read from the environment (docs/operations.md lists the variables).

Without any variable Tandem runs embedded: SQLite, a broker of files under `var/`, a mailbox in
the database. With DATABASE_URL and REDIS_URL the same code runs on PostgreSQL and Redis.
"""

import re
import secrets
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
import structlog

from crm.common.logs import hide_secrets

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

VAR = Path(env.str("TANDEM_VAR", str(BASE_DIR / "var")))
VAR.mkdir(parents=True, exist_ok=True)
TESTING = "pytest" in sys.modules


def kept_secret() -> str:
    """Return this installation's own secret, made on its first start."""
    path = VAR / "secret_key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text()


DEBUG = env.bool("DEBUG", False)
SECRET_KEY = env.str("SECRET_KEY", "") or kept_secret()
SITE_URL = env.str("SITE_URL", "http://localhost:8000").rstrip("/")
SECURE = SITE_URL.startswith("https://")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = [SITE_URL]

INSTALLED_APPS = [
    "crm.common",
    "crm.throttling",
    "crm.repeats",
    "crm.users",
    "crm.audit",
    "crm.outbox",
    "crm.mailing",
    "crm.notifications",
    "crm.people",
    "leads",
    "crm.funnel",
    "crm.activities",
    "crm.correspondence",
    "campaigns",
    "campaigns.channel_metrics",
    "campaigns.capture",
    "campaigns.segments",
    "campaigns.newsletters",
    "campaigns.sequences",
    "deals",
    "deals.quotes",
    "deals.negotiation",
    "deals.qualification",
    "deals.playbooks",
    "deals.forecast",
    "crm.importing",
    "crm.tracking",
    "crm.reports",
    "crm.search",
    "crm.alignment",
    "crm.learning",
    "crm.planning",
    "crm.home",
    "crm.demo",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "django.forms",
    "anymail",
    "allauth",
    "allauth.account",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_filters",
    "django_htmx",
    "django_structlog",
    "django_countries",
]

MIDDLEWARE = [
    "crm.tracking.middleware.PageViewMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "crm.common.bodies.BodyLimitMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "crm.common.failures.FailuresMiddleware",
    "crm.users.middleware.FirstRunMiddleware",
    "crm.users.middleware.TimeZoneMiddleware",
    "crm.audit.middleware.ActingMiddleware",
    "crm.common.htmx.HtmxMessagesMiddleware",
    "crm.repeats.middleware.RepeatsMiddleware",
]

ROOT_URLCONF = "crm.urls"
WSGI_APPLICATION = "crm.wsgi.application"
ASGI_APPLICATION = "crm.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "crm.users.context.frame",
            ],
            "builtins": ["crm.common.templatetags.tandem"],
        },
    }
]
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

# The database: the only truth -----------------------------------------------------------------

DATABASES = {"default": env.db("DATABASE_URL", f"sqlite:///{VAR / 'tandem.sqlite3'}")}
ON_SQLITE = DATABASES["default"]["ENGINE"].endswith("sqlite3")
if ON_SQLITE:
    DATABASES["default"]["ENGINE"] = "crm.common.sqlite"
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;",
    }
    if TESTING:  # threads and processes of a test share one file
        DATABASES["default"]["TEST"] = {"NAME": VAR / "test.sqlite3"}
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 0 if TESTING else 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    # Pages of few rows from solid state disks; `?options=` in DATABASE_URL says otherwise.
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault(
        "options", "-c random_page_cost=1.1 -c jit=off"
    )

# The broker: hints only, never waited for -----------------------------------------------------

REDIS_URL = env.str("REDIS_URL", "")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_ALWAYS_EAGER = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_CONSUMER = "crm.outbox.consumer:Consumer"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_DB_REUSE_MAX = 1000
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR / "celerybeat-schedule")
CELERY_TIMEZONE = "UTC"
if REDIS_URL:
    CELERY_BROKER_URL = REDIS_URL
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
        "socket_timeout": 0.5,
        "socket_connect_timeout": 0.5,
        "max_retries": 0,
        "visibility_timeout": 600,
    }
else:
    FOLDERS = VAR / "broker"
    for name in ("queue", "processed", "control"):
        (FOLDERS / name).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_URL = "files://localhost"
    CELERY_WORKER_PREFETCH_MULTIPLIER = 0  # what is done is only noted as the next message comes
    CELERY_WORKER_POOL = "threads"  # here, processes share a lock that a killed one keeps for ever
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(FOLDERS / "queue"),
        "data_folder_out": str(FOLDERS / "queue"),
        "processed_folder": str(FOLDERS / "processed"),
        "control_folder": str(FOLDERS / "control"),
        "store_processed": False,
        "polling_interval": 0.2,
    }

CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "sweep the outbox": {"task": "crm.outbox.tasks.sweep", "schedule": 5.0},
    "send due mail": {"task": "crm.mailing.tasks.send_due", "schedule": 5.0},
    "send marketing mail": {
        "task": "campaigns.newsletters.tasks.send_marketing_mail",
        "schedule": 5.0,
    },
    "send personal mail": {"task": "crm.correspondence.tasks.send_due", "schedule": 5.0},
    "fetch personal mail": {"task": "crm.correspondence.tasks.fetch_mail", "schedule": 60.0},
    "watch handoff deadlines": {"task": "crm.funnel.tasks.watch_deadlines", "schedule": 60.0},
    "route waiting handoffs": {"task": "crm.funnel.tasks.reroute_unassigned", "schedule": 300.0},
    "let scores decay": {"task": "campaigns.tasks.rescore_decayed", "schedule": 3600.0},
    "fold the funnel sums": {"task": "crm.reports.tasks.fold_sums", "schedule": 30.0},
    "check the funnel sums": {"task": "crm.reports.tasks.check_sums", "schedule": 600.0},
    "mail saved reports": {"task": "crm.reports.tasks.mail_reports", "schedule": 900.0},
    "renew kept answers": {"task": "crm.reports.tasks.renew_answers", "schedule": 60.0},
    "mail the alignment": {"task": "crm.alignment.tasks.mail_alignment", "schedule": 900.0},
    "offer held leads": {"task": "campaigns.tasks.offer_held", "schedule": 900.0},
    "send weekly digests": {"task": "campaigns.tasks.send_digests", "schedule": 900.0},
    "count page views": {"task": "crm.tracking.tasks.count_waiting", "schedule": 5.0},
    "drop what is past its retention": {"task": "crm.common.tasks.prune", "schedule": 86400.0},
    "walk through sequences": {"task": "campaigns.sequences.tasks.advance", "schedule": 30.0},
    "enter sequences": {"task": "campaigns.sequences.tasks.enter", "schedule": 300.0},
    "tend playbooks": {"task": "deals.playbooks.tasks.tend", "schedule": 60.0},
    "keep the forecast": {"task": "deals.forecast.tasks.take_snapshot", "schedule": 300.0},
}

REPORT_KEPT_FROM = timedelta(days=1) if TESTING else timedelta(milliseconds=50)
"""Answers of reports that take longer are kept and shown with their time (crm.reports.kept)."""

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
"""Nothing of Tandem is kept in a cache, so none can be missed (docs/decisions/0075)."""

# People ---------------------------------------------------------------------------------------

AUTH_USER_MODEL = "users.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "crm.people.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "reset_password": "crm.people.forms.ResetPasswordForm",
    "change_password": "crm.people.forms.ChangePasswordForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if SECURE else "http"
ACCOUNT_RATE_LIMITS = False  # crm.people.log_in and crm.people.passwords count by rows of ours
PASSWORD_RESET_TIMEOUT = 24 * 3600
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

if TESTING:  # a slow hash is the point of the usual one, and the cost of a thousand test users
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# Mail -----------------------------------------------------------------------------------------

MAIL_SERVER = env.email("EMAIL_URL", "consolemail://")
vars().update(MAIL_SERVER)
SMTP = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_BACKEND = env.str("EMAIL_BACKEND", MAIL_SERVER["EMAIL_BACKEND"]).replace(
    SMTP, "crm.mailing.smtp.EmailBackend"
)
ANYMAIL = {
    name.removeprefix("ANYMAIL_"): value
    for name, value in env.ENVIRON.items()
    if name.startswith("ANYMAIL_")
}
"""A mail provider's settings, such as ANYMAIL_MAILGUN_API_KEY and ANYMAIL_WEBHOOK_SECRET."""
ANYMAIL_BACKEND = re.match(r"anymail\.backends\.(\w{1,40})\.", EMAIL_BACKEND)
MAIL_PROVIDER = env.str("MAIL_PROVIDER", ANYMAIL_BACKEND[1] if ANYMAIL_BACKEND else "")
"""Whose webhooks are mounted (crm.mailing.webhooks); unset, the provider of EMAIL_BACKEND."""
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "Tandem <tandem@example.com>")
MAIL_KEPT = not {"EMAIL_URL", "EMAIL_BACKEND"} & set(env.ENVIRON)
"""True: mail is kept in the database and read on a page, because no server is configured."""

INBOUND_DOMAIN = env.str("INBOUND_DOMAIN", "")
"""Where mail to be logged is received: users get log+…@ this domain. Blank: no such addresses."""
INBOUND_SECRET = env.str("INBOUND_SECRET", "")
INBOUND_IMAP_URL = env.str("INBOUND_IMAP_URL", "")
"""The folder that received mail is fetched from: imaps://user:password@host:993/INBOX."""
RETURN_DOMAIN = env.str("RETURN_DOMAIN", "")
"""Where reports of undelivered mail come: each mail gets a signed return address there."""
PAGE_VIEWS_PER_MINUTE = env.int("PAGE_VIEWS_PER_MINUTE", 3000)
"""Of one network and one process; what is beyond is not counted. 0 counts all."""
INBOUND_MAX_BYTES = env.int("INBOUND_MAX_MB", 25) * 1024 * 1024
WEBHOOK_MAX_BYTES = INBOUND_MAX_BYTES * 3 // 2
"""A message as a provider posts it: its files are a third longer, in text."""

# Connections to hosts that users type (crm.common.outgoing) -------------------------------------

CONNECT_NETWORKS = env.list("CONNECT_NETWORKS", default=[])
"""Private networks that such connections may reach, as 10.1.0.0/16. None by default."""
CONNECT_MAIL_PORTS = env.list("CONNECT_MAIL_PORTS", cast=int, default=[25, 465, 587, 143, 993])
CONNECT_WEB_PORTS = [443]

# Language, time, files ------------------------------------------------------------------------

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = env.str("TANDEM_FILES", str(VAR / ("test_files" if TESTING else "files")))
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "crm.common.storage.WholeUploadHandler",
]
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = WEBHOOK_MAX_BYTES if MAIL_PROVIDER else 6 * 1024 * 1024
"""What is read at once; crm.common.bodies bounds each page by its kind before."""
IMPORT_MAX_BYTES = env.int("IMPORT_MAX_MB", 200) * 1024 * 1024
PLAIN_STATIC = DEBUG or TESTING
STORAGES = {
    "default": {"BACKEND": "crm.common.storage.WholeFileStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if PLAIN_STATIC
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = PLAIN_STATIC

# Security -------------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
        "base-uri": ["'self'"],
        "object-src": ["'none'"],
    }
}
CSRF_FAILURE_VIEW = "crm.common.views.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = SECURE
SESSION_COOKIE_AGE = 14 * 24 * 3600
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("HSTS_SUBDOMAINS", False)
SECURE_HSTS_PRELOAD = env.bool("HSTS_PRELOAD", False)
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
"""Sub-domains and preloading bind what is not ours, for a year: whoever wants it says so."""
BEHIND_PROXY = env.bool("BEHIND_PROXY") if "BEHIND_PROXY" in env.ENVIRON else None
"""None: nobody has said whether a proxy stands before us (crm.common.deploy_checks)."""
if BEHIND_PROXY:
    ALLAUTH_TRUSTED_PROXY_COUNT = 1  # whose X-Forwarded-For the log-in limits believe
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_REDIRECT_EXEMPT = [r"^healthz(/system)?$"]

LOG_LEVEL = env.str("LOG_LEVEL", "INFO")
LOG_ADDRESSES = env.bool("LOG_ADDRESSES", False)
"""True: lines of the log say from which address (IP) a request came."""
SHARED_PROCESSORS: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso"),
    structlog.processors.format_exc_info,
    hide_secrets,
]
structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *SHARED_PROCESSORS,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "lines": {
            "()": structlog.stdlib.ProcessorFormatter,
            "foreign_pre_chain": SHARED_PROCESSORS,
            "processor": structlog.processors.LogfmtRenderer(
                key_order=["timestamp", "level", "event"]
            )
            if env.str("LOG_FORMAT", "text") == "text"
            else structlog.processors.JSONRenderer(),
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
}
