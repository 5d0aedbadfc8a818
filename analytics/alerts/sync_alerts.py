"""Opening, updating and resolving alerts, and writing what is to be told of it: one transaction.

A project is looked at under a lock on its row, so that two who look at once do one after the other
what one would do. Whoever finds it locked leaves it to the next look.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from analytics.alerts import outbox
from analytics.alerts.alert_candidates import AlertCandidate, read_subjects
from analytics.alerts.diff import Change, Kind, find_changes, rank
from analytics.models import Alert, AlertMessage, Spike
from projects.models import Project

Event = AlertMessage.Event
State = Alert.State


def raise_alerts() -> int:
    """How many alerts changed. Costs three queries while nothing is new."""
    return sum(raise_in_project(project_id) for project_id in _projects_with_news())


def raise_spike(spike_id: int) -> int:
    """The same for one spike: its whole project is looked at, which changes nothing else sooner
    than the next look would."""
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
    """Whoever changes alerts of a project holds this; storing a page of issues needs it not."""
    rows = Project.objects.filter(pk=project_id, removed_at=None).values_list("pk")
    return rows.select_for_update(no_key=True, skip_locked=skip_locked).first() is not None


def _projects_with_news() -> list[int]:
    return sorted(_read_changes(None, timezone.now()))


def _read_changes(project_ids: Collection[int] | None, now: datetime) -> Mapping[int, list[Change]]:
    """By project; those where nothing changed are left out."""
    subjects = read_subjects(project_ids, now)
    alerts = _watched(project_ids, subjects)
    concerned = {subject.project_id for subject in subjects} | {one.project_id for one in alerts}
    found = {
        project_id: find_changes(
            [subject for subject in subjects if subject.project_id == project_id],
            [alert for alert in alerts if alert.project_id == project_id],
            now,
        )
        for project_id in concerned
    }
    return {project_id: changes for project_id, changes in found.items() if changes}


def _watched(
    project_ids: Collection[int] | None, subjects: Collection[AlertCandidate]
) -> list[Alert]:
    """Open or snoozed; and of spikes that last, whatever was told: what was resolved once is not
    opened again."""
    spikes = {one.key for one in subjects if one.topic == Alert.Topic.SPIKE}
    wanted = Q(state=State.OPEN) | Q(snoozed_until__isnull=False) | Q(subject_key__in=spikes)
    alerts = Alert.objects.filter(wanted, project__removed_at=None).order_by("pk")
    if project_ids is not None:
        alerts = alerts.filter(project__in=project_ids)
    return list(alerts)


# --- applying -----------------------------------------------------------------------------------


def _apply(change: Change, now: datetime) -> None:
    if change.alert:
        _change(change.alert, change, now)
    elif change.subject:
        _open(change.subject, now)


def _change(alert: Alert, change: Change, now: datetime) -> None:
    if change.subject:
        _take_over(alert, change.subject)
    event = _EVENTS[change.kind](alert, change, now)
    if event and change.subject:
        _note_told(alert, change.subject)
    alert.revision += 1 if event else 0
    alert.save()
    if event:
        outbox.tell(alert, event, now)


def _open(subject: AlertCandidate, now: datetime) -> None:
    alert = Alert(
        project_id=subject.project_id,
        topic=subject.topic,
        subject_key=subject.key,
        series=subject.series,
        title=subject.title,
        level=subject.level,
        opened_at=now,
    )
    _take_over(alert, subject)
    _note_told(alert, subject)
    alert.save()
    outbox.tell(alert, Event.OPENED, now)


def _take_over(alert: Alert, subject: AlertCandidate) -> None:
    alert.body = subject.body
    alert.details = dict(subject.details)


def _note_told(alert: Alert, subject: AlertCandidate) -> None:
    alert.level = max(alert.level, subject.level, key=rank)
    alert.told_size = subject.size
    alert.told_reason = subject.reason


def _update(alert: Alert, change: Change, now: datetime) -> str | None:
    return Event.UPDATED if change.kind is Kind.UPDATE else None


def _resolve(alert: Alert, change: Change, now: datetime) -> str:
    if alert.state == State.OPEN:
        alert.state = State.RESOLVED
        alert.resolved_at = now
    return Event.RESOLVED


def _wake(alert: Alert, change: Change, now: datetime) -> str:
    """Whoever snoozed it is told how it stands: it goes on, or it is over."""
    alert.snoozed_until = None
    is_over = alert.state == State.RESOLVED or change.subject is None
    return _resolve(alert, change, now) if is_over else Event.UPDATED


_EVENTS: Mapping[Kind, Callable[[Alert, Change, datetime], str | None]] = {
    Kind.UPDATE: _update,
    Kind.REFRESH: _update,
    Kind.RESOLVE: _resolve,
    Kind.WAKE: _wake,
}
