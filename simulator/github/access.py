"""Who asks, what they may see, and how often."""

from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from simulator.clock import Clock

HOUR = 3600
SEARCH = "search"
_SEARCHES, _ANONYMOUS_SEARCHES, _MINUTE = 30, 10, 60


class Token(msgspec.Struct, frozen=True):
    """A token that the simulated GitHub knows."""

    value: str
    login: str = "hana-forge"
    scopes: str = "repo, read:org"
    """Empty for a fine-grained token: GitHub names no scopes for those."""
    expires_at: datetime | None = None
    repositories: tuple[str, ...] | None = None
    """Which private ones it may see; None: all."""

    def expiry(self) -> str:
        moment = self.expires_at
        return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if moment else ""


class Quota(msgspec.Struct):
    """What one token, or one address without a token, has used in its hour."""

    limit: int
    resets_at: int
    used: int = 0
    resource: str = "core"

    @property
    def remaining(self) -> int:
        return max(self.limit - self.used, 0)

    def headers(self) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(self.resets_at),
            "X-RateLimit-Used": str(self.used),
            "X-RateLimit-Resource": self.resource,
        }


class Access:
    """The tokens and the quotas."""

    def __init__(self, clock: Clock, tokens: Iterable[Token], *, quota: int | None,
                 anonymous_quota: int) -> None:  # fmt: skip
        self._clock = clock
        self.tokens = {token.value: token for token in tokens}
        """Empty: every token is good."""
        self.revoked: set[str] = set()
        self.quota = quota
        """Requests an hour for a token; None: no limits at all, as GitHub Enterprise has it."""
        self.anonymous_quota = anonymous_quota
        self._used: dict[str, Quota] = {}

    def token(self, value: str) -> Token | None:
        """The token, or None where it is not good (any more)."""
        if value in self.revoked:
            return None
        if not self.tokens:
            return Token(value)
        known = self.tokens.get(value)
        expired = known and known.expires_at and known.expires_at.timestamp() <= self._clock.now()
        return None if expired else known

    def quota_of(self, value: str, address: str, resource: str = "core") -> Quota | None:
        """Searching has a quota of its own, by the minute."""
        if self.quota is None:
            return None
        owner = f"{resource} token {value}" if value else f"{resource} address {address}"
        quota, now = self._used.get(owner), self._clock.now()
        if quota is None or quota.resets_at <= now:
            limit = self.quota if value else self.anonymous_quota
            quota = Quota(limit, now + HOUR)
            if resource == SEARCH:
                limit = _SEARCHES if value else _ANONYMOUS_SEARCHES
                quota = Quota(limit, now + _MINUTE, resource=SEARCH)
            self._used[owner] = quota
        return quota

    def forget_usage(self) -> None:
        self._used.clear()
