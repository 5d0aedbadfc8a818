"""HTTP session for all requests to trackers and alert targets.

Checks addresses (see `address_guard`), limits time and size, retries transient failures and
records every call. A session never touches the database; `log_calls` stores its records.
"""

import logging
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self
from urllib.parse import urljoin

import msgspec
from django.utils import timezone

from integrations.http.address_guard import Target, check_url, parse_target
from integrations.http.call_log import CallRecord, log_calls
from integrations.http.decompression import Lost
from integrations.http.quota import Quota, read_quota
from integrations.http.transport import (
    Connections,
    Deadline,
    Environment,
    OutgoingRequest,
    Reply,
    UnknownDelivery,
    post_once,
)
from integrations.providers.contract.base import (
    ProviderConfigError,
    ProviderError,
    ProviderRateLimited,
    ProviderResponseError,
    ProviderUnavailable,
    RawReply,
)

__all__ = [
    "CallRecord",
    "Quota",
    "Response",
    "Session",
    "UnknownDelivery",
    "check_url",
    "log_calls",
    "open_session",
    "post_once",
    "read_quota",
]

TOTAL_SECONDS = 60.0
MAX_TRIES = 5
MAX_REDIRECTS = 3
_REDIRECTS = (301, 302, 303, 307, 308)
_PERMANENT = (301, 308)
_REQUEST_ID_HEADERS = ("x-github-request-id", "x-arequestid", "x-request-id", "atl-traceid")

