"""A project's connection to one scope of a provider."""

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
    account = models.CharField(max_length=254, blank=True, db_default="", default="")
    """Whose token it is, where the tracker wants to be told (Jira Cloud: an e-mail address)."""
    token_ciphertext = CiphertextField(blank=True, default="")
    token_expires_at = models.DateTimeField(null=True, blank=True)
    token_refused_at = models.DateTimeField(null=True, blank=True)
    """The tracker takes this token no more: it is not shown to it again, also after a pause."""
    notes = ScrubbedSentencesField(default=list)
    """Sentences the tracker's check gave for whoever connects."""
    quota_key = models.CharField(max_length=64, blank=True, default="", db_index=True)
    """Same for all integrations that spend one upstream quota (same host and token)."""

    status = models.CharField(max_length=20, choices=Status.choices, default=Status.HEALTHY)
    status_reason = models.CharField(max_length=64, blank=True, default="")
    """A stable code: rate_limited, unavailable, auth, access_denied, not_found, key_unknown …"""
    status_message = ScrubbedTextField(blank=True, default="")
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
    quiet_until = models.DateTimeField(null=True, blank=True)
    """The tracker asked not to be asked before, in a reply that was fine otherwise."""

    webhook_ciphertext = CiphertextField(blank=True, db_default="", default="")
    """The secrets that deliveries may be signed with, newest first: two, so that one can be
    changed without a gap. Empty: no deliveries are taken."""
    webhook_set_at = models.DateTimeField(null=True, blank=True)
    """When the newest secret was made."""
    webhook_seen_at = models.DateTimeField(null=True, blank=True)
    """When the last genuine delivery came."""

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
