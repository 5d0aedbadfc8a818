"""Statistics and failures of DIIP's own tasks, without project data."""

import uuid

from django.db import models
from django.utils import timezone


class TaskTally(models.Model):
    """Runs and durations of one task from one queue in one minute."""

    minute = models.DateTimeField()
    queue = models.CharField(max_length=32)
    task = models.CharField(max_length=150)
    succeeded = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    total_ms = models.PositiveBigIntegerField(default=0)
    longest_ms = models.PositiveIntegerField(default=0)
    waited_ms = models.PositiveBigIntegerField(default=0)
    """Sum of the waits from sending to start, in milliseconds."""

    class Meta:
        verbose_name_plural = "task tallies"
        constraints = [
            models.UniqueConstraint(fields=["minute", "queue", "task"], name="tally_once")
        ]


class FailedTask(models.Model):
    """Task that raised, was killed or timed out, with the data to retry it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    """Id of the task."""
    task = models.CharField(max_length=150)
    queue = models.CharField(max_length=32)
    arguments = models.JSONField(default=list)
    """Ids as they were sent; otherwise a note that they are withheld."""
    error = models.CharField(max_length=200)
    """Class name of the exception."""
    message = models.TextField(blank=True, default="")
    """Exception message without secrets."""
    worker = models.CharField(max_length=200, blank=True, default="")
    failures = models.PositiveIntegerField(default=1)
    failed_at = models.DateTimeField(default=timezone.now, db_index=True)
    sent_again_at = models.DateTimeField(null=True, blank=True)
    recovered_at = models.DateTimeField(null=True, blank=True)
    """Time of a later success, after redelivery or a retry by a user."""

    def __str__(self) -> str:
        return f"{self.task} {self.id}"
