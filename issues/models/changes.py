"""Notes of which issues changed."""

from django.db import models
from django.utils import timezone

from projects.models import Project


class IssueChange(models.Model):
    """Issues that one transaction changed; there until they were counted anew."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="issue_changes")
    issue_ids = models.JSONField()
    noted_at = models.DateTimeField(default=timezone.now)
