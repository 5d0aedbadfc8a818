"""The one door out: every request to a tracker or an alert target leaves through a `Session`.

Guarded (see `address_guard`), clocked, capped, retried for what passes by itself, and recorded.
A session never touches the database; `log_calls` writes what it recorded.
"""

import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self
from urllib.parse import urljoin

from django.utils import timezone

from integrations.address_guard import Target, check_url, parse_target
from integrations.models import ApiLog
from integrations.providers.base import (
    ProviderConfigError,
    ProviderError,
    ProviderResponseError,
    ProviderUnavailable,
)
from integrations.providers.reading import read_http_date
from integrations.transport import Connections, Deadline, Lost, Outside, Reply

__all__ = ["CallRecord", "Quota", "Response", "Session", "check_url", "log_calls", "open_session"]

TOTAL_SECONDS = 60.0
MAX_TRIES = 5
MAX_REDIRECTS = 3
_REDIRECTS = (301, 302, 303, 307, 308)
_PERMANENT = (301, 308)
_REQUEST_ID_HEADERS = ("x-github-request-id", "x-arequestid", "x-request-id", "atl-traceid")
_MAX_NUMBER = 2**31 - 1
_LONGEST_WINDOW = timedelta(days=1)
"""No tracker's quota refills later: a reset beyond it is a mistake."""

# Its warnings quote addresses with their query.
logging.getLogger("urllib3").setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True)
class Quota:
    """What the upstream says is left of its request limit."""

    limit: int
    remaining: int
    resets_at: datetime
    """On our own clock, whatever the upstream's says."""


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One request that was sent."""

    method: str
    endpoint: str
    status_code: int | None
    duration_ms: int
    error_kind: str
    quota: Quota | None
    upstream_request_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Response:
    """A complete reply."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    url: str
    moved_permanently: bool = False
    """A redirect on the way said that the address has changed for good."""


class Session:
    """Requests of one sync or one check (fewer `tries` where a person waits for it).

    With a token it speaks to its own origin only.
    """

    def __init__(
        self,
        *,
        provider: str,
        base_url: str,
        token_key: str = "",
        tries: int = MAX_TRIES,
        outside: Outside | None = None,
    ) -> None:
        self.provider = provider
        self.calls: list[CallRecord] = []
        self.quota: Quota | None = None
        self._outside = outside or Outside()
        self._max_tries = tries
        self._origin = parse_target(base_url).origin
        self._has_token = bool(token_key)
        self._deadline = Deadline(self._outside.clock)
        self._connections = Connections(self._outside, self._deadline)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._connections.close()

    def get(self, url: str, *, endpoint: str, headers: Mapping[str, str] | None = None) -> Response:
        """See `providers.base.Http`."""
        self._deadline.restart(TOTAL_SECONDS)
        sent = _checked_headers(headers or {})
        carries_token = self._has_token or "authorization" in sent
        target = parse_target(url)
        moved = False
        for _ in range(MAX_REDIRECTS + 1):
            if carries_token and target.origin != self._origin:
                raise ProviderConfigError(
                    "The tracker sends requests on to another address, where the token must not "
                    "go. If it has moved, connect again with its new address."
                )
            reply = self._ask_patiently(target, endpoint, sent)
            location = reply.headers.get("location", "")
            if reply.status not in _REDIRECTS or not location:
                return Response(reply.status, reply.headers, reply.body, target.url, moved)
            moved = moved or reply.status in _PERMANENT
            target = _follow(target, location)
        raise ProviderResponseError(f"{target.host} sends requests from one address to the next.")

    def _ask_patiently(self, target: Target, endpoint: str, headers: Mapping[str, str]) -> Reply:
        """Try again what passes by itself; a reply that says when to come back is given out."""
        tries = 0
        while True:
            tries += 1
            try:
                reply = self._ask(target, endpoint, headers)
                if reply.status < 500 or "retry-after" in reply.headers:
                    return reply
                problem = "it answers with a server error (5xx)"
            except Lost as lost:
                problem = str(lost)
            pause = min(0.5 * 2.0 ** (tries - 1), 8.0) * (0.5 + self._outside.random() / 2)
            if tries == self._max_tries or pause >= self._deadline.left():
                break
            self._outside.sleep(pause)
        raise ProviderUnavailable(
            f"{target.host} gave no usable answer ({tries} tries): {problem}. It is asked again."
        )

    def _ask(self, target: Target, endpoint: str, headers: Mapping[str, str]) -> Reply:
        """Send once and record it, whatever comes of it."""
        self._connections.open(target)
        at, started = timezone.now(), self._outside.clock()
        reply: Reply | None = None
        error_kind = ProviderUnavailable.kind
        try:
            reply = self._connections.ask(target, headers)
            error_kind = "" if reply.status < 500 else error_kind
        except ProviderError as error:
            error_kind = error.kind
            raise
        finally:
            quota = read_quota(reply.headers, at) if reply else None
            self.quota = quota or self.quota
            self.calls.append(
                CallRecord(
                    method="GET",
                    endpoint=endpoint,
                    status_code=reply.status if reply else None,
                    duration_ms=round((self._outside.clock() - started) * 1000),
                    error_kind=error_kind,
                    quota=quota,
                    upstream_request_id=_request_id(reply.headers) if reply else "",
                    at=at,
                )
            )
        return reply


