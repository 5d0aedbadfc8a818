"""Connections to trackers, the runs over them, and every call that was made."""

from datetime import timedelta
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from diip.common.models import TimestampedModel
from projects.models import Project


class IntegrationQuerySet(models.QuerySet["Integration"]):
    def spending_quota_of(self, integration: "Integration") -> Self:
        """It, and all that spend the same upstream quota."""
        if not integration.quota_key:
            return self.filter(pk=integration.pk)
        return self.filter(quota_key=integration.quota_key)

    def of(self, project: Project) -> Self:
        """The project's; what was removed and waits to be purged is not among them."""
        return self.filter(project=project, removed_at=None)

    def with_token(self) -> Self:
        return self.exclude(token_ciphertext="")


class Integration(TimestampedModel):
    """One project's connection to one scope of a provider."""

    class Status(models.TextChoices):
        HEALTHY = "healthy"
        THROTTLED = "throttled"
        DEGRADED = "degraded"
        NEEDS_ATTENTION = "needs_attention"
        DISABLED = "disabled"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="integrations")
    provider = models.CharField(max_length=32)
    base_url = models.CharField(max_length=500)
    scope = models.CharField(max_length=300)
    scope_id = models.CharField(max_length=64, blank=True, default="")
    web_url = models.CharField(max_length=500, blank=True, default="")
    token_ciphertext = models.TextField(blank=True, default="")
    token_expires_at = models.DateTimeField(null=True, blank=True)
    notes = models.JSONField(default=list)
    """Sentences the tracker's check gave for whoever connects."""
    quota_key = models.CharField(max_length=64, blank=True, default="", db_index=True)
    """Same for all integrations that spend one upstream quota (same host and token)."""

    status = models.CharField(max_length=20, choices=Status.choices, default=Status.HEALTHY)
    status_reason = models.CharField(max_length=64, blank=True, default="")
    """A stable code: rate_limited, unavailable, auth, access_denied, not_found, key_unknown …"""
    status_message = models.TextField(blank=True, default="")
    """What happened and the fix, in plain words."""
    status_since = models.DateTimeField(default=timezone.now)
    failure_count = models.PositiveIntegerField(default=0)
    """Failed runs in a row."""

    sync_interval_seconds = models.PositiveIntegerField(default=300)
    next_sync_at = models.DateTimeField(null=True, blank=True, db_index=True)
    """None: no sync by itself (paused, or waiting for a person)."""
    next_census_at = models.DateTimeField(null=True, blank=True)
    last_success_at = models.DateTimeField(null=True, blank=True)
    quota_limit = models.PositiveIntegerField(null=True, blank=True)
    quota_remaining = models.PositiveIntegerField(null=True, blank=True)
    quota_resets_at = models.DateTimeField(null=True, blank=True)

    removed_at = models.DateTimeField(null=True, blank=True)
    """Removed by a person: to be seen no more, and purged with all it brought (`removal`)."""

    objects = IntegrationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "provider", "base_url", "scope"],
                condition=Q(removed_at=None),
                name="integration_once_per_scope",
            )
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.scope}"

    @property
    def has_token(self) -> bool:
        return bool(self.token_ciphertext)

    @property
    def paused(self) -> bool:
        return self.status == self.Status.DISABLED

    @property
    def sync_interval(self) -> timedelta:
        return timedelta(seconds=self.sync_interval_seconds)


class KeyCanary(models.Model):
    """One row, encrypted like the tokens: tells at a glance whether the present keys fit."""

    ciphertext = models.TextField()


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
    note = models.TextField(blank=True, default="")
    """Why this feed is not read, where the upstream does not offer it."""

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
        FAILED = "failed"
        PARKED = "parked"

    OPEN_STATES = (State.QUEUED, State.RUNNING, State.WAITING)
    UNCLAIMED_STATES = (State.QUEUED, State.WAITING)

    class Kind(models.TextChoices):
        INCREMENTAL = "incremental"
        CENSUS = "census"

    class Trigger(models.TextChoices):
        CONNECTED = "connected"
        SCHEDULED = "scheduled"
        MANUAL = "manual"

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
    transitions_stored = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    """Rows that are no issues (pull requests)."""
    orphaned = models.PositiveIntegerField(default=0)
    """Comments and events of issues that are not (or not yet) here."""
    quarantined = models.PositiveIntegerField(default=0)
    repaired = models.PositiveIntegerField(default=0)
    upstream_total = models.PositiveIntegerField(null=True, blank=True)
    local_total = models.PositiveIntegerField(null=True, blank=True)
    gaps = models.JSONField(default=list)
    """Sentences: what this run could not read, and why."""
    error_kind = models.CharField(max_length=32, blank=True, default="")
    error_message = models.TextField(blank=True, default="")

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
        ]


class QuarantinedRecord(models.Model):
    """A record that could not be mapped or stored, kept until it can be."""

    integration = models.ForeignKey(
        Integration, on_delete=models.CASCADE, related_name="quarantine"
    )
    feed = models.CharField(max_length=20)
    source_id = models.CharField(max_length=100)
    reason = models.TextField()
    raw = models.BinaryField()
    raw_size = models.PositiveIntegerField()
    """Bytes as received; more than `raw` holds when it was over the cap."""
    seen_count = models.PositiveIntegerField(default=1)
    first_seen_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["integration", "feed", "source_id"], name="quarantined_once"
            )
        ]


class ApiLog(models.Model):
    """One call to a tracker. Never a token, a query, a header set or a body."""

    integration = models.ForeignKey(
        Integration, on_delete=models.CASCADE, null=True, blank=True, related_name="api_logs"
    )
    provider = models.CharField(max_length=32)
    method = models.CharField(max_length=8)
    endpoint = models.CharField(max_length=200)
    """The template, without values and query."""
    status_code = models.PositiveSmallIntegerField(null=True, blank=True)
    """None: no reply came."""
    duration_ms = models.PositiveIntegerField()
    success = models.BooleanField()
    error_kind = models.CharField(max_length=32, blank=True, default="")
    quota_remaining = models.PositiveIntegerField(null=True, blank=True)
    upstream_request_id = models.CharField(max_length=100, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        indexes = [models.Index(F("integration"), F("id").desc(), name="api_logs_newest_first")]
