"""Sanitising of records: valid values, and no version from the future."""

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
from issues.sync.feed_cursor import CLOCK_MARGIN

Record = TypeVar("Record", IssueRecord, CommentRecord, TransitionRecord, FeedRecord)


def sanitized(records: Sequence[Record], latest: datetime) -> tuple[list[Record], int]:
    """Return storable records and the number of replaced values."""
    clean = [clean_record(record) for record in records]
    stored = [_no_later_than(latest, record) for record, _ in clean]
    ahead = sum(new is not old for new, (old, _) in zip(stored, clean, strict=True))
    return stored, ahead + sum(repairs for _, repairs in clean)


def latest_version(upstream_time: datetime | None, now: datetime) -> datetime:
    """Return the latest plausible version: the later clock at reading time plus a margin."""
    return max(upstream_time or now, now) + CLOCK_MARGIN


def _no_later_than(latest: datetime, record: Record) -> Record:
    """Replace an implausible version by the earliest: it would win over every later one."""
    if isinstance(record, TransitionRecord) or record.source_updated_at <= latest:
        return record
    first = record.opened_at if isinstance(record, IssueRecord) else record.commented_at
    return replace(record, source_updated_at=first)
