"""The ids that connect a request with all it led to: in log lines, the audit trail and Sentry.

Bound once at the edge; `tracing` carries them from the request into the tasks it started.
"""

from contextvars import ContextVar
from typing import Any, Final

import structlog

CARRIED: Final = ("request_id", "user_id", "project_id", "integration_id", "run_id")
"""What a task inherits from who sent it."""

_address: ContextVar[str] = ContextVar("diip_client_address", default="")


def bind(**ids: object) -> None:
    """For the rest of this request or task."""
    structlog.contextvars.bind_contextvars(**ids)


def bind_address(address: str) -> None:
    """Apart from the ids: it is personal, and only the audit trail asks for it."""
    _address.set(address)


def clear() -> None:
    structlog.contextvars.clear_contextvars()
    _address.set("")


def context() -> dict[str, Any]:
    return structlog.contextvars.get_contextvars()


def request_address() -> str:
    """The client's, of the request under way; empty outside of one."""
    return _address.get()
