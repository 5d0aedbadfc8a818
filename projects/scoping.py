"""Access control of all paths under `/api/projects/{project_id}/`."""

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
    """Loads the project of the URL before the handler; returns 404 to outsiders.

    Sets `self.actor` (the user) and, with one query, `self.project` and `self.membership_role`.
    Every member may read. Writing needs `write_role`; `method_roles` sets exceptions by method.
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
            raise NotFound("This project does not exist, or you are not a member.") from None
        self.membership_role = self.project.my_role
        super().initial(request, *args, **kwargs)

    def visible_projects(self) -> ProjectQuerySet:
        """Return the projects to search; views override it to add annotations."""
        return Project.objects.visible_to(self.actor)
