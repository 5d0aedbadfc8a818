"""What happened to issues."""

from django.db import models

from diip.common.models import TimestampedModel
from integrations.models import Integration, SyncRun
from issues.models.issues import Issue
from issues.models.people import Person


class Comment(TimestampedModel):
    issue = models.ForeignKey(
        Issue, on_delete=models.CASCADE, related_name="comments", db_index=False
    )
    source_comment_id = models.CharField(max_length=64)
    kind = models.CharField(max_length=16, db_default="comment", default="comment")
    """comment, or answer: Stack Overflow has both."""
    author = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, blank=True)
    body = models.TextField(blank=True, default="")
    url = models.TextField(blank=True, default="")
    commented_at = models.DateTimeField()
    source_updated_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)
    """Upstream no longer has it."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["issue", "source_comment_id"], name="comment_once_per_source_id"
            )
        ]
        indexes = [models.Index(fields=["issue", "commented_at"], name="comment_by_time")]


class Transition(models.Model):
    """One change of one field of an issue."""

    issue = models.ForeignKey(
        Issue, on_delete=models.CASCADE, related_name="transitions", db_index=False
    )
    source_event_id = models.CharField(max_length=64)
    field = models.CharField(max_length=32)
    from_value = models.TextField(blank=True, default="")
    to_value = models.TextField(blank=True, default="")
    actor = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, blank=True)
    occurred_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["issue", "source_event_id", "field"], name="transition_once_per_event"
            )
        ]
        indexes = [models.Index(fields=["issue", "occurred_at"], name="transition_by_time")]


class StatusClass(models.Model):
    """What one of a tracker's status words means: by its provider, or as a person decided."""

    integration = models.ForeignKey(
        Integration, on_delete=models.CASCADE, related_name="status_classes", db_index=False
    )
    source_status = models.CharField(max_length=100)
    provider_status = models.CharField(max_length=16, choices=Issue.Status.choices)
    override = models.CharField(max_length=16, choices=Issue.Status.choices, null=True, blank=True)
    unsettled_since = models.DateTimeField(null=True, blank=True)
    """When it was decided; null: long ago, all issues are in line with it."""
    recounted_through = models.BigIntegerField(db_default=0, default=0)
    """While unsettled: reopenings were counted again up to the issue with this id."""

    class Meta:
        verbose_name_plural = "status classes"
        constraints = [
            models.UniqueConstraint(
                fields=["integration", "source_status"], name="status_class_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["integration"],
                condition=models.Q(unsettled_since__isnull=False),
                name="status_class_unsettled",
            )
        ]

    @property
    def status(self) -> str:
        return self.override or self.provider_status


class CensusEntry(models.Model):
    """One id that a census under way has met; gone when the census ends."""

    run = models.ForeignKey(SyncRun, on_delete=models.CASCADE, db_index=False)
    source_issue_id = models.CharField(max_length=64)
    key = models.CharField(max_length=64)
    source_updated_at = models.DateTimeField(null=True)
    settled = models.BooleanField(db_default=False, default=False)
    """The tracker has said of it by itself how it stands: it is not asked for again."""

    class Meta:
        verbose_name_plural = "census entries"
        constraints = [
            models.UniqueConstraint(
                fields=["run", "source_issue_id"], name="census_entry_once_per_run"
            )
        ]
