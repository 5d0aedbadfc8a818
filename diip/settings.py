"""Every setting, every value from the environment, working with none set.

Three ways to start, told apart by DEBUG alone:
unset: a laptop. Secrets are made on first start and kept in `var/`; no debug pages.
true:  the same with Django's debug pages.
false: production. Missing or unsafe values refuse to start (see `diip/checks.py`).
"""

import logging
from datetime import timedelta
from hashlib import blake2b
from ipaddress import ip_network
from pathlib import Path
from secrets import token_urlsafe
from urllib.parse import quote, unquote, urlsplit

import environ
from corsheaders.defaults import default_headers

from diip.common.dev_secrets import load_or_create_secrets
from diip.common.observability.error_reports import start_reports
from diip.common.observability.logs import configure_structlog, logging_settings
from diip.common.queues.broker_socket import choose_broker_socket
from diip.theme import THEME

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent
environ.Env.read_env(env.str("DIIP_ENV_FILE", default=str(BASE_DIR / ".env")))

DEBUG = env.bool("DEBUG", default=False)
PRODUCTION = "DEBUG" in env.ENVIRON and not DEBUG
VAR_DIR = Path(env.str("DIIP_VAR_DIR", default=str(BASE_DIR / "var"))).resolve()

# --- secrets ------------------------------------------------------------------------------------

_local = {} if PRODUCTION else load_or_create_secrets(VAR_DIR / "secrets.json")
_given_key = env.str("SECRET_KEY", default="") or _local.get("secret_key", "")
SECRET_KEY_IS_MISSING = not _given_key
# Nobody can guess the stand-in: it only lets the start-up checks speak before they refuse.
SECRET_KEY = _given_key or token_urlsafe(64)
DIIP_ENCRYPTION_KEYS = env.list("DIIP_ENCRYPTION_KEYS", default=[]) or [
    key for name, key in _local.items() if name == "encryption_key"
]
# One secret to set, two keys in use: tokens are never signed with what signs sessions.
JWT_SIGNING_KEY = (
    env.str("JWT_SIGNING_KEY", default="")
    or blake2b(SECRET_KEY.encode(), person=b"diip-jwt-signing").hexdigest()
)

# --- what is installed --------------------------------------------------------------------------

INSTALLED_APPS = [
    "diip.apps.DiipConfig",
    "unfold.apps.BasicAppConfig",  # the admin's theme: before the admin, whose pages it replaces
    "diip.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "corsheaders",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "accounts",
    "projects",
    "integrations",
    "issues",
    "analytics",
    "monitoring",
]

MIDDLEWARE = [
    "diip.common.observability.watchdog.WatchdogMiddleware",
    "diip.common.http_api.disconnects.HangUpMiddleware",
    "diip.common.observability.tracing.TraceMiddleware",
    "monitoring.prometheus.request_metrics.RequestCountMiddleware",
    "diip.common.http_api.middleware.HeadersMiddleware",
    "diip.common.http_api.middleware.ProblemMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "diip.common.http_api.middleware.RequestGuardMiddleware",
    "diip.common.http_api.middleware.BudgetMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "diip.common.http_api.middleware.SlashMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]

ROOT_URLCONF = "diip.urls"
WSGI_APPLICATION = "diip.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# --- database, broker ---------------------------------------------------------------------------

