"""Data of the report's charts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from analytics.facts.histograms import Counts


@dataclass(frozen=True, slots=True)
class Period:
    """Day, week or month, cut at the range's limits and at today."""

    first: date
    last: date
    is_whole: bool
    opened: int
    closed: int
    reopened: int
    closed_undated: int
    backlog: int
    """Open issues at the end of the last day."""


@dataclass(frozen=True, slots=True)
class SpikeMark:
    series: str
    """Series such as `label crash`; empty for the whole project."""
    level: str
    first: date
    last: date
    is_over: bool
    says: str


@dataclass(frozen=True, slots=True)
class Flow:
    interval: str
    """Length of a period: `day`, `week` or `month`."""
    periods: Sequence[Period]
    spikes: Sequence[SpikeMark]
    spikes_left_out: int
    backlog_before: int


@dataclass(frozen=True, slots=True)
class Resolution:
    """Resolution times of issues last closed in the range."""

    counts: Counts
    working: Counts
    """Durations in working hours; empty if the project has none."""
    excluded: Mapping[str, int]
    waiting: int
    """Issues open now, not included in the durations."""
    oldest_seconds: float | None


@dataclass(frozen=True, slots=True)
class OldIssue:
    """One of the issues longest in progress."""

    key: str
    title: str
    url: str
    status: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Aging:
    columns: Mapping[str, Counts]
    """Histograms of ages by the tracker's status, most issues first."""
    past: Counts
    """Time from first work to closure of issues closed in the last year."""
    oldest: Sequence[OldIssue]
    undated: int
    """Issues in progress with an unknown start."""

    @property
    def n(self) -> int:
        return sum(sum(ages.values()) for ages in self.columns.values())


@dataclass(frozen=True, slots=True)
class ResponsePeriod:
    """First responses of one week or month."""

    first: date
    last: date
    counts: Counts


@dataclass(frozen=True, slots=True)
class Response:
    interval: str
    periods: Sequence[ResponsePeriod]
    excluded: Mapping[str, int]
    waiting: int
    oldest_seconds: float | None


@dataclass(frozen=True, slots=True)
class PersonLoad:
    """Issues of one person; `login` is empty unless names were requested."""

    open: int
    in_progress: int
    login: str = ""


@dataclass(frozen=True, slots=True)
class Workload:
    people: Sequence[PersonLoad]
    """Assignees of open issues, most issues first."""
    open: int
    unassigned: int
    is_named: bool


@dataclass(frozen=True, slots=True)
class Totals:
    """Totals at the end of the range, and issues opened and closed in it."""

    total: int
    open: int
    closed: int
    opened: int
    closings: int


@dataclass(frozen=True, slots=True)
class Report:
    project: str
    project_id: int
    first: date
    last: date
    time_zone: str
    made_at: datetime
    as_of: datetime | None
    warnings: Sequence[str]
    """Problems of the sources, as text for users."""
    sources: Sequence[str]
    totals: Totals
    flow: Flow
    resolution: Resolution
    aging: Aging
    response: Response
    workload: Workload
