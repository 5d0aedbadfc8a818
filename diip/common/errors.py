"""Errors that services raise; the handler in `problem_details` turns each into a response.

A message is for the reader of the response: it states the fault and the fix, and never contains
a secret or a foreign body.
"""

from collections.abc import Mapping


class DomainError(Exception):
    """Refusal with a message by DIIP; `status` is the HTTP status of the response."""

    status = 400
    code = "invalid"
    title = "The request cannot be processed"

    def __init__(self, message: str, *, extra: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.extra = dict(extra or {})


class InvalidInput(DomainError):
    """Invalid value of the field named by `field`."""

    code = "invalid_input"
    title = "Invalid value"

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field


class NotFound(DomainError):
    """Object missing or not visible to the user; both get the same response."""

    status = 404
    code = "not_found"
    title = "Not found"


class Forbidden(DomainError):
    status = 403
    code = "forbidden"
    title = "Your role does not allow this"


class Conflict(DomainError):
    """Conflict with the current state."""

    status = 409
    code = "conflict"
    title = "Conflict with the current state"


class TooLarge(DomainError):
    """Body larger than the endpoint accepts."""

    status = 413
    code = "too_large"
    title = "Body too large"


class UpstreamRefused(DomainError):
    """Refusal by a tracker during a user's request; the message names the fix."""

    status = 422
    code = "upstream_refused"
    title = "The tracker refused the connection"


class Unavailable(DomainError):
    """Dependency down; a later retry can succeed."""

    status = 503
    code = "unavailable"
    title = "Not available at the moment"
    retry_after: int | None = None


class TooExpensive(DomainError):
    """Query cancelled at its time limit. A retry takes as long; the query must be narrowed."""

    status = 503
    code = "took_too_long"
    title = "Took too long"


class Unauthenticated(DomainError):
    """Client not authenticated: wrong credentials, or an expired or revoked token."""

    status = 401
    code = "unauthenticated"
    title = "Sign in first"


class TooManyRequests(DomainError):
    """Rate limit exceeded; `retry_after` is the wait in seconds."""

    status = 429
    code = "too_many_requests"
    title = "Too many requests"

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after
