"""Provider for Stack Overflow and its sister sites: questions by tag, answers, comments.

Designed for few requests: without a key 300 a day. An incremental pass reads one page per tag with
the most recently active questions. If they do not reach back to `since`, it reads the list from
there, oldest first. A first pass reads everything, oldest first, 100 questions per request.

Comments, closings, reopenings and acceptances do not change the order of activity. Each pass
detects them for the 100 most recent questions of a tag; the next census detects the others, as it
reads whole rows with the same number of requests as for ids only.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import quote

from integrations.providers.contract.base import (
    CensusEntry,
    CommentRecord,
    ConnectInput,
    Cursor,
    Feed,
    Found,
    Gone,
    Http,
    IssueRecord,
    IssueRef,
    Page,
    ProviderConfigError,
    ProviderError,
    ProviderRateLimited,
    ProviderResponseError,
    ProviderUnavailable,
    RejectedRecord,
    Scope,
    ScopeInfo,
    Status,
    TransitionRecord,
    Webhooks,
)
from integrations.providers.parsing.limits_and_text import clean_url
from integrations.providers.parsing.record_reader import read_object
from integrations.providers.stackoverflow.assemble import Pieces, read_page, read_question
from integrations.providers.stackoverflow.client import MAX_IDS, Answer, StackClient
from integrations.providers.stackoverflow.errors import whole
from integrations.providers.stackoverflow.feed import QuestionFeed
from integrations.providers.stackoverflow.payloads import QuestionPayload, TagPayload, TotalPayload
from integrations.providers.stackoverflow.records import STATUSES
from integrations.providers.stackoverflow.tags import scope_of


class StackOverflow:
    """Provider for the questions of a set of tags; implements `base.Provider`."""

    name: ClassVar[str] = "stackoverflow"
    title: ClassVar[str] = "Stack Overflow"
    default_base_url: ClassVar[str] = "https://api.stackexchange.com/2.3"
    # Replies come from caches and may lack changes of the last minutes.
    overlap: ClassVar[timedelta] = timedelta(minutes=15)
    feeds: ClassVar[tuple[Feed, ...]] = ("issues",)
    marked_feeds: ClassVar[frozenset[Feed]] = frozenset()
    inputs: ClassVar[tuple[ConnectInput, ...]] = (
        ConnectInput(
            name="tags",
            kind="words",
            required=True,
            help="1 to 20 tags; DIIP reads questions with any of them.",
            max_length=35,
        ),
        ConnectInput(
            name="site",
            kind="text",
            help="Short name of a Stack Exchange site; default: stackoverflow.",
            max_length=60,
        ),
        ConnectInput(
            name="key",
            kind="token",
            help="Free key from stackapps.com: 10,000 requests a day instead of 300.",
        ),
        ConnectInput(
            name="api_url",
            kind="url",
            help="Root of the API; default: https://api.stackexchange.com/2.3.",
        ),
    )
    trusted_origins: ClassVar[tuple[str, ...]] = ()
    has_etags: ClassVar[bool] = False
    quota_is_per_address: ClassVar[bool] = True
    issues_move: ClassVar[bool] = False
    webhooks: ClassVar[Webhooks | None] = None

    def __init__(self, scope: Scope, http: Http) -> None:
        self._scope = scope
        self._client = StackClient(scope, http)
        self._feed = QuestionFeed(self._client)

    @staticmethod
    def scope_of(given: Mapping[str, Any]) -> Scope:
        return scope_of(given, StackOverflow.default_base_url)

    def check(self) -> ScopeInfo:
        """Check that the site has all tags.

        https://api.stackexchange.com/docs/tags-by-name
        """
        wanted = self._client.tag_set
        path = f"/tags/{quote(';'.join(wanted.tags), safe=';')}/info"
        with self._client.together():
            answer = self._client.ask(path, {"pagesize": 100}, endpoint="/tags/{tags}/info")
        found = {read_object(bytes(row), TagPayload).name for row in answer.rows()}
        missing = [tag for tag in wanted.tags if tag not in found]
        if missing:
            raise ProviderConfigError(
                f"{wanted.site} has no tag {', '.join(missing)}: check the spelling; for a "
                "synonym give the main tag."
            )
        return ScopeInfo(
            scope=wanted.scope,
            scope_id=wanted.scope_id,
            base_url=self._scope.base_url.rstrip("/"),
            web_url=clean_url(wanted.web_url),
            shares_with=wanted.shares_with,
            is_private=False,
            notes=self._notes(answer),
        )

    def fetch_issues(self, cursor: Cursor) -> Iterator[Page[IssueRecord]]:
        return self._feed.pages(cursor)

    def fetch_comments(self, cursor: Cursor) -> Iterator[Page[CommentRecord]]:
        raise ProviderConfigError("Stack Exchange's comments are included with the questions.")

    def fetch_transitions(self, cursor: Cursor) -> Iterator[Page[TransitionRecord]]:
        raise ProviderConfigError("Stack Exchange has no feed of changes.")

    def census(self, page_token: str = "") -> Iterator[Page[CensusEntry]]:
        return self._feed.census(page_token)

    def count(self) -> int | None:
        """Count the questions of one tag; None for several tags, which may share questions."""
        tags = self._client.tag_set.tags
        if len(tags) > 1:
            return None
        query = {"tagged": tags[0], "filter": "total"}
        try:
            with self._client.together():
                answer = self._client.ask("/questions", query)
        except (ProviderRateLimited, ProviderUnavailable):
            raise
        except ProviderError:
            return None
        return read_object(answer.reply.body, TotalPayload).total

    def statuses(self) -> Mapping[str, Status]:
        return STATUSES

    def fetch_one(self, ref: IssueRef) -> Found | Gone:
        pieces = self._feed.read_some([_number(ref)])
        if pieces.page.rejected:
            reason = pieces.page.rejected[0].reason
            raise ProviderResponseError(
                f"Stack Exchange sent a question that cannot be read. {reason}"
            )
        if not pieces.questions:
            # The site answers without this question: the API omits deleted ones.
            return Gone(reason="deleted")
        return self._found(pieces, pieces.questions[0])

    def fetch_many(self, refs: Sequence[IssueRef]) -> Mapping[str, Found | Gone]:
        """Fetch questions by id, up to `MAX_IDS` per request; unreadable ones are omitted.

        https://api.stackexchange.com/docs/questions-by-ids
        """
        found: dict[str, Found | Gone] = {}
        for first in range(0, len(refs), MAX_IDS):
            some = {_number(ref) for ref in refs[first : first + MAX_IDS]}
            pieces = self._feed.read_some(sorted(some))
            here = {str(each.question_id): each for each in pieces.questions}
            unreadable = {each.source_id for each in pieces.page.rejected}
            found |= {each: self._found(pieces, question) for each, question in here.items()}
            gone = set(map(str, some)) - here.keys() - unreadable
            found |= dict.fromkeys(gone, Gone(reason="deleted"))
        return found

    def parse_one(self, feed: Feed, raw: bytes) -> IssueRecord | RejectedRecord:
        return read_question(raw)

    def parse_page(self, feed: Feed, replies: Sequence[bytes]) -> Page[Any]:
        return read_page(replies)

    def _found(self, pieces: Pieces, question: QuestionPayload) -> Found | Gone:
        thread = pieces.thread(question)
        tags = {label.name.lower() for label in thread.issue.labels}
        if tags.isdisjoint(self._client.tag_set.tags):
            return Gone(reason="moved", moved_to=clean_url(thread.issue.url))
        return Found(
            record=thread.issue,
            comments=thread.comments,
            transitions=thread.transitions,
            has_history=thread.is_whole,
            upstream_time=pieces.page.upstream_time,
        )

    def _notes(self, answer: Answer) -> tuple[str, ...]:
        limit = whole(answer.wrapper.quota_max)
        if self._scope.token or limit is None:
            return ()
        return (f"Without a key Stack Exchange allows {limit} requests a day.",)


def _number(ref: IssueRef) -> int:
    number = ref.source_issue_id or ref.key.removeprefix("Q")
    if not (number.isascii() and number.isdecimal()):
        raise ProviderResponseError("Stack Exchange finds a question only by its number.")
    return int(number)
