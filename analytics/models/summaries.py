"""One row a project and day, what each issue gives to them, and how far that is worked out.

Days are those of the project's time zone. All sums are whole seconds: whatever is added can be
taken away again to the last digit, so that working out what changed gives the rows that working
out everything gives.
"""

from typing import Self

from django.db import connection, models
from django.db.models.functions import Cast

from diip.common.models import TimestampedModel
from issues.models import Issue
from projects.models import Project


class AnalyticsSummary(models.Model):
    """A day of a project; only days on which something happened have a row."""

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
    """Closings: an issue that is closed twice counts twice."""
    reopened = models.IntegerField(default=0)
    delivered = models.IntegerField(default=0)
    """Issues whose last closing this is, with outcome delivered or unknown."""
    delivered_unknown = models.IntegerField(default=0)
    """Of those, the ones whose outcome nobody told."""
    closed_undated = models.IntegerField(default=0)
    """Done, but nobody knows since when: counted out on the day of their last version."""
    closings_reopened = models.IntegerField(default=0)
    """Of the day's closings, those that were followed by a reopening within 30 days."""

    # Where the issues opened on the day are now.
    cohort_delivered = models.IntegerField(default=0)
    cohort_open = models.IntegerField(default=0)
    cohort_in_progress = models.IntegerField(default=0)
    """Of the open ones, those that somebody works on."""
    cohort_unanswered = models.IntegerField(default=0)
    """Of the open ones, those without a first response."""

    # Of issues delivered (resolution, cycle, flow) or first answered (response) on the day.
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
    """By name (`resolution`, `resolution.working`, `status.In Review` …): `{bucket: issues}`."""
    excluded = models.JSONField(default=dict)
    """By metric and reason: issues that are not counted."""
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
        """SQLite cannot ask whether a list holds something: there the quoted word is looked for."""
        odd = self.exclude(anomalies=[])
        if connection.vendor == "postgresql":
            return odd.filter(anomalies__contains=[code])
        as_text = Cast("anomalies", models.TextField())
        return odd.alias(told=as_text).filter(told__contains=f'"{code}"')


class IssueFacts(models.Model):
    """What one issue gives to the days. No row: it gives nothing (a tombstone, say)."""

    issue = models.OneToOneField(
        Issue, on_delete=models.DO_NOTHING, primary_key=True, db_constraint=False,
        related_name="facts",
    )  # fmt: skip
    """Kept when the issue is deleted, until what it gave is taken back."""
    project = models.ForeignKey(Project, on_delete=models.CASCADE, db_index=False)
    integration_id = models.BigIntegerField(db_index=True)
    """No foreign key: kept when the integration is removed, until what it gave is taken back."""

    opened_day = models.DateField()
    closed_day = models.DateField(null=True)
    """Of the last closing, of an issue that is done."""
    undated_day = models.DateField(null=True)
    """Of the last version, of an issue that is done and nobody knows since when."""
    response_day = models.DateField(null=True)
    status = models.CharField(max_length=16)
    outcome = models.CharField(max_length=16, null=True)
    started_at = models.DateTimeField(null=True)
    """When somebody first worked on it, of one that is in progress or was."""

    resolution_seconds = models.BigIntegerField(null=True)
    first_resolution_seconds = models.BigIntegerField(null=True)
    cycle_seconds = models.BigIntegerField(null=True)
    response_seconds = models.BigIntegerField(null=True)
    elapsed_seconds = models.BigIntegerField(null=True)
    """From the first work on it to its last closing."""
    todo_seconds = models.BigIntegerField(null=True)
    working = models.JSONField(default=dict)
    """The same by the project's working calendar, where it has one: `{"resolution": seconds}`."""
    status_seconds = models.JSONField(default=dict)
    """Time in each source status until it was closed: `{"In Review": seconds}`."""
    events = models.JSONField(default=list)
    """Closings and reopenings, oldest first; of a closing also whether a reopening followed within
    30 days: `[["2026-01-31", "closed", true], ["2026-02-02", "reopened"], …]`."""
    excluded = models.JSONField(default=dict)
    """By metric: why it is not counted there."""
    anomalies = models.JSONField(default=list)
    """What is odd about its history: `analytics.facts.status_timeline.Anomaly`."""

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
            # Few are odd: looking for them costs as much however many issues there are.
            models.Index(fields=["project"], condition=~models.Q(anomalies=[]), name="facts_odd"),
        ]


class AnalyticsState(TimestampedModel):
    """How far a project is worked out; its row is the lock of whoever works it out."""

    project = models.OneToOneField(
        Project, on_delete=models.CASCADE, related_name="analytics_state"
    )
    version = models.PositiveBigIntegerField(default=0)
    """One more with every change of a row of the project."""
    aggregated_at = models.DateTimeField(null=True, blank=True)
    """All that was stored before is in the rows."""
    basis = models.CharField(max_length=64, blank=True, default="")
    """Digest of what facts rest on: definitions, time zone, calendar. Another one: all anew."""
    integration_ids = models.JSONField(default=list)
    """Whose issues are in the rows."""
    status_classes = models.JSONField(default=dict)
    """What the status words meant when the facts were made: `{integration: {word: status}}`."""
    rebuilding_after = models.BigIntegerField(null=True, blank=True)
    """Working out everything anew: the issues up to this id are done. Null: no rebuild."""
