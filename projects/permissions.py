"""What a role in a project allows. The role asked is always the asker's own."""

from collections.abc import Mapping
from typing import ClassVar, Protocol, cast

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from projects.models import Membership

Role = Membership.Role
ROLES_ASCENDING = (Role.VIEWER, Role.MAINTAINER, Role.OWNER)


class ScopedView(Protocol):
    """What the permissions read of a view (`projects.scoping.ProjectScopedMixin`)."""

    membership_role: str
    write_role: ClassVar[str]
    method_roles: ClassVar[Mapping[str, str]]


def role_reaches(role: str, needed: str) -> bool:
    return ROLES_ASCENDING.index(Role(role)) >= ROLES_ASCENDING.index(Role(needed))


def needed_role(view: ScopedView, method: str) -> str:
    """Any member reads; writing needs the view's `write_role`, unless it names the method."""
    if method in SAFE_METHODS:
        return Role.VIEWER
    return view.method_roles.get(method, view.write_role)


class RoleReaches(BasePermission):
    """Lets through whose role in the project is at least what the view asks for."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        scoped = cast("ScopedView", view)
        needed = needed_role(scoped, request.method or "")
        self.message = (
            f"This needs the role {needed} in the project; yours is {scoped.membership_role}."
        )
        return role_reaches(scoped.membership_role, needed)


class OwnerOrSelf(BasePermission):
    """On a membership: an owner changes any, everybody may leave (delete their own)."""

    message = "Only an owner of the project manages its members."

    def has_object_permission(self, request: Request, view: APIView, obj: object) -> bool:
        if request.method in SAFE_METHODS:
            return True
        if cast("ScopedView", view).membership_role == Role.OWNER:
            return True
        membership = cast("Membership", obj)
        return request.method == "DELETE" and membership.user_id == request.user.pk
