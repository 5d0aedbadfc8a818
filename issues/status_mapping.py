"""Meaning of source statuses, from the provider or from a maintainer's override.

The provider's class is learned from stored records and requested with each census. An override
applies to one integration, and so to one project.
"""

import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

from django.db import transaction
from django.db.models import Case, Count, F, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import User
from diip.common.errors import InvalidInput
from integrations.audit import record_words
from integrations.models import Integration
from integrations.providers.contract.base import IssueRecord
from issues.change_log import request_recount
from issues.derived_fields import enrich_issues
from issues.models import Issue, StatusClass, Transition

DONE = Issue.Status.DONE
BATCH = 500
GRACE = timedelta(minutes=5)
"""Longer than storing any page can take: tasks are stopped well before."""
Overrides = Mapping[str, str | None]
"""New class by source status; None restores the provider's class."""


@dataclass(frozen=True, slots=True)
class EffectiveStatus:
    """Effective status of an issue."""

    status: str
    provider_status: str | None
    """Provider's status if it differs."""
    outcome: str | None
    closed_at: datetime | None
    provider_outcome: str | None = None
    provider_closed_at: datetime | None = None

    @property
    def is_done_by_override(self) -> bool:
        """Return True if done by override; its history gives the closing date."""
        return self.status == DONE and self.provider_status is not None


# --- learning ------------------------------------------------------------------------------------


def store_statuses(integration_id: int, words: Mapping[str, str]) -> None:
    """Store the provider's class of each source status; overrides stay."""
    StatusClass.objects.bulk_create(
        [
            StatusClass(integration_id=integration_id, source_status=word, provider_status=status)
            for word, status in sorted(words.items())
        ],
        update_conflicts=True,
        unique_fields=["integration", "source_status"],
        update_fields=["provider_status"],
    )


def overrides_of(integration_id: int) -> dict[str, str]:
    decided = StatusClass.objects.filter(integration_id=integration_id).exclude(override=None)
    return {each.source_status: each.status for each in decided}


def effective_status(record: IssueRecord, overrides: Mapping[str, str]) -> EffectiveStatus:
    """Apply overrides to an incoming record."""
    status = overrides.get(record.source_status, record.status)
    if status == record.status:
        return EffectiveStatus(status, None, record.outcome, record.closed_at)
    outcome = Issue.Outcome.UNKNOWN if status == DONE else None
    return EffectiveStatus(status, record.status, outcome, None, record.outcome, record.closed_at)


# --- deciding ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    word: str
    before: str
    after: str
    issues: int
    """Present issues that change class."""


@dataclass(frozen=True, slots=True)
class Plan:
    changes: Sequence[Change]
    totals: Mapping[str, int]
    """Present issues by class after the change."""


def plan_overrides(integration: Integration, overrides: Overrides) -> Plan:
    """Preview overrides without changing anything; raises InvalidInput for unknown statuses."""
    known = _known(integration, overrides)
    words = Counter(dict(_count_words(integration)))
    wanted = {word: _status(known[word], override) for word, override in overrides.items()}
    changes = [
        Change(word, known[word].status, after, words[word])
        for word, after in sorted(wanted.items())
        if after != known[word].status
    ]
    totals: Counter[str] = Counter(dict.fromkeys(Issue.Status.values, 0))
    for word, count in words.items():
        row = StatusClass.objects.filter(integration=integration, source_status=word).first()
        totals[wanted.get(word) or (row.status if row else Issue.Status.TODO)] += count
    return Plan(changes, dict(totals))


def apply_overrides(
    integration: Integration, overrides: Overrides, actor: User | None = None
) -> Plan:
    """Store overrides; `settle_overrides` then updates the issues."""
    plan = plan_overrides(integration, overrides)
    with transaction.atomic():
        rows = StatusClass.objects.select_for_update().filter(integration=integration)
        record_words(integration, actor, overrides_of(integration.pk), overrides)
        for word, override in sorted(overrides.items()):
            rows.filter(source_status=word).update(
                override=override, unsettled_since=timezone.now(), recounted_through=0
            )
        request_recount(integration.project_id)
    return plan


# --- updating issues -----------------------------------------------------------------------------


def unsettled_integrations() -> list[int]:
    unsettled = StatusClass.objects.exclude(unsettled_since=None)
    return sorted(set(unsettled.values_list("integration_id", flat=True)))


