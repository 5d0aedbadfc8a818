"""Start-up checks of external services: database, broker, mail, internal trackers, metrics."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.checks import Warning as Caution
from django.db import connection

LOOPBACK = ("localhost", "127.0.0.1", "::1")
SAMPLE_PASSWORDS = frozenset(
    {
        *("admin", "celery", "changeme", "database", "default", "diip", "guest", "letmein"),
        *("pass", "passw0rd", "password", "pg", "postgres", "postgresql", "qwerty", "redis"),
        *("root", "sample", "secret", "test", "toor", "user", "123456"),
    }
)
MIN_METRICS_TOKEN_LENGTH = 32
CONSOLE_MAIL = "django.core.mail.backends.console.EmailBackend"
MAKE_TOKEN = 'python -c "import secrets; print(secrets.token_urlsafe(32))"'  # noqa: S105 - a command
SIGNED_IN_OTHERWISE = ("sslcert", "passfile", "service")
"""PostgreSQL connection options that can replace the password."""
_LISTED = re.compile(
    r"(\[[0-9a-f:.]+\]|[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?):[0-9]{1,5}", re.IGNORECASE
)
_NOWHERE = re.compile(r"(0\.0\.0\.0|169\.254\.[0-9.]+|\[::\]|\[fe80:.*\]|metadata\..*):[0-9]+")


def check_services() -> Iterator[CheckMessage]:
    yield from _database()
    yield from _broker()
    yield from _mail()
    yield from _trackers()
    yield from _metrics()


def _database() -> Iterator[CheckMessage]:
    if connection.vendor == "sqlite":
        yield from _sqlite()
        return
    database = settings.DATABASES["default"]
    password, host = database.get("PASSWORD") or "", database.get("HOST") or ""
    is_sample = password.lower() in SAMPLE_PASSWORDS
    has_other = any(name in database.get("OPTIONS", {}) for name in SIGNED_IN_OTHERWISE)
    is_missing = not password and not _is_here(host) and not has_other
    if is_sample or is_missing:
        yield Error(
            f"The password in DATABASE_URL is {'a sample' if is_sample else 'missing'}.",
            hint="Set a new password for the database user: ALTER ROLE diip PASSWORD '…'; "
            "and put it, percent-encoded, into DATABASE_URL.",
            id="diip.E011",
        )


def _sqlite() -> Iterator[CheckMessage]:
    """Refuse SQLite with a remote broker: several machines would have different files."""
    if _broker_host():
        yield Error(
            "The database is a SQLite file, but the broker in REDIS_URL is on another machine.",
            hint="Set DATABASE_URL=postgres://…, or leave REDIS_URL unset to run on one machine.",
            id="diip.E012",
        )
    else:
        yield Caution(
            "Production uses SQLite, which supports one machine only.",
            hint="To run on several machines, set DATABASE_URL=postgres://….",
            id="diip.W001",
        )


def _broker() -> Iterator[CheckMessage]:
    if settings.REDIS_URL.startswith(("redis+socket:", "unix:")) or not settings.REDIS_URL:
        return
    password = urlsplit(settings.REDIS_URL).password or ""
    is_sample = password.lower() in SAMPLE_PASSWORDS
    if is_sample or (not password and _broker_host()):
        yield Error(
            f"The password in REDIS_URL is {'a sample' if is_sample else 'missing'}.",
            hint="Set `requirepass` in Redis and REDIS_URL=redis://:<the password>@host:6379/0. "
            "Without a password, others can send tasks to the workers.",
            id="diip.E013",
        )


def _broker_host() -> str:
    """Return the broker's host; empty for this machine."""
    host = urlsplit(settings.REDIS_URL).hostname or ""
    return "" if _is_here(host) else host


def _is_here(host: str) -> bool:
    return not host or host.startswith(("/", "@")) or host in LOOPBACK


def _mail() -> Iterator[CheckMessage]:
    if settings.EMAIL_BACKEND == CONSOLE_MAIL:
        yield Error(
            "EMAIL_URL is not set: mails are only printed to the worker's console.",
            hint="Set EMAIL_URL=smtp+tls://user:password@host:587, "
            "or EMAIL_URL=dummymail:// to send no mails.",
            id="diip.E014",
        )


def _trackers() -> Iterator[CheckMessage]:
    for entry in settings.DIIP_PRIVATE_HOSTS:
        listed = entry.strip().lower()
        if not _LISTED.fullmatch(listed) or _NOWHERE.fullmatch(listed) or listed in _own_servers():
            yield Error(
                f"{entry!r} in DIIP_PRIVATE_HOSTS is too broad or not a tracker.",
                hint="List each tracker as host:port. Wildcards, networks, the cloud's metadata "
                "address and DIIP's own database and broker are not allowed.",
                id="diip.E015",
            )


def _own_servers() -> frozenset[str]:
    database, broker = settings.DATABASES["default"], urlsplit(settings.REDIS_URL)
    return frozenset(
        {
            f"{database.get('HOST')}:{database.get('PORT') or 5432}".lower(),
            f"{broker.hostname}:{broker.port or 6379}",
        }
    )


def _metrics() -> Iterator[CheckMessage]:
    token = getattr(settings, "DIIP_METRICS_TOKEN", "")
    if token and len(token) < MIN_METRICS_TOKEN_LENGTH:
        yield Error(
            f"DIIP_METRICS_TOKEN is shorter than {MIN_METRICS_TOKEN_LENGTH} characters.",
            hint=f"Generate one: {MAKE_TOKEN}",
            id="diip.E016",
        )
