"""Contract tests of providers. Inherit `ProviderContract` and define the tracker's replies.

Named so that pytest collects it only through the providers' own test modules.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, get_args

import msgspec
import pytest
from django.utils.datastructures import CaseInsensitiveMapping

from integrations.http.session import Response
from integrations.providers.contract.base import (
    Cursor,
    Feed,
    IssueRecord,
    Outcome,
    Page,
    Provider,
    ProviderError,
    ProviderResponseError,
    RawReply,
    ScopeInfo,
    Status,
)
from integrations.providers.parsing.validate import clean_record

TOKEN = "planted-token-3f9a"
Replies = Response | tuple[Response, ...]
"""Reply of one page, or several in order."""


def reply(body: bytes | object, status: int = 200, **headers: str) -> Response:
    """Build a reply; other values than bytes become JSON, `retry_after="1"` a header."""
    content = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return Response(
        status=status,
        headers=CaseInsensitiveMapping(
            {name.replace("_", "-"): text for name, text in headers.items()}
        ),
        body=content,
        url="",
        raw=RawReply(content),
    )


@dataclass
class FakeHttp:
    """HTTP client with scripted replies that records its requests."""

    replies: list[Response | ProviderError]
    urls: list[str] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    bodies: list[object] = field(default_factory=list)
    """Body of each request; None for a GET."""
    pauses: list[timedelta] = field(default_factory=list)
    quotas: list[tuple[int, int, datetime]] = field(default_factory=list)

    def get(self, url: str, *, endpoint: str, headers: Mapping[str, str] | None = None) -> Response:
        return self._answer(url, endpoint, headers, None)

    def post(
        self, url: str, *, endpoint: str, body: object, headers: Mapping[str, str] | None = None
    ) -> Response:
        return self._answer(url, endpoint, headers, body)

    def pause(self, wait: timedelta) -> None:
        self.pauses.append(wait)

    def note_quota(self, *, limit: int, remaining: int, resets_at: datetime) -> None:
        self.quotas.append((limit, remaining, resets_at))

    def _answer(
        self, url: str, endpoint: str, headers: Mapping[str, str] | None, body: object
    ) -> Response:
        assert not any(part.isdigit() for part in endpoint.split("/")), "a template, not a path"
        self.urls.append(url)
        self.bodies.append(body)
        self.headers.append(headers or {})
        answer = self.replies.pop(0)
        if isinstance(answer, ProviderError):
            raise answer
        return answer


class ProviderContract:
    # What a provider's own test says: ------------------------------------------------------------

    refusals: ClassVar[Sequence[tuple[Response, type[ProviderError]]]]
    """Replies with their expected error classes."""

    feeds: ClassVar[tuple[Feed, ...]]
    """Each test that takes a `feed` runs for each of these (see conftest.py)."""

    def build(self, http: FakeHttp) -> Provider:
        """Build the provider for a scope with TOKEN."""
        raise NotImplementedError

    def pages(self, feed: Feed) -> Sequence[Replies]:
        """Return at least two pages of the feed, the last one without a next page."""
        raise NotImplementedError

    def census_pages(self) -> Sequence[Replies]:
        """Return the census replies for the issues of `pages`."""
        return self.pages("issues")

    def rows(self, feed: Feed) -> int:
        """Return the number of rows on these pages, of any kind."""
        raise NotImplementedError

    def page_with_a_bad_record(self) -> tuple[Replies, bytes]:
        """Return a page with one unmappable record, and this record's bytes."""
        raise NotImplementedError

    def scope_replies(self) -> list[Response]:
        """Return the replies to `check`."""
        raise NotImplementedError

    # What follows from the contract: -------------------------------------------------------------

    def test_records_are_well_formed(self, feed: Feed) -> None:
        records = [record for page in self.read(feed) for record in page.records]

        assert records
        for record in records:
            check_well_formed(record)
            assert clean_record(record) == (record, 0)

    def test_every_row_is_accounted_for(self, feed: Feed) -> None:
        pages = self.read(feed)

        counted = sum(len(page.records) + len(page.rejected) + page.skipped for page in pages)
        assert counted == self.rows(feed)

    def test_only_the_last_page_has_no_next(self, feed: Feed) -> None:
        *others, last = self.read(feed)

        assert others
        assert all(page.next_token for page in others)
        assert last.next_token is None

    def test_a_pass_resumes_at_every_page(self, feed: Feed) -> None:
        pages = self.read(feed)

        for number, page in enumerate(pages[:-1], start=1):
            cursor = Cursor(page_token=page.next_token or "")
            resumed = self.read(feed, cursor, self.pages(feed)[number:])
            assert [each.records for each in resumed] == [each.records for each in pages[number:]]

    def test_reading_twice_gives_the_same(self, feed: Feed) -> None:
        assert self.read(feed) == self.read(feed)

    def test_a_page_that_fails_is_not_the_end(self, feed: Feed) -> None:
        first, *_ = self.pages(feed)

        with pytest.raises(ProviderError):
            self.read(feed, replies=[first, reply(b"", 403)])

    def test_a_kept_page_can_be_mapped_again(self, feed: Feed) -> None:
        provider = self.build(FakeHttp([]))

        for page in self.read(feed):
            again = provider.parse_page(feed, [each.body for each in page.raw])
            for name in ("records", "rejected", "skipped", "comments", "transitions"):
                assert getattr(again, name) == getattr(page, name)

    @pytest.mark.parametrize(
        "body",
        [b"", b"<html>Sign in</html>", b"[{", b'{"message": "no"}', b"null", b"[[]]", b"[{}"],
    )
    def test_what_is_no_list_is_never_an_empty_page(self, feed: Feed, body: bytes) -> None:
        with pytest.raises(ProviderResponseError):
            self.read(feed, replies=[reply(body)])

    def test_error_replies_give_error_classes(self) -> None:
        for refusal, kind in self.refusals:
            with pytest.raises(ProviderError) as failure:
                self.read("issues", replies=[refusal])
            assert type(failure.value) is kind, refusal
            assert (failure.value.retry_after is not None) == (kind.kind == "rate_limited")

    def test_no_token_and_no_body_in_what_a_provider_says(self) -> None:
        for refusal, _ in self.refusals:
            http = FakeHttp([refusal])
            provider = self.build(http)
            with pytest.raises(ProviderError) as failure:
                list(provider.fetch_issues(Cursor()))
            assert TOKEN not in f"{failure.value} {failure.value!r} {provider!r} {vars(provider)}"
            assert "foreign body" not in str(failure.value)

    def test_bad_record_is_rejected_with_its_raw_and_the_page_continues(self) -> None:
        page_reply, raw = self.page_with_a_bad_record()

        [page] = self.read("issues", replies=[page_reply])

        [rejected] = page.rejected
        assert page.records
        assert msgspec.json.decode(rejected.raw) == msgspec.json.decode(raw)
        assert rejected.source_id
        assert rejected.reason
        assert TOKEN not in rejected.reason

    def test_a_rejected_record_can_be_tried_again(self) -> None:
        _, raw = self.page_with_a_bad_record()
        provider = self.build(FakeHttp([]))

        assert provider.parse_one("issues", raw) == provider.parse_one("issues", raw)
        assert type(provider.parse_one("issues", raw)).__name__ == "RejectedRecord"

    def test_the_census_lists_the_ids_of_the_issues(self) -> None:
        issues = {record.source_issue_id for page in self.read("issues") for record in page.records}

        census = list(self.build(FakeHttp(flat(self.census_pages()))).census())

        assert {entry.source_issue_id for page in census for entry in page.records} == issues

    def test_check_names_the_scope_with_few_calls(self) -> None:
        replies = self.scope_replies()
        http = FakeHttp(list(replies))

        info = self.build(http).check()

        assert isinstance(info, ScopeInfo)
        assert info.scope
        assert info.scope_id
        assert len(http.urls) == len(replies) <= 3

    # Shorthand: ----------------------------------------------------------------------------------

    def read(
        self,
        feed: Feed,
        cursor: Cursor | None = None,
        replies: Sequence[Replies | ProviderError] | None = None,
    ) -> list[Page[Any]]:
        http = FakeHttp(flat(self.pages(feed) if replies is None else replies))
        return list(fetch(self.build(http), feed, cursor or Cursor()))


