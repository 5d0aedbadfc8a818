"""Data of the charts; every query is bounded, whatever the table sizes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Model, QuerySet
from django.db.models.functions import TruncHour
from django.utils import timezone

from analytics.models import Spike
from integrations.lifecycle.health import FIXES
from integrations.models import ApiLog, Integration, SyncRun

HOURS = 24
DAYS = 30
NEWEST = 200_000
"""Maximum log rows read; a busy day's chart starts later and says so."""
WORST = 5
NAMED = 5
Status = Integration.Status
WORST_FIRST = (Status.NEEDS_ATTENTION, Status.DEGRADED, Status.THROTTLED)


@dataclass(frozen=True)
class Hourly:
    """Counts by hour, the current hour last."""

    hours: tuple[datetime, ...]
    good: tuple[int, ...]
    bad: tuple[int, ...]
    by_name: tuple[tuple[str, int, int], ...] = ()
    """(provider, calls, failed), most calls first."""
    since: datetime | None = None
    """Start of the rows read, if older ones were left out; else None."""

    @property
    def total(self) -> int:
        return sum(self.good) + sum(self.bad)

    @property
    def failed(self) -> int:
        return sum(self.bad)


@dataclass(frozen=True)
class Spikes:
    days: tuple[date, ...]
    notices: tuple[int, ...]
    alerts: tuple[int, ...]
    latest: tuple[Spike, ...]


@dataclass(frozen=True)
class UnhealthyIntegration:
    """Integration with a problem and its fix."""

    pk: int
    name: str
    project: str
    status: str
    message: str
    fix: str
    since: datetime


@dataclass(frozen=True)
class Figures:
    states: Mapping[str, int]
    worst: tuple[UnhealthyIntegration, ...]
    syncs: Hourly
    calls: Hourly
    spikes: Spikes

    @property
    def integrations(self) -> int:
        return sum(self.states.values())


def read_figures(now: datetime | None = None) -> Figures:
    now = now or timezone.now()
    return Figures(
        states=_states(),
        worst=_worst(),
        syncs=_syncs(now),
        calls=_calls(now),
        spikes=_spikes(now.date()),
    )


# --- integrations --------------------------------------------------------------------------------


def _present() -> QuerySet[Integration]:
    return Integration.objects.filter(removed_at=None, project__removed_at=None)


def _states() -> dict[str, int]:
    found = dict(_present().values_list("status").annotate(Count("pk")).order_by())
    return {status: found.get(status, 0) for status in Status.values}


def _worst() -> tuple[UnhealthyIntegration, ...]:
    worst: list[Integration] = []
    for status in WORST_FIRST:
        rows = _present().filter(status=status).select_related("project")
        worst += rows.order_by("status_since", "pk")[: WORST - len(worst)]
    return tuple(_unhealthy(row) for row in worst)


def _unhealthy(row: Integration) -> UnhealthyIntegration:
    return UnhealthyIntegration(
        pk=row.pk,
        name=str(row),
        project=row.project.name,
        status=row.status,
        message=row.status_message,
        fix=FIXES.get(row.status_reason, ""),
        since=row.status_since,
    )


# --- by hour -------------------------------------------------------------------------------------


def _hours(now: datetime) -> tuple[datetime, ...]:
    last = now.replace(minute=0, second=0, microsecond=0)
    return tuple(last - timedelta(hours=back) for back in reversed(range(HOURS)))


def _newest(model: type[Model]) -> QuerySet[Any]:
    """Return the newest rows, which bounds the cost on a busy day."""
    rows: QuerySet[Any] = model._default_manager.all()
    newest = rows.aggregate(newest=Max("pk"))["newest"] or 0
    return rows.filter(pk__gt=newest - NEWEST)


def _syncs(now: datetime) -> Hourly:
    hours = _hours(now)
    ended = _newest(SyncRun).filter(finished_at__gte=hours[0])
    rows = ended.values_list(TruncHour("finished_at"), "state").annotate(Count("pk")).order_by()
    good: Counter[datetime] = Counter()
    bad: Counter[datetime] = Counter()
    for hour, state, count in rows:
        (good if state in SyncRun.READ_STATES else bad)[hour] += count
    return Hourly(hours, _by(hours, good), _by(hours, bad))


def _calls(now: datetime) -> Hourly:
    hours = _hours(now)
    made = _newest(ApiLog).filter(created_at__gte=hours[0])
    grouped = made.values_list(TruncHour("created_at"), "provider", "success").order_by()
    good: Counter[datetime] = Counter()
    bad: Counter[datetime] = Counter()
    names: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    for hour, provider, success, count in grouped.annotate(Count("pk")):
        (good if success else bad)[hour] += count
        names[provider] += count
        failed[provider] += 0 if success else count
    by_name = tuple((name, count, failed[name]) for name, count in names.most_common())
    return Hourly(hours, _by(hours, good), _by(hours, bad), by_name, _cut(ApiLog, hours[0]))


def _cut(model: type[ApiLog], since: datetime) -> datetime | None:
    """Return the oldest time read if rows since `since` were left out, else None."""
    oldest = _newest(model).order_by("pk").values_list("pk", "created_at").first()
    if oldest is None or oldest[1] <= since:
        return None
    is_cut = model.objects.filter(pk__lt=oldest[0]).exists()
    return oldest[1] if is_cut else None


def _by(hours: Sequence[datetime], counts: Counter[datetime]) -> tuple[int, ...]:
    return tuple(counts[hour] for hour in hours)


# --- spikes --------------------------------------------------------------------------------------


def _spikes(today: date) -> Spikes:
    days = tuple(today - timedelta(days=back) for back in reversed(range(DAYS)))
    recent = Spike.objects.filter(last_day__gte=days[0], project__removed_at=None)
    spans = list(recent.values_list("first_day", "last_day", "level"))
    latest = recent.select_related("project").order_by("-last_day", "-pk")[:NAMED]

    def count(level: str, day: date) -> int:
        return sum(first <= day <= last and own == level for first, last, own in spans)

    return Spikes(
        days,
        tuple(count(Spike.Level.NOTICE, day) for day in days),
        tuple(count(Spike.Level.ALERT, day) for day in days),
        tuple(latest),
    )
