"""Database and broker settings."""

from urllib.parse import quote

from diip.common.queues.broker_socket import choose_broker_socket
from diip.settings.environment import VAR_DIR, env

_SQLITE = f"sqlite:///{quote(str(VAR_DIR / 'diip.sqlite3'))}"
DATABASES = {"default": env.db_url("DATABASE_URL", default=_SQLITE)}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE: a transaction that reads before it writes could otherwise fail despite the timeout.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
    DATABASES["default"]["ENGINE"] = "diip.common.database.sqlite3"
    # A file in tests too: threads on a shared in-memory database do not wait for locks.
    DATABASES["default"]["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
else:
    DATABASES["default"]["CONN_MAX_AGE"] = env.int("DATABASE_CONN_MAX_AGE", default=60)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    DATABASES["default"]["ENGINE"] = "diip.common.database.postgresql"
    # Server-side binding sends parameters separately; a page of issues stays out of the text.
    DATABASES["default"]["OPTIONS"] = {
        "connect_timeout": 5,
        # The kernel detects a lost host; our own limits handle an unresponsive server.
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "tcp_user_timeout": 30_000,
        "server_side_binding": True,
        **DATABASES["default"].get("OPTIONS", {}),
    }
DATABASE_POOLER = env.str("DATABASE_POOLER", default="")
"""Pooler mode; `transaction` (PgBouncer): statements may use different server connections."""
if DATABASE_POOLER == "transaction":
    # Cursors and prepared statements belong to one connection. Django prepares none by default;
    # set here so that OPTIONS in DATABASE_URL or a later version cannot change that.
    DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = True
    DATABASES["default"].setdefault("OPTIONS", {})["prepare_threshold"] = None
DIIP_STATEMENT_SECONDS = {
    "web": env.float("DIIP_WEB_STATEMENT_SECONDS", default=10),
    "worker": env.float("DIIP_WORKER_STATEMENT_SECONDS", default=60),
}
"""Limit of one statement in seconds, by kind of process; commands have none."""
DIIP_SEARCH_SECONDS = env.float("DIIP_SEARCH_SECONDS", default=4.5)
"""Limit of all statements of one search in seconds; the response then arrives within 5 s."""
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

BROKER_SOCKET = choose_broker_socket(VAR_DIR)
REDIS_URL = env.str("REDIS_URL", default="")
CELERY_BROKER_URL = REDIS_URL or f"redis+socket://{quote(str(BROKER_SOCKET))}?virtual_host=0"
