"""What services raise; the one handler in `problem_details` turns each kind into an answer.

A message is for the person who reads the answer: it says what is wrong and what to do,
and never holds a secret or a foreign body.
"""

from collections.abc import Mapping


class DomainError(Exception):
    """A refusal in DIIP's own words. `status` is the HTTP status an API edge answers with."""

    status = 400
    code = "invalid"
    title = "The request cannot be carried out"

    def __init__(self, message: str, *, extra: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.extra = dict(extra or {})


class InvalidInput(DomainError):
    """A field's value is refused; `field` names it."""

    code = "invalid_input"
    title = "A value is not acceptable"

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field


class NotFound(DomainError):
    """It is not there, or not for the asker: both look the same."""

    status = 404
    code = "not_found"
    title = "Not found"


class Forbidden(DomainError):
    status = 403
    code = "forbidden"
    title = "Your role does not allow this"


class Conflict(DomainError):
    """It clashes with what is already there."""

    status = 409
    code = "conflict"
    title = "This clashes with the present state"


class TooLarge(DomainError):
    """The body is larger than this address takes."""

    status = 413
    code = "too_large"
    title = "Body too large"


class UpstreamRefused(DomainError):
    """A tracker refused while a user waits; the message names the fix."""

    status = 422
    code = "upstream_refused"
    title = "The tracker refused the connection"


class Unavailable(DomainError):
    """A part DIIP needs is down; asking again later helps."""

    status = 503
    code = "unavailable"
    title = "Not available at the moment"
    retry_after: int | None = None


class TooExpensive(DomainError):
    """The database was stopped over it. The same again takes as long again: narrow it."""

    status = 503
    code = "took_too_long"
    title = "Took too long"


class Unauthenticated(DomainError):
    """Who asks is not known: wrong credentials, or a token that counts no more."""

    status = 401
    code = "unauthenticated"
    title = "Sign in first"


class TooManyRequests(DomainError):
    """Asked too often; `retry_after` says in how many seconds it is worth asking again."""

    status = 429
    code = "too_many_requests"
    title = "Too many requests"

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after
