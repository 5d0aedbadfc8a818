"""Stack Exchange client: URLs, filters, errors, quota and `backoff`."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import msgspec

from integrations.providers.contract.base import Http, HttpResponse, ProviderResponseError, Scope
from integrations.providers.parsing.record_reader import read_object, split_object
from integrations.providers.parsing.retry_after import DEFAULT_WAIT, bounded
from integrations.providers.stackoverflow.errors import error_for, until_refill, whole
from integrations.providers.stackoverflow.page_anchor import Sort, Spot, next_spot, read_listed
from integrations.providers.stackoverflow.payloads import FilterPayload, Listed, Wrapper
from integrations.providers.stackoverflow.tags import TagSet, read_scope

MAX_IDS = 100
WITH_BODY = "withbody"
"""Built-in filter of all servers; answers and comments need further requests."""
# In addition to the default filter: texts in Markdown, and answers and comments.
_WANTED = (
    "question.body_markdown;question.answers;question.comments;question.comment_count;"
    "question.closed_details;question.migrated_to;answer.body_markdown;answer.link;answer.comments;"
    "answer.comment_count;comment.body_markdown;comment.link"
)
_NO_FILTERS_HERE = (400, 404)
_ALL_METHODS = ""
# Filter by API root. Filters are immutable and never expire, so the process caches them.
# https://api.stackexchange.com/docs/filters
_filters: dict[str, str] = {}
_STRICT_WRAPPER = msgspec.json.Decoder(Wrapper)


class Answer(msgspec.Struct, frozen=True):
    reply: HttpResponse
    wrapper: Wrapper

    @property
    def has_more(self) -> bool:
        if not isinstance(self.wrapper.has_more, bool):
            raise ProviderResponseError("Stack Exchange does not report whether more pages follow.")
        return self.wrapper.has_more

    def rows(self) -> Sequence[bytes | msgspec.Raw]:
        return split_object(self.reply.body, "items")[0]


class Way(msgspec.Struct, frozen=True):
    """List to read: path, query and log template."""

    path: str
    query: dict[str, Any]
    endpoint: str = ""


class StackClient:
    def __init__(self, scope: Scope, http: Http) -> None:
        self._scope = scope
        self._http = http
        self._root = scope.base_url.rstrip("/")
        self._waits: dict[str, timedelta] = {}
        self._last: list[Listed] = []

    @property
    def tag_set(self) -> TagSet:
        return read_scope(self._scope)

    def ask(self, path: str, query: Mapping[str, Any], *, endpoint: str = "") -> Answer:
        """Send one request about the site. Raises ProviderError on an error reply."""
        answer = self._get(path, {**query, "site": self.tag_set.site}, endpoint or path)
        return self._accepted(answer)

    def step(self, sort: Sort, way: Way, spot: Spot) -> tuple[Answer, Spot | None]:
        """Fetch one page of an ascending list; return it and the next position."""
        query = {**way.query, "sort": sort, **spot.query()}
        answer = self.ask(way.path, query, endpoint=way.endpoint)
        rows = answer.rows()
        listed = [read_listed(row) for row in rows]
        if spot.page > 1 and listed == self._last:
            raise ProviderResponseError("Stack Exchange sends the same page repeatedly.")
        self._last = listed
        return answer, next_spot(spot, rows, sort) if answer.has_more else None

    def ask_below(self, of: str, ids: Sequence[int], kind: str, fields: str) -> Iterator[Answer]:
        """Yield answers or comments (`kind`) of the posts, up to 100 posts per request."""
        for first in range(0, len(ids), MAX_IDS):
            several = ";".join(map(str, ids[first : first + MAX_IDS]))
            way = Way(f"/{of}/{several}/{kind}", {"filter": fields}, f"/{of}/{{ids}}/{kind}")
            spot: Spot | None = Spot()
            while spot:
                answer, spot = self.step("creation", way, spot)
                yield answer

    def all_fields(self) -> str:
        """Return the filter that includes answers and comments, created once per process."""
        if self._root not in _filters:
            query = {"base": "default", "include": _WANTED, "unsafe": "false"}
            answer = self._get("/filters/create", query, "/filters/create")
            if whole(answer.wrapper.error_id) in _NO_FILTERS_HERE:
                return WITH_BODY
            _filters[self._root] = _read_filter(self._accepted(answer))
        return _filters[self._root]

    @contextmanager
    def together(self) -> Iterator[None]:
        """Group the requests of one page.

        A `backoff` applies to its own method: other requests continue, and the pause for all
        methods begins when the page is complete.
        """
        try:
            yield
        finally:
            self._pause()

    def _get(self, path: str, query: Mapping[str, Any], endpoint: str) -> Answer:
        if self._waits.keys() & {endpoint, _ALL_METHODS}:
            self._pause()  # the session then refuses the request
        key = {"key": self._scope.token} if self._scope.token else {}
        url = f"{self._root}{path}?{urlencode({**query, **key})}"
        answer = _read(self._http.get(url, endpoint=endpoint))
        self._apply_limits(answer, endpoint)
        return answer

    def _accepted(self, answer: Answer) -> Answer:
        if answer.reply.status != 200 or answer.wrapper.error_id is not None:
            raise error_for(answer.reply, answer.wrapper, self._scope)
        return answer

    def _apply_limits(self, answer: Answer, endpoint: str) -> None:
        """Apply the limits that every reply reports, including error replies."""
        if answer.wrapper.backoff is not None:
            self._waits[endpoint] = _seconds(answer.wrapper.backoff)
        limit, left = whole(answer.wrapper.quota_max), whole(answer.wrapper.quota_remaining)
        if limit is None or left is None:
            return
        refill = until_refill(answer.reply)
        self._http.note_quota(limit=limit, remaining=left, resets_at=refill.at)
        if left == 0:
            self._waits[_ALL_METHODS] = bounded(refill.wait.total_seconds())

    def _pause(self) -> None:
        if self._waits:
            self._http.pause(max(self._waits.values()))
            self._waits.clear()


def _read(reply: HttpResponse) -> Answer:
    try:
        return Answer(reply, _STRICT_WRAPPER.decode(reply.body))
    except (ValueError, RecursionError):
        pass
    try:
        return Answer(reply, read_object(reply.body, Wrapper))
    except ProviderResponseError:
        return Answer(reply, Wrapper())


def _read_filter(answer: Answer) -> str:
    for row in answer.rows():
        made = read_object(bytes(row), FilterPayload)
        if made.filter_type == "safe":
            return made.filter
    raise ProviderResponseError("Stack Exchange did not create the requested filter.")


def _seconds(backoff: object) -> timedelta:
    is_number = isinstance(backoff, int | float) and not isinstance(backoff, bool)
    number = backoff if is_number else whole(backoff)
    return bounded(number) if isinstance(number, int | float) else DEFAULT_WAIT
