"""The runs over an integration, and how far its feeds were read."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from integrations.fields import ScrubbedSentencesField, ScrubbedTextField
from integrations.models.integration import Integration


class FeedCursor(models.Model):
    """How far one feed of an integration has been read, and the pass under way."""

    integration = models.ForeignKey(Integration, on_delete=models.CASCADE, related_name="cursors")
    feed = models.CharField(max_length=20)

    synced_through = models.DateTimeField(null=True, blank=True)
    """The next pass asks for what was updated since; None reads all."""
    etag = models.CharField(max_length=300, blank=True, default="")
    """Of the first page of a pass from `synced_through` that had one page only."""
    mark = models.CharField(max_length=64, blank=True, default="")
    """For feeds without `since`: the newest id that needs no second reading."""
    horizon = models.DateTimeField(null=True, blank=True)
    """When the last finished pass began, on the upstream's clock."""
    asked_at = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField(null=True, blank=True)
    """When a page of it last changed a row, on our clock."""
    note = ScrubbedTextField(blank=True, default="")
    """Why this feed is not read, where the upstream does not offer it."""
    missed = models.TextField(blank=True, db_default="", default="")
    """What a page of it left out, until it was read whole again; empty: nothing."""

    page_token = models.TextField(blank=True, default="")
    """Where the pass under way goes on; empty: no pass is under way."""
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
    """One sync of one integration: the queue's truth, the progress, and the receipt."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        WAITING = "waiting"
        SUCCEEDED = "succeeded"
        INCOMPLETE = "incomplete"
        """It came to its end, but not all that is upstream is here: `gaps` say what is missing."""
        FAILED = "failed"
        PARKED = "parked"

    OPEN_STATES = (State.QUEUED, State.RUNNING, State.WAITING)
    UNCLAIMED_STATES = (State.QUEUED, State.WAITING)
    READ_STATES = (State.SUCCEEDED, State.INCOMPLETE)
    """It read what there was to its end."""

    class Kind(models.TextChoices):
        INCREMENTAL = "incremental"
        CENSUS = "census"
        TARGETED = "targeted"
        """Only the issues that were hinted at."""
        RENORMALISE = "renormalise"
        """No sync: kept pages are mapped again, nothing is asked."""

    class Trigger(models.TextChoices):
        CONNECTED = "connected"
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
    """Claims since the last stored page."""
    sent_at = models.DateTimeField(null=True, blank=True)
    """When a message for this run was last sent; it may have been lost since."""

    feed = models.CharField(max_length=20, blank=True, default="")
    """The feed being read now."""
    feeds_done = models.JSONField(default=list)
    pages = models.PositiveIntegerField(default=0)
    requests = models.PositiveIntegerField(default=0)
    not_modified = models.PositiveIntegerField(default=0)
    """Requests answered 304: they cost no quota."""
    seen = models.PositiveIntegerField(default=0)
    issues_created = models.PositiveIntegerField(default=0)
    issues_updated = models.PositiveIntegerField(default=0)
    issues_unchanged = models.PositiveIntegerField(default=0)
    issues_removed = models.PositiveIntegerField(default=0)
    comments_stored = models.PositiveIntegerField(default=0)
    comments_removed = models.PositiveIntegerField(db_default=0, default=0)
    transitions_stored = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    """Rows that are no issues (pull requests)."""
    orphaned = models.PositiveIntegerField(default=0)
    """Comments and events of issues that are not (or not yet) here."""
    quarantined = models.PositiveIntegerField(default=0)
    repaired = models.PositiveIntegerField(default=0)
    upstream_total = models.PositiveIntegerField(null=True, blank=True)
    upstream_total_at = models.DateTimeField(null=True, blank=True)
    """When the tracker told it: carried over while nothing is created or removed."""
    local_total = models.PositiveIntegerField(null=True, blank=True)
    gaps = ScrubbedSentencesField(default=list)
    """Sentences: what this run could not read, and why."""
    missing = models.TextField(blank=True, db_default="", default="")
    """Of the gaps, those of what should be here, in short; empty: all is here that should be."""
    error_kind = models.CharField(max_length=32, blank=True, default="")
    error_message = ScrubbedTextField(blank=True, default="")

    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    as_of = models.DateTimeField(null=True, blank=True)
    """The table holds everything upstream had at this moment, on the upstream's clock."""

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
    """An issue that is to be asked for: a webhook named it, or it was mapped only in part."""

    integration = models.ForeignKey(
        Integration, on_delete=models.CASCADE, related_name="hints", db_index=False
    )
    source_issue_id = models.CharField(max_length=64, blank=True, default="")
    key = models.CharField(max_length=64, blank=True, default="")
    noted_at = models.DateTimeField(default=timezone.now)
    """Of the newest hint: asking before it settles nothing."""
    attempts = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["integration", "source_issue_id", "key"], name="hint_once_per_issue"
            )
        ]
