"""The one door out: every request to a tracker or an alert target leaves through a `Session`.

Guarded (see `address_guard`), clocked, capped, retried for what passes by itself, and recorded.
A session never touches the database; `log_calls` writes what it recorded.
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
    Asked,
    Connections,
    Deadline,
    Environment,
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

# Its warnings quote addresses with their query.
logging.getLogger("urllib3").setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True)
class Response:
    """A complete reply."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    url: str
    raw: RawReply = field(default=RawReply(b""), repr=False)
    moved_permanently: bool = False
    """A redirect on the way said that the address has changed for good."""


class Session:
    """Requests of one sync or one check (fewer `tries` where a person waits for it).

    With a token it speaks to its own origin and to those the provider trusts only.
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
        self._share_for_people = 0.0
        self._origins = {parse_target(base_url).origin}
        self._has_token = bool(token_key)
        self._deadline = Deadline(self._outside.clock)
        self._connections = Connections(self._outside, self._deadline)
        self._is_over_at = math.inf

    def end_after(self, seconds: float) -> None:
        """All of its requests together take no longer: somebody waits."""
        self._is_over_at = self._outside.clock() + seconds

    def trust(self, *addresses: str) -> None:
        """The token may go there, too."""
        self._origins.update(parse_target(address).origin for address in addresses)

    def leave_to_people(self, share: float) -> None:
        """So much of the request limit (0 to 1) is not used up."""
        self._share_for_people = share

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
        return self._exchange(url, endpoint, Asked("GET", _checked_headers(headers or {})))

    def post(
        self, url: str, *, endpoint: str, body: object, headers: Mapping[str, str] | None = None
    ) -> Response:
        """See `providers.base.Http`."""
        sent = _checked_headers({**(headers or {}), "content-type": "application/json"})
        return self._exchange(url, endpoint, Asked("POST", sent, msgspec.json.encode(body)))

    def pause(self, wait: timedelta) -> None:
        """See `providers.base.Http`."""
        until = timezone.now() + wait
        self.paused_until = max(until, self.paused_until or until)

    def note_quota(self, *, limit: int, remaining: int, resets_at: datetime) -> None:
        """See `providers.base.Http`."""
        self.quota = Quota(limit=limit, remaining=remaining, resets_at=resets_at)
        if self.calls:
            self.calls[-1] = replace(self.calls[-1], quota=self.quota)

    def _exchange(self, url: str, endpoint: str, asked: Asked) -> Response:
        self._refuse_while_paused()
        self._deadline.restart(min(TOTAL_SECONDS, self._is_over_at - self._outside.clock()))
        target = parse_target(url)
        moved = False
        for _ in range(MAX_REDIRECTS + 1):
            self._refuse_strangers(target, asked)
            reply = self._ask_patiently(target, endpoint, asked)
            location = reply.headers.get("location", "")
            if reply.status not in _REDIRECTS or not location or asked.method != "GET":
                return _response(target, reply, moved=moved)
            moved = moved or reply.status in _PERMANENT
            target = _follow(target, location)
        raise ProviderResponseError(f"{target.host} sends requests from one address to the next.")

    def _refuse_while_paused(self) -> None:
        left = self.paused_until - timezone.now() if self.paused_until else timedelta(0)
        if left > timedelta(0):
            raise ProviderRateLimited("The tracker asked for a pause.", retry_after=left)

    def _leave_share_to_people(self) -> None:
        """Before every request, whatever it is for."""
        quota = self.quota
        if quota is None or quota.remaining > quota.limit * self._share_for_people:
            return
        left = quota.resets_at - timezone.now()
        if self._share_for_people and left > timedelta(0):
            raise ProviderRateLimited(
                "The share of the request limit that is left to people is reached.",
                retry_after=left,
            )

    def _refuse_strangers(self, target: Target, asked: Asked) -> None:
        carries_token = self._has_token or "authorization" in asked.headers
        if carries_token and target.origin not in self._origins:
            raise ProviderConfigError(
                "The tracker sends requests on to another address, where the token must not "
                "go. If it has moved, connect again with its new address."
            )

    def _ask_patiently(self, target: Target, endpoint: str, asked: Asked) -> Reply:
        """Try again what passes by itself; a reply that says when to come back is given out."""
        tries = 0
        while True:
            tries += 1
            self._leave_share_to_people()
            try:
                reply = self._ask(target, endpoint, asked)
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

    def _ask(self, target: Target, endpoint: str, asked: Asked) -> Reply:
        """Send once and record it, whatever comes of it."""
        self._connections.open(target)
        at, started = timezone.now(), self._outside.clock()
        reply: Reply | None = None
        error_kind = ProviderUnavailable.kind
        try:
            reply = self._connections.ask(target, asked)
            error_kind = "" if reply.status < 500 else error_kind
        except ProviderError as error:
            error_kind = error.kind
            raise
        finally:
            quota = read_quota(reply.headers, at) if reply else None
            self.quota = quota or self.quota
            self.calls.append(
                CallRecord(
                    method=asked.method,
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
        raise ProviderResponseError(f"{target.host} redirects to what is no address.") from None
    return parse_target(url.partition("#")[0])


def _checked_headers(headers: Mapping[str, str]) -> dict[str, str]:
    if not all(value.isascii() and value.isprintable() for value in headers.values()):
        raise ProviderConfigError(
            "The token holds characters that cannot be part of one. Copy it again, whole."
        )
    return {"user-agent": "DIIP"} | {name.lower(): value for name, value in headers.items()}


def _request_id(headers: Mapping[str, str]) -> str:
    found = next((headers[name] for name in _REQUEST_ID_HEADERS if name in headers), "")
    return re.sub(r"[^A-Za-z0-9:._-]", "", found)[:100]
