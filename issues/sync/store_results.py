"""Storage of records, with results counted in receipt fields."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

import msgspec
from django.db import DataError, IntegrityError, transaction

from integrations.providers.contract.base import (
    CommentRecord,
    FeedRecord,
    IssueRecord,
    RejectedRecord,
    TransitionRecord,
)
from issues.store import StoredHistory, Target, store_comments, store_issues, store_transitions

REFUSALS = (DataError, IntegrityError, ValueError)
"""Database errors caused by a single bad value; other errors concern the whole page."""


@dataclass(frozen=True, slots=True)
class StoreResult:
    """Result of storing records. `counts` are fields of SyncRun."""

    counts: dict[str, int]
    changed: bool = False
    orphaned: int = 0
    issue_ids: frozenset[int] = frozenset()
    """Ids of issues with new history."""
    first_opened_at: datetime | None = None
    """Earliest `opened_at` among new issues."""
    rejected: tuple[RejectedRecord, ...] = ()


def store_all(target: Target, feed: str, records: Sequence[FeedRecord]) -> StoreResult:
    return _STORE[feed](target, records)


def store_or_bisect(target: Target, feed: str, records: Sequence[FeedRecord]) -> StoreResult:
    """Store the records; bisect on database errors and reject only the bad records."""
    try:
        with transaction.atomic():
            return store_all(target, feed, records)
    except REFUSALS as error:
        target.clear_cache()
        if len(records) == 1:
            return StoreResult({}, rejected=(_refused(records[0], error),))
    half = len(records) // 2
    return merge_results(
        store_or_bisect(target, feed, records[:half]),
        store_or_bisect(target, feed, records[half:]),
    )


def source_id(record: FeedRecord) -> str:
    match record:
        case IssueRecord():
            return record.source_issue_id
        case CommentRecord():
            return record.source_comment_id
        case TransitionRecord():
            return record.source_event_id


def _refused(record: FeedRecord, error: Exception) -> RejectedRecord:
    raw = msgspec.json.encode(record)
    return RejectedRecord(
        source_id=source_id(record) or blake2b(raw, digest_size=16).hexdigest(),
        reason=f"The database rejected it ({type(error).__name__}).",
        raw=raw,
    )


def merge_results(first: StoreResult, second: StoreResult) -> StoreResult:
    opened = [effect.first_opened_at for effect in (first, second) if effect.first_opened_at]
    return StoreResult(
        counts={
            name: first.counts.get(name, 0) + second.counts.get(name, 0)
            for name in first.counts | second.counts
        },
        changed=first.changed or second.changed,
        orphaned=first.orphaned + second.orphaned,
        issue_ids=first.issue_ids | second.issue_ids,
        first_opened_at=min(opened, default=None),
        rejected=first.rejected + second.rejected,
    )


def _issues(target: Target, records: Sequence[IssueRecord]) -> StoreResult:
    stored = store_issues(target, records)
    return StoreResult(
        {
            "issues_created": stored.created,
            "issues_updated": stored.updated,
            "issues_unchanged": stored.unchanged,
        },
        changed=stored.changed,
        first_opened_at=stored.first_opened_at,
    )


def _comments(target: Target, records: Sequence[CommentRecord]) -> StoreResult:
    return _history("comments_stored", store_comments(target, records))


def _transitions(target: Target, records: Sequence[TransitionRecord]) -> StoreResult:
    return _history("transitions_stored", store_transitions(target, records))


def _history(counter: str, stored: StoredHistory) -> StoreResult:
    return StoreResult(
        {counter: stored.written},
        changed=stored.changed,
        orphaned=stored.orphaned,
        issue_ids=stored.issue_ids,
    )


_STORE: dict[str, Callable[..., StoreResult]] = {
    "issues": _issues,
    "comments": _comments,
    "transitions": _transitions,
}
