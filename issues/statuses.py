"""What a tracker's status words mean: as its provider says, or as a maintainer decided.

The provider's word for each is learned from what is stored, and asked for with each census. A
decision holds for one integration, so for one project.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from diip.common.errors import InvalidInput
from integrations.models import Integration
from integrations.providers.base import IssueRecord
from issues.enrichment import enrich_issues
from issues.models import Issue, StatusClass, Transition

DONE = Issue.Status.DONE
BATCH = 500
Overrides = Mapping[str, str | None]
"""By word: what it is to mean from now on; None gives it back to the provider."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """An issue's status as it is shown."""

    status: str
    provider_status: str | None
    """Where the provider says otherwise."""
    outcome: str | None
    closed_at: datetime | None


# --- learning ------------------------------------------------------------------------------------


def learn_statuses(integration_id: int, words: Mapping[str, str]) -> None:
    """What the provider makes of each word; a decision on one stays."""
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


def judge(record: IssueRecord, overrides: Mapping[str, str]) -> Verdict:
    """Of a record on its way into the table."""
    status = overrides.get(record.source_status, record.status)
    if status == record.status:
        return Verdict(status, None, record.outcome, record.closed_at)
    if status == DONE:
        return Verdict(status, record.status, Issue.Outcome.UNKNOWN, record.closed_at)
    return Verdict(status, record.status, None, None)


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
    """Present issues by class, afterwards."""


def plan_overrides(integration: Integration, overrides: Overrides) -> Plan:
    """What they would do, changing nothing."""
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


def apply_overrides(integration: Integration, overrides: Overrides) -> Plan:
    """Decide, and bring the issues in line, batch by batch."""
    plan = plan_overrides(integration, overrides)
    with transaction.atomic():
        rows = StatusClass.objects.select_for_update().filter(integration=integration)
        for word, override in sorted(overrides.items()):
            rows.filter(source_status=word).update(override=override)
    settle_overrides(integration.pk)
    return plan


def settle_overrides(integration_id: int) -> int:
    """Issues whose status is not what their word means, however that came: how many there were."""
    settled = 0
    for each in StatusClass.objects.filter(integration_id=integration_id):
        out_of_line = _out_of_line(each)
        while ids := list(out_of_line.order_by("pk").values_list("pk", flat=True)[:BATCH]):
            with transaction.atomic():
                _bring_in_line(each, ids)
                enrich_issues(ids)
            settled += len(ids)
    if settled:
        _count_reopened_again(integration_id)
    return settled


def _out_of_line(each: StatusClass) -> QuerySet[Issue]:
    """By the word; where nothing was decided, only those that a decision had changed before."""
    same_word = Issue.objects.filter(
        integration_id=each.integration_id, source_status=each.source_status
    ).exclude(status=each.status)
    return same_word if each.override else same_word.exclude(provider_status=None)


def _bring_in_line(each: StatusClass, ids: Sequence[int]) -> None:
    issues = Issue.objects.filter(pk__in=ids)
    differs = each.status != each.provider_status
    changes: dict[str, object] = {
        "status": each.status,
        "provider_status": each.provider_status if differs else None,
        "updated_at": timezone.now(),
    }
    if each.status != DONE:
        issues.update(**changes, outcome=None, closed_at=None)
        return
    came_to_it = Transition.objects.filter(
        issue=OuterRef("pk"), field="status", to_value=each.source_status
    )
    when = Subquery(came_to_it.order_by("-occurred_at").values("occurred_at")[:1])
    issues.update(**changes, outcome=Issue.Outcome.UNKNOWN, closed_at=when)


def _count_reopened_again(integration_id: int) -> None:
    """What a word means decides what a reopening was, also of issues that have gone on since."""
    moved = Transition.objects.filter(issue__integration_id=integration_id, field="status")
    issues = Issue.objects.filter(Q(pk__in=moved.values("issue"))).order_by("pk")
    last = 0
    while ids := list(issues.filter(pk__gt=last).values_list("pk", flat=True)[:BATCH]):
        enrich_issues(ids)
        last = ids[-1]


def _known(integration: Integration, overrides: Overrides) -> dict[str, StatusClass]:
    rows = StatusClass.objects.filter(integration=integration)
    known = {row.source_status: row for row in rows}
    unknown = sorted(overrides.keys() - known.keys())
    if unknown:
        named = ", ".join(sorted(known)) or "none yet; they come with the first sync"
        raise InvalidInput(
            f"No such status here: {', '.join(unknown)[:200]}. Known are: {named[:1000]}.",
            field="overrides",
        )
    return known


def _status(row: StatusClass, override: str | None) -> str:
    return override or row.provider_status


def _count_words(integration: Integration) -> list[tuple[str, int]]:
    present = Issue.objects.present().filter(integration=integration)
    return list(present.values_list("source_status").annotate(count=Count("pk")))
