"""Projects and who may do what in them."""

from django.conf import settings
from django.db import models

from diip.common.models import TimestampedModel


class Project(TimestampedModel):
    name = models.CharField(max_length=200)
    repo_identifier = models.CharField(max_length=200, blank=True, default="")
    """`owner/name` of the repository that connecting GitHub proposes."""
    last_synced_at = models.DateTimeField(null=True, blank=True)


class Membership(TimestampedModel):
    class Role(models.TextChoices):
        OWNER = "owner"
        MAINTAINER = "maintainer"
        VIEWER = "viewer"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(max_length=16, choices=Role.choices, default=Role.VIEWER)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "user"], name="membership_once_per_user")
        ]
