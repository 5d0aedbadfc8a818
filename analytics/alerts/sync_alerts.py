"""Opening, updating and resolving alerts together with their messages, in one transaction.

Each check of a project holds a lock on its row, so that concurrent checks do not send twice. A
worker that finds the row locked leaves the project to the next check.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from analytics.alerts import outbox
from analytics.alerts.alert_candidates import AlertCandidate, read_candidates
from analytics.alerts.diff import Change, Kind, find_changes, rank
from analytics.models import Alert, AlertMessage, Spike
from projects.models import Project

Event = AlertMessage.Event
State = Alert.State


def raise_alerts() -> int:
    """Check all projects; return the number of changed alerts.

    Costs three queries if nothing changed.
    """
    return sum(raise_in_project(project_id) for project_id in _projects_with_news())


def raise_spike(spike_id: int) -> int:
    """Check the whole project of a spike; return the number of changed alerts."""
    spike = Spike.objects.filter(pk=spike_id).first()
    return raise_in_project(spike.project_id) if spike else 0


def raise_in_project(project_id: int) -> int:
    with transaction.atomic():
        if not lock_project(project_id, skip_locked=True):
            return 0
        now = timezone.now()
        changes = _read_changes([project_id], now).get(project_id, [])
        for change in changes:
            _apply(change, now)
    return len(changes)


def lock_project(project_id: int, *, skip_locked: bool = False) -> bool:
    """Lock the project for changes to its alerts; syncs do not need this lock.

    Returns False if the project was removed or, with `skip_locked`, is locked.
    """
    rows = Project.objects.filter(pk=project_id, removed_at=None).values_list("pk")
    return rows.select_for_update(no_key=True, skip_locked=skip_locked).first() is not None


def _projects_with_news() -> list[int]:
    return sorted(_read_changes(None, timezone.now()))


def _read_changes(project_ids: Collection[int] | None, now: datetime) -> Mapping[int, list[Change]]:
    """Return the changes by project id, without unchanged projects."""
    candidates = read_candidates(project_ids, now)
    alerts = _watched(project_ids, candidates)
    affected = {candidate.project_id for candidate in candidates} | {
        one.project_id for one in alerts
    }
    found = {
        project_id: find_changes(
            [candidate for candidate in candidates if candidate.project_id == project_id],
            [alert for alert in alerts if alert.project_id == project_id],
            now,
        )
        for project_id in affected
    }
    return {project_id: changes for project_id, changes in found.items() if changes}


def _watched(
    project_ids: Collection[int] | None, candidates: Collection[AlertCandidate]
) -> list[Alert]:
    """Return open and snoozed alerts, and every alert of an ongoing spike.

    The latter include resolved ones, which are not opened again.
    """
    spikes = {one.key for one in candidates if one.topic == Alert.Topic.SPIKE}
    wanted = Q(state=State.OPEN) | Q(snoozed_until__isnull=False) | Q(subject_key__in=spikes)
    alerts = Alert.objects.filter(wanted, project__removed_at=None).order_by("pk")
    if project_ids is not None:
        alerts = alerts.filter(project__in=project_ids)
    return list(alerts)


# --- applying -----------------------------------------------------------------------------------


def _apply(change: Change, now: datetime) -> None:
    if change.alert:
        _change(change.alert, change, now)
    elif change.candidate:
        _open(change.candidate, now)


def _change(alert: Alert, change: Change, now: datetime) -> None:
    if change.candidate:
        _copy_content(alert, change.candidate)
    event = _EVENTS[change.kind](alert, change, now)
    if event and change.candidate:
        _record_sent(alert, change.candidate)
    alert.revision += 1 if event else 0
    alert.save()
    if event:
        outbox.enqueue(alert, event, now)


def _open(candidate: AlertCandidate, now: datetime) -> None:
    alert = Alert(
        project_id=candidate.project_id,
        topic=candidate.topic,
        subject_key=candidate.key,
        series=candidate.series,
        title=candidate.title,
        level=candidate.level,
        opened_at=now,
    )
    _copy_content(alert, candidate)
    _record_sent(alert, candidate)
    alert.save()
    outbox.enqueue(alert, Event.OPENED, now)


def _copy_content(alert: Alert, candidate: AlertCandidate) -> None:
    alert.body = candidate.body
    alert.details = dict(candidate.details)


def _record_sent(alert: Alert, candidate: AlertCandidate) -> None:
    alert.level = max(alert.level, candidate.level, key=rank)
    alert.told_size = candidate.size
    alert.told_reason = candidate.reason


def _update(alert: Alert, change: Change, now: datetime) -> str | None:
    return Event.UPDATED if change.kind is Kind.UPDATE else None


def _resolve(alert: Alert, change: Change, now: datetime) -> str:
    if alert.state == State.OPEN:
        alert.state = State.RESOLVED
        alert.resolved_at = now
    return Event.RESOLVED


def _wake(alert: Alert, change: Change, now: datetime) -> str:
    """End the snooze; return the event that reports the current state."""
    alert.snoozed_until = None
    is_resolved = alert.state == State.RESOLVED or change.candidate is None
    return _resolve(alert, change, now) if is_resolved else Event.UPDATED


_EVENTS: Mapping[Kind, Callable[[Alert, Change, datetime], str | None]] = {
    Kind.UPDATE: _update,
    Kind.REFRESH: _update,
    Kind.RESOLVE: _resolve,
    Kind.WAKE: _wake,
}
