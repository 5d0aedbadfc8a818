"""Projects and memberships."""

from typing import Self

from django.db import models
from django.db.models import F, OuterRef, Subquery, Value

from accounts.models import User
from diip.common.models import TimestampedModel


class ProjectQuerySet(models.QuerySet["Project"]):
    def visible_to(self, user: User) -> Self:
        """Return the projects of `user`, annotated with `my_role`. All access starts here.

        A platform admin (account role `admin`) sees every project, with the role of an owner.
        """
        present = self.filter(removed_at=None)
        if user.role == User.Role.ADMIN:
            return present.annotate(my_role=Value(Membership.Role.OWNER))
        return present.filter(memberships__user=user).annotate(my_role=F("memberships__role"))

    def with_owner(self) -> Self:
        """Annotate `owner_id`; separate, because compiling it costs more than the query."""
        owners = Membership.objects.filter(project=OuterRef("pk"), role=Membership.Role.OWNER)
        return self.annotate(owner_id=Subquery(owners.order_by("id").values("user_id")[:1]))


class Project(TimestampedModel):
    name = models.CharField(max_length=200)
    repo_identifier = models.CharField(max_length=200, blank=True, default="")
    """Repository (`owner/name`) suggested when connecting GitHub."""
    time_zone = models.CharField(max_length=64, default="UTC", db_default="UTC")
    """IANA name of the zone that defines the project's days."""
    working_hours = models.JSONField(null=True, blank=True)
    """Working hours in that zone: `{"days": [1, 2, 3, 4, 5], "from": "09:00", "to": "17:00"}`,
    Monday is 1; null: durations in calendar time only."""
    last_synced_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True, db_index=True)
    """Time of removal by an owner; the project is hidden until a task purges it."""

    objects = ProjectQuerySet.as_manager()

    my_role: str
    """Role of the user; set by `visible_to`."""
    owner_id: int | None
    """Account that has been owner longest; set by `with_owner`."""

    def __str__(self) -> str:
        return self.name


class Membership(TimestampedModel):
    class Role(models.TextChoices):
        OWNER = "owner"
        MAINTAINER = "maintainer"
        VIEWER = "viewer"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role.choices, default=Role.VIEWER)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "user"], name="membership_once_per_user")
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.role}"
