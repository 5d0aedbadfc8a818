"""Definitions of all metrics."""

from analytics.metrics import current, durations, flow, membership
from analytics.metrics.base import (
    ANY,
    DELIVERED,
    OPEN,
    Metric,
    MetricContext,
    OpenCohort,
    Spread,
    Value,
)

__all__ = ["METRICS", "Metric", "MetricContext", "OpenCohort", "Spread", "Value"]

_ALL = (
    Metric(
        "total_issues", "issues", "issues that exist at the end of the range", ANY,
        membership.existed, membership.opened_until, over_range=flow.total_issues, is_level=True,
    ),
    Metric(
        "open_issues", "issues", "issues not done at the end of the range", ANY,
        membership.was_open, membership.opened_until, over_range=flow.open_issues, is_level=True,
    ),
    Metric(
        "closed_issues", "issues", "issues done at the end of the range", ANY,
        membership.was_closed, membership.opened_until,
        over_range=flow.closed_issues, is_level=True,
    ),
    Metric(
        "backlog", "issues", "issues not done at the end of the last day", ANY,
        membership.was_open, membership.opened_until, over_range=flow.open_issues, is_level=True,
    ),
    Metric(
        "opened", "issues", "issues opened in the range", ANY,
        membership.contributes_to("opened"), membership.opened_between,
        over_range=flow.events("opened"),
    ),
    Metric(
        "closed", "issues", "closures in the range; an issue closed twice counts twice", ANY,
        membership.contributes_to("closed"), membership.closed_or_reopened_between,
        over_range=flow.events("closed"),
    ),
    Metric(
        "reopened", "issues", "reopenings in the range", ANY,
        membership.contributes_to("reopened"), membership.closed_or_reopened_between,
        over_range=flow.events("reopened"),
    ),
    Metric(
        "resolution_time", "seconds",
        "time from opening to last closure, of issues last closed in the range", DELIVERED,
        membership.contributes_to("resolution_n"), membership.ended_between,
        over_range=durations.durations("resolution_time", "resolution"),
        issue_value=lambda facts: facts.resolution_seconds,
    ),
    Metric(
        "first_resolution_time", "seconds",
        "time from opening to first closure, of issues first closed in the range", ANY,
        membership.contributes_to("first_resolution_n"), membership.closed_or_reopened_between,
        over_range=durations.durations("first_resolution_time", "first_resolution"),
        issue_value=lambda facts: facts.first_resolution_seconds,
    ),
    Metric(
        "cycle_time", "seconds",
        "total time in progress, of issues last closed in the range", DELIVERED,
        membership.contributes_to("cycle_n"), membership.ended_between,
        over_range=durations.durations("cycle_time", "cycle"),
        issue_value=lambda facts: facts.cycle_seconds,
    ),
    Metric(
        "time_to_first_response", "seconds",
        "time from opening to the first response, if given in the range by a person other than "
        "the author (bots do not count)", ANY,
        membership.contributes_to("response_n"), membership.answered_between,
        over_range=durations.durations("time_to_first_response", "response"),
        issue_value=lambda facts: facts.response_seconds,
    ),
    Metric(
        "unanswered", "issues",
        "open issues without a response by a person other than the author (bots do not count)",
        OPEN,
        membership.is_waiting, membership.open_now, current_value=current.unanswered,
    ),
    Metric(
        "reopen_rate", "ratio",
        "share of closures reopened within 30 days (closures at least 30 days old)", ANY,
        membership.contributes_to("closed"), membership.closed_or_reopened_between,
        over_range=flow.reopen_rate,
        settles_after=flow.SETTLED_AFTER,
    ),
    Metric(
        "backlog_growth", "issues/week", "issues opened or reopened minus issues closed, per week",
        ANY,
        membership.contributes_to("opened", "closed", "reopened", "closed_undated"),
        membership.active_between, over_range=flow.backlog_growth,
    ),
    Metric(
        "throughput", "issues/week", "issues delivered in the range, per week", DELIVERED,
        membership.contributes_to("delivered"), membership.ended_between,
        over_range=flow.throughput,
    ),
    Metric(
        "time_in_status", "seconds",
        "time in each status until the last closure, of issues last closed in the range", DELIVERED,
        membership.contributes_to("delivered"), membership.ended_between,
        over_range=durations.time_in_status,
    ),
    Metric(
        "aging_wip", "seconds", "time since work began, of issues in progress", OPEN,
        membership.is_in_progress, membership.open_now, current_value=current.aging_wip,
    ),
    Metric(
        "stale", "issues",
        "open issues without activity by people for several times the project's usual gap", OPEN,
        membership.is_open, membership.open_now, current_value=current.stale,
    ),
    Metric(
        "flow_efficiency", "ratio",
        "share of time in progress between first work and last closure, of issues last closed in "
        "the range", DELIVERED,
        membership.contributes_to("flow_n"), membership.ended_between,
        over_range=durations.flow_efficiency,
        issue_value=lambda facts: (facts.cycle_seconds or 0) / facts.elapsed_seconds
        if facts.elapsed_seconds else None,
    ),
    Metric(
        "delivery_rate", "ratio", "share of issues opened in the range that are delivered now",
        DELIVERED,
        membership.contributes_to("opened"), membership.opened_between,
        over_range=flow.delivery_rate,
    ),
    Metric(
        "workload", "issues", "median number of open issues per assignee", OPEN,
        membership.is_open, membership.open_now, current_value=current.workload,
    ),
)  # fmt: skip
METRICS = {metric.id: metric for metric in _ALL}
