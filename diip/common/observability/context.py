"""Context ids that link a request to its logs, audit records, Sentry events and tasks.

Bound once at the edge; `tracing` passes them from a request to the tasks it starts.
"""

from contextvars import ContextVar
from typing import Any, Final

import structlog

CARRIED: Final = ("request_id", "user_id", "project_id", "integration_id", "run_id")
"""Ids that a task inherits from its sender."""

_address: ContextVar[str] = ContextVar("diip_client_address", default="")


def bind(**ids: object) -> None:
    """Bind ids for the rest of this request or task."""
    structlog.contextvars.bind_contextvars(**ids)


def bind_address(address: str) -> None:
    """Bind the client address, separately from the ids: only the audit trail may read it."""
    _address.set(address)


def clear() -> None:
    structlog.contextvars.clear_contextvars()
    _address.set("")


def context() -> dict[str, Any]:
    return structlog.contextvars.get_contextvars()


def request_address() -> str:
    """Return the client address of the current request; empty outside a request."""
    return _address.get()