_SQLITE = f"sqlite:///{quote(str(VAR_DIR / 'diip.sqlite3'))}"
DATABASES = {"default": env.db_url("DATABASE_URL", default=_SQLITE)}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE: a transaction that reads first and writes later would fail at once, timeout or not.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
    DATABASES["default"]["ENGINE"] = "diip.common.database.sqlite3"
    # A file in tests too: threads that share SQLite's memory do not wait for each other.
    DATABASES["default"]["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
else:
    DATABASES["default"]["CONN_MAX_AGE"] = env.int("DATABASE_CONN_MAX_AGE", default=60)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    DATABASES["default"]["ENGINE"] = "diip.common.database.postgresql"
    # Parameters apart from the statement: a page of issues is not quoted into its text.
    DATABASES["default"]["OPTIONS"] = {
        "connect_timeout": 5,
        # A host that is gone, as the kernel sees it. What is only silent ends by our own limits.
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "tcp_user_timeout": 30_000,
        "server_side_binding": True,
        **DATABASES["default"].get("OPTIONS", {}),
    }
DATABASE_POOLER = env.str("DATABASE_POOLER", default="")
"""`transaction`: the next statement may run on another connection of the server (PgBouncer)."""
if DATABASE_POOLER == "transaction":
    # Cursors and prepared statements live in a connection. Django prepares none by itself: said
    # here so that no OPTIONS in DATABASE_URL and no later version does.
    DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = True
    DATABASES["default"].setdefault("OPTIONS", {})["prepare_threshold"] = None
DIIP_STATEMENT_SECONDS = {
    "web": env.float("DIIP_WEB_STATEMENT_SECONDS", default=10),
    "worker": env.float("DIIP_WORKER_STATEMENT_SECONDS", default=60),
}
"""How long one statement may take, by the work of the process; commands have no limit."""
DIIP_SEARCH_SECONDS = env.float("DIIP_SEARCH_SECONDS", default=4.5)
"""How long all statements of one search may take together: ended then, it is gone within 5 s."""
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

BROKER_SOCKET = choose_broker_socket(VAR_DIR)
REDIS_URL = env.str("REDIS_URL", default="")
CELERY_BROKER_URL = REDIS_URL or f"redis+socket://{quote(str(BROKER_SOCKET))}?virtual_host=0"

# --- accounts -----------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
LOGIN_REDIRECT_URL = "admin:index"  # where a sign-in leads that names no place of ours
PASSWORD_HASHERS = [
    "accounts.sign_in.hashers.BoundedArgon2Hasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
# Rotation and revocation are in accounts/sign_in/tokens.py: simplejwt signs and reads, no more.
_LEEWAY = timedelta(seconds=30)
SIMPLE_JWT = {
    "ALGORITHM": "HS256",
    "SIGNING_KEY": JWT_SIGNING_KEY,
    # Clocks of several web machines differ: a new token must not be "not valid yet" on one of
    # them. With it, tokens are good for 15 minutes and 7 days, and not longer.
    "LEEWAY": _LEEWAY,
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=15) - _LEEWAY,
    "REFRESH_TOKEN_LIFETIME": timedelta(days=7) - _LEEWAY,
}
_WINDOW = timedelta(seconds=env.int("DIIP_LOGIN_WINDOW_SECONDS", default=900))
DIIP_ATTEMPT_LIMITS = {
    "login_by_account": (env.int("DIIP_LOGINS_PER_ACCOUNT", default=10), _WINDOW),
    "login_by_known_browser": (env.int("DIIP_LOGINS_PER_ACCOUNT", default=10), _WINDOW),
    "password_change": (env.int("DIIP_LOGINS_PER_ACCOUNT", default=10), _WINDOW),
    "login_by_address": (env.int("DIIP_LOGINS_PER_ADDRESS", default=100), _WINDOW),
    "registration_by_address": (
        env.int("DIIP_REGISTRATIONS_PER_ADDRESS", default=200),
        timedelta(hours=1),
    ),
    "member_lookup": (env.int("DIIP_MEMBER_LOOKUPS_PER_HOUR", default=30), timedelta(hours=1)),
    "test_message": (env.int("DIIP_TEST_MESSAGES_PER_HOUR", default=20), timedelta(hours=1)),
}
"""Failed sign-ins and look-ups of accounts, registrations and test messages, before the next one
has to wait."""

# --- API ----------------------------------------------------------------------------------------

NUM_PROXIES = env.int("NUM_PROXIES", default=None if PRODUCTION else 0)
"""How many proxies of ours stand in front: X-Forwarded-For is believed for so many entries."""
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.api.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["diip.common.http_api.parsers.GuardedJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["diip.common.http_api.renderers.MsgspecJSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "diip.common.http_api.pagination.NumberedPages",
    "DEFAULT_SCHEMA_CLASS": "diip.common.http_api.openapi.ProblemAutoSchema",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "diip.common.http_api.problem_details.exception_handler",
    "URL_FORMAT_OVERRIDE": None,
    "NUM_PROXIES": NUM_PROXIES or 0,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "DIIP",
    "DESCRIPTION": "Developer Issue Intelligence Platform",
    "VERSION": "1.0.0",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "ENUM_NAME_OVERRIDES": {
        "AccountRole": "accounts.models.User.Role",
        "MemberRole": "projects.models.Membership.Role",
        "SyncKind": "integrations.models.SyncRun.Kind",
        "SyncState": "integrations.models.SyncRun.State",
        "MatchState": "issues.models.PersonMatch.State",
        "IssueStatus": "issues.models.Issue.Status",
        "HealthStatus": "monitoring.api.health_views.STATES",
        "IntegrationStatus": "integrations.models.Integration.Status",
        "AlertState": "analytics.models.Alert.State",
        "AlertTopic": "analytics.models.Alert.Topic",
        "AlertLevel": "analytics.models.Alert.Level",
        "AlertChannelKind": "analytics.models.AlertChannel.Kind",
        "AlertChannelState": "analytics.models.AlertChannel.State",
        "AlertMessageState": "analytics.models.AlertMessage.State",
        "AlertEvent": "analytics.models.AlertMessage.Event",
    },
}

# --- web ----------------------------------------------------------------------------------------

ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=[] if PRODUCTION else ["localhost", "127.0.0.1", "[::1]"]
)
DATA_UPLOAD_MAX_MEMORY_SIZE = env.int("DIIP_MAX_BODY_BYTES", default=2_000_000)
DIIP_REQUESTS_PER_MINUTE = env.int("DIIP_REQUESTS_PER_MINUTE", default=600)
"""Of an account, or of an address where nobody is signed in; each web process counts for itself.
0: any number."""
CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", default=[])
CORS_ALLOW_ALL_ORIGINS = False
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_HEADERS = (*default_headers, "x-known-client")
CORS_EXPOSE_HEADERS = ["X-Known-Client"]

