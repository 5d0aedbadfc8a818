"""History of issues: comments, status changes and census entries."""

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
    """`comment` or `answer`; Stack Overflow has both."""
    author = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, blank=True)
    body = models.TextField(blank=True, default="")
    url = models.TextField(blank=True, default="")
    commented_at = models.DateTimeField()
    source_updated_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)
    """Time the comment was found removed upstream; null while present."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["issue", "source_comment_id"], name="comment_once_per_source_id"
            )
        ]
        indexes = [models.Index(fields=["issue", "commented_at"], name="comment_by_time")]


class Transition(models.Model):
    """Change of one field of one issue."""

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
    """Class of one source status, from the provider or a maintainer's override."""

    integration = models.ForeignKey(
        Integration, on_delete=models.CASCADE, related_name="status_classes", db_index=False
    )
    source_status = models.CharField(max_length=100)
    provider_status = models.CharField(max_length=16, choices=Issue.Status.choices)
    override = models.CharField(max_length=16, choices=Issue.Status.choices, null=True, blank=True)
    unsettled_since = models.DateTimeField(null=True, blank=True)
    """Time of the last override change; null once all issues match it."""
    recounted_through = models.BigIntegerField(db_default=0, default=0)
    """Highest issue id whose reopenings were recounted; used while unsettled."""

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
    """Issue id seen by a running census; deleted when the census ends."""

    run = models.ForeignKey(SyncRun, on_delete=models.CASCADE, db_index=False)
    source_issue_id = models.CharField(max_length=64)
    key = models.CharField(max_length=64)
    source_updated_at = models.DateTimeField(null=True)
    settled = models.BooleanField(db_default=False, default=False)
    """Flag: the census has compared or refetched this issue."""

    class Meta:
        verbose_name_plural = "census entries"
        constraints = [
            models.UniqueConstraint(
                fields=["run", "source_issue_id"], name="census_entry_once_per_run"
            )
        ]
