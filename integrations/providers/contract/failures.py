"""How a provider fails: seven classes, decided on status and headers, never on message text."""

from datetime import timedelta
from typing import ClassVar


class ProviderError(Exception):
    """A failure at the tracker, decided on status and headers, never on message text.

    `message` says what happened and what to do, in our own words: never a token, never a body.
    """

    kind: ClassVar[str] = "provider_error"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after = retry_after


class ProviderUnavailable(ProviderError):
    """Network trouble or 5xx: it passes by itself."""

    kind = "unavailable"
    retryable = True


class ProviderRateLimited(ProviderError):
    """Told to wait; `retry_after` says how long. Pacing, not failure."""

    kind = "rate_limited"
    retryable = True


class ProviderAuthError(ProviderError):
    """The token is refused: no request until it changes."""

    kind = "auth"


class ProviderAccessDenied(ProviderError):
    """The token is good, the right is missing (permission, SSO, legal block)."""

    kind = "access_denied"


class ProviderNotFound(ProviderError):
    """The scope is not there or not visible to the token."""

    kind = "not_found"


class ProviderConfigError(ProviderError):
    """What the integration is set to cannot work (bad address, removed endpoint)."""

    kind = "config"


class ProviderResponseError(ProviderError):
    """The reply is not what the API promises (HTML, cut off, a page that points to itself).

    `again_at`: a page token by which the same page may be read in another way.
    """

    kind = "response"
    retryable = True

    def __init__(
        self, message: str, *, retry_after: timedelta | None = None, again_at: str = ""
    ) -> None:
        super().__init__(message, retry_after=retry_after)
        self.again_at = again_at
