"""Remapping of one stored page; newer data is never overwritten.

Changes since the page was fetched stay: newer versions, tombstones, removed comments, changed
people. An issue is written from the newest page that contains it, so issue pages are processed
newest first (`reached`); history pages oldest first, as originally stored.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from integrations.models import Integration, QuarantinedRecord, RawPage
from integrations.providers.contract.base import (
    FeedRecord,
    IssueRecord,
    Page,
    Provider,
    ProviderError,
    RejectedRecord,
)
from issues.derived_fields import enrich_issues
from issues.models import Issue, Transition
from issues.reprocess.remap_coverage import Coverage
from issues.store import Target
from issues.store.rows import Find
from issues.sync import feed_cursor, raw_pages, run_lease, store_results
from issues.sync.sanitize import latest_version, sanitized
from issues.sync.store_results import StoreResult, merge_results

_FIND = Find(
    Issue,
    ("source_issue_id", "id", "source_updated_at", "removed_at"),
    ("integration_id",),
    "source_issue_id",
)


@dataclass(frozen=True, slots=True)
class RemapContext:
    """State of a remap."""

    integration: Integration
    provider: Provider
    reached: Coverage
    run_id: int | None = None
    """Id of the run; None outside a run."""


@dataclass(frozen=True, slots=True)
class Outcome:
    counts: dict[str, int]
    """Counts by field of `SyncRun`."""
    reached: Sequence[IssueRecord] = ()
    """Issues now stored as on this page; pass to `Coverage.add` after commit is certain."""


def store_remapped(context: RemapContext, raw_page: RawPage) -> Outcome:
    """Store a page, inside the caller's transaction.

    Raises raw_pages.Unreadable before anything is stored.
    """
    page, latest = _read(context.provider, raw_page)
    target = Target.of(context.integration, seen_at=raw_page.created_at)
    records, _ = sanitized(page.records, latest)
    rejected = page.rejected
    reached: list[IssueRecord] = []
    if raw_page.feed == "issues":
        records, rejected = _not_covered(context.reached, records, rejected)
        effect, reached = _store_issues(context, target, records)
    else:
        effect = _store_history(target, raw_page.feed, records)
    rejected = (*rejected, *effect.rejected)
    _settle_quarantine(target, raw_page.feed, records, rejected)
    effect = merge_results(effect, _store_attached(target, page, latest))
    enrich_issues(effect.issue_ids)
    own = {"pages": 1, "records_seen": len(page.records), "quarantined": len(rejected)}
    return Outcome(
        effect.counts | own | {"skipped": page.skipped, "orphaned": effect.orphaned}, reached
    )


def _store_attached(target: Target, page: Page[Any], latest: datetime) -> StoreResult:
    """Store the history delivered with the issues of a page."""
    effect = StoreResult({})
    comments, transitions = (
        sanitized(page.comments, latest)[0],
        sanitized(page.transitions, latest)[0],
    )
    if comments:
        effect = merge_results(effect, _store_history(target, "comments", comments))
    if transitions:
        effect = merge_results(effect, _store_history(target, "transitions", transitions))
    return effect


def _read(provider: Provider, raw_page: RawPage) -> tuple[Page[Any], datetime]:
    unpacked = raw_pages.unpack(bytes(raw_page.body))
    latest = latest_version(unpacked.upstream_time, raw_page.created_at)
    feed: Any = raw_page.feed  # a text column
    try:
        return provider.parse_page(feed, unpacked.replies), latest
    except ProviderError as error:
        raise raw_pages.Unreadable(error.message) from None
    except ValueError:
        raise raw_pages.Unreadable("it does not have the format of this tracker") from None


def _not_covered(
    reached: Coverage, records: Sequence[IssueRecord], rejected: Sequence[RejectedRecord]
) -> tuple[list[IssueRecord], tuple[RejectedRecord, ...]]:
    """Keep records not covered by a newer page."""
    ids = [record.source_issue_id for record in records] + [each.source_id for each in rejected]
    met = reached.among(ids)
    return (
        [record for record in records if record.source_issue_id not in met],
        tuple(each for each in rejected if each.source_id not in met),
    )


def _store_issues(
    context: RemapContext, target: Target, records: Sequence[IssueRecord]
) -> tuple[StoreResult, list[IssueRecord]]:
    known = _known(target, records)
    present = [r for r in records if known.get(r.source_issue_id, _UNKNOWN).removed_at is None]
    effect = store_results.store_or_bisect(target, "issues", present)
    if effect.first_opened_at:
        _reread_history(context, effect.first_opened_at)
    refused = {each.source_id for each in effect.rejected}
    reached = [
        record
        for record in present
        if record.source_issue_id not in refused
        and known.get(record.source_issue_id, _UNKNOWN).is_no_newer_than(record)
    ]
    if effect.changed:
        issue_ids = frozenset(row.pk for row in _known(target, present).values())
        effect = replace(effect, issue_ids=issue_ids)
    return effect, reached


@dataclass(frozen=True, slots=True)
class _Known:
    pk: int
    source_updated_at: datetime | None
    removed_at: datetime | None

    def is_no_newer_than(self, record: IssueRecord) -> bool:
        return self.source_updated_at is None or self.source_updated_at <= record.source_updated_at


_UNKNOWN = _Known(0, None, None)


def _known(target: Target, records: Iterable[IssueRecord]) -> dict[str, _Known]:
    ids = {record.source_issue_id for record in records}
    rows = _FIND.rows((target.integration_id,), ids)
    return {source_id: _Known(*rest) for source_id, *rest in rows}


def _reread_history(context: RemapContext, opened: datetime) -> None:
    """Move the history marks back and restart runs that use them."""
    integration_id = context.integration.pk
    feed_cursor.read_history_again(integration_id, opened, context.provider.overlap)
    run_lease.invalidate_claims(integration_id, besides=context.run_id)


def _store_history(target: Target, feed: str, records: Sequence[FeedRecord]) -> StoreResult:
    effect = store_results.store_or_bisect(target, feed, records)
    if feed != "transitions" or not effect.issue_ids:
        return effect
    dropped = _drop_former_fields(effect.issue_ids, records)
    counts = {"transitions_stored": effect.counts.get("transitions_stored", 0) + dropped}
    return replace(effect, counts=effect.counts | counts, changed=effect.changed or dropped > 0)


def _drop_former_fields(issue_ids: Iterable[int], records: Sequence[Any]) -> int:
    """Delete transitions of an event under fields it no longer maps to."""
    named = {(record.source_event_id, record.field) for record in records}
    events = {event for event, _ in named}
    stored = Transition.objects.filter(issue_id__in=issue_ids, source_event_id__in=events)
    former = [
        pk
        for pk, *name in stored.values_list("pk", "source_event_id", "field")
        if tuple(name) not in named
    ]
    return Transition.objects.filter(pk__in=former).delete()[0] if former else 0


def _settle_quarantine(
    target: Target,
    feed: str,
    records: Sequence[FeedRecord],
    rejected: Sequence[RejectedRecord],
) -> None:
    """Release records that are mapped now and update the reasons of the others.

    Records rejected again in a later version stay. Nothing new is quarantined: rows stay as they
    are.
    """
    held = QuarantinedRecord.objects.filter(
        integration_id=target.integration_id, feed=feed, last_seen_at__lte=target.seen_at
    )
    refused = {each.source_id for each in rejected}
    for each in rejected:
        held.filter(source_id=each.source_id[:100]).update(reason=each.reason[:1000])
    mapped = {store_results.source_id(record) for record in records} - refused
    held.filter(source_id__in=mapped).delete()
