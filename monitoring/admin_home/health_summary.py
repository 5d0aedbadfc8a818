"""Summary of the health report: problems first, each with its fix and link."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from monitoring.health import Component, HealthReport, State
from monitoring.health.wording import counted

PAGES: Mapping[str, str] = {
    "workers": "tasks-dashboard",
    "tasks": "admin:monitoring_failedtask_changelist",
    "integrations": "admin:integrations_integration_changelist",
    "syncs": "admin:integrations_syncrun_changelist",
    "calls": "admin:integrations_apilog_changelist",
    "quarantine": "admin:integrations_quarantinedrecord_changelist",
    "outbox": "admin:analytics_alertmessage_changelist",
}
"""URL names of the pages with details of a component."""
MOST_PROCESSES = 12
KINDS = {State.OK: "success", State.WARNING: "warning", State.FAILING: "danger"}


@dataclass(frozen=True)
class Part:
    """Component of the report, as displayed."""

    name: str
    kind: str
    """Colour name in the theme."""
    word: str
    message: str
    fix: str
    url: str


@dataclass(frozen=True)
class QueueRow:
    name: str
    kind: str
    length: object
    oldest_seconds: object
    consumers: object
    reason: str


@dataclass(frozen=True)
class ProcessRow:
    """Running worker or beat."""

    name: str
    seconds: float
    """Seconds since its last heartbeat."""
    queues: str


@dataclass(frozen=True)
class HealthSummary:
    headline: str
    kind: str
    at: str
    problems: tuple[Part, ...]
    healthy: tuple[Part, ...]
    queues: tuple[QueueRow, ...]
    processes: tuple[ProcessRow, ...]


def summarise(report: HealthReport) -> HealthSummary:
    parts = [_part(component) for component in report.components]
    failing = sum(component.status is State.FAILING for component in report.components)
    warned = sum(component.status is State.WARNING for component in report.components)
    problems = [part for part in parts if part.kind != "success"]
    return HealthSummary(
        headline=_headline(failing, warned),
        kind=KINDS[report.status],
        at=f"{report.at:%H:%M:%S} UTC",
        problems=tuple(sorted(problems, key=lambda part: part.kind != "danger")),
        healthy=tuple(part for part in parts if part.kind == "success"),
        queues=_queues(report),
        processes=(*_processes(report, "workers", "workers"), *_processes(report, "beat", "beats")),
    )


def _headline(failing: int, warned: int) -> str:
    if not failing and not warned:
        return "Everything works. No action needed."
    parts = [f"{counted(failing, 'component')} failing" if failing else ""]
    parts.append(counted(warned, "warning") if warned else "")
    return ", ".join(filter(None, parts)) + "."


def _part(component: Component) -> Part:
    page = PAGES.get(component.name)
    return Part(
        name=component.name.replace("_", " "),
        kind=KINDS[component.status],
        word=component.status.value,
        message=component.message,
        fix=component.fix,
        url=reverse(page) if page else "",
    )


def _queues(report: HealthReport) -> tuple[QueueRow, ...]:
    queues = next((each for each in report.components if each.name == "queues"), None)
    rows = queues.details.get("queues") if queues else None
    if not isinstance(rows, list | tuple):
        return ()  # the probe failed
    return tuple(_queue(row) for row in rows if isinstance(row, dict))


def _queue(row: Mapping[str, object]) -> QueueRow:
    state = State(str(row["status"]))
    return QueueRow(
        name=str(row["name"]),
        kind=KINDS[state],
        length=row.get("length"),
        oldest_seconds=row.get("oldest_seconds"),
        consumers=row.get("consumers"),
        reason=str(row.get("reason", "")),
    )


def _processes(report: HealthReport, component: str, rows: str) -> Iterator[ProcessRow]:
    found = next((each.details for each in report.components if each.name == component), {})
    listed: Any = found.get(rows, ())
    for row in listed[:MOST_PROCESSES]:
        queues = ", ".join(row["queues"])
        yield ProcessRow(row["name"], row["seconds_since_seen"], queues)
