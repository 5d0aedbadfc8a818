"""Settings of hosts, HTTPS, CORS, static files and request limits."""

from corsheaders.defaults import default_headers

from diip.settings.api import NUM_PROXIES
from diip.settings.environment import PRODUCTION, VAR_DIR, env

ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=[] if PRODUCTION else ["localhost", "127.0.0.1", "[::1]"]
)
DATA_UPLOAD_MAX_MEMORY_SIZE = env.int("DIIP_MAX_BODY_BYTES", default=2_000_000)
DIIP_REQUESTS_PER_MINUTE = env.int("DIIP_REQUESTS_PER_MINUTE", default=600)
"""Limit per account, or per address without sign-in; each web process counts separately.
0: unlimited."""
CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", default=[])
CORS_ALLOW_ALL_ORIGINS = False
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_HEADERS = (*default_headers, "x-known-client")
CORS_EXPOSE_HEADERS = ["X-Known-Client"]

HTTPS = env.bool("DIIP_HTTPS", default=PRODUCTION)
"""HTTPS is off only for plain HTTP, which sends cookies and tokens unencrypted."""
PLAIN_HTTP_IS_WANTED = env.bool("DIIP_ALLOW_PLAIN_HTTP", default=False)
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]  # requested from inside by plain HTTP
SECURE_HSTS_SECONDS = env.int("DIIP_HSTS_SECONDS", default=31_536_000) if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
if NUM_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

DIIP_WATCHDOG_SECONDS = env.float("DIIP_WATCHDOG_SECONDS", default=60)
"""Seconds a request's thread may hang before its web process exits and is restarted."""

LANGUAGE_CODE = "en"
USE_I18N = False
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
# Development serves static files from their packages; production collects them once.
WHITENOISE_USE_FINDERS = not PRODUCTION
