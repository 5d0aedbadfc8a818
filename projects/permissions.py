"""Permissions by project role of the user."""

from collections.abc import Mapping
from typing import ClassVar, Protocol, cast

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from projects.models import Membership

Role = Membership.Role
ROLES_ASCENDING = (Role.VIEWER, Role.MAINTAINER, Role.OWNER)


class ScopedView(Protocol):
    """View attributes that permissions read (`projects.scoping.ProjectScopedMixin`)."""

    membership_role: str
    write_role: ClassVar[str]
    method_roles: ClassVar[Mapping[str, str]]


def role_reaches(role: str, needed: str) -> bool:
    return ROLES_ASCENDING.index(Role(role)) >= ROLES_ASCENDING.index(Role(needed))


def needed_role(view: ScopedView, method: str) -> str:
    """Return the role a method needs: viewer to read, else `method_roles` or `write_role`."""
    if method in SAFE_METHODS:
        return Role.VIEWER
    return view.method_roles.get(method, view.write_role)


class RoleReaches(BasePermission):
    """Requires at least the project role that the view needs."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        scoped = cast("ScopedView", view)
        needed = needed_role(scoped, request.method or "")
        self.message = (
            f"This needs the role {needed} in the project. Your role is {scoped.membership_role}."
        )
        return role_reaches(scoped.membership_role, needed)


class OwnerOrSelf(BasePermission):
    """Allows owners to change every membership, and members to delete their own."""

    message = "Only an owner of the project can manage its members."

    def has_object_permission(self, request: Request, view: APIView, obj: object) -> bool:
        if request.method in SAFE_METHODS:
            return True
        if cast("ScopedView", view).membership_role == Role.OWNER:
            return True
        membership = cast("Membership", obj)
        return request.method == "DELETE" and membership.user_id == request.user.pk
