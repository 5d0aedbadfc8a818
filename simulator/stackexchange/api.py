"""The API's front door: what every request meets before and after its method."""

import gzip
import re

import msgspec

from simulator.web import Reply, Request

from . import filters, queries
from .endpoints import Method, Methods, Served, Visit, find_method
from .errors import Refused
from .filters import DEFAULT_FILTER, Filter
from .limits import Usage
from .state import StackExchange

_VERSION = re.compile(r"/2\.[0-3](/.*)")
_HEADERS = {
    "Content-Type": "application/json; charset=utf-8",
    "Cache-Control": "private",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST",
    "X-Content-Type-Options": "nosniff",
}


class StackExchangeApi:
    """Answers everything below `/stackexchange`."""

    def __init__(self, state: StackExchange) -> None:
        self._state = state
        self._methods = Methods(state)

    def handle(self, request: Request, path: str) -> Reply:
        with self._state.lock:
            try:
                return self._judge(request, path)
            except Refused as refused:
                return _refusal(refused)

    def after(self, path: str) -> None:
        """The answer is made: now may happen what was to happen between pages."""
        with self._state.lock:
            self._state.hooks.answered(path)

    def _judge(self, request: Request, path: str) -> Reply:
        query, limits = request.query, self._state.limits
        key = self._key(query.get("key", ""))
        usage = limits.usage(request.address, with_key=bool(key))
        if not usage.remaining:
            wait = usage.resets_at - self._state.clock.now()
            raise Refused(502, "too many requests from this IP, more requests available in"
                               f" {wait} seconds")  # fmt: skip
        usage.used += 1
        method, ids = _method(path)
        if limits.is_silenced(request.address, method.name):
            raise Refused(502, "Violation of backoff parameter")
        visit = Visit(query, _filter(query), ids)
        if queries.page_number(query) > queries.DEEPEST_WITHOUT_KEY and not key:
            raise Refused(403, "page above 25 requires access token or app key")
        served = method.serve(self._methods, visit)
        backoff = limits.backoff(request.address, method.name)
        return _answer(served, visit.filter, usage, backoff)

    def _key(self, key: str) -> str:
        keys = self._state.options.keys
        if key and keys and key not in keys:
            raise Refused.parameter("`key` doesn't match a known application")
        return key


def _method(path: str) -> tuple[Method, str]:
    match = _VERSION.fullmatch(path)
    found = find_method(match[1]) if match else None
    if found is None:
        raise Refused(404, "no method found with this name")
    return found


def _filter(query: queries.Query) -> Filter:
    name = query.get("filter", "")
    found = filters.find(name) if name else DEFAULT_FILTER
    if found is None:
        raise Refused.parameter("Invalid filter specified")
    return found


def _answer(served: Served, shown: Filter, usage: Usage, backoff: int | None) -> Reply:
    wrapper: dict[str, object] = {
        "items": served.rows,
        "has_more": served.more,
        "backoff": backoff,
        "quota_max": usage.maximum,
        "quota_remaining": usage.remaining,
        "page": served.page,
        "page_size": served.size,
        "total": served.total,
        "type": served.kind,
    }
    wanted = shown.of("")
    fields = {k: v for k, v in wrapper.items() if k in wanted and v is not None}
    return _reply(200, fields, rows=len(served.rows))


def _refusal(refused: Refused) -> Reply:
    fields = {
        "error_id": refused.error_id,
        "error_message": refused.message,
        "error_name": refused.name,
    }
    reply = _reply(400, fields)
    reply.note = refused.name
    return reply


def _reply(status: int, fields: dict[str, object], rows: int | None = None) -> Reply:
    """Compressed always, asked for or not."""
    body = gzip.compress(msgspec.json.encode(fields), 1, mtime=0)
    headers = _HEADERS | {"Content-Encoding": "gzip"}
    return Reply(status, body, headers, rows=rows, encoded=True)
