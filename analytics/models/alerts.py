"""Models for alerts: rules, channels, alerts and the outbox of messages."""

import uuid

from django.db import models
from django.db.models import F, Q, Value
from django.utils import timezone

from accounts.models import User
from diip.common.models import TimestampedModel
from integrations.fields import CiphertextField
from projects.models import Project

NONE_YET = Value([], models.JSONField())


class AlertChannel(TimestampedModel):
    """Destination of a project's messages: e-mail addresses, Slack or a webhook."""

    class Kind(models.TextChoices):
        EMAIL = "email"
        SLACK = "slack"
        WEBHOOK = "webhook"

    class State(models.TextChoices):
        WORKING = "working"
        FAILING = "failing"
        """The last attempts failed; the next attempt is scheduled."""
        BROKEN = "broken"
        """Attempts stopped; a user must fix the channel."""
        UNCONFIRMED = "unconfirmed"
        """Displayed, never stored: no recipient has confirmed yet."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="alert_channels")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    name = models.CharField(max_length=100)
    recipients = models.JSONField(default=list)
    """E-mail addresses; empty for other channels."""
    confirmed_recipients = models.JSONField(default=list, db_default=NONE_YET)
    """Recipients that confirmed (`alerts.confirmation`); only they receive e-mail."""
    secret_ciphertext = CiphertextField(blank=True, default="")
    """Encrypted Slack webhook URL, or webhook URL with signing secrets."""
    shown_address = models.CharField(max_length=300, blank=True, default="")
    """Displayable part of the URL: its host."""
    enabled = models.BooleanField(default=True)
    digest_seconds = models.PositiveIntegerField(default=300)
    """Seconds for which messages are collected into one e-mail."""
    state = models.CharField(max_length=16, choices=State.choices, default=State.WORKING)
    state_message = models.TextField(blank=True, default="")
    """Description of the failure and its fix."""
    failure_count = models.PositiveIntegerField(default=0)
    """Consecutive failed attempts."""
    failing_since = models.DateTimeField(null=True, blank=True)
    last_success_at = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(null=True, blank=True)
    """Earliest time of the next attempt, after a failure or a Retry-After."""
    claimed_until = models.DateTimeField(null=True, blank=True)
    """End of the current worker's claim, so that one worker sends at a time."""
    fencing_token = models.PositiveBigIntegerField(default=0)
    """Number of claims; workers with an outdated token must not write."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="channel_once_per_name")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"

    @property
    def unconfirmed(self) -> list[str]:
        """Recipients that have not confirmed and receive no e-mail yet."""
        return [one for one in self.recipients if one not in self.confirmed_recipients]

    @property
    def shown_state(self) -> str:
        is_waiting = self.kind == self.Kind.EMAIL and not self.confirmed_recipients
        return self.State.UNCONFIRMED if is_waiting else self.state

    @property
    def shown_message(self) -> str:
        if not self.unconfirmed:
            return self.state_message
        waits = f"Waiting for confirmation by {', '.join(self.unconfirmed)}."
        return f"{self.state_message} {waits}".strip()


class AlertRule(TimestampedModel):
    """Rule that sends selected alerts of a project to channels."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="alert_rules")
    name = models.CharField(max_length=100)
    topics = models.JSONField(default=list)
    """Topics such as `["spike", "integration"]`."""
    min_level = models.CharField(max_length=16, default="alert")
    """Lowest level: `alert`, or `notice` for both levels."""
    series = models.JSONField(default=list)
    """Spike series such as `["project", "label:crash"]`; empty for all."""
    channels = models.ManyToManyField(AlertChannel, related_name="rules")
    enabled = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="rule_once_per_name")
        ]

    def __str__(self) -> str:
        return self.name


