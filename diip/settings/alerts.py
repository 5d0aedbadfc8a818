"""Mail and alert settings."""

from diip.settings.environment import env

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
"""Alert mails per day, counted per recipient; 0: unlimited."""
DIIP_MAILS_PER_PROJECT_A_DAY = env.int("DIIP_MAILS_PER_PROJECT_A_DAY", default=500)
DIIP_CONFIRMATIONS_PER_DAY = env.int("DIIP_CONFIRMATIONS_PER_DAY", default=500)
"""Confirmation mails per day; registration mails have a separate count with this limit."""
DIIP_CONFIRMATIONS_PER_PROJECT_A_DAY = env.int("DIIP_CONFIRMATIONS_PER_PROJECT_A_DAY", default=20)
DIIP_ALERT_DEGRADED_MINUTES = env.int("DIIP_ALERT_DEGRADED_MINUTES", default=60)
"""Minutes an integration may be degraded before an alert; most outages end sooner."""
