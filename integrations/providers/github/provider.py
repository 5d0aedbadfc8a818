"""Provider for GitHub and GitHub Enterprise over REST: issues, comments, events.

Reads repository-wide feeds with one request per page, and one more per blocked issue.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import urlsplit

from msgspec import structs

from integrations.providers.contract.base import (
    CensusEntry,
    CommentRecord,
    ConnectInput,
    Cursor,
    Feed,
    Found,
    Gone,
    Http,
    HttpResponse,
    IssueRecord,
    IssueRef,
    Page,
    ProviderConfigError,
    ProviderNotFound,
    ProviderResponseError,
    RejectedRecord,
    Scope,
    ScopeInfo,
    Status,
    TransitionRecord,
    Webhooks,
)
from integrations.providers.github.client import GitHubClient, is_repository, to_page
from integrations.providers.github.errors import error_for, read_expiry, sso_note
from integrations.providers.github.links import ask_blockers, with_replies
from integrations.providers.github.payloads import IssuePlace, RepositoryPayload
from integrations.providers.github.records import (
    COMMENTS,
    ISSUES,
    STATUSES,
    TRANSITIONS,
    hints_in,
    list_rows,
    read_event_stamps,
)
from integrations.providers.github.webhooks import GitHubWebhooks
from integrations.providers.parsing.dates import read_http_date
from integrations.providers.parsing.limits_and_text import clean_url
from integrations.providers.parsing.record_reader import RecordReader, read_object

_WEB_HOSTS = ("github.com", "www.github.com")
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_READERS: dict[Feed, RecordReader[Any, Any]] = {
    "issues": ISSUES,
    "comments": COMMENTS,
    "transitions": TRANSITIONS,
}


class GitHub:
    """Provider for one GitHub repository; implements `base.Provider`."""

    name: ClassVar[str] = "github"
    title: ClassVar[str] = "GitHub"
    default_base_url: ClassVar[str] = "https://api.github.com"
    overlap: ClassVar[timedelta] = timedelta(minutes=2)
    feeds: ClassVar[tuple[Feed, ...]] = ("issues", "comments", "transitions")
    marked_feeds: ClassVar[frozenset[Feed]] = frozenset({"transitions"})
    inputs: ClassVar[tuple[ConnectInput, ...]] = (
        ConnectInput(name="token", kind="token"),
        ConnectInput(
            name="repository",
            kind="repository",
            help="owner/name; default: the project's repo_identifier.",
        ),
        ConnectInput(
            name="api_url",
            kind="url",
            help="Root of a GitHub Enterprise API; default: https://api.github.com.",
        ),
    )
    trusted_origins: ClassVar[tuple[str, ...]] = ()
    has_etags: ClassVar[bool] = True
    quota_is_per_address: ClassVar[bool] = False
    issues_move: ClassVar[bool] = False
    webhooks: ClassVar[Webhooks | None] = GitHubWebhooks()

    def __init__(self, scope: Scope, http: Http) -> None:
        self._scope = scope
        self._client = GitHubClient(scope, http)

    @staticmethod
    def scope_of(given: Mapping[str, Any]) -> Scope:
        return Scope(
            base_url=given["api_url"] or GitHub.default_base_url,
            scope=given["repository"],
            token=given["token"],
        )

    def check(self) -> ScopeInfo:
        root = self._scope.base_url.rstrip("/")
        if urlsplit(root).hostname in _WEB_HOSTS:
            raise ProviderConfigError(
                f"The API of github.com is at {self.default_base_url}: give this URL or none."
            )
        if urlsplit(root).path or root == self.default_base_url:
            return self._check_at(root)
        try:
            return self._check_at(root)
        except (ProviderNotFound, ProviderResponseError, ProviderConfigError):
            # The user gave an Enterprise server's web address: its API is below it.
            return self._check_at(root + "/api/v3")

    def fetch_issues(self, cursor: Cursor) -> Iterator[Page[IssueRecord]]:
        # Ordered by created: ordered by updated, edits during the pass would hide other issues.
        query = {"state": "all", "sort": "created", "direction": "asc", **_since(cursor)}
        for reply, next_token in self._client.replies("/issues", query, cursor):
            yield ask_blockers(self._client, reply, to_page(reply, next_token, ISSUES))

    def fetch_comments(self, cursor: Cursor) -> Iterator[Page[CommentRecord]]:
        query = {"sort": "created", "direction": "asc", **_since(cursor)}
        return self._client.pages("/issues/comments", query, cursor, COMMENTS)

    def fetch_transitions(self, cursor: Cursor) -> Iterator[Page[TransitionRecord]]:
        """Yield events newest first down to the mark: this feed has no `since`."""
        for reply, next_token in self._client.replies("/issues/events", {}, cursor):
            page = to_page(reply, next_token, TRANSITIONS)
            stamps = read_event_stamps(reply.body) if reply.status == 200 else []
            horizon = cursor.horizon or (page.upstream_time or _LONG_AGO) - self.overlap
            settled = [stamp.id for stamp in stamps if stamp.created_at <= horizon]
            mark = int(cursor.mark) if cursor.mark.isdecimal() else None
            is_reached = mark is not None and any(stamp.id <= mark for stamp in stamps)
            news = () if mark is None else [stamp for stamp in stamps if stamp.id > mark]
            yield structs.replace(
                page,
                mark=str(max(settled)) if settled else "",
                hints=hints_in(news),
                next_token=None if is_reached else next_token,
            )
            if is_reached:
                return

    def census(self, page_token: str = "") -> Iterator[Page[CensusEntry]]:
        """List all issues: renamed labels and deleted comments change no date."""
        return map(list_rows, self.fetch_issues(Cursor(page_token=page_token)))

    def fetch_one(self, ref: IssueRef) -> Found | Gone:
        number = ref.key.removeprefix("#")
        if not number.isdecimal():
            raise ProviderResponseError("GitHub finds an issue only by its number.")
        reply = self._client.ask(f"/issues/{number}", endpoint="/issues/{number}")
        if reply.status in (404, 410):
            return self._absent(reply)
        self._client.accept(reply)
        record = ISSUES.read(reply.body)[0]
        if isinstance(record, RejectedRecord):
            raise ProviderResponseError(
                f"GitHub sent an issue that cannot be read. {record.reason}"
            )
        place = read_object(reply.body, IssuePlace)
        if record is None:
            return Gone(reason="moved", moved_to=clean_url(place.html_url))
        is_another = ref.source_issue_id not in ("", record.source_issue_id)
        if is_another or (reply.moved_permanently and not self._is_ours(place)):
            return Gone(reason="transferred", moved_to=clean_url(place.html_url))
        page = ask_blockers(self._client, reply, Page(records=(record,)))
        asked_at = read_http_date(reply.headers.get("date", ""))
        return structs.replace(self._whole(number, page.records[0]), upstream_time=asked_at)

    def parse_one(
        self, feed: Feed, raw: bytes
    ) -> IssueRecord | CommentRecord | TransitionRecord | RejectedRecord | None:
        return _READERS[feed].read(raw)[0]

    def _whole(self, number: str, record: IssueRecord) -> Found:
        """Fetch the issue's comments too: deletions during paging may hide some in the feed."""
        if record.comment_count == 0:
            return Found(record=record, has_history=True)
        path, shown = f"/issues/{number}/comments", "/issues/{number}/comments"
        replies = self._client.replies(path, {}, Cursor(), endpoint=shown)
        pages = [to_page(reply, token, COMMENTS) for reply, token in replies]
        comments = tuple(comment for page in pages for comment in page.records)
        is_whole = not any(page.rejected for page in pages)
        return Found(record=record, comments=comments, has_history=is_whole)

    def parse_page(self, feed: Feed, replies: Sequence[bytes]) -> Page[Any]:
        return with_replies(_READERS[feed].read_page(replies[0]), replies)

    def count(self) -> int | None:
        """Count issues by search.

        https://docs.github.com/rest/search/search#search-issues-and-pull-requests
        """
        return self._client.count_issues()

    def statuses(self) -> Mapping[str, Status]:
        return STATUSES

    def _repository(self, root: str = "") -> tuple[RepositoryPayload, HttpResponse]:
        reply = self._client.ask("", root=root)
        self._client.accept(reply)
        repository = read_object(reply.body, RepositoryPayload)
        if not is_repository(repository.full_name):
            raise ProviderResponseError("The server sent an invalid repository name.")
        return repository, reply

    def _check_at(self, root: str) -> ScopeInfo:
        repository, reply = self._repository(root)
        return ScopeInfo(
            scope=repository.full_name,
            scope_id=str(repository.id),
            base_url=root,
            web_url=clean_url(repository.html_url),
            is_private=repository.private,
            token_expires_at=read_expiry(
                reply.headers.get("github-authentication-token-expiration", "")
            ),
            notes=self._notes(repository, reply),
        )

    def _notes(self, repository: RepositoryPayload, reply: HttpResponse) -> tuple[str, ...]:
        notes = list(sso_note(reply.headers))
        limit = reply.headers.get("x-ratelimit-limit", "")
        if not self._scope.token and limit.isdecimal():
            notes.append(f"Without a token GitHub allows {limit[:9]} requests an hour.")
        if not repository.has_issues:
            notes.append("Issues are disabled in this repository.")
        return tuple(notes)

    def _absent(self, reply: HttpResponse) -> Gone:
        """Return Gone only if the repository answers; otherwise the scope is missing."""
        repository, _ = self._repository()
        if reply.status == 410 and not repository.has_issues:
            raise error_for(reply, self._scope)
        return Gone(reason="deleted" if reply.status == 410 else "not_visible")

    def _is_ours(self, place: IssuePlace) -> bool:
        """Return True if a redirect came from a repository rename, not from a transfer."""
        repository, _ = self._repository()
        return place.repository_url.lower().endswith(f"/repos/{repository.full_name.lower()}")


def _since(cursor: Cursor) -> dict[str, str]:
    """Return the `since` parameter; empty on a first pass, as `since=1970` finds nothing."""
    if cursor.since is None:
        return {}
    return {"since": cursor.since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
