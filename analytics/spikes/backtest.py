"""Backtest: alarms that a rule would have raised in the last weeks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from analytics.spikes.evaluation import local_today
from analytics.spikes.rule import RULE, Level, Rule, Score, score_days, spans, strongest_window
from analytics.spikes.series import ProjectSeries, days_between, load_series
from analytics.spikes.window import Window
from diip.common.errors import InvalidInput
from projects.models import Project

DAYS = 12 * 7
MOST_SERIES = 20
"""Limit of series in one backtest, most reporters first; each takes about 0.05 s."""


@dataclass(frozen=True)
class Settings:
    rule: Rule = RULE
    series: Sequence[str] = ()
    """Names such as `project` and `label:crash`; empty for all that can be evaluated."""


@dataclass(frozen=True)
class Alarm:
    """Spike that the rule would have found."""

    series_kind: str
    series_value: str
    level: Level
    first_day: date
    last_day: date
    window_first_day: date
    window_last_day: date
    observed_reporters: int
    observed_issues: int
    expected: float
    expected_low: int
    expected_high: int
    probability: float


@dataclass(frozen=True)
class Backtest:
    first_day: date
    last_day: date
    judged: Sequence[str]
    left_out: int
    """Number of series beyond `MOST_SERIES`."""
    alarms: Sequence[Alarm]
    """Alarms, newest first."""

    @property
    def alerts(self) -> int:
        return sum(alarm.level == "alert" for alarm in self.alarms)

    @property
    def notices(self) -> int:
        return len(self.alarms) - self.alerts


def backtest(
    project: Project, settings: Settings = Settings(), today: date | None = None
) -> Backtest:
    """Evaluate each day of the last twelve weeks from its past alone.

    Ends yesterday. Uses the current labels of issues, which may be newer than the day. Raises
    InvalidInput for a series that does not exist or has too few reporters.
    """
    last = (today or local_today(project)) - timedelta(days=1)
    first = last - timedelta(days=DAYS - 1)
    loaded = {series.name: series for series in load_series(project, first, last)}
    _refuse_unknown(settings.series, loaded)
    wanted = [series for name, series in loaded.items() if name in (settings.series or loaded)]
    wanted.sort(key=lambda series: -sum(series.daily.reporters))
    judged = wanted[:MOST_SERIES]
    alarms = [alarm for series in judged for alarm in _alarms(series, settings.rule, (first, last))]
    return Backtest(
        first_day=first,
        last_day=last,
        judged=[series.name for series in judged],
        left_out=len(wanted) - len(judged),
        alarms=sorted(alarms, key=lambda alarm: alarm.first_day, reverse=True),
    )


def _refuse_unknown(names: Sequence[str], loaded: dict[str, ProjectSeries]) -> None:
    unknown = [name for name in names if name not in loaded]
    if unknown:
        known = ", ".join(list(loaded)[:MOST_SERIES]) or "none yet"
        raise InvalidInput(
            f"{unknown[0]!r} cannot be evaluated: the series does not exist, or has too few "
            f"reporters. Available series: {known}.",
            field="series",
        )


def _alarms(series: ProjectSeries, rule: Rule, days: tuple[date, date]) -> Iterator[Alarm]:
    scores = list(score_days(series.daily, days_between(*days)))
    fired = [score.day for score in scores if score.level(rule)]
    for first, last in spans(fired):
        within = [score for score in scores if first <= score.day <= last]
        window = strongest_window(within, rule)
        if window:
            yield _alarm(series, rule, within, window)


def _alarm(series: ProjectSeries, rule: Rule, within: Sequence[Score], window: Window) -> Alarm:
    fired = [score for score in within if score.level(rule)]
    return Alarm(
        series_kind=series.kind,
        series_value=series.value,
        level="alert" if any(one.level(rule) == "alert" for one in fired) else "notice",
        first_day=fired[0].day,
        last_day=fired[-1].day,
        window_first_day=window.days[0],
        window_last_day=window.days[-1],
        observed_reporters=window.reporters,
        observed_issues=sum(series.issues.get(day, 0) for day in window.days),
        expected=round(window.expected.mean, 3),
        expected_low=window.expected.low,
        expected_high=window.expected.high,
        probability=min(score.probability for score in fired),
    )
