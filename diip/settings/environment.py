"""Environment, mode and secrets, used by all other settings files."""

from hashlib import blake2b
from pathlib import Path
from secrets import token_urlsafe

import environ

from diip.common.dev_secrets import load_or_create_secrets

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent.parent
environ.Env.read_env(env.str("DIIP_ENV_FILE", default=str(BASE_DIR / ".env")))

DEBUG = env.bool("DEBUG", default=False)
PRODUCTION = "DEBUG" in env.ENVIRON and not DEBUG
VAR_DIR = Path(env.str("DIIP_VAR_DIR", default=str(BASE_DIR / "var"))).resolve()

_local = {} if PRODUCTION else load_or_create_secrets(VAR_DIR / "secrets.json")
_given_key = env.str("SECRET_KEY", default="") or _local.get("secret_key", "")
SECRET_KEY_IS_MISSING = not _given_key
# Random stand-in, so that the start-up checks can run and report the missing key.
SECRET_KEY = _given_key or token_urlsafe(64)
DIIP_ENCRYPTION_KEYS = env.list("DIIP_ENCRYPTION_KEYS", default=[]) or [
    key for name, key in _local.items() if name == "encryption_key"
]
# Derived, so that tokens and sessions use different keys but one setting.
JWT_SIGNING_KEY = (
    env.str("JWT_SIGNING_KEY", default="")
    or blake2b(SECRET_KEY.encode(), person=b"diip-jwt-signing").hexdigest()
)

RENAMED_VARIABLES = {
    "DIIP_QUOTA_SHARE_FOR_PEOPLE": "DIIP_QUOTA_RESERVE",
    "DIIP_SILENT_SECONDS": "DIIP_HEARTBEAT_TIMEOUT",
    "DIIP_HEALTH_SECONDS": "DIIP_HEALTH_TIMEOUT",
    "DIIP_RAW_DAYS": "DIIP_RAW_PAGE_RETENTION_DAYS",
    "DIIP_API_LOG_DAYS": "DIIP_API_LOG_RETENTION_DAYS",
    "DIIP_RUN_DAYS": "DIIP_SYNC_RUN_RETENTION_DAYS",
    "DIIP_DELIVERY_DAYS": "DIIP_DELIVERY_RETENTION_DAYS",
    "DIIP_ALERT_LOG_DAYS": "DIIP_ALERT_LOG_RETENTION_DAYS",
    "DIIP_EXPIRED_TOKEN_DAYS": "DIIP_EXPIRED_TOKEN_RETENTION_DAYS",
    "DIIP_AUDIT_DAYS": "DIIP_AUDIT_RETENTION_DAYS",
    "DIIP_TASK_TALLY_DAYS": "DIIP_TASK_STATS_RETENTION_DAYS",
    "DIIP_FAILED_TASK_DAYS": "DIIP_FAILED_TASK_RETENTION_DAYS",
}
"""Old name to new name. A variable with an old name prevents the start (`diip.E018`)."""
OLD_VARIABLES = sorted(name for name in RENAMED_VARIABLES if name in env.ENVIRON)
