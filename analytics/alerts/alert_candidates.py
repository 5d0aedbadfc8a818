"""Alert candidates: ongoing spikes and integrations with problems."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime

from django.db.models import Q

from analytics.alerts.candidate import MAX_TITLE, AlertCandidate
from analytics.alerts.integration_candidates import read_integration_candidates
from analytics.alerts.text import one_line
from analytics.models import Alert, Spike
from analytics.spikes.message import observed_and_expected

__all__ = ["AlertCandidate", "read_candidates"]

_OF_SERIES: Mapping[str, str] = {
    Spike.SeriesKind.LABEL: ", label {}",
    Spike.SeriesKind.COMPONENT: ", component {}",
    Spike.SeriesKind.PROVIDER: ", from {}",
}


def read_candidates(project_ids: Collection[int] | None, now: datetime) -> list[AlertCandidate]:
    """Return the candidates of these projects; None reads all projects."""
    in_projects = Q(project__removed_at=None)
    if project_ids is not None:
        in_projects &= Q(project__in=project_ids)
    return [*_spikes(in_projects), *read_integration_candidates(in_projects, now)]


# --- spikes -------------------------------------------------------------------------------------


def _spikes(in_projects: Q) -> Iterator[AlertCandidate]:
    for spike in Spike.objects.filter(in_projects, ended_at=None).order_by("pk"):
        yield AlertCandidate(
            project_id=spike.project_id,
            topic=Alert.Topic.SPIKE,
            key=f"spike:{spike.pk}",
            title=_spike_title(spike),
            body=_spike_body(spike),
            level=spike.level,
            series=spike.series,
            size=_reporters_per_day(spike),
            details=_spike_details(spike),
        )


def _spike_title(spike: Spike) -> str:
    of_series = _OF_SERIES.get(spike.series_kind, "").format(spike.series_value)
    return f"Spike: more people than usual report issues{of_series}"[:MAX_TITLE]


def _spike_body(spike: Spike) -> str:
    """Return one line; the spike itself holds the whole explanation."""
    summary = one_line(str(spike.explanation.get("summary", "")))
    return " ".join(filter(None, (observed_and_expected(spike), summary)))


def _reporters_per_day(spike: Spike) -> int:
    """Average over the window, so that a longer spike is not a larger one."""
    return round(spike.observed_reporters / spike.window_length)


def _spike_details(spike: Spike) -> dict[str, object]:
    window_first_day, window_last_day = spike.window
    return {
        "spike_id": spike.pk,
        "first_day": spike.first_day.isoformat(),
        "last_day": spike.last_day.isoformat(),
        "window_first_day": window_first_day.isoformat(),
        "window_last_day": window_last_day.isoformat(),
        "people": spike.people,
        "observed_reporters": spike.observed_reporters,
        "observed_issues": spike.observed_issues,
        "expected": spike.expected,
        "expected_low": spike.expected_low,
        "expected_high": spike.expected_high,
        "probability": spike.probability,
    }
