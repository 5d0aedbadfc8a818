"""Projects and who may do what in them."""

from typing import Self

from django.db import models
from django.db.models import F, OuterRef, Subquery, Value

from accounts.models import User
from diip.common.models import TimestampedModel


class ProjectQuerySet(models.QuerySet["Project"]):
    def visible_to(self, user: User) -> Self:
        """The one door to projects: those of `user`, each with `my_role`.

        A platform admin (account role `admin`) runs the installation: every project is visible
        to them, and they may do in it what an owner may.
        """
        present = self.filter(removed_at=None)
        if user.role == User.Role.ADMIN:
            return present.annotate(my_role=Value(Membership.Role.OWNER))
        return present.filter(memberships__user=user).annotate(my_role=F("memberships__role"))

    def with_owner(self) -> Self:
        """With `owner_id`, for showing: compiling it costs more than the rest of the query."""
        owners = Membership.objects.filter(project=OuterRef("pk"), role=Membership.Role.OWNER)
        return self.annotate(owner_id=Subquery(owners.order_by("id").values("user_id")[:1]))


class Project(TimestampedModel):
    name = models.CharField(max_length=200)
    repo_identifier = models.CharField(max_length=200, blank=True, default="")
    """`owner/name` of the repository that connecting GitHub proposes."""
    time_zone = models.CharField(max_length=64, default="UTC", db_default="UTC")
    """IANA name: where the project's days begin and end."""
    working_hours = models.JSONField(null=True, blank=True)
    """`{"days": [1, 2, 3, 4, 5], "from": "09:00", "to": "17:00"}` in that zone, Monday is 1; null:
    durations are calendar time only."""
    last_synced_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True, db_index=True)
    """Removed by an owner: nobody sees it any more; a sweep purges it with all it holds."""

    objects = ProjectQuerySet.as_manager()

    my_role: str
    """Only where it came through `visible_to`."""
    owner_id: int | None
    """Only where it came through `with_owner`. The account that has owned it for longest."""

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
