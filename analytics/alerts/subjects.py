"""What there is to tell at this moment: spikes that last, integrations in trouble."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime

from django.db.models import Q

from analytics.alerts.lines import one_line
from analytics.alerts.subject import MAX_TITLE, Subject
from analytics.alerts.troubles import read_troubles
from analytics.models import Alert, Spike

__all__ = ["Subject", "read_subjects"]

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


def read_subjects(project_ids: Collection[int] | None, now: datetime) -> list[Subject]:
    """Of these projects, or of all."""
    here = Q(project__removed_at=None)
    if project_ids is not None:
        here &= Q(project__in=project_ids)
    return [*_spikes(here), *read_troubles(here, now)]


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
