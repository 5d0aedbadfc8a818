"""Stored traffic: calls, deliveries, raw pages and quarantined records."""

from django.db import models
from django.db.models import F
from django.utils import timezone

from integrations.fields import ScrubbedTextField
from integrations.models.integration import Integration


class QuarantinedRecord(models.Model):
    """Record that could not be mapped or stored, kept until it can be."""

    integration = models.ForeignKey(
        Integration, on_delete=models.CASCADE, related_name="quarantine"
    )
    feed = models.CharField(max_length=20)
    source_id = models.CharField(max_length=100)
    reason = ScrubbedTextField()
    raw = models.BinaryField()
    raw_size = models.PositiveIntegerField()
    """Size as received in bytes; larger than `raw` if that was truncated."""
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
    """Call to a tracker, without token, query, headers or body."""

    integration = models.ForeignKey(
        Integration, on_delete=models.CASCADE, null=True, blank=True, related_name="api_logs"
    )
    provider = models.CharField(max_length=32)
    method = models.CharField(max_length=8)
    endpoint = models.CharField(max_length=200)
    """Path template without values and query."""
    status_code = models.PositiveSmallIntegerField(null=True, blank=True)
    """HTTP status; None if no reply arrived."""
    duration_ms = models.PositiveIntegerField()
    success = models.BooleanField()
    error_kind = models.CharField(max_length=32, blank=True, default="")
    quota_remaining = models.PositiveIntegerField(null=True, blank=True)
    upstream_request_id = models.CharField(max_length=100, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        verbose_name = "API log"
        indexes = [models.Index(F("integration"), F("id").desc(), name="api_logs_newest_first")]


class RawPage(models.Model):
    """Replies of one stored page, as received."""

    integration = models.ForeignKey(
        Integration, on_delete=models.CASCADE, related_name="raw_pages", db_index=False
    )
    feed = models.CharField(max_length=20)
    body = models.BinaryField()
    """Replies packed and unpacked by `issues.sync.raw_pages`."""
    size = models.PositiveIntegerField()
    """Stored size in bytes."""
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        indexes = [models.Index(fields=["integration", "feed", "id"], name="raw_pages_in_order")]


class WebhookDelivery(models.Model):
    """Authentic delivery, stored so that its copies are ignored."""

    class Effect(models.TextChoices):
        ISSUES = "issues"
        SCOPE = "scope"
        NOTHING = "nothing"

    integration = models.ForeignKey(
        Integration, on_delete=models.CASCADE, related_name="deliveries", db_index=False
    )
    delivery_id = models.CharField(max_length=100)
    event = models.CharField(max_length=100)
    effect = models.CharField(max_length=16, choices=Effect.choices)
    copies = models.PositiveIntegerField(default=1)
    received_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        verbose_name_plural = "webhook deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["integration", "delivery_id"], name="delivery_once_per_id"
            )
        ]
