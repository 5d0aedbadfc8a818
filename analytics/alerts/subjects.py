"""What there is to tell at this moment: spikes that last, integrations in trouble."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from analytics.alerts.lines import one_line
from analytics.models import Alert, Spike
from integrations.health import FIXES
from integrations.models import Integration
from integrations.providers.registry import PROVIDERS

Level = Alert.Level
Status = Integration.Status
MAX_TITLE = 300

_OF_SERIES: Mapping[str, str] = {
    Spike.SeriesKind.LABEL: ", label {}",
    Spike.SeriesKind.COMPONENT: ", component {}",
    Spike.SeriesKind.PROVIDER: ", from {}",
}

_MOVERS: Mapping[str, str] = {
    "labels": "label",
    "components": "component",
    "reporters": "reporter",
    "similar_titles": "titles like",
}


@dataclass(frozen=True)
class Subject:
    """Something people should know, as it is now."""

    project_id: int
    topic: str
    key: str
    title: str
    """The same as long as it lasts: mails are threaded by it, too."""
    body: str
    level: str = Level.ALERT
    series: str = ""
    size: int = 0
    """Of a spike: people a day."""
    reason: str = ""
    opens: bool = True
    """False: no reason to tell anybody, but what was told is not over."""
    details: Mapping[str, object] = field(default_factory=dict)


def read_subjects(project_ids: Collection[int] | None, now: datetime) -> list[Subject]:
    """Of these projects, or of all."""
    here = Q(project__removed_at=None)
    if project_ids is not None:
        here &= Q(project__in=project_ids)
    return [*_spikes(here), *_integrations(here, now)]


# --- spikes -------------------------------------------------------------------------------------


def _spikes(here: Q) -> Iterator[Subject]:
    for spike in Spike.objects.filter(here, ended_at=None).order_by("pk"):
        series = ":".join(filter(None, (spike.series_kind, spike.series_value)))
        yield Subject(
            project_id=spike.project_id,
            topic=Alert.Topic.SPIKE,
            key=f"spike:{spike.pk}",
            title=_spike_title(spike),
            body=_spike_body(spike),
            level=spike.level,
            series=series,
            size=_people_a_day(spike),
            details=_spike_details(spike),
        )


def _spike_title(spike: Spike) -> str:
    of_series = _OF_SERIES.get(spike.series_kind, "").format(spike.series_value)
    return f"Spike: more people than usual report issues{of_series}"[:MAX_TITLE]


def _spike_body(spike: Spike) -> str:
    days = f"On {spike.first_day}"
    if spike.last_day > spike.first_day:
        days = f"From {spike.first_day} to {spike.last_day}"
    return (
        f"{days}, {spike.observed_reporters} people opened {spike.observed_issues} issues. "
        f"Expected were {spike.expected:.1f} people ({spike.expected_low:.1f} to "
        f"{spike.expected_high:.1f}).{_more_than_usual(spike)}"
    )


def _people_a_day(spike: Spike) -> int:
    """A spike that only goes on is not a larger one."""
    return round(spike.observed_reporters / ((spike.last_day - spike.first_day).days + 1))


def _more_than_usual(spike: Spike) -> str:
    """What moved it most, of each kind; the whole explanation stands with the spike."""
    found = (
        f"{words} {one_line(str(rows[0]['name']))} ({rows[0]['count']} issues)"
        for kind, words in _MOVERS.items()
        if (rows := spike.explanation.get(kind))
    )
    told = "; ".join(found)
    return f" More than usual: {told}." if told else ""


def _spike_details(spike: Spike) -> dict[str, object]:
    return {
        "spike_id": spike.pk,
        "first_day": spike.first_day.isoformat(),
        "last_day": spike.last_day.isoformat(),
        "observed_reporters": spike.observed_reporters,
        "observed_issues": spike.observed_issues,
        "expected": spike.expected,
        "expected_low": spike.expected_low,
        "expected_high": spike.expected_high,
        "probability": spike.probability,
    }


# --- integrations -------------------------------------------------------------------------------


def _integrations(here: Q, now: datetime) -> Iterator[Subject]:
    """A pause is somebody's wish, and no trouble."""
    well = Q(status=Status.HEALTHY, status_reason="") | Q(status_reason="paused")
    for row in Integration.objects.filter(here, removed_at=None).exclude(well).order_by("pk"):
        kind = PROVIDERS.get(row.provider)
        name = f"{kind.title if kind else row.provider} {row.scope}"
        expires = row.status == Status.HEALTHY
        yield Subject(
            project_id=row.project_id,
            topic=Alert.Topic.INTEGRATION,
            key=f"integration:{row.pk}",
            title=f"Trouble with {name}"[:MAX_TITLE],
            body=f"{row.status_message} {FIXES.get(row.status_reason, '')}".strip(),
            level=Level.NOTICE if expires else Level.ALERT,
            reason=row.status_reason,
            opens=_is_trouble(row, now),
            details={
                "integration_id": row.pk,
                "provider": row.provider,
                "scope": row.scope,
                "status": row.status,
                "status_reason": row.status_reason,
                "status_since": row.status_since.isoformat(),
            },
        )


def _is_trouble(row: Integration, now: datetime) -> bool:
    """Being told to wait is none, and what a tracker's short outage degrades mends itself."""
    if row.status == Status.DEGRADED:
        return now - row.status_since >= timedelta(minutes=settings.DIIP_ALERT_DEGRADED_MINUTES)
    return row.status != Status.THROTTLED
