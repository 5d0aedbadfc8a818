"""Incremental aggregation: update facts and daily totals of changed issues only.

Each batch of issues is processed in the transaction that deletes their change notes, with the
project's state row locked. It can be killed at any point and repeated; concurrent runs wait for
each other.
"""

import logging
import time
from collections import defaultdict
from hashlib import blake2b

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from analytics.facts import issue_facts
from analytics.facts.fact_store import update_facts
from analytics.models import AnalyticsState, AnalyticsSummary, IssueFacts, Spike
from integrations.models import Integration
from issues import change_log
from issues.models import Issue, StatusClass, Transition
from projects.models import Project

logger = logging.getLogger(__name__)

BATCH = 2000
"""Issues processed in one transaction."""
Classes = dict[str, dict[str, str]]
"""Status by integration id (as text, for JSON) and status word."""
_KEPT = (
    "version",
    "aggregated_at",
    "basis",
    "integration_ids",
    "status_classes",
    "rebuilding_after",
)

# --- entry points ------------------------------------------------------------------------------


def aggregate(project_id: int, *, seconds: float = 20) -> bool:
    """Update the project's rows; False if the time ran out first."""
    deadline = time.monotonic() + seconds
    while _advance(project_id):
        if time.monotonic() > deadline:
            return False
    return True


def rebuild(project_id: int) -> None:
    """Delete and recompute the project's rows; `aggregate` continues if interrupted."""
    with transaction.atomic():
        state = _lock(project_id)
        if state is None:
            return
        IssueFacts.objects.filter(project_id=project_id).delete()
        AnalyticsSummary.objects.filter(project_id=project_id).delete()
        state.rebuilding_after = 0
        state.version += 1
        state.save()
    while not aggregate(project_id):
        pass


def projects_to_aggregate() -> list[int]:
    """Return ids of projects with changed issues, settings or integrations."""
    states = {state.project_id: state for state in AnalyticsState.objects.all()}
    present: dict[int, list[int]] = defaultdict(list)
    integrations = Integration.objects.filter(removed_at=None).order_by("pk")
    for project_id, pk in integrations.values_list("project_id", "pk"):
        present[project_id].append(pk)
    outdated = {
        project.pk
        for project in Project.objects.filter(removed_at=None)
        if _is_outdated(states.get(project.pk), project, present[project.pk])
    }
    return sorted(outdated.union(change_log.projects_with_changes()))


def _is_outdated(state: AnalyticsState | None, project: Project, present: list[int]) -> bool:
    if state is None or is_rebuilding(state, project):
        return True
    return bool(state.integration_ids != present)


def is_rebuilding(state: AnalyticsState, project: Project) -> bool:
    """Return True if a rebuild is running or due."""
    return state.rebuilding_after is not None or state.basis != _basis(project)


# --- one step ----------------------------------------------------------------------------------


def _advance(project_id: int) -> bool:
    """Process one batch in a transaction; False if nothing is left."""
    with transaction.atomic():
        _relax_durability()
        state = _lock(project_id)
        if state is None:
            return False
        began, before = timezone.now(), {name: getattr(state, name) for name in _KEPT}
        more = _step(state)
        if not more:
            state.aggregated_at = began
        changed = [name for name, value in before.items() if getattr(state, name) != value]
        state.save(update_fields=[*changed, "updated_at"])
        return more


def _relax_durability() -> None:
    """Do not wait for the disk: a database crash also restores the change notes.

    The lost batch is then processed again.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit = off")


def _lock(project_id: int) -> AnalyticsState | None:
    """Lock the project's state; None if the project was deleted."""
    states = AnalyticsState.objects.select_for_update(of=("self",)).select_related("project")
    found = states.filter(project_id=project_id).first()
    if found is None and Project.objects.filter(pk=project_id, removed_at=None).exists():
        AnalyticsState.objects.get_or_create(project_id=project_id)
        found = states.get(project_id=project_id)
    return found if found and found.project.removed_at is None else None


def _step(state: AnalyticsState) -> bool:
    """Process one batch; True if there may be more."""
    _detect_changed_settings(state)
    if _subtract_removed_integrations(state) or _rebuild_batch(state):
        return True
    taken = change_log.read_changes(state.project_id, about=BATCH)
    if not taken.notes:
        return False
    update_facts(state, taken.issue_ids)
    taken.drop()
    return taken.are_more


def _detect_changed_settings(state: AnalyticsState) -> None:
    """Start a rebuild if the basis changed; note issues whose status mapping changed."""
    basis, classes = _basis(state.project), _classes(state.project_id)
    if state.basis != basis:
        state.basis, state.rebuilding_after = basis, 0
    elif state.status_classes != classes and state.rebuilding_after is None:
        change_log.note_changed(state.project_id, _remapped_issues(state.status_classes, classes))
    state.status_classes = classes


def _basis(project: Project) -> str:
    parts = (issue_facts.VERSION, project.time_zone, project.working_hours)
    return blake2b(repr(parts).encode(), digest_size=16).hexdigest()


def _classes(project_id: int) -> Classes:
    classes: Classes = defaultdict(dict)
    for each in StatusClass.objects.filter(integration__project=project_id).order_by("pk"):
        classes[str(each.integration_id)][each.source_status] = each.status
    return dict(classes)


def _remapped_issues(before: Classes, after: Classes) -> set[int]:
    """Return ids of issues whose history contains a remapped status word."""
    found: set[int] = set()
    for integration_id, words in after.items():
        known = before.get(integration_id, {})
        changed = [word for word, status in words.items() if known.get(word) != status]
        moves = Transition.objects.filter(
            Q(from_value__in=changed) | Q(to_value__in=changed),
            issue__integration=int(integration_id),
            field="status",
        )
        found.update(moves.values_list("issue_id", flat=True) if changed and known else ())
    return found


def _integrations(project_id: int) -> list[int]:
    present = Integration.objects.filter(project=project_id, removed_at=None)
    return sorted(present.values_list("pk", flat=True))


def _subtract_removed_integrations(state: AnalyticsState) -> bool:
    present = _integrations(state.project_id)
    gone = set(state.integration_ids) - set(present)
    rows = IssueFacts.objects.filter(project=state.project_id, integration_id__in=gone)
    ids = list(rows.values_list("pk", flat=True)[:BATCH]) if gone else []
    update_facts(state, ids)
    if not ids:
        state.integration_ids = present
    return bool(ids)


def _rebuild_batch(state: AnalyticsState) -> bool:
    if state.rebuilding_after is None:
        return False
    issues = Issue.objects.filter(project=state.project_id, pk__gt=state.rebuilding_after)
    ids = list(issues.order_by("pk").values_list("pk", flat=True)[:BATCH])
    update_facts(state, ids)
    state.rebuilding_after = ids[-1] if ids else None
    if not ids:
        _mark_spikes(state.project_id)
    return True


def _mark_spikes(project_id: int) -> None:
    spikes = Spike.objects.filter(project=project_id, series_kind=Spike.SeriesKind.PROJECT)
    for first, last in spikes.values_list("first_day", "last_day"):
        days = AnalyticsSummary.objects.filter(project=project_id, day__range=(first, last))
        days.update(spike_detected=True)
