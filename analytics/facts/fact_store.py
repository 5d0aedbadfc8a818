"""Stored facts of issues, kept consistent with the daily totals.

Facts are computed from an issue's history alone. Where they differ from the stored facts, the
contributions of the old facts are subtracted and those of the new facts are added.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from math import floor
from operator import attrgetter
from typing import Any

from django.db.models import QuerySet

from analytics.facts.daily_totals import add_facts, apply_change, new_change
from analytics.facts.issue_facts import Facts, IssueInput, compute_facts
from analytics.facts.status_timeline import IssueState, StatusChange
from analytics.facts.working_calendar import Calendar
from analytics.models import AnalyticsState, IssueFacts
from issues.models import Issue, Transition
from issues.store.rows import Upsert

CHUNK = 2000
_COLUMNS = tuple(Facts.__dataclass_fields__)
_values = attrgetter(*_COLUMNS)
_UPSERT = Upsert(
    model=IssueFacts,
    columns=("project_id", *_COLUMNS),
    conflict=("issue_id",),
    replace=("project_id", *_COLUMNS[1:]),
)


# --- issues --------------------------------------------------------------------------------------


def update_facts(state: AnalyticsState, issue_ids: Collection[int]) -> None:
    """Recompute the facts of these issues and update the daily totals."""
    if not issue_ids:
        return
    old = _stored(issue_ids)
    new = _compute(state, issue_ids)
    change = new_change()
    for facts in old.values():
        if new.get(facts.issue_id) != facts:
            add_facts(change, facts, -1)
    differing = [facts for pk, facts in new.items() if old.get(pk) != facts]
    for facts in differing:
        add_facts(change, facts, 1)
    _UPSERT.write([_row(state.project_id, facts) for facts in differing])
    IssueFacts.objects.filter(pk__in=old.keys() - new.keys()).delete()
    if apply_change(state.project_id, change) or differing:
        state.version += 1


def read_facts(
    rows: QuerySet[IssueFacts], *, after: int = 0, chunk: int = CHUNK
) -> Iterator[Facts]:
    """Yield facts by issue id, after id `after`; holds one chunk in memory."""
    rows = rows.order_by("pk")
    while found := list(rows.filter(pk__gt=after).values_list(*_COLUMNS)[:chunk]):
        yield from (Facts(*row) for row in found)
        after = found[-1][0]


def _row(project_id: int, facts: Facts) -> tuple[object, ...]:
    return (project_id, *_values(facts))


def _stored(issue_ids: Collection[int]) -> dict[int, Facts]:
    rows = IssueFacts.objects.filter(pk__in=issue_ids).values_list(*_COLUMNS)
    return {row[0]: Facts(*row) for row in rows}


def _compute(state: AnalyticsState, issue_ids: Collection[int]) -> dict[int, Facts]:
    calendar = Calendar.of(state.project)
    none: Mapping[str, str] = {}
    return {
        issue.issue_id: compute_facts(
            issue, state.status_classes.get(str(issue.integration_id), none), calendar
        )
        for issue in _read(state.project_id, issue_ids)
    }


def _read(project_id: int, issue_ids: Collection[int]) -> Iterable[IssueInput]:
    changes = _read_changes(issue_ids)
    issues = Issue.objects.filter(
        pk__in=issue_ids, project=project_id, removed_at=None, integration__removed_at=None
    )
    for row in issues.values_list(
        "pk", "integration_id", "opened_at", "status", "source_status", "closed_at",
        "source_updated_at", "outcome", "first_response_at",
    ):  # fmt: skip
        yield _issue_input(changes, *row)


def _issue_input(
    changes: Mapping[int, list[StatusChange]], pk: int, integration_id: int, *row: Any
) -> IssueInput:
    opened_at, status, word, closed_at, updated_at, outcome, first_response_at = row
    return IssueInput(
        issue_id=pk,
        integration_id=integration_id,
        state=IssueState(_whole(opened_at), status, word, _maybe(closed_at), _whole(updated_at)),
        outcome=outcome,
        first_response_at=_maybe(first_response_at),
        changes=changes.get(pk, ()),
    )


def _read_changes(issue_ids: Collection[int]) -> dict[int, list[StatusChange]]:
    changes: dict[int, list[StatusChange]] = defaultdict(list)
    transitions = Transition.objects.filter(issue__in=issue_ids, field="status")
    columns = ("issue_id", "occurred_at", "from_value", "to_value")
    for pk, at, before, after in transitions.order_by("occurred_at", "pk").values_list(*columns):
        changes[pk].append(StatusChange(_whole(at), before, after))
    return changes


def _whole(moment: datetime) -> int:
    return floor(moment.timestamp())


def _maybe(moment: datetime | None) -> int | None:
    return None if moment is None else _whole(moment)
