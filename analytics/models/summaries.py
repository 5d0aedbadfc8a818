"""Models for daily totals, facts of issues and the progress of aggregation.

Days are in the project's time zone. All sums are whole seconds, so that they can be subtracted
exactly: an incremental update gives the same rows as a full recalculation.
"""

from typing import Self

from django.db import connection, models
from django.db.models.functions import Cast

from diip.common.models import TimestampedModel
from issues.models import Issue
from projects.models import Project


class AnalyticsSummary(models.Model):
    """Totals of one project and day; days without any event have no row."""

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="summaries", db_index=False
    )
    day = models.DateField()

    # At the day's end.
    total_issues = models.IntegerField(default=0)
    open_issues = models.IntegerField(default=0)
    closed_issues = models.IntegerField(default=0)

    # What happened on the day.
    opened = models.IntegerField(default=0)
    closed = models.IntegerField(default=0)
    """Closures; an issue closed twice counts twice."""
    reopened = models.IntegerField(default=0)
    delivered = models.IntegerField(default=0)
    """Issues last closed on this day with outcome delivered or unknown."""
    delivered_unknown = models.IntegerField(default=0)
    """Part of `delivered` with an unknown outcome."""
    closed_undated = models.IntegerField(default=0)
    """Done issues without a closing date, counted on the day of their last version."""
    closings_reopened = models.IntegerField(default=0)
    """Part of `closed` that was followed by a reopening within 30 days."""

    # Current state of the issues opened on the day.
    cohort_delivered = models.IntegerField(default=0)
    cohort_open = models.IntegerField(default=0)
    cohort_in_progress = models.IntegerField(default=0)
    """Part of `cohort_open` that is in progress."""
    cohort_unanswered = models.IntegerField(default=0)
    """Part of `cohort_open` without a first response."""

    # Durations of issues delivered (resolution, cycle, flow) or first answered (response) that day.
    avg_resolution_time = models.FloatField(null=True, blank=True)
    resolution_n = models.IntegerField(default=0)
    resolution_seconds = models.BigIntegerField(default=0)
    first_resolution_n = models.IntegerField(default=0)
    first_resolution_seconds = models.BigIntegerField(default=0)
    cycle_n = models.IntegerField(default=0)
    cycle_seconds = models.BigIntegerField(default=0)
    response_n = models.IntegerField(default=0)
    response_seconds = models.BigIntegerField(default=0)
    flow_n = models.IntegerField(default=0)
    flow_active_seconds = models.BigIntegerField(default=0)
    flow_elapsed_seconds = models.BigIntegerField(default=0)

    distributions = models.JSONField(default=dict)
    """Histograms `{bucket: issues}` by name: `resolution`, `resolution.working`, `status.Done`."""
    excluded = models.JSONField(default=dict)
    """Number of issues not counted: `{metric: {reason: issues}}`."""
    spike_detected = models.BooleanField(default=False)

    class Meta:
        verbose_name = "day"
        constraints = [
            models.UniqueConstraint(fields=["project", "day"], name="summary_once_per_day")
        ]

    def __str__(self) -> str:
        return f"{self.project_id} {self.day}"


class IssueFactsQuerySet(models.QuerySet["IssueFacts"]):
    def with_anomaly(self, code: str) -> Self:
        """Filter issues with an anomaly."""
        odd = self.exclude(anomalies=[])
        if connection.vendor == "postgresql":
            return odd.filter(anomalies__contains=[code])
        # SQLite cannot search a JSON list: search its text for the quoted code.
        as_text = Cast("anomalies", models.TextField())
        return odd.alias(text=as_text).filter(text__contains=f'"{code}"')


class IssueFacts(models.Model):
    """Contribution of one issue to the daily totals; none for removed issues."""

    issue = models.OneToOneField(
        Issue, on_delete=models.DO_NOTHING, primary_key=True, db_constraint=False,
        related_name="facts",
    )  # fmt: skip
    """Issue, possibly deleted: the row stays until totals are corrected."""
    project = models.ForeignKey(Project, on_delete=models.CASCADE, db_index=False)
    integration_id = models.BigIntegerField(db_index=True)
    """Integration, possibly deleted: the row stays until totals are corrected."""

    opened_day = models.DateField()
    closed_day = models.DateField(null=True)
    """Day of the last closure, if the issue is done."""
    undated_day = models.DateField(null=True)
    """Day of the last version, if the issue is done without a closing date."""
    response_day = models.DateField(null=True)
    status = models.CharField(max_length=16)
    outcome = models.CharField(max_length=16, null=True)
    started_at = models.DateTimeField(null=True)
    """Time when work began; null if it never did."""

    resolution_seconds = models.BigIntegerField(null=True)
    first_resolution_seconds = models.BigIntegerField(null=True)
    cycle_seconds = models.BigIntegerField(null=True)
    response_seconds = models.BigIntegerField(null=True)
    elapsed_seconds = models.BigIntegerField(null=True)
    """Seconds from first work to last closure."""
    todo_seconds = models.BigIntegerField(null=True)
    working = models.JSONField(default=dict)
    """Durations in working hours, if the project has any: `{"resolution": seconds}`."""
    status_seconds = models.JSONField(default=dict)
    """Seconds in each source status until closure: `{"In Review": seconds}`."""
    events = models.JSONField(default=list)
    """Closures and reopenings, oldest first; a closure has true if reopened within 30 days:
    `[["2026-01-31", "closed", true], ["2026-02-02", "reopened"], …]`."""
    excluded = models.JSONField(default=dict)
    """Reasons why metrics do not count the issue: `{metric: reason}`."""
    anomalies = models.JSONField(default=list)
    """Anomalies of the history (`analytics.facts.status_timeline.Anomaly`)."""

    objects = IssueFactsQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["project", "opened_day"], name="facts_by_opening"),
            models.Index(fields=["project", "closed_day"], name="facts_by_closing"),
            models.Index(fields=["project", "response_day"], name="facts_by_response"),
            models.Index(
                fields=["project", "status"],
                condition=models.Q(status__in=["todo", "in_progress"]),
                name="facts_open",
            ),
            # Anomalies are rare: a partial index keeps the search independent of project size.
            models.Index(fields=["project"], condition=~models.Q(anomalies=[]), name="facts_odd"),
        ]


class AnalyticsState(TimestampedModel):
    """Progress of aggregation in a project; workers lock this row."""

    project = models.OneToOneField(
        Project, on_delete=models.CASCADE, related_name="analytics_state"
    )
    version = models.PositiveBigIntegerField(default=0)
    """Number of changes to the project's rows."""
    aggregated_at = models.DateTimeField(null=True, blank=True)
    """Time up to which all stored data is in the daily totals."""
    basis = models.CharField(max_length=64, blank=True, default="")
    """Digest of definitions, time zone and working hours; a change starts a full rebuild."""
    integration_ids = models.JSONField(default=list)
    """Integrations whose issues are in the daily totals."""
    status_classes = models.JSONField(default=dict)
    """Status mapping used for the facts: `{integration: {word: status}}`."""
    rebuilding_after = models.BigIntegerField(null=True, blank=True)
    """Last issue id processed by a running rebuild; null without a rebuild."""