class ConditionalContract(ProviderContract):
    """Contract tests for trackers that answer 304."""

    def test_not_modified_is_one_empty_page(self, feed: Feed) -> None:
        http = FakeHttp([reply(b"", 304)])

        [page] = fetch(self.build(http), feed, Cursor(etag='"abc"'))

        assert page.not_modified
        assert (page.records, page.next_token) == ((), None)
        assert http.headers[0]["If-None-Match"] == '"abc"'

    def test_the_etag_goes_with_the_first_request_only(self, feed: Feed) -> None:
        http = FakeHttp(flat(self.pages(feed)))

        pages = list(fetch(self.build(http), feed, Cursor(etag='"abc"')))

        assert [("If-None-Match" in headers) for headers in http.headers] == [True] + [False] * (
            len(pages) - 1
        )


def flat(pages: Sequence[Replies | ProviderError]) -> list[Response | ProviderError]:
    return [each for page in pages for each in (page if isinstance(page, tuple) else (page,))]


def fetch(provider: Provider, feed: Feed, cursor: Cursor) -> Any:
    read = {
        "issues": provider.fetch_issues,
        "comments": provider.fetch_comments,
        "transitions": provider.fetch_transitions,
    }
    return read[feed](cursor)


def check_well_formed(record: Any) -> None:
    """Assert that ids exist, dates are aware UTC and values are known."""
    for name in record.__struct_fields__:
        value = getattr(record, name)
        if isinstance(value, datetime):
            assert value.tzinfo is UTC, name
        if name.startswith("source_") and name.endswith("_id"):
            assert isinstance(value, str), name
    if isinstance(record, IssueRecord):
        assert record.source_issue_id
        assert record.key
        assert record.status in get_args(Status)
        assert (record.outcome in get_args(Outcome)) == (record.status == "done")
