"""Metrics of flow: issues opened, closed and delivered."""

from collections.abc import Callable
from datetime import timedelta

from analytics.facts.date_windows import Window
from analytics.metrics.base import Value

SETTLED_AFTER = 31
"""Days until a closure's 30 days for a reopening are over."""
WEEKS = 4


def events(name: str) -> Callable[[Window], Value]:
    def of(window: Window) -> Value:
        n = window.sum(name)
        return Value(value=n, n=n)

    return of


def total_issues(window: Window) -> Value:
    return Value(value=window.total_at_end, n=window.total_at_end)


def open_issues(window: Window) -> Value:
    return Value(value=window.open_at_end, n=window.open_at_end)


def closed_issues(window: Window) -> Value:
    n = window.total_at_end - window.open_at_end
    return Value(value=n, n=n)


def reopen_rate(window: Window) -> Value:
    """Compute the share of closures followed by a reopening within 30 days."""
    settled = window.until(min(window.last, window.today - timedelta(days=SETTLED_AFTER)))
    n = settled.sum("closed")
    return Value(
        value=settled.sum("closings_reopened") / n if n else None,
        n=n,
        excluded={"too_recent": window.sum("closed") - n},
    )


def backlog_growth(window: Window) -> Value:
    """Compute the growth per week, and its slope over the last four whole weeks."""
    growth = window.open_at_end - window.open_before
    return Value(
        value=growth / window.weeks,
        n=window.sum("opened") + window.sum("closed") + window.sum("reopened"),
        detail={"growth": growth, "slope_4_weeks": slope(whole_weeks(window))},
    )


def throughput(window: Window) -> Value:
    """Compute delivered issues per week."""
    n = window.sum("delivered")
    weeks = whole_weeks(window)
    mean = sum(week.sum("delivered") for week in weeks) / WEEKS if weeks else None
    return Value(
        value=n / window.weeks,
        n=n,
        detail={"mean_4_weeks": mean, "of_unknown_outcome": window.sum("delivered_unknown")},
    )


def delivery_rate(window: Window) -> Value:
    """Compute the share of issues opened in the window that are delivered now."""
    n = window.sum("opened")
    still_open = window.sum("cohort_open")
    return Value(
        value=window.sum("cohort_delivered") / n if n else None,
        n=n,
        detail={"still_open": still_open},
    )


def whole_weeks(window: Window) -> list[Window]:
    """Return the last four completed ISO weeks; empty if the window lacks one."""
    last = min(window.last, window.today - timedelta(days=1))
    sunday = last - timedelta(days=last.isoweekday() % 7)
    monday = sunday - timedelta(days=7 * WEEKS - 1)
    if monday < window.first:
        return []
    starts = [monday + timedelta(days=7 * week) for week in range(WEEKS)]
    return [window.part(start, start + timedelta(days=6)) for start in starts]


def slope(weeks: list[Window]) -> float | None:
    """Fit the backlog's slope in issues per week by least squares; None without weeks."""
    if not weeks:
        return None
    heights = [weeks[0].open_before, *(week.open_at_end for week in weeks)]
    middle = (len(heights) - 1) / 2
    steps = [place - middle for place in range(len(heights))]
    area = sum(step * height for step, height in zip(steps, heights, strict=True))
    return area / sum(step * step for step in steps)
