"""What a metric is, and what it answers."""

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
    """Seconds; percentiles are null below 20 durations, and then `insufficient_data` is true."""

    average: float | None
    p50: float | None
    p75: float | None
    p90: float | None
    insufficient_data: bool


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """What cannot be counted yet, for it has not happened yet."""

    n: int
    oldest_seconds: float | None


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """`n` issues (or events) were counted, `excluded` were not, by reason."""

    value: float | None
    n: int
    excluded: Mapping[str, int] = {}
    spread: Spread | None = None
    working: Spread | None = None
    """By the project's working calendar."""
    waiting: Waiting | None = None
    detail: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """What a metric of the present is asked of."""

    project: Project
    facts: QuerySet[IssueFacts]
    now: datetime
    calendar: Calendar
    options: Mapping[str, Any] = field(default_factory=dict)
    is_whole: bool = True
    """All issues of the project, not a part of them."""


Behind = Callable[[Facts, date, date], bool]
"""Whether the issue is among those counted from one day to another."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One definition; another definition is another version."""

    id: str
    unit: str
    counts: str
    """Which issues, in words."""
    outcomes: str
    behind: Behind
    near: Callable[[date, date], Q]
    """Narrows facts in SQL to those that may be behind."""
    of: Callable[[Window], Value] | None = None
    """Of a range of days; None: of the present only."""
    now: Callable[[Scope], Value] | None = None
    own: Callable[[Facts], float | None] = lambda facts: None
    """What one issue gives to it."""
    is_level: bool = False
    """How much there is, not what happened: it rests on all days before."""
    settles_after: int = 0
    """Days that must have passed before a day can be judged."""
    version: int = 1

    def over(self, window: Window) -> Value:
        """Of a range of days."""
        if self.of is None:
            raise InvalidInput(
                f"metric: {self.id} is of the present, it has no trend; ask `analytics/now/`",
                field="metric",
            )
        return self.of(window)

    def at(self, scope: Scope) -> Value:
        """Of the present."""
        if self.now is None:
            raise InvalidInput(
                f"metric: {self.id} is of a range of days; ask `analytics/summary/`",
                field="metric",
            )
        return self.now(scope)
