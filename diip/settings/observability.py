"""Settings of logs, error reports, heartbeats and metrics."""

import logging
from ipaddress import ip_network
from urllib.parse import unquote, urlsplit

from diip.common.observability.error_reports import start_reports
from diip.common.observability.logs import configure_structlog, logging_settings
from diip.settings.alerts import EMAIL_HOST_PASSWORD
from diip.settings.api import SPECTACULAR_SETTINGS
from diip.settings.environment import (
    DIIP_ENCRYPTION_KEYS,
    JWT_SIGNING_KEY,
    PRODUCTION,
    SECRET_KEY,
    VAR_DIR,
    env,
)
from diip.settings.storage import DATABASES, REDIS_URL

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
"""Interval of worker and beat heartbeats."""
DIIP_HEARTBEAT_TIMEOUT = env.float("DIIP_HEARTBEAT_TIMEOUT", default=180)
"""Silence after which health reports a process or queue as dead."""
DIIP_ALIVE_FILE = env.str("DIIP_ALIVE_FILE", default="")
"""File that the main loop of worker and beat touches, for the container's probe."""
DIIP_HEALTH_TIMEOUT = env.float("DIIP_HEALTH_TIMEOUT", default=2)
"""Timeout of one health probe in seconds."""
DIIP_METRICS_TOKEN = env.str("DIIP_METRICS_TOKEN", default="")
DIIP_METRICS_ALLOWED = [
    ip_network(network)
    for network in env.list("DIIP_METRICS_ALLOWED", default=["127.0.0.0/8", "::1/128"])
]
"""Networks that may read `/metrics` without the token."""
DIIP_METRICS_DIR = env.str("DIIP_METRICS_DIR", default=str(VAR_DIR / "metrics"))
"""Directory of request counts, shared by the web processes of one machine."""
