"""Existing issue rows, and comparison with incoming records."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from integrations.providers.contract.base import IssueRecord
from issues.models import Issue
from issues.store.rows import Find
from issues.store.store_context import Target

COLUMNS = ("id", "content_hash", "source_updated_at", "removed_at", "key")
_FIND = Find(Issue, ("source_issue_id", *COLUMNS), ("integration_id",), "source_issue_id")


@dataclass(frozen=True, slots=True)
class ExistingRow:
    pk: int
    content_hash: str
    source_updated_at: datetime
    removed_at: datetime | None
    key: str

    def differs(self, record: IssueRecord, record_hash: str) -> bool:
        if record.source_updated_at < self.source_updated_at:
            return False
        return self.removed_at is not None or self.content_hash != record_hash


def find_existing(target: Target, source_ids: Iterable[str]) -> dict[str, ExistingRow]:
    rows = _FIND.rows((target.integration_id,), source_ids)
    return {source_id: ExistingRow(*rest) for source_id, *rest in rows}
