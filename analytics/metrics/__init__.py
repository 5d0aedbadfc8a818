"""Every metric, once: its id, what it counts, and how."""

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
        "total_issues", "issues", "issues there are at the end of the range", ANY,
        membership.was_there, membership.opened_until, over_range=flow.total_issues, is_level=True,
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
        "closed", "issues", "closings in the range; an issue closed twice counts twice", ANY,
        membership.contributes_to("closed"), membership.turned_between,
        over_range=flow.events("closed"),
    ),
    Metric(
        "reopened", "issues", "reopenings in the range", ANY,
        membership.contributes_to("reopened"), membership.turned_between,
        over_range=flow.events("reopened"),
    ),
    Metric(
        "resolution_time", "seconds",
        "issues whose last closing is in the range: from opening to last closing", DELIVERED,
        membership.contributes_to("resolution_n"), membership.ended_between,
        over_range=durations.durations("resolution_time", "resolution"),
        issue_value=lambda facts: facts.resolution_seconds,
    ),
    Metric(
        "first_resolution_time", "seconds",
        "issues whose first closing is in the range: from opening to first closing", ANY,
        membership.contributes_to("first_resolution_n"), membership.turned_between,
        over_range=durations.durations("first_resolution_time", "first_resolution"),
        issue_value=lambda facts: facts.first_resolution_seconds,
    ),
    Metric(
        "cycle_time", "seconds",
        "issues whose last closing is in the range: time in progress, all spells added", DELIVERED,
        membership.contributes_to("cycle_n"), membership.ended_between,
        over_range=durations.durations("cycle_time", "cycle"),
        issue_value=lambda facts: facts.cycle_seconds,
    ),
    Metric(
        "time_to_first_response", "seconds",
        "issues first answered in the range, by somebody who is neither author nor bot", ANY,
        membership.contributes_to("response_n"), membership.answered_between,
        over_range=durations.durations("time_to_first_response", "response"),
        issue_value=lambda facts: facts.response_seconds,
    ),
    Metric(
        "unanswered", "issues", "open issues that nobody but author and bots answered", OPEN,
        membership.is_waiting, membership.open_now, current_value=current.unanswered,
    ),
    Metric(
        "reopen_rate", "ratio",
        "closings at least 30 days ago: those followed by a reopening within 30 days", ANY,
        membership.contributes_to("closed"), membership.turned_between, over_range=flow.reopen_rate,
        settles_after=flow.SETTLED_AFTER,
    ),
    Metric(
        "backlog_growth", "issues/week", "opened and reopened less closed, a week", ANY,
        membership.contributes_to("opened", "closed", "reopened", "closed_undated"),
        membership.went_on_between, over_range=flow.backlog_growth,
    ),
    Metric(
        "throughput", "issues/week", "issues delivered in the range, a week", DELIVERED,
        membership.contributes_to("delivered"), membership.ended_between,
        over_range=flow.throughput,
    ),
    Metric(
        "time_in_status", "seconds",
        "issues whose last closing is in the range: time in each status until then", DELIVERED,
        membership.contributes_to("delivered"), membership.ended_between,
        over_range=durations.time_in_status,
    ),
    Metric(
        "aging_wip", "seconds", "issues in progress: time since work on them began", OPEN,
        membership.is_in_progress, membership.open_now, current_value=current.aging_wip,
    ),
    Metric(
        "stale", "issues", "open issues that no person touched for several usual gaps", OPEN,
        membership.is_open, membership.open_now, current_value=current.stale,
    ),
    Metric(
        "flow_efficiency", "ratio",
        "issues whose last closing is in the range: time in progress out of the time from the "
        "first work to the last closing", DELIVERED,
        membership.contributes_to("flow_n"), membership.ended_between,
        over_range=durations.flow_efficiency,
        issue_value=lambda facts: (facts.cycle_seconds or 0) / facts.elapsed_seconds
        if facts.elapsed_seconds else None,
    ),
    Metric(
        "delivery_rate", "ratio", "issues opened in the range: those delivered by now", DELIVERED,
        membership.contributes_to("opened"), membership.opened_between,
        over_range=flow.delivery_rate,
    ),
    Metric(
        "workload", "issues", "open issues by assignee: the median", OPEN,
        membership.is_open, membership.open_now, current_value=current.workload,
    ),
)  # fmt: skip
METRICS = {metric.id: metric for metric in _ALL}
