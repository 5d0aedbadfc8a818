"""Text of the demo about the metrics."""

from collections.abc import Iterable, Mapping
from typing import Any

SHOWN = (
    "open_issues",
    "opened",
    "closed",
    "resolution_time",
    "time_to_first_response",
    "unanswered",
    "reopen_rate",
    "throughput",
    "backlog_growth",
)
DAY = 86_400


def describe_numbers(metrics: Mapping[str, Any], *, spikes: int) -> str:
    return "\n".join(f"  {name:<24} {text}" for name, text in _lines(metrics, spikes))


def _lines(metrics: Mapping[str, Any], spikes: int) -> Iterable[tuple[str, str]]:
    for name in SHOWN:
        yield name, _describe(metrics[name])
    yield "spikes", f"{spikes} since connection; the history of the first sync is not counted"


def _describe(measured: Mapping[str, Any]) -> str:
    """Format a value with its unit and sample size."""
    value, unit, spread = measured["value"] or 0, measured["unit"], measured["spread"]
    if unit == "seconds":
        half = spread["p50"] and f", half of them within {spread['p50'] / DAY:,.1f}"
        shown = f"{value / DAY:,.1f} days on average{half or ''}"
    else:
        shown = f"{value:,.2f} {unit}".replace(".00 ", " ")
    left_out = sum(measured["excluded_counts"].values())
    return f"{shown}  (n = {measured['n']:,}{f', {left_out:,} not counted' if left_out else ''})"
