"""What the report shows, as it was found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from analytics.facts.histograms import Counts


@dataclass(frozen=True, slots=True)
class Period:
    """A day, week or month; cut where the range, or today, cuts it."""

    first: date
    last: date
    is_whole: bool
    opened: int
    closed: int
    reopened: int
    closed_undated: int
    backlog: int
    """Open at the end of its last day."""


@dataclass(frozen=True, slots=True)
class SpikeMark:
    series: str
    """`label crash`; empty for the project as a whole."""
    level: str
    first: date
    last: date
    is_over: bool
    says: str


@dataclass(frozen=True, slots=True)
class Flow:
    interval: str
    """day, week or month."""
    periods: Sequence[Period]
    spikes: Sequence[SpikeMark]
    spikes_left_out: int
    backlog_before: int


@dataclass(frozen=True, slots=True)
class Resolution:
    """Of issues whose last closing is in the range."""

    counts: Counts
    working: Counts
    """The same by working hours; empty where the project has none."""
    excluded: Mapping[str, int]
    waiting: int
    """Open now, in no duration."""
    oldest_seconds: float | None


@dataclass(frozen=True, slots=True)
class Old:
    """One of the issues that have been in progress for longest."""

    key: str
    title: str
    url: str
    status: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Aging:
    columns: Mapping[str, Counts]
    """By the tracker's status word, most issues first: ages in buckets."""
    past: Counts
    """How long issues took that were closed within the last year, from first work to closing."""
    oldest: Sequence[Old]
    undated: int
    """In progress, but nobody knows since when."""

    @property
    def n(self) -> int:
        return sum(sum(ages.values()) for ages in self.columns.values())


@dataclass(frozen=True, slots=True)
class Answered:
    """First responses of one week or month."""

    first: date
    last: date
    counts: Counts


@dataclass(frozen=True, slots=True)
class Response:
    interval: str
    periods: Sequence[Answered]
    excluded: Mapping[str, int]
    waiting: int
    oldest_seconds: float | None


@dataclass(frozen=True, slots=True)
class Load:
    """What one person has; `login` only where names were asked for."""

    open: int
    in_progress: int
    login: str = ""


@dataclass(frozen=True, slots=True)
class Workload:
    people: Sequence[Load]
    """Everybody who has an open issue, most first."""
    open: int
    unassigned: int
    is_named: bool


@dataclass(frozen=True, slots=True)
class Totals:
    """At the end of the range; opened and closed within it."""

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
    """What is wrong with the sources, in sentences."""
    sources: Sequence[str]
    totals: Totals
    flow: Flow
    resolution: Resolution
    aging: Aging
    response: Response
    workload: Workload