class Alert(TimestampedModel):
    """Alert from opening to resolution: one thread in each channel."""

    class State(models.TextChoices):
        OPEN = "open"
        RESOLVED = "resolved"

    class Topic(models.TextChoices):
        SPIKE = "spike"
        INTEGRATION = "integration"

    class Level(models.TextChoices):
        NOTICE = "notice"
        ALERT = "alert"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="alerts")
    topic = models.CharField(max_length=16, choices=Topic.choices)
    subject_key = models.CharField(max_length=300)
    """Subject of the alert: `spike:12`, `integration:3`."""
    series = models.CharField(max_length=300, blank=True, default="")
    """Spike series: `project`, `label:crash`; empty for other topics."""
    title = models.CharField(max_length=300)
    body = models.TextField(blank=True, default="")
    details = models.JSONField(default=dict)
    state = models.CharField(max_length=16, choices=State.choices, default=State.OPEN)
    revision = models.PositiveIntegerField(default=1)
    """Number of notified changes: opened, updated, resolved."""

    level = models.CharField(max_length=16, choices=Level.choices)
    """Highest level so far."""
    told_size = models.PositiveIntegerField(default=0)
    """Size at the last notification: people per day of a spike."""
    told_reason = models.CharField(max_length=64, blank=True, default="")
    """Integration's status reason at the last notification."""

    opened_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)
    snoozed_until = models.DateTimeField(null=True, blank=True)
    """End of the snooze; kept until `raise_alerts` ends it. Blocks notifications."""
    muted_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    """User who last muted or snoozed the alert."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "subject_key"],
                condition=Q(state="open"),
                name="alert_open_once_per_subject",
            )
        ]
        indexes = [models.Index(F("project"), F("id").desc(), name="alerts_newest_first")]

    def __str__(self) -> str:
        return f"{self.subject_key} {self.state}"

    @property
    def is_quiet(self) -> bool:
        """True if muted or snoozed; `raise_alerts` ends a snooze."""
        return self.muted_at is not None or self.snoozed_until is not None


class AlertMessage(TimestampedModel):
    """Outbox entry: one message for one channel."""

    class Event(models.TextChoices):
        OPENED = "opened"
        UPDATED = "updated"
        RESOLVED = "resolved"
        TEST = "test"

    class State(models.TextChoices):
        DUE = "due"
        SENT = "sent"
        DROPPED = "dropped"
        """Unsent: replaced by a newer message, or the alert was muted or snoozed."""
        GIVEN_UP = "given_up"

    alert = models.ForeignKey(
        Alert, on_delete=models.CASCADE, related_name="messages", null=True, blank=True
    )
    """Alert of the message; None for a test message."""
    channel = models.ForeignKey(AlertChannel, on_delete=models.CASCADE, related_name="messages")
    event = models.CharField(max_length=16, choices=Event.choices)
    revision = models.PositiveIntegerField(default=1)
    delivery_id = models.UUIDField(unique=True, default=uuid.uuid4)
    """Id repeated in every attempt, so that receivers can detect duplicates."""
    payload = models.JSONField(default=dict)
    """Webhook body of the message (`alerts.payloads`)."""
    state = models.CharField(max_length=16, choices=State.choices, default=State.DUE)
    due_at = models.DateTimeField()
    parcel = models.UUIDField(null=True, blank=True)
    """Id of messages sent together.

    Set before sending and kept if the result is unknown, so that the same messages are sent again.
    """
    attempts = models.PositiveIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["alert", "channel", "revision"], name="message_once_per_revision"
            )
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="due"), name="messages_by_due_date")
        ]


class AlertDelivery(models.Model):
    """Log entry of one delivery attempt; never holds an address or a body."""

    message = models.ForeignKey(AlertMessage, on_delete=models.CASCADE, related_name="tries")
    at = models.DateTimeField(default=timezone.now, db_index=True)
    success = models.BooleanField()
    status_code = models.PositiveIntegerField(null=True, blank=True)
    duration_ms = models.PositiveIntegerField(default=0)
    reason = models.TextField(blank=True, default="")
    """Reason of the failure, in our own words."""
