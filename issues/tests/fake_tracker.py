"""In-memory tracker behind the provider contract: a changing list with page numbers, its own clock,
and hooks between requests. Like the simulator, but without HTTP and fast."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import msgspec

from integrations.models import Integration
from integrations.providers.contract.base import (
    CensusEntry,
    CommentRecord,
    Cursor,
    Found,
    Gone,
    IssueRecord,
    IssueRef,
    LabelRecord,
    Page,
    PersonRecord,
    ProviderNotFound,
    TransitionRecord,
)

PEOPLE = [
    PersonRecord(source_person_id=str(n), login=login, is_bot=login.endswith("[bot]"))
    for n, login in enumerate(["ann", "bob", "eve", "helper[bot]"], start=1)
]


@dataclass
class FakeTracker:
    """Upstream state; every change advances the clock by one second."""

    page_size: int = 10
    now: datetime = datetime(2024, 1, 1, tzinfo=UTC)
    issues: dict[str, IssueRecord] = field(default_factory=dict)
    comments: dict[str, CommentRecord] = field(default_factory=dict)
    events: list[TransitionRecord] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    comments_made: int = 0
    missing_feeds: set[str] = field(default_factory=set)
    before_request: Callable[[], None] = lambda: None

    def tick(self, seconds: int = 1) -> datetime:
        self.now += timedelta(seconds=seconds)
        return self.now

    def create(self, **fields: Any) -> str:
        number = len(self.issues) + 1
        at = self.tick()
        values = {
            "title": f"Issue {number}",
            "body": f"The body of {number}",
            "author": PEOPLE[number % 3],
            "labels": (LabelRecord(name="bug", colour="ff0000"),),
        }
        named = {"key": f"#{number}", "url": f"https://t/{number}"}
        record = IssueRecord(
            source_issue_id=str(1000 + number), status="todo", source_status="open", outcome=None,
            opened_at=at, closed_at=None, source_updated_at=at, **(named | values | fields),
        )  # fmt: skip
        self.issues[record.source_issue_id] = record
        return record.source_issue_id

    def edit(self, issue_id: str, **changes: Any) -> None:
        self.issues[issue_id] = msgspec.structs.replace(
            self.issues[issue_id], source_updated_at=self.tick(), **changes
        )

    def close(self, issue_id: str, actor: PersonRecord = PEOPLE[1]) -> None:
        self._event(issue_id, "status", "open", "closed", actor)
        self.edit(issue_id, status="done", source_status="closed", outcome="delivered",
                  closed_at=self.now)  # fmt: skip

    def comment(self, issue_id: str, author: PersonRecord | None = PEOPLE[0]) -> None:
        at = self.tick()
        self.comments_made += 1
        number = self.comments_made
        self.comments[str(number)] = CommentRecord(
            source_comment_id=str(number),
            issue=IssueRef(key=self.issues[issue_id].key, url=self.issues[issue_id].url),
            author=author, body="Me too", url="", commented_at=at, source_updated_at=at,
        )  # fmt: skip
        self.edit(issue_id, comment_count=number)

    def delete_comment(self, comment_id: str) -> None:
        gone = self.comments.pop(comment_id)
        self.edit(next(r.source_issue_id for r in self.issues.values() if r.key == gone.issue.key))

    def delete(self, issue_id: str) -> None:
        del self.issues[issue_id]
        self.tick()

    def _event(self, issue_id: str, name: str, old: str, new: str, actor: PersonRecord) -> None:
        self.events.append(
            TransitionRecord(
                source_event_id=str(len(self.events) + 1),
                issue=IssueRef(source_issue_id=issue_id), field=name, from_value=old,
                to_value=new, actor=actor, occurred_at=self.tick(),
            )
        )  # fmt: skip


class FakeProvider:
    """Provider contract implemented on a FakeTracker."""

    name = "github"
    title = "GitHub"
    default_base_url = "https://tracker.test"
    overlap = timedelta(minutes=2)
    feeds = ("issues", "comments", "transitions")
    marked_feeds = frozenset({"transitions"})
    has_etags = True
    issues_move = False
    lists_rows = False
    """Flag: census pages contain complete rows."""

    def __init__(self, tracker: FakeTracker) -> None:
        self.tracker = tracker

    def check(self) -> None:
        self._ask("check")

    def fetch_issues(self, cursor: Cursor) -> Iterator[Page[IssueRecord]]:
        def rows() -> list[IssueRecord]:
            found = self.tracker.issues.values()
            kept = [r for r in found if not cursor.since or r.source_updated_at >= cursor.since]
            return sorted(kept, key=lambda r: (r.opened_at, r.source_issue_id))

        return self._pages("issues", rows, cursor)

    def fetch_comments(self, cursor: Cursor) -> Iterator[Page[CommentRecord]]:
        def rows() -> list[CommentRecord]:
            found = self.tracker.comments.values()
            return [r for r in found if not cursor.since or r.source_updated_at >= cursor.since]

        return self._pages("comments", rows, cursor)

    def fetch_transitions(self, cursor: Cursor) -> Iterator[Page[TransitionRecord]]:
        def rows() -> list[TransitionRecord]:
            newest_first = self.tracker.events[::-1]
            return [r for r in newest_first if int(r.source_event_id) > int(cursor.mark or 0)]

        for page in self._pages("transitions", rows, cursor):
            old = [int(r.source_event_id) for r in page.records if r.occurred_at <= cursor.horizon]
            yield msgspec.structs.replace(page, mark=str(max(old)) if old else "")

    def census(self, page_token: str = "") -> Iterator[Page[CensusEntry]]:
        def rows() -> list[CensusEntry]:
            return [
                CensusEntry(source_issue_id=r.source_issue_id, key=r.key,
                            source_updated_at=r.source_updated_at,
                            record=r if self.lists_rows else None)
                for r in self.tracker.issues.values()
            ]  # fmt: skip

        return self._pages("census", rows, Cursor(page_token=page_token))

    def fetch_one(self, ref: IssueRef) -> Found | Gone:
        self._ask("one")
        record = self.tracker.issues.get(ref.source_issue_id)
        return Found(record=record) if record else Gone(reason="deleted")

    def count(self) -> int | None:
        return None

    def statuses(self) -> dict[str, str]:
        return {"open": "todo", "closed": "done"}

    def _ask(self, feed: str) -> None:
        self.tracker.before_request()
        if feed in self.tracker.missing_feeds:
            raise ProviderNotFound("Not found.")
        self.tracker.requests.append(feed)
        self.tracker.tick()

    def _pages(self, feed: str, rows: Callable[[], list[Any]], cursor: Cursor) -> Iterator[Any]:
        size = self.tracker.page_size
        number = int(cursor.page_token or 1)
        while True:
            self._ask(feed)
            answered_at, found = self.tracker.now, rows()
            etag = str(hash(tuple(found)))
            if etag == cursor.etag and not cursor.page_token:
                yield Page(not_modified=True, upstream_time=answered_at)
                return
            more = len(found) > number * size
            yield Page(
                records=tuple(found[(number - 1) * size : number * size]),
                next_token=str(number + 1) if more else None,
                upstream_time=answered_at, etag=etag if number == 1 else "",
            )  # fmt: skip
            if not more:
                return
            number += 1


class FakeProviderWithHistory(FakeProvider):
    """Provider like Jira and Stack Overflow: no ETags, issues include their history."""

    overlap = timedelta(minutes=15)
    feeds = ("issues",)
    marked_feeds = frozenset()
    has_etags = False

    def fetch_issues(self, cursor: Cursor) -> Iterator[Page[IssueRecord]]:
        for page in super().fetch_issues(msgspec.structs.replace(cursor, etag="")):
            yield msgspec.structs.replace(
                page,
                etag="",
                comments=tuple(c for r in page.records for c in self._comments_of(r)),
                transitions=tuple(t for r in page.records for t in self._changes_of(r)),
                whole_comments_of=tuple(r.source_issue_id for r in page.records),
            )

    def fetch_one(self, ref: IssueRef) -> Found | Gone:
        found = super().fetch_one(ref)
        if isinstance(found, Gone):
            return found
        comments = tuple(self._comments_of(found.record))
        changes = tuple(self._changes_of(found.record))
        return Found(record=found.record, comments=comments, transitions=changes, has_history=True)

    def count(self) -> int | None:
        return len(self.tracker.issues)

    def _comments_of(self, record: IssueRecord) -> list[CommentRecord]:
        return [c for c in self.tracker.comments.values() if c.issue.key == record.key]

    def _changes_of(self, record: IssueRecord) -> list[TransitionRecord]:
        events = self.tracker.events
        return [e for e in events if e.issue.source_issue_id == record.source_issue_id]


class FakeProviderThatListsRows(FakeProvider):
    """Provider like GitHub: its census lists complete rows."""

    lists_rows = True


def patched_open_provider(
    tracker: FakeTracker, provider: type[FakeProvider] = FakeProvider
) -> Callable[[Integration], Any]:
    @contextmanager
    def open_provider(_: Integration) -> Iterator[Any]:
        yield provider(tracker), SimpleNamespace(calls=[], quota=None, paused_until=None)

    return open_provider
