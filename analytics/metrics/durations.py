"""Metrics of durations. Open issues are never averaged in; they are reported as waiting."""

from collections.abc import Callable

from analytics.facts.date_windows import Window
from analytics.facts.histograms import ENOUGH, percentiles
from analytics.metrics.base import Spread, Value

Durations = Callable[[Window], Value]


def durations(metric: str, name: str) -> Durations:
    """Return a function that computes average and percentiles of durations `name`."""

    def of(window: Window) -> Value:
        n = window.sum(f"{name}_n")
        average = window.sum(f"{name}_seconds") / n if n else None
        worked = window.distribution(f"{name}.working")
        return Value(
            value=average,
            n=n,
            excluded=window.excluded(metric),
            spread=_spread(window, name, average),
            working=_spread(window, f"{name}.working", None) if worked else None,
        )

    return of


def time_in_status(window: Window) -> Value:
    """Compute the time in each category and in each of the tracker's statuses."""
    excluded = window.excluded("time_in_status")
    names = [*window.distribution_names("category."), *window.distribution_names("status.")]
    return Value(
        value=None,
        n=window.sum("delivered") - excluded.get("imported", 0),
        excluded=excluded,
        detail={name: _passed_through(window, name) for name in names},
    )


def _passed_through(window: Window, name: str) -> dict[str, object]:
    spread = _spread(window, name, None)
    return {
        "n": sum(window.distribution(name).values()),
        "p50": spread.p50,
        "p75": spread.p75,
        "p90": spread.p90,
        "insufficient_data": spread.insufficient_data,
    }


def flow_efficiency(window: Window) -> Value:
    """Compute the share of time in progress between first work and last closure."""
    elapsed = window.sum("flow_elapsed_seconds")
    return Value(
        value=window.sum("flow_active_seconds") / elapsed if elapsed else None,
        n=window.sum("flow_n"),
        excluded=window.excluded("cycle_time"),
    )


def _spread(window: Window, name: str, average: float | None) -> Spread:
    counts = window.distribution(name)
    found = percentiles(counts)
    return Spread(
        average=average,
        p50=found.p50,
        p75=found.p75,
        p90=found.p90,
        insufficient_data=sum(counts.values()) < ENOUGH,
    )
