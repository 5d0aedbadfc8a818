"""Issues covered by a remap: each is written once, from its newest stored page.

The others were not reached.
"""

from collections.abc import Collection, Iterable
from typing import Protocol

from django.db.models import Exists, OuterRef

from integrations.models import SyncRun
from integrations.providers.contract.base import IssueRecord
from issues.models import CensusEntry, Issue


class Coverage(Protocol):
    def among(self, source_ids: Collection[str]) -> set[str]: ...
    def add(self, records: Iterable[IssueRecord]) -> None: ...
    def count_missing(self, integration_id: int) -> int:
        """Count present issues that were not covered."""


class MemoryCoverage(Coverage):
    """Coverage kept in this process."""

    def __init__(self) -> None:
        self._ids: set[str] = set()

    def among(self, source_ids: Collection[str]) -> set[str]:
        return self._ids.intersection(source_ids)

    def add(self, records: Iterable[IssueRecord]) -> None:
        self._ids.update(record.source_issue_id for record in records)

    def count_missing(self, integration_id: int) -> int:
        present = Issue.objects.present().filter(integration=integration_id)
        ids = present.values_list("source_issue_id", flat=True).iterator(chunk_size=10_000)
        return sum(source_id not in self._ids for source_id in ids)


class RunCoverage(Coverage):
    """Coverage kept in the database, because a run's slices use several processes."""

    def __init__(self, run: SyncRun) -> None:
        self._run = run

    def among(self, source_ids: Collection[str]) -> set[str]:
        met = CensusEntry.objects.filter(run=self._run, source_issue_id__in=source_ids)
        return set(met.values_list("source_issue_id", flat=True))

    def add(self, records: Iterable[IssueRecord]) -> None:
        met = (
            CensusEntry(run=self._run, source_issue_id=record.source_issue_id, key=record.key)
            for record in records
        )
        CensusEntry.objects.bulk_create(met, ignore_conflicts=True)

    def count_missing(self, integration_id: int) -> int:
        met = CensusEntry.objects.filter(run=self._run, source_issue_id=OuterRef("source_issue_id"))
        present = Issue.objects.present().filter(integration=integration_id)
        return present.exclude(Exists(met)).count()

    def forget(self) -> None:
        CensusEntry.objects.filter(run=self._run).delete()