def settle_overrides(integration_id: int, *, seconds: float = 20) -> bool:
    """Update issues to match their status overrides, in batches.

    Returns False if time ran out first; call again to continue. Safe to repeat and to run
    concurrently.
    """
    deadline = time.monotonic() + seconds
    unsettled = StatusClass.objects.filter(integration_id=integration_id)
    for each in unsettled.exclude(unsettled_since=None).order_by("pk"):
        for _ in chain(_align_batches(each), _recount_batches(each)):
            if time.monotonic() > deadline:
                return False
        _note_settled(each)
    return True


def _align_batches(each: StatusClass) -> Iterator[None]:
    outdated = _outdated_issues(each)
    while ids := list(outdated.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        with transaction.atomic():
            _apply_override(each, ids)
            enrich_issues(ids)
        yield


def _recount_batches(each: StatusClass) -> Iterator[None]:
    """Recount reopenings of all issues that ever had this status."""
    moves = Transition.objects.filter(issue__integration_id=each.integration_id, field="status")
    by_it = moves.filter(Q(from_value=each.source_status) | Q(to_value=each.source_status))
    ids = by_it.order_by("issue").values_list("issue", flat=True).distinct()
    mine = StatusClass.objects.filter(pk=each.pk, unsettled_since=each.unsettled_since)
    while batch := list(ids.filter(issue__gt=each.recounted_through)[:BATCH]):
        each.recounted_through = batch[-1]
        with transaction.atomic():
            enrich_issues(batch)
            mine.update(recounted_through=each.recounted_through)
        yield


def _note_settled(each: StatusClass) -> None:
    """Mark as settled after a grace period for pages being stored."""
    if each.unsettled_since and each.unsettled_since < timezone.now() - GRACE:
        mine = StatusClass.objects.filter(pk=each.pk, unsettled_since=each.unsettled_since)
        mine.update(unsettled_since=None)


def _outdated_issues(each: StatusClass) -> QuerySet[Issue]:
    """Return issues whose class differs from the override, or from a removed one."""
    same_word = Issue.objects.filter(
        integration_id=each.integration_id, source_status=each.source_status
    ).exclude(status=each.status)
    return same_word if each.override else same_word.exclude(provider_status=None)


def _apply_override(each: StatusClass, ids: Sequence[int]) -> None:
    issues, now = Issue.objects.filter(pk__in=ids).exclude(status=each.status), timezone.now()
    issues.filter(provider_status=each.status).update(
        status=each.status, provider_status=None, updated_at=now,
        outcome=F("provider_outcome"), provider_outcome=None,
        closed_at=F("provider_closed_at"), provider_closed_at=None,
    )  # fmt: skip
    issues.update(
        status=each.status,
        provider_status=each.provider_status if each.status != each.provider_status else None,
        provider_outcome=_provider_value("outcome"),
        provider_closed_at=_provider_value("closed_at"),
        outcome=Issue.Outcome.UNKNOWN if each.status == DONE else None,
        closed_at=None,
        updated_at=now,
    )
    set_closing_dates(ids)


def _provider_value(column: str) -> Case:
    """Return the provider's value, saved separately if an override replaced it."""
    return Case(When(provider_status=None, then=F(column)), default=F(f"provider_{column}"))


def set_closing_dates(issue_ids: Collection[int]) -> None:
    """Set `closed_at` for issues done by override, from their latest status change."""
    came_to_it = Transition.objects.filter(
        issue=OuterRef("pk"), field="status", to_value=OuterRef("source_status")
    )
    last = Subquery(came_to_it.order_by("-occurred_at").values("occurred_at")[:1])
    done = Issue.objects.filter(pk__in=issue_ids, status=DONE).exclude(provider_status=None)
    done.update(closed_at=Coalesce(last, F("provider_closed_at")))


def _known(integration: Integration, overrides: Overrides) -> dict[str, StatusClass]:
    rows = StatusClass.objects.filter(integration=integration)
    known = {row.source_status: row for row in rows}
    unknown = sorted(overrides.keys() - known.keys())
    if unknown:
        named = ", ".join(sorted(known)) or "none yet; the first sync reads them"
        raise InvalidInput(
            f"Unknown status: {', '.join(unknown)[:200]}. Known statuses: {named[:1000]}.",
            field="overrides",
        )
    return known


def _status(row: StatusClass, override: str | None) -> str:
    return override or row.provider_status


def _count_words(integration: Integration) -> list[tuple[str, int]]:
    present = Issue.objects.present().filter(integration=integration)
    return list(present.values_list("source_status").annotate(count=Count("pk")))
