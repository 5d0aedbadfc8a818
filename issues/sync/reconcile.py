"""Individual issue requests: only the provider's answer resolves a discrepancy."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone

from integrations.providers.contract.base import (
    AsksMany,
    Found,
    Gone,
    IssueRef,
    Provider,
    ProviderResponseError,
)
from issues.change_log import note_changed
from issues.models import CensusEntry, Issue
from issues.sync import run_lease
from issues.sync.page_store import SyncContext, store_found
from issues.sync.quarantine import let_go


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """Issue whose upstream state is unknown."""

    ref: IssueRef
    pk: int | None
    """Row id; None if the issue is not stored."""


def apply_answer(reading: SyncContext, doubt: Discrepancy, answer: Found | Gone) -> None:
    """Apply the provider's answer to the row, inside the caller's transaction."""
    if isinstance(answer, Gone):
        _bury(reading, doubt, answer)
    else:
        store_found(reading, answer)


def _bury(reading: SyncContext, doubt: Discrepancy, gone: Gone) -> None:
    """Mark the issue as removed upstream; its history stays."""
    now = timezone.now()
    buried = Issue.objects.filter(pk=doubt.pk or 0, removed_at=None).update(
        removed_at=now, removed_reason=gone.reason, moved_to=gone.moved_to, updated_at=now
    )
    let_go(reading.target.integration_id, "issues", [doubt.ref.source_issue_id])
    if buried and doubt.pk:
        note_changed(reading.target.project_id, [doubt.pk])
    run_lease.update_run(reading.run, issues_removed=F("issues_removed") + buried)


FETCH_BATCH = 100
"""Issues per batched request; one unreadable issue fails its whole batch."""

Answer = Found | Gone


def with_answers(
    provider: Provider, doubts: Iterable[Discrepancy]
) -> Iterator[tuple[Discrepancy, Answer | None]]:
    """Yield each discrepancy with its answer; None if it must be fetched individually."""
    waiting = iter(doubts)
    while some := list(islice(waiting, FETCH_BATCH)):
        answers = _ask(provider, some)
        for doubt in some:
            yield doubt, answers.get(doubt.ref.source_issue_id)


def _ask(provider: Provider, some: Sequence[Discrepancy]) -> Mapping[str, Answer]:
    if not isinstance(provider, AsksMany):
        return {}
    try:
        return provider.fetch_many([doubt.ref for doubt in some])
    except ProviderResponseError:
        return {}  # one unreadable issue fails the batch; individual requests isolate it


LOAD_BATCH = 2_000
"""Discrepancies loaded together."""


class AskedTwice(Exception):
    """Census error: an issue is requested twice, so the census might never end."""

    def __init__(self, key: str) -> None:
        self.message = (
            f"The census requested {key} twice and was stopped, because it might never have ended. "
            "Stored data is kept, and the next census starts from the beginning. If this happens "
            "again, report it as a bug."
        )
        super().__init__(self.message)


def find_doubts(reading: SyncContext) -> Iterator[Discrepancy]:
    yield from _listed(reading)
    yield from _vanished(reading)


def count_listed(reading: SyncContext) -> int:
    """Count listed issues that are missing or outdated here."""
    return _differing(reading).count()


def refuse_second(reading: SyncContext, doubt: Discrepancy) -> None:
    entry = CensusEntry.objects.filter(**_entry(reading, doubt), settled=True)
    if entry.exists():
        raise AskedTwice(doubt.ref.key)


def is_listed(reading: SyncContext, doubt: Discrepancy) -> bool:
    return CensusEntry.objects.filter(**_entry(reading, doubt)).exists()


def note_settled(reading: SyncContext, doubt: Discrepancy) -> None:
    settled = {"key": doubt.ref.key, "settled": True}
    CensusEntry.objects.update_or_create(**_entry(reading, doubt), defaults=settled)


def _entry(reading: SyncContext, doubt: Discrepancy) -> dict[str, Any]:
    return {"run": reading.run, "source_issue_id": doubt.ref.source_issue_id}


def _differing(reading: SyncContext) -> QuerySet[CensusEntry]:
    same = _ours(reading).filter(source_issue_id=OuterRef("source_issue_id"), removed_at=None)
    up_to_date = same.exclude(source_updated_at__lt=OuterRef("source_updated_at"))
    entries = CensusEntry.objects.filter(run=reading.run, settled=False)
    return entries.exclude(Exists(up_to_date))


def _listed(reading: SyncContext) -> Iterator[Discrepancy]:
    names = _differing(reading).values_list("source_issue_id", "key")
    for source_id, key in list(names[:LOAD_BATCH]):
        known = _ours(reading).filter(source_issue_id=source_id)
        pk = known.values_list("pk", flat=True).first()
        yield Discrepancy(IssueRef(source_issue_id=source_id, key=key), pk)


def _vanished(reading: SyncContext) -> Iterator[Discrepancy]:
    met = CensusEntry.objects.filter(run=reading.run, source_issue_id=OuterRef("source_issue_id"))
    # Issues stored after the census began were never on its list.
    before = _ours(reading).filter(removed_at=None, created_at__lt=reading.run.started_at)
    names = before.exclude(Exists(met)).values_list("pk", "source_issue_id", "key")
    for pk, source_id, key in list(names[:LOAD_BATCH]):
        yield Discrepancy(IssueRef(source_issue_id=source_id, key=key), pk)


def _ours(reading: SyncContext) -> QuerySet[Issue]:
    return Issue.objects.filter(integration_id=reading.target.integration_id)
