"""Issues, labels, assignees and former keys."""

from collections.abc import Collection
from typing import Self

from django.db import models
from django.db.models import F, Func
from django.utils import timezone

from diip.common.models import TimestampedModel
from integrations.models import Integration
from issues.models.people import Person
from projects.models import Project


class Label(models.Model):
    integration = models.ForeignKey(
        Integration, on_delete=models.CASCADE, related_name="labels", db_index=False
    )
    kind = models.CharField(max_length=16, db_default="label", default="label")
    """`label` or `component`; Jira has both, with separate names."""
    name = models.CharField(max_length=255)
    colour = models.CharField(max_length=6, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["integration", "kind", "name"], name="label_once_per_kind"
            )
        ]
        indexes = [models.Index(fields=["name"], name="label_by_name")]

    def __str__(self) -> str:
        return self.name


# Raw SQL: compiling the same from querysets adds 0.3 ms to every issue list.
_CONNECTED = (
    "%(expressions)s NOT IN (SELECT id FROM integrations_integration"
    " WHERE project_id = %(project_id)d AND removed_at IS NOT NULL)"
)


class IssueQuerySet(models.QuerySet["Issue"]):
    def of_project(self, project: Project) -> Self:
        """Return the project's issues, without those of removed integrations not purged yet."""
        connected = Func(F("integration_id"), template=_CONNECTED, project_id=project.pk)
        connected.output_field = models.BooleanField()
        return self.filter(connected, project=project)

    def present(self) -> Self:
        """Exclude tombstones."""
        return self.filter(removed_at__isnull=True)

    def open(self) -> Self:
        return self.filter(status__in=[Issue.Status.TODO, Issue.Status.IN_PROGRESS])

    def removed(self) -> Self:
        return self.filter(removed_at__isnull=False)

    def with_keys(self, project: Project, keys: Collection[str]) -> Self:
        """Match current and former keys."""
        here = list(project.integrations.values_list("pk", flat=True))
        # Union of two index look-ups: an OR across them would scan the whole project.
        named = Issue.objects.filter(integration__in=here, key__in=keys).values("pk")
        former = FormerKey.objects.filter(integration__in=here, key__in=keys).values("issue")
        return self.filter(pk__in=named.union(former), integration__in=here)


class Issue(TimestampedModel):
    class Status(models.TextChoices):
        TODO = "todo"
        IN_PROGRESS = "in_progress"
        DONE = "done"

    class Outcome(models.TextChoices):
        DELIVERED = "delivered"
        NOT_PLANNED = "not_planned"
        DUPLICATE = "duplicate"
        MOVED = "moved"
        UNKNOWN = "unknown"

    class RemovedReason(models.TextChoices):
        DELETED = "deleted"
        TRANSFERRED = "transferred"
        MOVED = "moved"
        NOT_VISIBLE = "not_visible"

    # The composite indexes below begin with these columns, so a separate index is not needed.
    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="issues", db_index=False
    )
    integration = models.ForeignKey(
        Integration, on_delete=models.CASCADE, related_name="issues", db_index=False
    )
    provider = models.CharField(max_length=32)
    source_issue_id = models.CharField(max_length=64)
    key = models.CharField(max_length=64)
    url = models.TextField(blank=True, default="")
    title = models.TextField()
    body = models.TextField(blank=True, default="")
    status = models.CharField(max_length=16, choices=Status.choices)
    source_status = models.CharField(max_length=100)
    outcome = models.CharField(max_length=16, choices=Outcome.choices, null=True, blank=True)
    type = models.CharField(max_length=100, blank=True, default="")
    priority = models.CharField(max_length=100, blank=True, default="")
    author = models.ForeignKey(
        Person, on_delete=models.SET_NULL, null=True, blank=True, related_name="authored_issues"
    )
    assignees = models.ManyToManyField(
        Person, through="IssueAssignee", related_name="assigned_issues"
    )
    labels = models.ManyToManyField(Label, through="IssueLabel", related_name="issues")
    comment_count = models.PositiveIntegerField(null=True, blank=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    source_updated_at = models.DateTimeField()
    first_response_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)
    """Tombstone: time the issue was found removed upstream; the row is kept."""
    removed_reason = models.CharField(
        max_length=16, choices=RemovedReason.choices, blank=True, default=""
    )
    moved_to = models.TextField(null=True, blank=True)
    """New location of a transferred or moved issue."""
    provider_status = models.CharField(max_length=16, choices=Status.choices, null=True, blank=True)
    """Provider's mapping of `source_status`; null if equal to `status`."""
    provider_outcome = models.CharField(
        max_length=16, choices=Outcome.choices, null=True, blank=True
    )
    provider_closed_at = models.DateTimeField(null=True, blank=True)
    """Provider values, set with `provider_status`; restored when the override ends."""
    reopen_count = models.PositiveIntegerField(null=True, blank=True)
    """Changes from done to not done; null until the history is read."""
    content_hash = models.CharField(max_length=32)
    """Digest of the normalised record; an equal digest means no write is needed."""

    objects = IssueQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["integration", "source_issue_id"], name="issue_once_per_source_id"
            )
        ]
        indexes = [
            models.Index(fields=["integration", "key"], name="issue_by_key"),
            models.Index(
                F("project"), F("opened_at").desc(), F("id").desc(), name="issue_newest_first"
            ),
            models.Index(
                F("project"),
                F("source_updated_at").desc(),
                F("id").desc(),
                name="issue_last_touched_first",
            ),
            models.Index(fields=["project", "status", "closed_at"], name="issue_by_status"),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.title}"


class IssueLabel(models.Model):
    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, db_index=False)
    label = models.ForeignKey(Label, on_delete=models.CASCADE)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["issue", "label"], name="label_once_per_issue")
        ]


class IssueAssignee(models.Model):
    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, db_index=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["issue", "person"], name="assignee_once_per_issue")
        ]


class FormerKey(models.Model):
    """Key of an issue before it moved; links in older texts still use it."""

    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="former_keys")
    integration = models.ForeignKey(Integration, on_delete=models.CASCADE, db_index=False)
    """Integration that had, or reported, this key."""
    key = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["integration", "key"], name="former_key_once")
        ]


class IssueChange(models.Model):
    """Issues changed by one transaction; deleted after recalculation."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="issue_changes")
    issue_ids = models.JSONField()
    noted_at = models.DateTimeField(default=timezone.now)
