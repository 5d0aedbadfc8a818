"""The clean history: issues and what happened to them."""

from collections.abc import Collection
from typing import Self

from django.db import models
from django.db.models import F, Func

from diip.common.models import TimestampedModel
from integrations.models import Integration, SyncRun
from projects.models import Project


class Person(TimestampedModel):
    """An account at a provider, as one project sees it."""

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="people", db_index=False
    )
    provider = models.CharField(max_length=32)
    origin = models.CharField(max_length=255)
    """Host of the tracker: ids are unique only there."""
    source_person_id = models.CharField(max_length=64)
    login = models.CharField(max_length=255)
    display_name = models.CharField(max_length=255, blank=True, default="")
    url = models.CharField(max_length=500, blank=True, default="")
    is_bot = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "provider", "origin", "source_person_id"],
                name="person_once_per_account",
            )
        ]
        indexes = [models.Index(fields=["project", "login"], name="person_by_login")]

    def __str__(self) -> str:
        return self.login


class Label(models.Model):
    integration = models.ForeignKey(
        Integration, on_delete=models.CASCADE, related_name="labels", db_index=False
    )
    name = models.CharField(max_length=255)
    colour = models.CharField(max_length=6, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["integration", "name"], name="label_once_per_scope")
        ]
        indexes = [models.Index(fields=["name"], name="label_by_name")]

    def __str__(self) -> str:
        return self.name


# As text: compiling the same from querysets costs every list of issues 0.3 ms.
_CONNECTED = (
    "%(expressions)s NOT IN (SELECT id FROM integrations_integration"
    " WHERE project_id = %(project_id)d AND removed_at IS NOT NULL)"
)


class IssueQuerySet(models.QuerySet["Issue"]):
    def of_project(self, project: Project) -> Self:
        """Without those of an integration that was removed and waits to be purged."""
        connected = Func(F("integration_id"), template=_CONNECTED, project_id=project.pk)
        connected.output_field = models.BooleanField()
        return self.filter(connected, project=project)

    def present(self) -> Self:
        """Without tombstones: what upstream still has."""
        return self.filter(removed_at__isnull=True)

    def open(self) -> Self:
        return self.filter(status__in=[Issue.Status.TODO, Issue.Status.IN_PROGRESS])

    def removed(self) -> Self:
        return self.filter(removed_at__isnull=False)

    def with_keys(self, project: Project, keys: Collection[str]) -> Self:
        return self.filter(integration__in=project.integrations.all(), key__in=keys)


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

    # Composite indexes below begin with these columns: an index of their own would only cost.
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
    """Tombstone: upstream no longer has it (here); kept with the reason."""
    removed_reason = models.CharField(
        max_length=16, choices=RemovedReason.choices, blank=True, default=""
    )
    content_hash = models.CharField(max_length=32)
    """Of the record as normalised: equal says that there is nothing to write."""

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


class Comment(TimestampedModel):
    issue = models.ForeignKey(
        Issue, on_delete=models.CASCADE, related_name="comments", db_index=False
    )
    source_comment_id = models.CharField(max_length=64)
    author = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, blank=True)
    body = models.TextField(blank=True, default="")
    url = models.TextField(blank=True, default="")
    commented_at = models.DateTimeField()
    source_updated_at = models.DateTimeField()

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


class CensusEntry(models.Model):
    """One id that a census under way has met; gone when the census ends."""

    run = models.ForeignKey(SyncRun, on_delete=models.CASCADE, db_index=False)
    source_issue_id = models.CharField(max_length=64)
    key = models.CharField(max_length=64)
    source_updated_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run", "source_issue_id"], name="census_entry_once_per_run"
            )
        ]
