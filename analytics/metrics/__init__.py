"""Every metric, once: its id, what it counts, and how."""

from analytics.metrics import behind, durations, flow, present
from analytics.metrics.base import ANY, DELIVERED, OPEN, Metric, Scope, Spread, Value, Waiting

__all__ = ["METRICS", "Metric", "Scope", "Spread", "Value", "Waiting"]

_ALL = (
    Metric(
        "total_issues", "issues", "issues there are at the end of the range", ANY,
        behind.was_there, behind.opened_until, of=flow.total_issues, is_level=True,
    ),
    Metric(
        "open_issues", "issues", "issues not done at the end of the range", ANY,
        behind.was_open, behind.opened_until, of=flow.open_issues, is_level=True,
    ),
    Metric(
        "closed_issues", "issues", "issues done at the end of the range", ANY,
        behind.was_closed, behind.opened_until, of=flow.closed_issues, is_level=True,
    ),
    Metric(
        "backlog", "issues", "issues not done at the end of the last day", ANY,
        behind.was_open, behind.opened_until, of=flow.open_issues, is_level=True,
    ),
    Metric(
        "opened", "issues", "issues opened in the range", ANY,
        behind.gives("opened"), behind.opened_between, of=flow.events("opened"),
    ),
    Metric(
        "closed", "issues", "closings in the range; an issue closed twice counts twice", ANY,
        behind.gives("closed"), behind.turned_between, of=flow.events("closed"),
    ),
    Metric(
        "reopened", "issues", "reopenings in the range", ANY,
        behind.gives("reopened"), behind.turned_between, of=flow.events("reopened"),
    ),
    Metric(
        "resolution_time", "seconds",
        "issues whose last closing is in the range: from opening to last closing", DELIVERED,
        behind.gives("resolution_n"), behind.ended_between,
        of=durations.durations("resolution_time", "resolution"),
        own=lambda facts: facts.resolution_seconds,
    ),
    Metric(
        "first_resolution_time", "seconds",
        "issues whose first closing is in the range: from opening to first closing", ANY,
        behind.gives("first_resolution_n"), behind.turned_between,
        of=durations.durations("first_resolution_time", "first_resolution"),
        own=lambda facts: facts.first_resolution_seconds,
    ),
    Metric(
        "cycle_time", "seconds",
        "issues whose last closing is in the range: time in progress, all spells added", DELIVERED,
        behind.gives("cycle_n"), behind.ended_between,
        of=durations.durations("cycle_time", "cycle"),
        own=lambda facts: facts.cycle_seconds,
    ),
    Metric(
        "time_to_first_response", "seconds",
        "issues first answered in the range, by somebody who is neither author nor bot", ANY,
        behind.gives("response_n"), behind.answered_between,
        of=durations.durations("time_to_first_response", "response"),
        own=lambda facts: facts.response_seconds,
    ),
    Metric(
        "unanswered", "issues", "open issues that nobody but author and bots answered", OPEN,
        behind.is_waiting, behind.open_now, now=present.unanswered,
    ),
    Metric(
        "reopen_rate", "ratio",
        "closings at least 30 days ago: those followed by a reopening within 30 days", ANY,
        behind.gives("closed"), behind.turned_between, of=flow.reopen_rate,
        settles_after=flow.SETTLED_AFTER,
    ),
    Metric(
        "backlog_growth", "issues/week", "opened and reopened less closed, a week", ANY,
        behind.gives("opened", "closed", "reopened", "closed_undated"),
        behind.went_on_between, of=flow.backlog_growth,
    ),
    Metric(
        "throughput", "issues/week", "issues delivered in the range, a week", DELIVERED,
        behind.gives("delivered"), behind.ended_between, of=flow.throughput,
    ),
    Metric(
        "time_in_status", "seconds",
        "issues whose last closing is in the range: time in each status until then", DELIVERED,
        behind.gives("delivered"), behind.ended_between, of=durations.time_in_status,
    ),
    Metric(
        "aging_wip", "seconds", "issues in progress: time since work on them began", OPEN,
        behind.is_in_progress, behind.open_now, now=present.aging_wip,
    ),
    Metric(
        "stale", "issues", "open issues that no person touched for several usual gaps", OPEN,
        behind.is_open, behind.open_now, now=present.stale,
    ),
    Metric(
        "flow_efficiency", "ratio",
        "issues whose last closing is in the range: time in progress out of the time from the "
        "first work to the last closing", DELIVERED,
        behind.gives("flow_n"), behind.ended_between, of=durations.flow_efficiency,
        own=lambda facts: (facts.cycle_seconds or 0) / facts.elapsed_seconds
        if facts.elapsed_seconds else None,
    ),
    Metric(
        "delivery_rate", "ratio", "issues opened in the range: those delivered by now", DELIVERED,
        behind.gives("opened"), behind.opened_between, of=flow.delivery_rate,
    ),
    Metric(
        "workload", "issues", "open issues by assignee: the median", OPEN,
        behind.is_open, behind.open_now, now=present.workload,
    ),
)  # fmt: skip
METRICS = {metric.id: metric for metric in _ALL}
