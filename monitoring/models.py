"""What DIIP notes about its own tasks. Nothing of a project is in here."""

import uuid

from django.db import models
from django.utils import timezone


class TaskTally(models.Model):
    """How often one kind of task ran from one queue in one minute, and how long it took."""

    minute = models.DateTimeField()
    queue = models.CharField(max_length=32)
    task = models.CharField(max_length=150)
    succeeded = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    total_ms = models.PositiveBigIntegerField(default=0)
    longest_ms = models.PositiveIntegerField(default=0)
    waited_ms = models.PositiveBigIntegerField(default=0)
    """From being sent to being begun, summed."""

    class Meta:
        verbose_name_plural = "task tallies"
        constraints = [
            models.UniqueConstraint(fields=["minute", "queue", "task"], name="tally_once")
        ]


class FailedTask(models.Model):
    """A task that raised, was killed or ran out of time: with what is needed to send it again."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    """The task's id."""
    task = models.CharField(max_length=150)
    queue = models.CharField(max_length=32)
    arguments = models.JSONField(default=list)
    """Ids only, as they were sent."""
    error = models.CharField(max_length=200)
    """The exception's class."""
    message = models.TextField(blank=True, default="")
    """Secrets are taken out before it is stored."""
    worker = models.CharField(max_length=200, blank=True, default="")
    failures = models.PositiveIntegerField(default=1)
    failed_at = models.DateTimeField(default=timezone.now, db_index=True)
    sent_again_at = models.DateTimeField(null=True, blank=True)
    recovered_at = models.DateTimeField(null=True, blank=True)
    """When it succeeded after all: given back by a lost worker, or sent again by a person."""

    def __str__(self) -> str:
        return f"{self.task} {self.id}"
