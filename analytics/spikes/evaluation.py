"""Evaluation of a project's days: opens, extends, escalates and ends spikes.

Safe to repeat and to run concurrently: days are evaluated from stored data, workers lock the
project's `SpikeProgress` row, and existing spikes are matched by their days.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Exists, F, Min, OuterRef, Q
from django.utils import timezone

from analytics.models import AnalyticsSummary, Spike, SpikeProgress
from analytics.spikes.explanation import explain_spike
from analytics.spikes.rule import QUIET_DAYS, RULE, Level, Rule, Score, score_days, strongest_window
from analytics.spikes.series import (
    Key,
    ProjectSeries,
    days_between,
    load_series,
    local_midnight,
    people_of,
)
from analytics.spikes.window import Window
from integrations.models import Integration, SyncRun
from projects.models import Project

LONGEST_WAIT_DAYS = 7
"""Days until a result is final, although a tracker cannot be synced."""

LONGEST_CATCH_UP_DAYS = 12 * 7
AT_LEAST_EVERY = timedelta(hours=1)


def evaluate_project(project: Project, today: date | None = None, rule: Rule = RULE) -> list[Spike]:
    """Evaluate today and all days without a final result; return the changed spikes.

    The first run covers today and yesterday only: earlier days are history and never a spike. A
    day is evaluated again until every tracker was synced after its end.
    """
    day = today or local_today(project)
    with transaction.atomic():
        progress = _lock(project)
        known_through = progress.judged_through
        yesterday = day - timedelta(days=1)
        changed = _evaluate_days(project, _due_days(known_through, day), rule)
        through = max(known_through or date.min, _complete_through(project, yesterday))
        progress.judged_through = through
        progress.save(update_fields=["judged_through", "updated_at"])
        changed += _end_finished_spikes(project, through)
        _mark_summaries(project)
    return changed


def projects_to_evaluate() -> list[int]:
    """Return ids of projects with new numbers, or not evaluated for an hour.

    Days end even without new numbers. Projects with a running first sync are skipped: with half
    of the history, any day looks unusual.
    """
    first_syncs = SyncRun.objects.filter(
        integration__project=OuterRef("pk"),
        trigger=SyncRun.Trigger.INITIAL,
        state__in=SyncRun.OPEN_STATES,
    )
    stale = Q(judged_at=None) | Q(judged_at__lt=timezone.now() - AT_LEAST_EVERY)
    moved = Q(analytics_state__aggregated_at__gt=F("judged_at"))
    projects = Project.objects.filter(removed_at=None, analytics_state__isnull=False)
    judged = projects.annotate(judged_at=F("spike_progress__updated_at"))
    due = judged.filter(stale | moved).exclude(Exists(first_syncs))
    return sorted(due.values_list("pk", flat=True))


def _due_days(known_through: date | None, today: date) -> list[date]:
    yesterday = today - timedelta(days=1)
    first = known_through + timedelta(days=1) if known_through else yesterday
    first = max(first, today - timedelta(days=LONGEST_CATCH_UP_DAYS))
    return list(days_between(min(first, today), today))


def local_today(project: Project) -> date:
    return timezone.localdate(timezone=ZoneInfo(project.time_zone))


def _lock(project: Project) -> SpikeProgress:
    SpikeProgress.objects.get_or_create(project=project)
    return SpikeProgress.objects.select_for_update(no_key=True).get(project=project)


def _complete_through(project: Project, yesterday: date) -> date:
    """Return the last day with complete data from all trackers.

    At most `LONGEST_WAIT_DAYS` before yesterday.
    """
    watched = Integration.objects.of(project).exclude(status=Integration.Status.DISABLED)
    oldest = watched.aggregate(at=Min("last_success_at"))["at"]
    if oldest is None:
        return yesterday
    synced: date = timezone.localdate(oldest, ZoneInfo(project.time_zone)) - timedelta(days=1)
    return min(max(synced, yesterday - timedelta(days=LONGEST_WAIT_DAYS)), yesterday)


def _evaluate_days(project: Project, days: list[date], rule: Rule) -> list[Spike]:
    ongoing = _ongoing_spikes(project)
    firsts = (spike.first_day for spikes in ongoing.values() for spike in spikes)
    changed = []
    for series in load_series(project, min([days[0], *firsts]), days[-1]):
        evaluation = _SeriesEvaluation(project, series, rule, ongoing.get(series.key, []))
        changed += evaluation.evaluate(days)
    return changed


def _ongoing_spikes(project: Project) -> Mapping[Key, list[Spike]]:
    found: dict[Key, list[Spike]] = {}
    for spike in Spike.objects.filter(project=project, ended_at=None).order_by("first_day"):
        found.setdefault((spike.series_kind, spike.series_value), []).append(spike)
    return found


class _SeriesEvaluation:
    """Series during evaluation, with its ongoing spikes."""

    def __init__(
        self, project: Project, series: ProjectSeries, rule: Rule, ongoing: list[Spike]
    ) -> None:
        self.project = project
        self.series = series
        self.rule = rule
        self.spikes = list(ongoing)
        self.stored = {spike.pk: _numbers(spike) for spike in ongoing}

    def evaluate(self, days: Iterable[date]) -> list[Spike]:
        for score in self._scores(days):
            level = score.level(self.rule)
            if level is not None:
                self._note(score.day, level)
        return [spike for spike in self.spikes if self._store(spike)]

    def _scores(self, days: Iterable[date]) -> list[Score]:
        """Score the days; skip windows with too few distinct people over all days."""
        scores = score_days(self.series.daily, days)
        return [score for score in scores if self._has_enough_people(score)]

    def _has_enough_people(self, score: Score) -> bool:
        if score.level(self.rule) is None:
            return True
        window = score.window(self.rule.minimum_reporters)
        return window is None or self._people(window) >= self.rule.minimum_reporters

    def _people(self, window: Window) -> int:
        if len(window.days) == 1:
            return window.reporters
        return people_of(self.project, self.series.key, window.days)

    def _note(self, day: date, level: Level) -> None:
        """Add a day that fired to the nearest spike, or open a new spike."""
        spike = next((one for one in self.spikes if _is_near(one, day)), None)
        if spike is None:
            spike = self._new_spike(day, level)
            self.spikes.append(spike)
        spike.first_day = min(spike.first_day, day)
        spike.last_day = max(spike.last_day, day)
        if level == "alert":
            spike.level = level

    def _new_spike(self, day: date, level: Level) -> Spike:
        return Spike(
            project=self.project,
            series_kind=self.series.kind,
            series_value=self.series.value,
            level=level,
            first_day=day,
            last_day=day,
        )

    def _store(self, spike: Spike) -> bool:
        """Save the spike with its current numbers; False if nothing changed."""
        scores = self._scores(days_between(spike.first_day, spike.last_day))
        window = strongest_window(scores, self.rule)
        if window is None:
            return False  # its issues were removed or imported: it ends automatically
        self._count(spike, window)
        spike.probability = min(score.probability for score in scores)
        if self.stored.get(spike.pk) == _numbers(spike):
            return False
        spike.explanation = explain_spike(spike)
        spike.save()
        return True

    def _count(self, spike: Spike, window: Window) -> None:
        spike.window_first_day, spike.window_last_day = window.days[0], window.days[-1]
        spike.people = self._people(window)
        spike.observed_reporters = window.reporters
        spike.observed_issues = sum(self.series.issues.get(day, 0) for day in window.days)
        spike.expected = round(window.expected.mean, 3)
        spike.expected_low, spike.expected_high = window.expected.low, window.expected.high


def _is_near(spike: Spike, day: date) -> bool:
    quiet = timedelta(days=QUIET_DAYS)
    return spike.first_day - quiet <= day <= spike.last_day + quiet


def _numbers(spike: Spike) -> tuple[object, ...]:
    """Return the values whose change is worth a notification."""
    days = spike.first_day, spike.last_day, *spike.window
    counts = spike.people, spike.observed_reporters, spike.observed_issues
    return spike.level, days, counts, spike.expected, spike.probability


def _end_finished_spikes(project: Project, through: date) -> list[Spike]:
    """End spikes followed by seven quiet days with final results."""
    last_day = through - timedelta(days=QUIET_DAYS)
    over = list(Spike.objects.filter(project=project, ended_at=None, last_day__lte=last_day))
    for spike in over:
        spike.ended_at = local_midnight(project, spike.last_day + timedelta(days=QUIET_DAYS + 1))
        spike.save(update_fields=["ended_at", "updated_at"])
    return over


def _mark_summaries(project: Project) -> None:
    """Set `spike_detected` on all days of the project's spikes, including rebuilt rows."""
    spikes = Spike.objects.filter(
        project=project,
        series_kind=Spike.SeriesKind.PROJECT,
        first_day__lte=OuterRef("day"),
        last_day__gte=OuterRef("day"),
    )
    unmarked = AnalyticsSummary.objects.filter(project=project, spike_detected=False)
    unmarked.filter(Exists(spikes)).update(spike_detected=True)
