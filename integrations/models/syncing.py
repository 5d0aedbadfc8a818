"""Sync runs of an integration and the cursors of its feeds."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from integrations.fields import ScrubbedSentencesField, ScrubbedTextField
from integrations.models.integration import Integration


class FeedCursor(models.Model):
    """Position in one feed of an integration, and its open pass."""

    integration = models.ForeignKey(Integration, on_delete=models.CASCADE, related_name="cursors")
    feed = models.CharField(max_length=20)

    synced_through = models.DateTimeField(null=True, blank=True)
    """Start of the next pass: updates since then; None reads everything."""
    etag = models.CharField(max_length=300, blank=True, default="")
    """ETag of the only page of a single-page pass from `synced_through`."""
    mark = models.CharField(max_length=64, blank=True, default="")
    """Newest id that is not read again, for feeds without `since`."""
    horizon = models.DateTimeField(null=True, blank=True)
    """Start of the last finished pass, on the tracker's clock."""
    asked_at = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField(null=True, blank=True)
    """Time a page last changed a row, on our clock."""
    note = ScrubbedTextField(blank=True, default="")
    """Reason why the tracker does not offer this feed; empty if it does."""
    missed = models.TextField(blank=True, db_default="", default="")
    """Description of data a page omitted, until a complete pass; empty if none."""

    page_token = models.TextField(blank=True, default="")
    """Token of the open pass's next page; empty if no pass is open."""
    pass_started_at = models.DateTimeField(null=True, blank=True)
    pass_pages = models.PositiveIntegerField(default=0)
    pass_changed = models.BooleanField(default=False)
    pass_etag = models.CharField(max_length=300, blank=True, default="")
    pass_mark = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["integration", "feed"], name="feed_cursor_once")
        ]


class SyncRun(models.Model):
    """Sync of one integration: queue entry, progress and result."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        WAITING = "waiting"
        SUCCEEDED = "succeeded"
        INCOMPLETE = "incomplete"
        """Finished, but with missing data; `gaps` describes it."""
        FAILED = "failed"
        PARKED = "parked"

    OPEN_STATES = (State.QUEUED, State.RUNNING, State.WAITING)
    UNCLAIMED_STATES = (State.QUEUED, State.WAITING)
    READ_STATES = (State.SUCCEEDED, State.INCOMPLETE)
    """States of runs that read everything to the end."""

    class Kind(models.TextChoices):
        INCREMENTAL = "incremental"
        CENSUS = "census"
        TARGETED = "targeted"
        """Reads only issues with hints."""
        REMAP = "remap"
        """Reprocesses stored pages without any request."""

    class Trigger(models.TextChoices):
        INITIAL = "initial"
        SCHEDULED = "scheduled"
        MANUAL = "manual"
        WEBHOOK = "webhook"

    integration = models.ForeignKey(Integration, on_delete=models.CASCADE, related_name="runs")
    kind = models.CharField(max_length=16, choices=Kind.choices, default=Kind.INCREMENTAL)
    trigger = models.CharField(max_length=16, choices=Trigger.choices)
    state = models.CharField(max_length=16, choices=State.choices, default=State.QUEUED)
    not_before = models.DateTimeField(default=timezone.now)
    lease_owner = models.CharField(max_length=64, blank=True, default="")
    lease_until = models.DateTimeField(null=True, blank=True)
    fencing_token = models.PositiveBigIntegerField(default=0)
    attempts = models.PositiveIntegerField(default=0)
    """Number of claims since the last stored page."""
    sent_at = models.DateTimeField(null=True, blank=True)
    """Time a task message was last sent for this run; it may have been lost."""

    feed = models.CharField(max_length=20, blank=True, default="")
    """Feed being read now."""
    feeds_done = models.JSONField(default=list)
    pages = models.PositiveIntegerField(default=0)
    requests = models.PositiveIntegerField(default=0)
    not_modified = models.PositiveIntegerField(default=0)
    """Requests answered with 304, which cost no quota."""
    records_seen = models.PositiveIntegerField(default=0)
    issues_created = models.PositiveIntegerField(default=0)
    issues_updated = models.PositiveIntegerField(default=0)
    issues_unchanged = models.PositiveIntegerField(default=0)
    issues_removed = models.PositiveIntegerField(default=0)
    comments_stored = models.PositiveIntegerField(default=0)
    comments_removed = models.PositiveIntegerField(db_default=0, default=0)
    transitions_stored = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    """Rows that are not issues (pull requests)."""
    orphaned = models.PositiveIntegerField(default=0)
    """Comments and events of issues that are not stored (yet)."""
    quarantined = models.PositiveIntegerField(default=0)
    repaired = models.PositiveIntegerField(default=0)
    upstream_total = models.PositiveIntegerField(null=True, blank=True)
    upstream_total_at = models.DateTimeField(null=True, blank=True)
    """Time of the tracker's count; carried over while no issue is created or removed."""
    local_total = models.PositiveIntegerField(null=True, blank=True)
    gaps = ScrubbedSentencesField(default=list)
    """Sentences on data this run could not read, with reasons."""
    missing = models.TextField(blank=True, db_default="", default="")
    """Summary of the gaps that mean missing data; empty if nothing is missing."""
    error_kind = models.CharField(max_length=32, blank=True, default="")
    error_message = ScrubbedTextField(blank=True, default="")

    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    as_of = models.DateTimeField(null=True, blank=True)
    """Time up to which the tracker's data is complete, on the tracker's clock."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["integration"],
                condition=Q(state__in=["queued", "running", "waiting"]),
                name="one_open_run_per_integration",
            )
        ]
        indexes = [
            models.Index(
                fields=["not_before"],
                condition=Q(state__in=["queued", "running", "waiting"]),
                name="open_runs_by_due_date",
            ),
            models.Index(F("integration"), F("id").desc(), name="runs_newest_first"),
            models.Index(
                fields=["finished_at"],
                condition=Q(finished_at__isnull=False),
                name="finished_runs_by_age",
            ),
        ]


class IssueHint(models.Model):
    """Issue to fetch: named by a webhook, or mapped only in part."""

    integration = models.ForeignKey(
        Integration, on_delete=models.CASCADE, related_name="hints", db_index=False
    )
    source_issue_id = models.CharField(max_length=64, blank=True, default="")
    key = models.CharField(max_length=64, blank=True, default="")
    noted_at = models.DateTimeField(default=timezone.now)
    """Time of the newest hint; only a later fetch satisfies it."""
    attempts = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["integration", "source_issue_id", "key"], name="hint_once_per_issue"
            )
        ]
