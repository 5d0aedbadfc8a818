"""Records as they can be stored: clean, and no version from the future."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from msgspec.structs import replace

from integrations.providers.contract.base import (
    CommentRecord,
    FeedRecord,
    IssueRecord,
    TransitionRecord,
)
from integrations.providers.parsing.validate import clean_record
from issues.sync.feed_cursor import CLOCK_DOUBT

Cleaned = TypeVar("Cleaned", IssueRecord, CommentRecord, TransitionRecord, FeedRecord)


def cleaned(records: Sequence[Cleaned], latest: datetime) -> tuple[list[Cleaned], int]:
    """As they can be stored, and how many values had to be replaced for that."""
    clean = [clean_record(record) for record in records]
    stored = [_no_later_than(latest, record) for record, _ in clean]
    ahead = sum(new is not old for new, (old, _) in zip(stored, clean, strict=True))
    return stored, ahead + sum(repairs for _, repairs in clean)


def latest_version(upstream_time: datetime | None, now: datetime) -> datetime:
    """No version of a record is later than both clocks said when it was read."""
    return max(upstream_time or now, now) + CLOCK_DOUBT


def _no_later_than(latest: datetime, record: Cleaned) -> Cleaned:
    """A version that cannot be would win over every true one to come: it is taken for the first."""
    if isinstance(record, TransitionRecord) or record.source_updated_at <= latest:
        return record
    first = record.opened_at if isinstance(record, IssueRecord) else record.commented_at
    return replace(record, source_updated_at=first)