HTTPS = env.bool("DIIP_HTTPS", default=PRODUCTION)
"""Off only where DIIP is reached by plain HTTP: cookies and tokens then travel in the open."""
PLAIN_HTTP_IS_WANTED = env.bool("DIIP_ALLOW_PLAIN_HTTP", default=False)
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]  # asked from inside, by plain HTTP
SECURE_HSTS_SECONDS = env.int("DIIP_HSTS_SECONDS", default=31_536_000) if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
if NUM_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

DIIP_WATCHDOG_SECONDS = env.float("DIIP_WATCHDOG_SECONDS", default=60)
"""A request whose thread stands still so long ends its web process, which is started again."""

LANGUAGE_CODE = "en"
USE_I18N = False
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
# A laptop serves them from where they are installed; production collects them once.
WHITENOISE_USE_FINDERS = not PRODUCTION

# --- going out ----------------------------------------------------------------------------------

DIIP_PRIVATE_HOSTS = env.list("DIIP_PRIVATE_HOSTS", default=[])
"""`host:port` of trackers that are allowed although their address is not public."""

# --- alerts ------------------------------------------------------------------------------------

_EMAIL = env.email_url("EMAIL_URL", default="consolemail://")
EMAIL_BACKEND = _EMAIL["EMAIL_BACKEND"]
EMAIL_HOST = _EMAIL["EMAIL_HOST"] or "localhost"
EMAIL_HOST_USER = _EMAIL["EMAIL_HOST_USER"] or ""
EMAIL_HOST_PASSWORD = _EMAIL["EMAIL_HOST_PASSWORD"] or ""
EMAIL_FILE_PATH = _EMAIL["EMAIL_FILE_PATH"]
EMAIL_USE_TLS = _EMAIL.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = _EMAIL.get("EMAIL_USE_SSL", False)
EMAIL_PORT = _EMAIL["EMAIL_PORT"] or (465 if EMAIL_USE_SSL else 587 if EMAIL_USE_TLS else 25)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DIIP_EMAIL_FROM", default="DIIP <diip@localhost>")
DIIP_MAILS_PER_DAY = env.int("DIIP_MAILS_PER_DAY", default=5000)
"""Of alerts, to all addresses together, an address of a mail counting as one; 0 is no limit."""
DIIP_MAILS_PER_PROJECT_A_DAY = env.int("DIIP_MAILS_PER_PROJECT_A_DAY", default=500)
DIIP_CONFIRMATIONS_PER_DAY = env.int("DIIP_CONFIRMATIONS_PER_DAY", default=500)
"""Mails that ask an address whether it wants any; as many for new accounts, apart."""
DIIP_CONFIRMATIONS_PER_PROJECT_A_DAY = env.int("DIIP_CONFIRMATIONS_PER_PROJECT_A_DAY", default=20)
DIIP_ALERT_DEGRADED_MINUTES = env.int("DIIP_ALERT_DEGRADED_MINUTES", default=60)
"""How long an integration may be degraded before people are told: most outages end before."""

# --- syncing ------------------------------------------------------------------------------------

DIIP_QUOTA_SHARE_FOR_PEOPLE = env.float("DIIP_QUOTA_SHARE_FOR_PEOPLE", default=0.2)
"""The part of an upstream's quota that syncs leave to the people."""
DIIP_LEASE_SECONDS = env.int("DIIP_LEASE_SECONDS", default=90)
"""How long a worker may say nothing before another takes its run over: longer than one request to
a tracker may take (60 s), and the longest wait after a worker was killed."""
DIIP_DELIVERIES_PER_MINUTE = env.int("DIIP_DELIVERIES_PER_MINUTE", default=60)
"""Webhook deliveries of one integration that each web process takes; a sync finds the others."""
DIIP_CENSUS_HOURS = env.int("DIIP_CENSUS_HOURS", default=24)
"""How often all ids of a scope are listed, to find what vanished or was missed."""