open_session = Session


def log_calls(calls: Iterable[CallRecord], *, integration_id: int | None, provider: str) -> None:
    """Write recorded calls as ApiLog rows."""
    ApiLog.objects.bulk_create(
        ApiLog(
            integration_id=integration_id,
            provider=provider,
            method=call.method,
            endpoint=call.endpoint[:200],
            status_code=call.status_code,
            duration_ms=call.duration_ms,
            success=call.status_code is not None and call.status_code < 400 and not call.error_kind,
            error_kind=call.error_kind,
            quota_remaining=call.quota.remaining if call.quota else None,
            upstream_request_id=call.upstream_request_id,
            created_at=call.at,
        )
        for call in calls
    )


def read_quota(headers: Mapping[str, str], now: datetime) -> Quota | None:
    """The `x-ratelimit-*` headers; None where they are absent or make no sense."""
    names = ("limit", "remaining", "reset")
    limit, remaining, reset = (_number(headers.get(f"x-ratelimit-{name}", "")) for name in names)
    if limit is None or remaining is None or reset is None:
        return None
    resets_at = datetime.fromtimestamp(reset, UTC)
    skew = (read_http_date(headers.get("date", "")) or now) - now
    if abs(skew) > timedelta(minutes=1):
        resets_at -= skew
    resets_at = min(resets_at, now + _LONGEST_WINDOW)
    return Quota(limit=limit, remaining=remaining, resets_at=resets_at)


def _follow(target: Target, location: str) -> Target:
    try:
        url = urljoin(target.url, location)
    except ValueError:
        raise ProviderResponseError(f"{target.host} redirects to what is no address.") from None
    return parse_target(url.partition("#")[0])


def _checked_headers(headers: Mapping[str, str]) -> dict[str, str]:
    if not all(value.isascii() and value.isprintable() for value in headers.values()):
        raise ProviderConfigError(
            "The token holds characters that cannot be part of one. Copy it again, whole."
        )
    return {"user-agent": "DIIP"} | {name.lower(): value for name, value in headers.items()}


def _number(text: str) -> int | None:
    """A whole number that a column can hold; more is capped."""
    is_number = text.isascii() and text.isdecimal() and len(text) < 20
    return min(int(text), _MAX_NUMBER) if is_number else None


def _request_id(headers: Mapping[str, str]) -> str:
    found = next((headers[name] for name in _REQUEST_ID_HEADERS if name in headers), "")
    return re.sub(r"[^A-Za-z0-9:._-]", "", found)[:100]
