"""Database and broker."""

from urllib.parse import quote

from diip.common.queues.broker_socket import choose_broker_socket
from diip.settings.environment import VAR_DIR, env

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
