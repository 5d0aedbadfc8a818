"""GitHub client for one repository: URLs, headers, paging, errors."""

import re
from collections.abc import Iterator
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

from msgspec import structs

from integrations.providers.contract.base import (
    Cursor,
    Http,
    HttpResponse,
    Page,
    ProviderConfigError,
    ProviderResponseError,
    RawReply,
    Scope,
)
from integrations.providers.github.errors import error_for, sso_note
from integrations.providers.github.page_splitting import (
    IN_PARTS,
    Ask,
    PartialPage,
    is_list,
    read_in_parts,
)
from integrations.providers.github.payloads import FoundPayload
from integrations.providers.parsing.dates import read_http_date
from integrations.providers.parsing.record_reader import RecordReader, not_a_page, read_object

# https://docs.github.com/rest/about-the-rest-api/api-versions
API_VERSION = "2022-11-28"
MAX_ETAG = 300
MAX_NAME = 300
_DEFAULT_PORTS = {"https": 443, "http": 80}
_REPOSITORY = re.compile(r"(?!\.{1,2}/)[\w.-]+/(?!\.{1,2}$)[\w.-]+", re.ASCII)
_NEXT = re.compile(r'<([^<>]*)>[^<>,]*;\s*rel="?next"?(?![\w-])', re.IGNORECASE)

Record = TypeVar("Record")


class GitHubClient:
    def __init__(self, scope: Scope, http: Http) -> None:
        self._scope = scope
        self._http = http

    def ask(
        self, path: str, *, endpoint: str = "", root: str = "", query: dict[str, str] | None = None
    ) -> HttpResponse:
        """Send one request below the repository; return the reply with any status."""
        return self._get(self._url(path, root, query or {}), endpoint or path)

    def accept(self, reply: HttpResponse) -> None:
        """Raise the error of a reply other than 200."""
        if reply.status != 200:
            raise error_for(reply, self._scope)

    def pages(
        self, path: str, query: dict[str, str], cursor: Cursor, reader: RecordReader[Any, Record]
    ) -> Iterator[Page[Record]]:
        for reply, next_token in self.replies(path, query, cursor):
            yield to_page(reply, next_token, reader)

    def replies(
        self, path: str, query: dict[str, str], cursor: Cursor, *, endpoint: str = ""
    ) -> Iterator[tuple[HttpResponse, str | None]]:
        """Yield replies, each with the next page's URL.

        Follows GitHub's links; builds URLs only for the parts of an unreadable page.
        """
        token = cursor.page_token.removeprefix(IN_PARTS)
        in_parts = token != cursor.page_token
        url: str | None = token or self._url(path, "", {**query, "per_page": "100"})
        etag = "" if cursor.page_token else cursor.etag
        seen: set[str] = set()
        while url:
            seen.add(url)
            ask = self._asker(endpoint or path, etag)
            reply, following = read_in_parts(ask, url) if in_parts else ask(url)
            if reply.status == 200 and not is_list(reply):
                raise not_a_page(again_at=IN_PARTS + url)
            url, in_parts = following, False
            if url in seen:
                raise ProviderResponseError("GitHub sends the same pages repeatedly.")
            yield reply, url
            etag = ""

    def _asker(self, endpoint: str, etag: str) -> Ask:
        def ask(url: str) -> tuple[HttpResponse, str | None]:
            reply = self._get(url, endpoint, etag)
            if reply.status == 304 and etag:
                return reply, None  # also where its `Link` names the page that was next
            self.accept(reply)
            return reply, self._next(reply)

        return ask

    def blockers_of(self, number: int) -> tuple[bytes, RawReply]:
        """Fetch the issues that block one; empty if it was deleted meanwhile.

        https://docs.github.com/rest/issues/issue-dependencies
        """
        path = f"/issues/{number}/dependencies/blocked_by"
        endpoint = "/issues/{number}/dependencies/blocked_by"
        reply = self.ask(path, endpoint=endpoint, query={"per_page": "100"})
        if reply.status in (404, 410):
            return b"[]", RawReply(b"[]")
        self.accept(reply)
        return reply.body, reply.raw

    def count_issues(self) -> int | None:
        """Count issues by search; None if it is unavailable or incomplete."""
        root = self._scope.base_url.rstrip("/")
        query = urlencode({"q": f"repo:{self._scope.scope} is:issue", "per_page": "1"})
        headers = self._headers()
        url = f"{root}/search/issues?{query}"
        reply = self._http.get(url, endpoint="/search/issues", headers=headers)
        if reply.status != 200:
            return None
        found = read_object(reply.body, FoundPayload)
        return None if found.incomplete_results else found.total_count

    def _get(self, url: str, endpoint: str, etag: str = "") -> HttpResponse:
        headers = self._headers()
        if etag:
            headers["If-None-Match"] = etag
        return self._http.get(url, endpoint="/repos/{owner}/{repo}" + endpoint, headers=headers)

    def _headers(self) -> dict[str, str]:
        headers = {
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": API_VERSION,
            "User-Agent": "DIIP",
        }
        if self._scope.token:
            headers["Authorization"] = f"Bearer {self._scope.token}"
        return headers

    def _url(self, path: str, root: str, query: dict[str, str]) -> str:
        if not is_repository(self._scope.scope):
            raise ProviderConfigError("Write the GitHub repository as owner/name.")
        root = root or self._scope.base_url.rstrip("/")
        parameters = f"?{urlencode(query)}" if query else ""
        return f"{root}/repos/{self._scope.scope}{path}{parameters}"

    def _next(self, reply: HttpResponse) -> str | None:
        found = _NEXT.search(reply.headers.get("link", ""))
        if found is None:
            return None
        if _origin(found[1]) != _origin(self._scope.base_url):
            raise ProviderResponseError("GitHub names a next page at another address.")
        return found[1]


def is_repository(name: str) -> bool:
    """Return True for an `owner/name` that is safe in a path."""
    return len(name) <= MAX_NAME and _REPOSITORY.fullmatch(name) is not None


def to_page(
    reply: HttpResponse, next_token: str | None, reader: RecordReader[Any, Record]
) -> Page[Record]:
    upstream_time = read_http_date(reply.headers.get("date", ""))
    if reply.status == 304:
        return Page(not_modified=True, upstream_time=upstream_time)
    etag = reply.headers.get("etag", "")
    return structs.replace(
        reader.read_page(reply.body),
        next_token=next_token,
        upstream_time=upstream_time,
        etag=etag if len(etag) <= MAX_ETAG else "",
        notes=(*sso_note(reply.headers), *_left_out(reply)),
        scope_moved=reply.moved_permanently,
        raw=(reply.raw,),
    )


def _left_out(reply: HttpResponse) -> tuple[str, ...]:
    if not (isinstance(reply, PartialPage) and reply.left_out):
        return ()
    return (
        f"Up to {reply.left_out} rows of a list were not valid JSON, even when fetched singly.",
    )


def _origin(url: str) -> tuple[str, str | None, int | None] | None:
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname, parts.port or _DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
