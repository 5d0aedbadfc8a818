"""Every setting, every value from the environment, working with none set.

Three ways to start, told apart by DEBUG alone:
unset: a laptop. Secrets are made on first start and kept in `var/`; no debug pages.
true:  the same with Django's debug pages.
false: production. Missing or unsafe values refuse to start (see `diip/checks.py`).
"""

from datetime import timedelta
from hashlib import blake2b
from pathlib import Path

import environ

from diip.common.local_secrets import load_or_create_secrets

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent
environ.Env.read_env(BASE_DIR / ".env")

DEBUG = env.bool("DEBUG", default=False)
PRODUCTION = "DEBUG" in env.ENVIRON and not DEBUG
VAR_DIR = Path(env.str("DIIP_VAR_DIR", default=str(BASE_DIR / "var"))).resolve()

# --- secrets ------------------------------------------------------------------------------------

_local = {} if PRODUCTION else load_or_create_secrets(VAR_DIR / "secrets.json")
SECRET_KEY = env.str("SECRET_KEY", default=_local.get("secret_key", ""))
DIIP_ENCRYPTION_KEYS = env.list(
    "DIIP_ENCRYPTION_KEYS", default=[_local["encryption_key"]] if _local else []
)
# One secret to set, two keys in use: tokens are never signed with what signs sessions.
JWT_SIGNING_KEY = env.str(
    "JWT_SIGNING_KEY",
    default=blake2b(SECRET_KEY.encode(), person=b"diip-jwt-signing").hexdigest(),
)

# --- what is installed --------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "rest_framework_simplejwt.token_blacklist",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "accounts",
    "projects",
    "integrations",
    "issues",
    "monitoring",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
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

_SQLITE = f"sqlite:///{VAR_DIR / 'diip.sqlite3'}"
DATABASES = {"default": env.db_url("DATABASE_URL", default=_SQLITE)}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE: a transaction that reads first and writes later would fail at once, timeout or not.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = env.int("DATABASE_CONN_MAX_AGE", default=60)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

BROKER_SOCKET = VAR_DIR / "broker.sock"
REDIS_URL = env.str("REDIS_URL", default="")
CELERY_BROKER_URL = REDIS_URL or f"redis+socket://{BROKER_SOCKET}?virtual_host=0"

# --- accounts -----------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
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
SIMPLE_JWT = {
    "ALGORITHM": "HS256",
    "SIGNING_KEY": JWT_SIGNING_KEY,
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=15),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=7),
    "ROTATE_REFRESH_TOKENS": True,
    "BLACKLIST_AFTER_ROTATION": True,
}

# --- API ----------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework_simplejwt.authentication.JWTAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "NUM_PROXIES": env.int("NUM_PROXIES", default=0),
}
SPECTACULAR_SETTINGS = {
    "TITLE": "DIIP",
    "DESCRIPTION": "Developer Issue Intelligence Platform",
    "VERSION": "1.0.0",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SERVE_INCLUDE_SCHEMA": False,
}

# --- web ----------------------------------------------------------------------------------------

ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=[] if PRODUCTION else ["localhost", "127.0.0.1", "[::1]"]
)
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"

# --- going out ----------------------------------------------------------------------------------

DIIP_PRIVATE_HOSTS = env.list("DIIP_PRIVATE_HOSTS", default=[])
"""`host:port` of trackers that are allowed although their address is not public."""

# --- syncing ------------------------------------------------------------------------------------

DIIP_QUOTA_SHARE_FOR_PEOPLE = env.float("DIIP_QUOTA_SHARE_FOR_PEOPLE", default=0.2)
"""The part of an upstream's quota that syncs leave to the people."""
