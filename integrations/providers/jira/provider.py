"""Provider for Jira Cloud and Jira Data Center: one project with its issues' history.

A page of issues includes changelogs and comments; only issues with more comments than Jira
includes need requests of their own.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, ClassVar

from msgspec import structs

from integrations.providers.contract.base import (
    CensusEntry,
    CommentRecord,
    ConnectInput,
    Cursor,
    Feed,
    FeedRecord,
    Found,
    Gone,
    Http,
    HttpResponse,
    IssueRecord,
    IssueRef,
    Page,
    ProviderConfigError,
    ProviderResponseError,
    RejectedRecord,
    Scope,
    ScopeInfo,
    Status,
    TransitionRecord,
    Webhooks,
)
from integrations.providers.jira.changelog import DoneStatuses
from integrations.providers.jira.client import JiraClient, Question
from integrations.providers.jira.cloud import Cloud
from integrations.providers.jira.connect_fields import INPUTS, scope_of
from integrations.providers.jira.connection_check import Checker
from integrations.providers.jira.dialects import Dialect, Listing
from integrations.providers.jira.errors import error_for
from integrations.providers.jira.jql import (
    FIELDS,
    ISSUES_A_PAGE,
    Search,
    count_of,
    issues_of,
    members_of,
    one_issue,
    statuses_of,
)
from integrations.providers.jira.page_splitting import Part, PartReader, Rows, read_part
from integrations.providers.jira.pages import PageReader, belongs, entries_of, read_statuses
from integrations.providers.jira.records import CATEGORIES, PAYLOADS, to_issue
from integrations.providers.jira.response_source import (
    ListReplies,
    LiveReplies,
    Replies,
    StoredReplies,
)
from integrations.providers.jira.server import DataCenter
from integrations.providers.jira.site import Place
from integrations.providers.jira.webhooks import JiraWebhooks
from integrations.providers.parsing.dates import read_http_date
from integrations.providers.parsing.limits_and_text import clean_url
from integrations.providers.parsing.record_reader import split_object

_NAME = re.compile(r"[A-Za-z0-9_]+(-\d+)?", re.ASCII)


class Jira:
    """Provider for one Jira project; implements `base.Provider`."""

    name: ClassVar[str] = "jira"
    title: ClassVar[str] = "Jira"
    default_base_url: ClassVar[str] = ""
    gateway: ClassVar[str] = "https://api.atlassian.com/ex/jira"
    """Gateway where Atlassian accepts scoped tokens for all sites."""
    inputs: ClassVar[tuple[ConnectInput, ...]] = INPUTS
    trusted_origins: ClassVar[tuple[str, ...]] = (gateway,)
    overlap: ClassVar[timedelta] = timedelta(minutes=15)
    """Overlap to cover the search index, which lags by minutes."""
    feeds: ClassVar[tuple[Feed, ...]] = ("issues",)
    marked_feeds: ClassVar[frozenset[Feed]] = frozenset()
    has_etags: ClassVar[bool] = False
    quota_is_per_address: ClassVar[bool] = False
    issues_move: ClassVar[bool] = True
    webhooks: ClassVar[Webhooks | None] = JiraWebhooks()

    def __init__(self, scope: Scope, http: Http) -> None:
        self._scope = scope
        self._client = JiraClient(scope, http)
        self._checker = Checker(scope, self._client, self.gateway)
        self._memory: dict[str, HttpResponse] = {}

    @staticmethod
    def scope_of(given: Mapping[str, Any]) -> Scope:
        return scope_of(given)

    def check(self) -> ScopeInfo:
        return self._checker.check()

    def fetch_issues(self, cursor: Cursor) -> Iterator[Page[IssueRecord]]:
        for _, page in self._pages(cursor.since, cursor.page_token, LiveReplies):
            yield page

    def fetch_comments(self, cursor: Cursor) -> Iterator[Page[CommentRecord]]:
        raise ProviderConfigError("Jira's comments are included with the issues.")

    def fetch_transitions(self, cursor: Cursor) -> Iterator[Page[TransitionRecord]]:
        raise ProviderConfigError("Jira's changelog is included with the issues.")

    def census(self, page_token: str = "") -> Iterator[Page[CensusEntry]]:
        """Yield whole rows with changelogs.

        Much that records depend on changes without a new `updated`: a renamed status or its
        category, a component, a name.
        """
        for rows, page in self._pages(None, page_token, ListReplies):
            yield structs.replace(page, records=entries_of(rows, page))

    def count(self) -> int | None:
        """Count the issues; Cloud's search index returns an estimate."""
        question, member = self._dialect.count(issues_of(self._scope))
        reply = self._client.send(self._place.api, question)
        if reply.status != 200:
            return None
        return count_of(members_of(reply.body), member)

    def statuses(self) -> Mapping[str, Status]:
        answer = self._live().ask_once(statuses_of(self._scope))
        return {
            each.name: CATEGORIES[each.status_category.key]
            for each in read_statuses(answer)
            if each.status_category.key in CATEGORIES
        }

    def fetch_one(self, ref: IssueRef) -> Found | Gone:
        """Fetch one issue by id, which survives moves.

        Jira answers 404 both for deleted issues and for issues hidden from this account (issue
        security). With a valid token and project this is `not_visible`, the only certain fact. An
        archived issue, which searches no longer find, is `not_visible` too.
        """
        name = ref.source_issue_id or ref.key
        if not _NAME.fullmatch(name):
            raise ProviderResponseError("Jira finds an issue only by its id or key.")
        question = one_issue(name, self._dialect.expand, self._dialect.more_fields(self._ask))
        reply = self._client.send(self._place.api, question)
        if reply.status == 404:
            return self._absent()
        if reply.status != 200:
            raise error_for(reply, self._scope)
        payload, _ = PAYLOADS.read(reply.body)
        if payload is None or isinstance(payload, RejectedRecord):
            raise ProviderResponseError("Jira sent an issue that cannot be read.")
        if not belongs(payload, self._scope):
            return Gone(reason="moved", moved_to=clean_url(self._place.browse(payload.key)))
        if payload.fields.archiveddate:
            return Gone(reason="not_visible")
        return self._found(reply)

    def parse_one(self, feed: Feed, raw: bytes) -> FeedRecord | RejectedRecord | None:
        """Map one row; without changelog if the row does not include it (Cloud)."""
        payload, _ = PAYLOADS.read(raw)
        if payload is None or isinstance(payload, RejectedRecord):
            return payload
        self._dialect.complete(payload, raw)
        return to_issue(payload, (), DoneStatuses(()), self._place, self._dialect.body)

    def parse_page(self, feed: Feed, replies: Sequence[bytes]) -> Page[Any]:
        first, *rest = replies
        rows, _ = split_object(first, "issues")
        return self._reader(StoredReplies(rest)).read(rows)

    @cached_property
    def _place(self) -> Place:
        return self._checker.find()

    @cached_property
    def _dialect(self) -> Dialect:
        return Cloud() if self._place.is_cloud else DataCenter()

    def _pages(
        self, since: datetime | None, token: str, replies: type[LiveReplies]
    ) -> Iterator[tuple[Rows, Page[Any]]]:
        part = read_part(token)
        search = Search(
            jql=issues_of(self._scope, since),
            fields=FIELDS,
            size=ISSUES_A_PAGE,
            with_history=True,
            may_be_idle=since is not None and not token,
        )
        for listing in self._listings(search, part.token):
            reader = PartReader(
                listing,
                part,
                lambda: replies(self._client, self._place, self._memory),
                self._reader,
            )
            yield from reader.pages()
            part = Part()

    def _listings(self, search: Search, token: str) -> Iterator[Listing]:
        for listing in self._dialect.listings(self._ask, search, token):
            if not listing.rows:
                self._refuse_anonymous_empty(listing.reply)
            yield listing

    def _refuse_anonymous_empty(self, reply: HttpResponse) -> None:
        """Check the account before accepting an empty result.

        An invalid token finds nothing too. Cloud usually names the account in a header; otherwise
        the account is fetched.
        """
        if self._place.is_cloud and not reply.headers.get("x-aaccountid"):
            self._checker.myself(self._place)

    def _ask(self, question: Question) -> HttpResponse:
        return self._client.ask(self._place.api, question)

    def _live(self) -> LiveReplies:
        return LiveReplies(self._client, self._place, self._memory)

    def _reader(self, replies: Replies) -> PageReader:
        return PageReader(self._scope, self._place, self._dialect, replies)

    def _found(self, reply: HttpResponse) -> Found:
        page = self._reader(self._live()).read([reply.body])
        [record] = page.records
        has_history = (
            not page.rejected
            and not page.notes
            and page.whole_comments_of == (record.source_issue_id,)
        )
        return Found(
            record=record,
            comments=page.comments,
            transitions=page.transitions,
            has_history=has_history,
            upstream_time=read_http_date(reply.headers.get("date", "")),
        )

    def _absent(self) -> Gone:
        """Return Gone only if the account and the project can be read."""
        self._checker.myself(self._place)
        self._checker.project(self._place)
        return Gone(reason="not_visible")
