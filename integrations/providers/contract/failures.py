"""Provider errors: seven classes, chosen by status and headers, never by message text."""

from datetime import timedelta
from typing import ClassVar


class ProviderError(Exception):
    """Failure at the tracker.

    `message` gives the cause and the fix in our own words, without token or body.
    """

    kind: ClassVar[str] = "provider_error"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after = retry_after


class ProviderUnavailable(ProviderError):
    """Network failure or 5xx; usually transient."""

    kind = "unavailable"
    retryable = True


class ProviderRateLimited(ProviderError):
    """Request limit reached; `retry_after` is the wait. Not counted as failure."""

    kind = "rate_limited"
    retryable = True


class ProviderAuthError(ProviderError):
    """Token refused: no request is sent until it changes."""

    kind = "auth"


class ProviderAccessDenied(ProviderError):
    """Token valid, but access denied (permission, SSO, legal block)."""

    kind = "access_denied"


class ProviderNotFound(ProviderError):
    """Scope missing or not visible to the token."""

    kind = "not_found"


class ProviderConfigError(ProviderError):
    """Unusable configuration (bad address, removed endpoint)."""

    kind = "config"


class ProviderResponseError(ProviderError):
    """Reply that violates the API (HTML, truncated, a page that points to itself).

    `again_at`: page token for reading the same page in another way; empty if there is none.
    """

    kind = "response"
    retryable = True

    def __init__(
        self, message: str, *, retry_after: timedelta | None = None, again_at: str = ""
    ) -> None:
        super().__init__(message, retry_after=retry_after)
        self.again_at = again_at