# Its warnings contain addresses with their query.
logging.getLogger("urllib3").setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True)
class Response:
    """Complete reply."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    url: str
    raw: RawReply = field(default=RawReply(b""), repr=False)
    moved_permanently: bool = False
    """Set if a redirect reported a permanent change of address."""


class Session:
    """Requests of one sync or check; use fewer `tries` while a user waits.

    Sends the token only to its own origin and to origins the provider trusts.
    """

    def __init__(
        self,
        *,
        provider: str,
        base_url: str,
        token_key: str = "",
        tries: int = MAX_TRIES,
        outside: Environment | None = None,
    ) -> None:
        self.provider = provider
        self.calls: list[CallRecord] = []
        self.quota: Quota | None = None
        self.paused_until: datetime | None = None
        self._outside = outside or Environment()
        self._max_tries = tries
        self._reserved_share = 0.0
        self._origins = {parse_target(base_url).origin}
        self._has_token = bool(token_key)
        self._deadline = Deadline(self._outside.clock)
        self._connections = Connections(self._outside, self._deadline)
        self._is_over_at = math.inf

    def end_after(self, seconds: float) -> None:
        """Limit the total time of all requests, because a user waits."""
        self._is_over_at = self._outside.clock() + seconds

    def trust(self, *addresses: str) -> None:
        """Allow sending the token to these origins too."""
        self._origins.update(parse_target(address).origin for address in addresses)

    def reserve_quota(self, share: float) -> None:
        """Reserve a share (0 to 1) of the request limit for interactive use."""
        self._reserved_share = share

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
        """Implement `providers.contract.base.Http`."""
        return self._exchange(
            url, endpoint, OutgoingRequest("GET", _checked_headers(headers or {}))
        )

    def post(
        self, url: str, *, endpoint: str, body: object, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Implement `providers.contract.base.Http`."""
        sent = _checked_headers({**(headers or {}), "content-type": "application/json"})
        return self._exchange(
            url, endpoint, OutgoingRequest("POST", sent, msgspec.json.encode(body))
        )

    def pause(self, wait: timedelta) -> None:
        """Implement `providers.contract.base.Http`."""
        until = timezone.now() + wait
        self.paused_until = max(until, self.paused_until or until)

    def note_quota(self, *, limit: int, remaining: int, resets_at: datetime) -> None:
        """Implement `providers.contract.base.Http`."""
        self.quota = Quota(limit=limit, remaining=remaining, resets_at=resets_at)
        if self.calls:
            self.calls[-1] = replace(self.calls[-1], quota=self.quota)

    def _exchange(self, url: str, endpoint: str, request: OutgoingRequest) -> Response:
        self._refuse_while_paused()
        self._deadline.restart(min(TOTAL_SECONDS, self._is_over_at - self._outside.clock()))
        target = parse_target(url)
        moved = False
        for _ in range(MAX_REDIRECTS + 1):
            self._refuse_untrusted(target, request)
            reply = self._send_with_retries(target, endpoint, request)
            location = reply.headers.get("location", "")
            if reply.status not in _REDIRECTS or not location or request.method != "GET":
                return _response(target, reply, moved=moved)
            moved = moved or reply.status in _PERMANENT
            target = _follow(target, location)
        raise ProviderResponseError(f"{target.host} redirects too often.")

    def _refuse_while_paused(self) -> None:
        left = self.paused_until - timezone.now() if self.paused_until else timedelta(0)
        if left > timedelta(0):
            raise ProviderRateLimited("The tracker asked for a pause.", retry_after=left)

    def _refuse_reserved_quota(self) -> None:
        """Raise ProviderRateLimited if only the reserved share of the quota is left."""
        quota = self.quota
        if quota is None or quota.remaining > quota.limit * self._reserved_share:
            return
        left = quota.resets_at - timezone.now()
        if self._reserved_share and left > timedelta(0):
            raise ProviderRateLimited(
                "Only the share of the request limit reserved for users is left.",
                retry_after=left,
            )

    def _refuse_untrusted(self, target: Target, request: OutgoingRequest) -> None:
        carries_token = self._has_token or "authorization" in request.headers
        if carries_token and target.origin not in self._origins:
            raise ProviderConfigError(
                "The tracker redirects to another address, where the token must not be sent. "
                "If the tracker has moved, connect again with its new address."
            )

    def _send_with_retries(self, target: Target, endpoint: str, request: OutgoingRequest) -> Reply:
        """Send with retries of transient failures; return replies with `retry-after` at once."""
        tries = 0
        while True:
            tries += 1
            self._refuse_reserved_quota()
            try:
                reply = self._send_once(target, endpoint, request)
                if reply.status < 500 or "retry-after" in reply.headers:
                    return reply
                problem = "it replied with a server error (5xx)"
            except Lost as error:
                problem = str(error)
            pause = min(0.5 * 2.0 ** (tries - 1), 8.0) * (0.5 + self._outside.random() / 2)
            if tries == self._max_tries or pause >= self._deadline.left():
                break
            self._outside.sleep(pause)
        raise ProviderUnavailable(
            f"{target.host} gave no usable answer ({tries} tries): {problem}. DIIP tries again."
        )

    def _send_once(self, target: Target, endpoint: str, request: OutgoingRequest) -> Reply:
        """Send once and record the call, successful or not."""
        self._connections.open(target)
        at, started = timezone.now(), self._outside.clock()
        reply: Reply | None = None
        error_kind = ProviderUnavailable.kind
        try:
            reply = self._connections.send(target, request)
            error_kind = "" if reply.status < 500 else error_kind
        except ProviderError as error:
            error_kind = error.kind
            raise
        finally:
            quota = read_quota(reply.headers, at) if reply else None
            self.quota = quota or self.quota
            self.calls.append(
                CallRecord(
                    method=request.method,
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


def _response(target: Target, reply: Reply, *, moved: bool) -> Response:
    packing = reply.headers.get("content-encoding", "") if reply.wire is not reply.body else ""
    raw = RawReply(reply.wire, packing.strip().lower())
    return Response(reply.status, reply.headers, reply.body, target.url, raw, moved)


def _follow(target: Target, location: str) -> Target:
    try:
        url = urljoin(target.url, location)
    except ValueError:
        raise ProviderResponseError(f"{target.host} redirects to an invalid address.") from None
    return parse_target(url.partition("#")[0])


def _checked_headers(headers: Mapping[str, str]) -> dict[str, str]:
    if not all(value.isascii() and value.isprintable() for value in headers.values()):
        raise ProviderConfigError(
            "The token contains invalid characters. Copy the whole token again."
        )
    return {"user-agent": "DIIP"} | {name.lower(): value for name, value in headers.items()}


def _request_id(headers: Mapping[str, str]) -> str:
    found = next((headers[name] for name in _REQUEST_ID_HEADERS if name in headers), "")
    return re.sub(r"[^A-Za-z0-9:._-]", "", found)[:100]
