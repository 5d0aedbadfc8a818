"""The gate of everything under `/api/projects/{project_id}/`."""

from collections.abc import Mapping
from typing import Any, ClassVar

from rest_framework.exceptions import NotFound
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.models import User
from projects.models import Membership, Project, ProjectQuerySet
from projects.permissions import RoleReaches


class ProjectScopedMixin(APIView):
    """Finds the project of the URL before any handler runs; to outsiders it is not there.

    Gives the handler `self.actor` (who asks), and in one query `self.project` and their
    `self.membership_role` in it. Reading is for every member. Writing needs `write_role`;
    `method_roles` names exceptions by method.
    """

    permission_classes = [IsAuthenticated, RoleReaches]
    write_role: ClassVar[str] = Membership.Role.MAINTAINER
    method_roles: ClassVar[Mapping[str, str]] = {}

    actor: User
    project: Project
    membership_role: str

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if not isinstance(request.user, User):
            self.permission_denied(request)
        self.actor = request.user
        try:
            self.project = self.visible_projects().get(pk=kwargs["project_id"])
        except Project.DoesNotExist:
            raise NotFound("There is no such project, or you are not a member of it.") from None
        self.membership_role = self.project.my_role
        super().initial(request, *args, **kwargs)

    def visible_projects(self) -> ProjectQuerySet:
        """Where to look; a view that shows more of its project annotates it here."""
        return Project.objects.visible_to(self.actor)
