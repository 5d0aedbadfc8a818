"""Moves of issues between scopes of one tracker; the row is kept.

The newer version decides the scope. Between equally old versions, the scope named by the key wins.
Stale pages and late indexes of other scopes change nothing.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import F
from django.utils import timezone

from integrations.models import SyncRun
from integrations.providers.contract.base import IssueRecord
from issues.models import FormerKey, Issue
from issues.store.existing_rows import COLUMNS, ExistingRow
from issues.store.lookup import Probe
from issues.store.store_context import Target

_ELSEWHERE = Probe(Issue, ("integration_id", "removed_reason", *COLUMNS), "source_issue_id")
_LEFT = (Issue.RemovedReason.MOVED, Issue.RemovedReason.TRANSFERRED)

Aliases = Mapping[int, Collection[str]]
"""Former keys by row id."""


@dataclass(frozen=True, slots=True)
class Moved:
    here: Mapping[str, ExistingRow] = field(default_factory=dict)
    """Rows taken over from other scopes, by source id."""
    elsewhere: frozenset[str] = frozenset()
    """Source ids of issues that stay in another scope."""
    aliases: Aliases = field(default_factory=dict)
    """Former keys of rows taken over, to store under this scope."""


@dataclass(frozen=True, slots=True)
class _Stay:
    """Row in another scope of the tracker."""

    integration_id: int
    removed_reason: str
    known: ExistingRow


def adopt_moved(
    target: Target, records: Mapping[str, IssueRecord], known: Collection[str]
) -> Moved:
    """Take over rows of issues that moved to this scope."""
    unknown = [source_id for source_id in records if source_id not in known]
    sibling_scopes = target.trackers.sibling_scopes() if target.issues_move and unknown else ()
    places = {(t.integration_id, source_id) for source_id in unknown for t in sibling_scopes}
    rows = _ELSEWHERE.rows(places)
    if not rows:
        return Moved()
    stays = {
        source_id: _Stay(integration_id, reason, ExistingRow(*columns))
        for (_, source_id), (integration_id, reason, *columns) in rows.items()
    }
    aliases = _aliases([stay.known.pk for stay in stays.values()])
    come = {
        source_id: stay
        for source_id, stay in stays.items()
        if _has_moved_here(target, records[source_id], stay, aliases)
    }
    _take_over(target, list(come.values()))
    here = {source_id: stay.known for source_id, stay in come.items()}
    return Moved(here, frozenset(stays.keys() - come.keys()), aliases)


def _has_moved_here(target: Target, record: IssueRecord, stay: _Stay, aliases: Aliases) -> bool:
    known, named = stay.known, record.key.rpartition("-")[0]
    if record.source_updated_at < known.source_updated_at:
        return False
    if record.source_updated_at > known.source_updated_at:
        # A late index still lists the issue here; the scope named by its key will deliver it.
        return named not in {tracker.scope for tracker in target.trackers.sibling_scopes()}
    if stay.removed_reason in _LEFT:
        return True
    return named == target.tracker.scope and record.key not in aliases.get(known.pk, ())


def _aliases(pks: Sequence[int]) -> Aliases:
    aliases: dict[int, set[str]] = defaultdict(set)
    rows = FormerKey.objects.filter(issue__in=pks).values_list("issue_id", "key")
    for pk, key in rows:
        aliases[pk].add(key)
    return aliases


def _take_over(target: Target, stays: Sequence[_Stay]) -> None:
    if not stays:
        return
    pks = [stay.known.pk for stay in stays]
    FormerKey.objects.filter(issue__in=pks).delete()
    Issue.objects.filter(pk__in=pks).update(
        integration=target.integration_id, updated_at=timezone.now()
    )
    for left in {stay.integration_id for stay in stays}:
        present = [s for s in stays if s.integration_id == left and s.known.removed_at is None]
        _subtract_moved(left, len(present))


def _subtract_moved(integration_id: int, issues: int) -> None:
    """Lower the last local total: the runs' own counters cannot include moves."""
    counted = SyncRun.objects.filter(integration=integration_id, local_total__gte=issues)
    last = counted.order_by("-pk").values_list("pk", flat=True).first()
    SyncRun.objects.filter(pk=last or 0).update(local_total=F("local_total") - issues)
