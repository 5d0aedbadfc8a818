"""How log lines are made: one JSON object a line in production, readable lines on a laptop.

Every line, whoever wrote it, passes the same steps: the ids of the request or task it belongs to
are added, exceptions become text, secrets are taken out. No line is worth a failed request: a
handler that cannot write says nothing.
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
LONGEST_TEXT: Final = 20_000
"""Characters of one value, the last ones: a traceback's end says what went wrong."""

_SHARED: Final[list[Processor]] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
]
_UNREADABLE: Final = '{"event": "A log line could not be made.", "level": "error"}'


class QuietHandler(logging.StreamHandler[Any]):
    """Writes to standard error as it is now. A full disk or a closed pipe stops nobody."""

    def __init__(self) -> None:
        super().__init__(sys.stderr)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record)
        # What a caller logs may fail in any way when it is made into text.
        except Exception:  # noqa: BLE001
            line = _UNREADABLE
        try:
            sys.stderr.write(line + self.terminator)
            sys.stderr.flush()
        except (OSError, ValueError, AttributeError, UnicodeError):
            return

    def flush(self) -> None:
        """At the end of the process too: standard error may be closed by then."""
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
    """Secrets out of the message, the fields, the exception and its traceback."""
    cleaned = cast("EventDict", scrub(dict(event)))
    for name, value in cleaned.items():
        if isinstance(value, str) and len(value) > LONGEST_TEXT:
            cleaned[name] = "…" + value[-LONGEST_TEXT:]
    return cleaned


def write_json(logger: WrappedLogger, method: str, event: EventDict) -> str:
    first = {name: event.pop(name, None) for name in ("at", "level", "logger", "event")}
    return json.dumps({**first, **event}, default=str)


def configure_structlog(secrets: Iterable[str]) -> None:
    """`secrets` are the process's own keys and passwords: they are in no line."""
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
    """Django's LOGGING. What others than the root write goes through the same handler."""
    through_root: dict[str, object] = {"handlers": [], "propagate": True}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": LineFormatter, "as_json": as_json}},
        "handlers": {"out": {"()": QuietHandler, "formatter": "lines"}},
        "root": {"handlers": ["out"], "level": level},
        "loggers": {
            "django": {**through_root, "level": level if level != "DEBUG" else "INFO"},
            # The request's line says what it answered, and holds the traceback where it failed.
            "django.request": {**through_root, "level": "CRITICAL"},
            # Statements with their parameters, and whole messages: never, at whatever level.
            "django.db.backends": {**through_root, "level": "WARNING"},
            "kombu": {**through_root, "level": "WARNING"},
            "amqp": {**through_root, "level": "WARNING"},
            # "Received" and "succeeded" are said by the task's own lines.
            "celery.worker.strategy": {**through_root, "level": "WARNING"},
            "celery.app.trace": {**through_root, "level": "CRITICAL"},
            "gunicorn.error": {"handlers": ["out"], "propagate": False},
            "waitress.queue": {"level": "ERROR"},  # that requests wait is no news
        },
    }
