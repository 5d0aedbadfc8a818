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
from issues.sync.quarantine import release_records


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """Issue whose upstream state is unknown."""

    ref: IssueRef
    pk: int | None
    """Row id; None if the issue is not stored."""


def apply_answer(context: SyncContext, discrepancy: Discrepancy, answer: Found | Gone) -> None:
    """Apply the provider's answer to the row, inside the caller's transaction."""
    if isinstance(answer, Gone):
        _mark_removed(context, discrepancy, answer)
    else:
        store_found(context, answer)


def _mark_removed(context: SyncContext, discrepancy: Discrepancy, gone: Gone) -> None:
    """Mark the issue as removed upstream; its history stays."""
    now = timezone.now()
    removed = Issue.objects.filter(pk=discrepancy.pk or 0, removed_at=None).update(
        removed_at=now, removed_reason=gone.reason, moved_to=gone.moved_to, updated_at=now
    )
    release_records(context.target.integration_id, "issues", [discrepancy.ref.source_issue_id])
    if removed and discrepancy.pk:
        note_changed(context.target.project_id, [discrepancy.pk])
    run_lease.update_run(context.run, issues_removed=F("issues_removed") + removed)


FETCH_BATCH = 100
"""Issues per batched request; one unreadable issue fails its whole batch."""

Answer = Found | Gone


def with_answers(
    provider: Provider, discrepancies: Iterable[Discrepancy]
) -> Iterator[tuple[Discrepancy, Answer | None]]:
    """Yield each discrepancy with its answer; None if it must be fetched individually."""
    waiting = iter(discrepancies)
    while batch := list(islice(waiting, FETCH_BATCH)):
        answers = _fetch_batch(provider, batch)
        for discrepancy in batch:
            yield discrepancy, answers.get(discrepancy.ref.source_issue_id)


def _fetch_batch(provider: Provider, batch: Sequence[Discrepancy]) -> Mapping[str, Answer]:
    if not isinstance(provider, AsksMany):
        return {}
    try:
        return provider.fetch_many([discrepancy.ref for discrepancy in batch])
    except ProviderResponseError:
        return {}  # one unreadable issue fails the batch; individual requests isolate it


LOAD_BATCH = 2_000
"""Discrepancies loaded together."""


class RequestedTwice(Exception):
    """Census error: an issue is requested twice, so the census might never end."""

    def __init__(self, key: str) -> None:
        self.message = (
            f"The census requested {key} twice and was stopped, because it might never have ended. "
            "Stored data is kept, and the next census starts from the beginning. If this happens "
            "again, report it as a bug."
        )
        super().__init__(self.message)


def find_discrepancies(context: SyncContext) -> Iterator[Discrepancy]:
    yield from _listed(context)
    yield from _vanished(context)


def count_listed(context: SyncContext) -> int:
    """Count listed issues that are missing or outdated here."""
    return _differing(context).count()


def check_not_settled(context: SyncContext, discrepancy: Discrepancy) -> None:
    entry = CensusEntry.objects.filter(**_entry(context, discrepancy), settled=True)
    if entry.exists():
        raise RequestedTwice(discrepancy.ref.key)


def is_listed(context: SyncContext, discrepancy: Discrepancy) -> bool:
    return CensusEntry.objects.filter(**_entry(context, discrepancy)).exists()


def note_settled(context: SyncContext, discrepancy: Discrepancy) -> None:
    settled = {"key": discrepancy.ref.key, "settled": True}
    CensusEntry.objects.update_or_create(**_entry(context, discrepancy), defaults=settled)


def _entry(context: SyncContext, discrepancy: Discrepancy) -> dict[str, Any]:
    return {"run": context.run, "source_issue_id": discrepancy.ref.source_issue_id}


def _differing(context: SyncContext) -> QuerySet[CensusEntry]:
    same = _ours(context).filter(source_issue_id=OuterRef("source_issue_id"), removed_at=None)
    up_to_date = same.exclude(source_updated_at__lt=OuterRef("source_updated_at"))
    entries = CensusEntry.objects.filter(run=context.run, settled=False)
    return entries.exclude(Exists(up_to_date))


def _listed(context: SyncContext) -> Iterator[Discrepancy]:
    names = _differing(context).values_list("source_issue_id", "key")
    for source_id, key in list(names[:LOAD_BATCH]):
        known = _ours(context).filter(source_issue_id=source_id)
        pk = known.values_list("pk", flat=True).first()
        yield Discrepancy(IssueRef(source_issue_id=source_id, key=key), pk)


def _vanished(context: SyncContext) -> Iterator[Discrepancy]:
    met = CensusEntry.objects.filter(run=context.run, source_issue_id=OuterRef("source_issue_id"))
    # Issues stored after the census began were never on its list.
    before = _ours(context).filter(removed_at=None, created_at__lt=context.run.started_at)
    names = before.exclude(Exists(met)).values_list("pk", "source_issue_id", "key")
    for pk, source_id, key in list(names[:LOAD_BATCH]):
        yield Discrepancy(IssueRef(source_issue_id=source_id, key=key), pk)


def _ours(context: SyncContext) -> QuerySet[Issue]:
    return Issue.objects.filter(integration_id=context.target.integration_id)