# --- what is kept, and how long -----------------------------------------------------------------

# Days; 0 is for ever, but where it says otherwise. `integrations/retention.py` and its likes prune.
DIIP_RAW_DAYS = env.int("DIIP_RAW_DAYS", default=7)
"""How long the pages a tracker sent are kept, so that a mended mapping can be run over them again
without asking (`manage.py renormalise`). 0 keeps none."""
DIIP_API_LOG_DAYS = env.int("DIIP_API_LOG_DAYS", default=30)
"""Calls to trackers."""
DIIP_RUN_DAYS = env.int("DIIP_RUN_DAYS", default=90)
"""Finished syncs; the newest 20 of each integration stay."""
DIIP_DELIVERY_DAYS = env.int("DIIP_DELIVERY_DAYS", default=30)
"""Webhook deliveries: a copy that comes later has its effect again, which changes nothing."""
DIIP_ALERT_LOG_DAYS = env.int("DIIP_ALERT_LOG_DAYS", default=30)
"""Messages of alerts that are over, and tries to deliver; the alerts stay."""
DIIP_EXPIRED_TOKEN_DAYS = env.int("DIIP_EXPIRED_TOKEN_DAYS", default=0)
"""Sign-ins after they ran out. 0 keeps none."""
DIIP_AUDIT_DAYS = env.int("DIIP_AUDIT_DAYS", default=400)
"""The audit trail."""

DIIP_TASK_TALLY_DAYS = env.int("DIIP_TASK_TALLY_DAYS", default=7)
"""How long it is known how many tasks of a kind ran in each minute."""
DIIP_FAILED_TASK_DAYS = env.int("DIIP_FAILED_TASK_DAYS", default=30)
"""How long a task that failed is listed, and can be sent again."""

# --- logs, errors, metrics ----------------------------------------------------------------------

DIIP_LOG_LEVEL = env.str("DIIP_LOG_LEVEL", default="INFO" if PRODUCTION else "WARNING").upper()
LOGGING = logging_settings(level=DIIP_LOG_LEVEL, as_json=PRODUCTION)
configure_structlog(
    [
        SECRET_KEY,
        JWT_SIGNING_KEY,
        *DIIP_ENCRYPTION_KEYS,
        str(DATABASES["default"].get("PASSWORD") or ""),
        unquote(urlsplit(REDIS_URL).password or ""),
        EMAIL_HOST_PASSWORD,
    ]
)
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
DJANGO_STRUCTLOG_STATUS_4XX_LOG_LEVEL = logging.INFO
DJANGO_STRUCTLOG_CELERY_TASK_START_LOG_LEVEL = logging.DEBUG
start_reports(
    dsn=env.str("SENTRY_DSN", default=""),
    environment=env.str("SENTRY_ENVIRONMENT", default="production" if PRODUCTION else "laptop"),
    release=f"diip@{SPECTACULAR_SETTINGS['VERSION']}",
    traces_sample_rate=env.float("SENTRY_TRACES_SAMPLE_RATE", default=0),
)
DIIP_HEARTBEAT_SECONDS = env.float("DIIP_HEARTBEAT_SECONDS", default=15)
"""How often a worker and beat say that they live."""
DIIP_SILENT_SECONDS = env.float("DIIP_SILENT_SECONDS", default=180)
"""How long a process or a queue may be silent before health calls it dead."""
DIIP_ALIVE_FILE = env.str("DIIP_ALIVE_FILE", default="")
"""A file that the main loop of a worker or beat touches, for the container's probe."""
DIIP_HEALTH_SECONDS = env.float("DIIP_HEALTH_SECONDS", default=2)
"""How long a page of health waits for one answer."""
DIIP_METRICS_TOKEN = env.str("DIIP_METRICS_TOKEN", default="")
DIIP_METRICS_ALLOWED = [
    ip_network(network)
    for network in env.list("DIIP_METRICS_ALLOWED", default=["127.0.0.0/8", "::1/128"])
]
"""Who may read `/metrics`: who has the token, or asks from one of these networks."""
DIIP_METRICS_DIR = env.str("DIIP_METRICS_DIR", default=str(VAR_DIR / "metrics"))
"""Where the web processes of one machine count their requests."""

# --- how the admin looks ------------------------------------------------------------------------

UNFOLD = THEME
FORMAT_MODULE_PATH = "diip.formats"
LOGIN_REDIRECT_URL = "admin:index"
"""The theme's sign-in page names no next page where it is opened by itself."""
