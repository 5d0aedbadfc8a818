"""What people are told: rules, channels, alerts, and the outbox of messages."""

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
    """Where messages of a project go: addresses, a Slack hook, an endpoint of somebody's own."""

    class Kind(models.TextChoices):
        EMAIL = "email"
        SLACK = "slack"
        WEBHOOK = "webhook"

    class State(models.TextChoices):
        WORKING = "working"
        FAILING = "failing"
        """The last tries failed; the next is due."""
        BROKEN = "broken"
        """Not tried any more until somebody mends it."""
        UNCONFIRMED = "unconfirmed"
        """Shown, never stored: no recipient of its mails has said yes."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="alert_channels")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    name = models.CharField(max_length=100)
    recipients = models.JSONField(default=list)
    """E-mail addresses, of an e-mail channel."""
    confirmed_recipients = models.JSONField(default=list, db_default=NONE_YET)
    """Those of them that said yes (`alerts.confirming`): nobody else is sent anything."""
    secret_ciphertext = CiphertextField(blank=True, default="")
    """The Slack hook's address, or the endpoint's address and signing secrets, encrypted."""
    shown_address = models.CharField(max_length=300, blank=True, default="")
    """What may be shown of the address: its host."""
    enabled = models.BooleanField(default=True)
    digest_seconds = models.PositiveIntegerField(default=300)
    """How long messages are gathered into one e-mail."""
    state = models.CharField(max_length=16, choices=State.choices, default=State.WORKING)
    state_message = models.TextField(blank=True, default="")
    """What happened and the fix, in plain words."""
    failure_count = models.PositiveIntegerField(default=0)
    """Failed tries in a row."""
    failing_since = models.DateTimeField(null=True, blank=True)
    last_success_at = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(null=True, blank=True)
    """After a failure, or told to wait: nothing is sent there before."""
    claimed_until = models.DateTimeField(null=True, blank=True)
    """One worker at a time sends there; when it dies, its claim runs out."""
    fencing_token = models.PositiveBigIntegerField(default=0)
    """One more with every claim: who comes back late writes nothing about the channel."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="channel_once_per_name")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"

    @property
    def unconfirmed(self) -> list[str]:
        """Recipients that are not mailed before they say yes."""
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
    """Which alerts of a project go to which channels."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="alert_rules")
    name = models.CharField(max_length=100)
    topics = models.JSONField(default=list)
    """`["spike", "integration"]`."""
    min_level = models.CharField(max_length=16, default="alert")
    """alert, or notice: then both."""
    series = models.JSONField(default=list)
    """Of spikes: `["project", "label:crash", …]`; empty: all."""
    channels = models.ManyToManyField(AlertChannel, related_name="rules")
    enabled = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="rule_once_per_name")
        ]

    def __str__(self) -> str:
        return self.name


class Alert(TimestampedModel):
    """Something people should know, from its opening to its end: one thread in each channel."""

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
    """What it is about: `spike:12`, `integration:3`."""
    series = models.CharField(max_length=300, blank=True, default="")
    """Of a spike: `project`, `label:crash`."""
    title = models.CharField(max_length=300)
    body = models.TextField(blank=True, default="")
    details = models.JSONField(default=dict)
    state = models.CharField(max_length=16, choices=State.choices, default=State.OPEN)
    revision = models.PositiveIntegerField(default=1)
    """One more with every change worth telling: opened, updated, resolved."""

    level = models.CharField(max_length=16, choices=Level.choices)
    """The highest so far."""
    told_size = models.PositiveIntegerField(default=0)
    """How large it was when it was last told: a spike's people a day."""
    told_reason = models.CharField(max_length=64, blank=True, default="")
    """Why, when it was last told: an integration's reason."""

    opened_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)
    snoozed_until = models.DateTimeField(null=True, blank=True)
    """Nothing is told before. Until it is over the date stays, also when it has passed."""
    muted_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    """Who muted or snoozed it last."""

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
        """Muted, or snoozed: a snooze ends when `raise_alerts` says so."""
        return self.muted_at is not None or self.snoozed_until is not None


class AlertMessage(TimestampedModel):
    """The outbox: one thing to be told in one channel."""

    class Event(models.TextChoices):
        OPENED = "opened"
        UPDATED = "updated"
        RESOLVED = "resolved"
        TEST = "test"

    class State(models.TextChoices):
        DUE = "due"
        SENT = "sent"
        DROPPED = "dropped"
        """Not needed any more: a newer one tells it, or the alert was muted or snoozed."""
        GIVEN_UP = "given_up"

    alert = models.ForeignKey(
        Alert, on_delete=models.CASCADE, related_name="messages", null=True, blank=True
    )
    """None: a test."""
    channel = models.ForeignKey(AlertChannel, on_delete=models.CASCADE, related_name="messages")
    event = models.CharField(max_length=16, choices=Event.choices)
    revision = models.PositiveIntegerField(default=1)
    delivery_id = models.UUIDField(unique=True, default=uuid.uuid4)
    """The same in every try: whoever receives it twice can tell."""
    payload = models.JSONField(default=dict)
    """What is told, as a webhook's body has it (`alerts.payloads`)."""
    state = models.CharField(max_length=16, choices=State.choices, default=State.DUE)
    due_at = models.DateTimeField()
    parcel = models.UUIDField(null=True, blank=True)
    """Of what is sent in one go. Set before it is sent, and kept where nobody knows whether it
    arrived: then the same is sent again."""
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
    """The log: one try to deliver, never with an address or a body."""

    message = models.ForeignKey(AlertMessage, on_delete=models.CASCADE, related_name="tries")
    at = models.DateTimeField(default=timezone.now, db_index=True)
    success = models.BooleanField()
    status_code = models.PositiveIntegerField(null=True, blank=True)
    milliseconds = models.PositiveIntegerField(default=0)
    reason = models.TextField(blank=True, default="")
    """Why it failed, in our words."""
