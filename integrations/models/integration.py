"""Integration: a project's connection to one scope of a provider."""

from datetime import timedelta
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from diip.common.models import TimestampedModel
from integrations.fields import CiphertextField, ScrubbedSentencesField, ScrubbedTextField
from projects.models import Project


class IntegrationQuerySet(models.QuerySet["Integration"]):
    def spending_quota_of(self, integration: "Integration") -> Self:
        """Select all integrations that share its quota, itself included."""
        if not integration.quota_key:
            return self.filter(pk=integration.pk)
        return self.filter(quota_key=integration.quota_key)

    def of(self, project: Project) -> Self:
        """Select the project's integrations, without removed ones."""
        return self.filter(project=project, removed_at=None)

    def with_token(self) -> Self:
        return self.exclude(token_ciphertext="")


class Integration(TimestampedModel):
    """Connection of one project to one scope of a provider."""

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
    account = models.CharField(max_length=254, blank=True, db_default="", default="")
    """Owner of the token where the tracker requires it (Jira Cloud: an e-mail address)."""
    token_ciphertext = CiphertextField(blank=True, default="")
    token_expires_at = models.DateTimeField(null=True, blank=True)
    token_refused_at = models.DateTimeField(null=True, blank=True)
    """Time the tracker refused this token: it is not used again, also after a pause."""
    notes = ScrubbedSentencesField(default=list)
    """Sentences from the connection check for the user who connects."""
    quota_key = models.CharField(max_length=64, blank=True, default="", db_index=True)
    """Key of the upstream quota, equal for the same host and token."""

    status = models.CharField(max_length=20, choices=Status.choices, default=Status.HEALTHY)
    status_reason = models.CharField(max_length=64, blank=True, default="")
    """Stable code: rate_limited, unavailable, auth, access_denied, not_found, key_unknown …"""
    status_message = ScrubbedTextField(blank=True, default="")
    """Cause and fix in plain English."""
    status_since = models.DateTimeField(default=timezone.now)
    failure_count = models.PositiveIntegerField(default=0)
    """Number of failed runs in a row."""

    sync_interval_seconds = models.PositiveIntegerField(default=300)
    next_sync_at = models.DateTimeField(null=True, blank=True, db_index=True)
    """Time of the next automatic sync; None if paused or a user must act first."""
    next_census_at = models.DateTimeField(null=True, blank=True)
    last_success_at = models.DateTimeField(null=True, blank=True)
    quota_limit = models.PositiveIntegerField(null=True, blank=True)
    quota_remaining = models.PositiveIntegerField(null=True, blank=True)
    quota_resets_at = models.DateTimeField(null=True, blank=True)
    quiet_until = models.DateTimeField(null=True, blank=True)
    """End of a wait that the tracker ordered in a successful reply."""

    webhook_ciphertext = CiphertextField(blank=True, db_default="", default="")
    """Secrets that deliveries may be signed with, newest first. Two, so that one can be replaced
    without a gap. Empty: no deliveries are accepted."""
    webhook_set_at = models.DateTimeField(null=True, blank=True)
    """Time the newest secret was made."""
    webhook_seen_at = models.DateTimeField(null=True, blank=True)
    """Time of the last authentic delivery."""

    removed_at = models.DateTimeField(null=True, blank=True)
    """Time a user removed it: hidden at once, purged later with its rows (`lifecycle.remove`)."""

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
    """Single row encrypted like the tokens, to check the present keys cheaply."""

    ciphertext = models.TextField()
