"""Logging: one JSON object per line in production, plain text in development.

Every line, from any logger, gets the ids of its request or task, exceptions as text, and secrets
removed. A handler that cannot write stays silent, so that logging never fails a request.
"""

import json
import logging
import sys
from collections.abc import Iterable
from typing import Any, Final, cast

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from diip.common.observability.scrubbing import know_secrets, scrub

LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
MAX_VALUE_LENGTH: Final = 20_000
"""Characters kept at the end of a value, where a traceback names the error."""

_SHARED: Final[list[Processor]] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
]
_UNREADABLE: Final = '{"event": "A log line could not be formatted.", "level": "error"}'


class QuietHandler(logging.StreamHandler[Any]):
    """Handler for the current standard error that ignores a full disk or closed pipe."""

    def __init__(self) -> None:
        super().__init__(sys.stderr)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record)
        # Formatting a logged object can raise any error.
        except Exception:  # noqa: BLE001
            line = _UNREADABLE
        try:
            sys.stderr.write(line + self.terminator)
            sys.stderr.flush()
        except (OSError, ValueError, AttributeError, UnicodeError):
            return

    def flush(self) -> None:
        """Flush, also at process exit, when standard error may be closed."""
        try:
            super().flush()
        except (OSError, ValueError):
            return


class LineFormatter(structlog.stdlib.ProcessorFormatter):
    def __init__(self, *, as_json: bool) -> None:
        steps: list[Processor] = [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            scrub_event,
            write_json if as_json else structlog.dev.ConsoleRenderer(colors=False),
        ]
        super().__init__(
            processors=steps, foreign_pre_chain=[*_SHARED, structlog.stdlib.ExtraAdder()]
        )


def scrub_event(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Remove secrets from message, fields, exception and traceback."""
    cleaned = cast("EventDict", scrub(dict(event)))
    for name, value in cleaned.items():
        if isinstance(value, str) and len(value) > MAX_VALUE_LENGTH:
            cleaned[name] = "…" + value[-MAX_VALUE_LENGTH:]
    return cleaned


def write_json(logger: WrappedLogger, method: str, event: EventDict) -> str:
    first = {name: event.pop(name, None) for name in ("at", "level", "logger", "event")}
    return json.dumps({**first, **event}, default=str)


def configure_structlog(secrets: Iterable[str]) -> None:
    """Configure structlog; `secrets` are the process's keys and passwords, removed from lines."""
    know_secrets(secrets)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def logging_settings(*, level: str, as_json: bool) -> dict[str, object]:
    """Return Django's LOGGING, with one handler for all loggers."""
    through_root: dict[str, object] = {"handlers": [], "propagate": True}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": LineFormatter, "as_json": as_json}},
        "handlers": {"out": {"()": QuietHandler, "formatter": "lines"}},
        "root": {"handlers": ["out"], "level": level},
        "loggers": {
            "django": {**through_root, "level": level if level != "DEBUG" else "INFO"},
            # The request line already has the status and, on failure, the traceback.
            "django.request": {**through_root, "level": "CRITICAL"},
            # Never log statements with parameters or whole messages, at any level.
            "django.db.backends": {**through_root, "level": "WARNING"},
            "kombu": {**through_root, "level": "WARNING"},
            "amqp": {**through_root, "level": "WARNING"},
            # The task's own lines replace Celery's "received" and "succeeded".
            "celery.worker.strategy": {**through_root, "level": "WARNING"},
            "celery.app.trace": {**through_root, "level": "CRITICAL"},
            "gunicorn.error": {"handlers": ["out"], "propagate": False},
            "waitress.queue": {"level": "ERROR"},  # queued requests are normal
        },
    }
