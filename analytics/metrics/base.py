"""Types of metrics and of their values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import msgspec
from django.db.models import Q, QuerySet

from analytics.facts.date_windows import Window
from analytics.facts.issue_facts import Facts
from analytics.facts.working_calendar import Calendar
from analytics.models import IssueFacts
from diip.common.errors import InvalidInput
from projects.models import Project

ANY = "any"
DELIVERED = "delivered, unknown"
OPEN = "not done"


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """Average and percentiles, in seconds.

    Below 20 durations, percentiles are null and `insufficient_data` is true.
    """

    average: float | None
    p50: float | None
    p75: float | None
    p90: float | None
    insufficient_data: bool


class OpenCohort(msgspec.Struct, frozen=True, kw_only=True):
    """Issues that are not counted yet because the event has not happened."""

    n: int
    oldest_seconds: float | None


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """Value over `n` issues or events; `excluded` counts others by reason."""

    value: float | None
    n: int
    excluded: Mapping[str, int] = {}
    spread: Spread | None = None
    working: Spread | None = None
    """Spread by the project's working hours."""
    waiting: OpenCohort | None = None
    detail: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class MetricContext:
    """Input of a metric's current value."""

    project: Project
    facts: QuerySet[IssueFacts]
    now: datetime
    calendar: Calendar
    options: Mapping[str, Any] = field(default_factory=dict)
    is_whole: bool = True
    """Marks `facts` of the whole project, without filters."""


Includes = Callable[[Facts, date, date], bool]
"""Function that returns True if an issue is counted between two days."""


@dataclass(frozen=True, slots=True)
class Metric:
    """Definition of a metric; a changed definition gets a new version."""

    id: str
    unit: str
    definition: str
    """Definition in words, for users."""
    outcomes: str
    includes: Includes
    prefilter: Callable[[date, date], Q]
    """SQL condition that keeps every issue `includes` may accept."""
    over_range: Callable[[Window], Value] | None = None
    """Value over a range; None if the metric has a current value only."""
    current_value: Callable[[MetricContext], Value] | None = None
    issue_value: Callable[[Facts], float | None] = lambda facts: None
    """Contribution of one issue."""
    is_level: bool = False
    """Marks a quantity at a point in time, which depends on all earlier days."""
    settles_after: int = 0
    """Days that must pass before a day's value is final."""
    version: int = 1

    def over(self, window: Window) -> Value:
        """Value over a range of days. Raises InvalidInput if there is none."""
        if self.over_range is None:
            raise InvalidInput(
                f"metric: {self.id} has a current value and no trend. Use `analytics/current/`.",
                field="metric",
            )
        return self.over_range(window)

    def at(self, scope: MetricContext) -> Value:
        """Value now, without a date range. Raises InvalidInput if there is none."""
        if self.current_value is None:
            raise InvalidInput(
                f"metric: {self.id} needs a range of days. Use `analytics/summary/`.",
                field="metric",
            )
        return self.current_value(scope)
