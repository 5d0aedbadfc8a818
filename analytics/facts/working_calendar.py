"""Calendar of a project: its days and working hours."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from projects.models import Project

_DAY = 86_400
_EPOCH = date(1970, 1, 1)
_LAST = date(2100, 1, 1)
"""End of computed working time; the start is `_EPOCH`."""


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """ISO weekdays (Monday is 1) and their working hours, in local time."""

    days: tuple[int, ...]
    begin: time
    end: time

    @classmethod
    def of(cls, stored: Mapping[str, Any] | None) -> "WorkingHours | None":
        if not stored:
            return None
        begin, end = (time.fromisoformat(stored[name]) for name in ("from", "to"))
        return cls(tuple(sorted(stored["days"])), begin, end)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Time zone and working hours of a project.

    Times are whole seconds since 1970 (UTC).
    """

    zone: str = "UTC"
    hours: WorkingHours | None = None

    @classmethod
    def of(cls, project: Project) -> "Calendar":
        return cls(project.time_zone, WorkingHours.of(project.working_hours))

    def day_of(self, moment: int) -> date:
        if self.zone == "UTC":
            return date.fromordinal(_EPOCH.toordinal() + moment // _DAY)
        return datetime.fromtimestamp(moment, ZoneInfo(self.zone)).date()

    def today(self, now: datetime) -> date:
        return now.astimezone(ZoneInfo(self.zone)).date()

    def start_of(self, day: date) -> datetime:
        """Return the start of a day, in UTC."""
        return datetime.combine(day, time(), ZoneInfo(self.zone)).astimezone(UTC)

    def working_seconds(self, start: int, end: int) -> int:
        """Compute the working seconds between two times.

        Raises ValueError if the calendar has no working hours.
        """
        if self.hours is None:
            raise ValueError("the calendar has no working hours")
        shifts = _shifts(self.zone, self.hours)
        return shifts.before(end) - shifts.before(start)


@dataclass(frozen=True, slots=True)
class _Shifts:
    """Shifts since 1970, with the working seconds before each."""

    begins: list[int]
    lengths: list[int]
    worked: list[int]

    def before(self, moment: int) -> int:
        place = bisect_right(self.begins, moment) - 1
        if place < 0:
            return 0
        return self.worked[place] + min(moment - self.begins[place], self.lengths[place])


@lru_cache(maxsize=32)
def _shifts(zone: str, hours: WorkingHours) -> _Shifts:
    # 130 years in a fifth of a second; afterwards any span costs two look-ups.
    begins, lengths, worked, total = [], [], [], 0
    local, day = ZoneInfo(zone), _EPOCH
    while day < _LAST:
        if day.isoweekday() in hours.days:
            begin = int(datetime.combine(day, hours.begin, local).timestamp())
            end = int(datetime.combine(day, hours.end, local).timestamp())
            begins.append(begin)
            lengths.append(max(0, end - begin))
            worked.append(total)
            total += lengths[-1]
        day += timedelta(days=1)
    return _Shifts(begins, lengths, worked)
