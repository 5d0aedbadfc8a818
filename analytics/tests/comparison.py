"""Comparison of stored analytics with the reference implementation."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from analytics.models import AnalyticsSummary, IssueFacts
from analytics.tests.reference import Measures
from analytics.tests.reference_timeline import History
from analytics.tests.reference_windows import Mark, Reference
from analytics.tests.stored_histories import calendar_of, read_histories
from issues.models import Issue
from projects.models import Project

Row = dict[str, Any]

COUNTS = (
    "opened", "closed", "reopened", "delivered", "delivered_unknown", "closed_undated",
    "closings_reopened", "cohort_delivered", "cohort_open", "cohort_in_progress",
    "cohort_unanswered",
)  # fmt: skip
DURATIONS = ("resolution", "first_resolution", "cycle", "response")
METRICS = {
    "resolution": "resolution_time", "first_resolution": "first_resolution_time",
    "cycle": "cycle_time", "response": "time_to_first_response", "status": "time_in_status",
}  # fmt: skip
"""Metric id in exclusions, by name of the duration."""
DAYS = ("opened_day", "closed_day", "undated_day", "response_day")


def differences(project: Project, histories: Sequence[History] | None = None) -> dict[str, Any]:
    """Return differing days and columns as (stored, expected)."""
    issues = read_histories(project) if histories is None else histories
    return _unlike(stored_days(project), expected_days(Reference(issues, calendar_of(project))))


def facts_differences(issues: Sequence[Issue], histories: Sequence[History]) -> dict[str, Any]:
    """Return differing facts of single issues as (stored, expected)."""
    project = issues[0].project
    calendar = calendar_of(project)
    expected = {
        issue.pk: expected_facts(Measures(history, calendar))
        for issue, history in zip(issues, histories, strict=True)
        if not history.removed
    }
    return _unlike({facts.pk: stored_facts(facts) for facts in project_facts(project)}, expected)


def _unlike(stored: Mapping[Any, Row], expected: Mapping[Any, Row]) -> dict[str, Any]:
    return {
        f"{key} {column}": pair
        for key in sorted(stored.keys() | expected.keys())
        for column in (stored.get(key) or {}).keys() | (expected.get(key) or {}).keys()
        if (pair := (stored.get(key, {}).get(column), expected.get(key, {}).get(column)))[0]
        != pair[1]
    }


# --- days ----------------------------------------------------------------------------------------


def stored_days(project: Project) -> dict[date, Row]:
    rows = AnalyticsSummary.objects.filter(project=project).order_by("day").values()
    return {row["day"]: {name: row[name] for name in _COLUMNS} for row in rows}


def expected_days(reference: Reference) -> dict[date, Row]:
    """Return expected rows of days with events, with running totals."""
    by_day = defaultdict(list)
    for mark in reference.marks:
        by_day[mark.day].append(mark)
    rows, total, still_open = {}, 0, 0
    for day in sorted(by_day):
        row = _expected_day(by_day[day])
        total += row["opened"]
        still_open += row["opened"] - row["closed"] + row["reopened"] - row["closed_undated"]
        totals = {"total_issues": total, "open_issues": still_open}
        rows[day] = row | totals | {"closed_issues": total - still_open}
    return rows


def _expected_day(marks: Sequence[Mark]) -> Row:
    names = Counter(mark.name for mark in marks)
    seconds = {name: _values(marks, name) for name in names}
    row: Row = {name: names[name] for name in COUNTS}
    for metric in DURATIONS:
        row[f"{metric}_n"] = len(seconds.get(metric, ()))
        row[f"{metric}_seconds"] = sum(seconds.get(metric, ()))
    resolved = row["resolution_n"]
    row["avg_resolution_time"] = row["resolution_seconds"] / resolved if resolved else None
    row["flow_n"] = names["flow_elapsed"]
    for part in ("active", "elapsed"):
        row[f"flow_{part}_seconds"] = sum(seconds.get(f"flow_{part}", ()))
    row["distributions"] = {
        name: in_buckets(values)
        for name, values in seconds.items()
        if values and not name.startswith("flow_")
    }
    row["excluded"] = _excluded(names)
    return row


def _values(marks: Iterable[Mark], name: str) -> list[int]:
    return [each.seconds for each in marks if each.name == name and each.seconds is not None]


def _excluded(names: Mapping[str, int]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for name, count in names.items():
        if name.startswith("excluded "):
            _, metric, reason = name.split()
            found[METRICS[metric]][reason] = count
    return dict(found)


def in_buckets(values: Iterable[int]) -> dict[str, int]:
    from analytics.facts.histograms import bucket_of

    return dict(Counter(str(bucket_of(value)) for value in values))


_COLUMNS = (
    "total_issues", "open_issues", "closed_issues", *COUNTS, "avg_resolution_time",
    *(f"{metric}_{part}" for metric in DURATIONS for part in ("n", "seconds")),
    "flow_n", "flow_active_seconds", "flow_elapsed_seconds", "distributions", "excluded",
)  # fmt: skip


# --- single issues -------------------------------------------------------------------------------


def project_facts(project: Project) -> Iterable[IssueFacts]:
    return IssueFacts.objects.filter(project=project).order_by("pk")


def stored_facts(facts: IssueFacts) -> Row:
    names = (*DAYS, "status", "outcome", "started_at", "working", "excluded", "status_seconds")
    return {
        **{name: getattr(facts, name) for name in (*names, "elapsed_seconds")},
        **{f"{metric}_seconds": getattr(facts, f"{metric}_seconds") for metric in DURATIONS},
        "events": [tuple(event) for event in facts.events],
        "anomalies": set(facts.anomalies),
    }


def expected_facts(known: Measures) -> Row:
    undated_at = known.undated_at if known.is_undated else None
    moments = (known.steps[0].at, known.closed_at, undated_at, known.issue.first_response_at)
    days = [at and known.calendar.day(at) for at in moments]
    return {
        **dict(zip(DAYS, days, strict=True)),
        "status": known.issue.status,
        "outcome": known.issue.outcome,
        "started_at": known.started_at,
        "working": known.working,
        "status_seconds": known.time_in("word"),
        "elapsed_seconds": known.elapsed_seconds,
        "excluded": {METRICS[name]: reason for name, reason in known.excluded.items()},
        **{f"{metric}_seconds": known.seconds.get(metric) for metric in DURATIONS},
        "events": _events(known),
        "anomalies": known.odd,
    }


def _events(known: Measures) -> list[tuple[Any, ...]]:
    followed = iter(known.followed())
    return [
        (str(known.calendar.day(at)), kind, *([next(followed)] if kind == "closed" else []))
        for at, kind in known.events
    ]


# --- percentiles from rows -----------------------------------------------------------------------


def percentile_of_rows(project: Project, name: str, percent: int) -> float:
    """Return the nearest-rank percentile from the histograms of all days."""
    from analytics.facts.histograms import value_of

    together: Counter[int] = Counter()
    for row in AnalyticsSummary.objects.filter(project=project):
        for bucket, count in row.distributions.get(name, {}).items():
            together[int(bucket)] += count
    rank, met = -(-percent * together.total() // 100), 0
    for bucket in sorted(together):
        met += together[bucket]
        if met >= rank:
            return value_of(bucket)
    msg = f"Nothing is stored of {name}."
    raise AssertionError(msg)
