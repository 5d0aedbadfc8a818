"""Retry of quarantined records after a mapping fix, without requests to the tracker."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db import transaction

from integrations.models import Integration, QuarantinedRecord
from integrations.providers.contract.base import Feed, IssueRecord, Provider, RejectedRecord
from integrations.providers.parsing.validate import clean_record
from issues.derived_fields import enrich_issues
from issues.reprocess.offline_provider import offline_provider
from issues.store import Target
from issues.sync import feed_cursor, store_results
from issues.sync.quarantine import quarantine
from issues.sync.refetch_queue import queue_refetch


@dataclass(slots=True)
class ReplayReport:
    stored: int = 0
    refused: int = 0
    """Records that still cannot be mapped or stored; their reasons are updated."""
    cut: int = 0
    """Records with a truncated raw body (over the cap); the next census refetches them."""
    not_issues: int = 0
    """Records that belong to no issue; deleted."""


def replay_quarantine(
    integration: Integration, record_ids: Collection[int] | None = None
) -> ReplayReport:
    """Retry all quarantined records of the integration, or those in `record_ids`."""
    report = ReplayReport()
    provider = offline_provider(integration)
    chosen = integration.quarantine.order_by("pk")
    if record_ids is not None:
        chosen = chosen.filter(pk__in=record_ids)
    for held in chosen.iterator(chunk_size=100):
        with transaction.atomic():
            _replay(provider, Target.of(integration), held, report)
    return report


def _replay(
    provider: Provider, target: Target, held: QuarantinedRecord, report: ReplayReport
) -> None:
    raw = bytes(held.raw)
    if held.raw_size > len(raw):
        report.cut += 1
        return
    feed: Feed = held.feed  # type: ignore[assignment]  # a text column
    record = provider.parse_one(feed, raw)
    if record is None:
        report.not_issues += 1
        held.delete()
        return
    if isinstance(record, RejectedRecord):
        report.refused += 1
        quarantine(target.integration_id, feed, [record])
        return
    cleaned, _ = clean_record(record)
    effect = store_results.store_or_bisect(target, feed, [cleaned])
    if effect.rejected or effect.orphaned:
        report.refused += 1
        return
    report.stored += 1
    held.delete()
    if isinstance(record, IssueRecord) and provider.feeds == ("issues",):
        # The row came without its history: the next run fetches all of it.
        queue_refetch(target.integration_id, [(record.source_issue_id, record.key)])
    enrich_issues(effect.issue_ids)
    if effect.first_opened_at:
        feed_cursor.read_history_again(
            target.integration_id, effect.first_opened_at, provider.overlap
        )
