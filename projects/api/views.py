"""Endpoints for projects and members."""

from typing import ClassVar, cast

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from accounts.models import User
from diip.common.http_api.pagination import NumberedPages
from diip.common.http_api.query import KnownParametersMixin
from projects import services
from projects.api.serializers import MembershipSerializer, NewMemberSerializer, ProjectSerializer
from projects.models import Membership, Project, ProjectQuerySet
from projects.permissions import OwnerOrSelf, RoleReaches
from projects.scoping import ProjectScopedMixin

OWNER = Membership.Role.OWNER
VIEWER = Membership.Role.VIEWER
NO_PUT = ("get", "post", "patch", "delete", "head", "options")


class ProjectListView(KnownParametersMixin, generics.ListCreateAPIView[Project]):
    """List your projects; create one and become its owner."""

    serializer_class = ProjectSerializer
    pagination_class = NumberedPages
    queryset = Project.objects.none()

    def get_queryset(self) -> "QuerySet[Project]":
        return Project.objects.visible_to(self._user).with_owner().order_by("id")

    def perform_create(self, serializer: BaseSerializer[Project]) -> None:
        serializer.instance = services.create_project(owner=self._user, **serializer.validated_data)

    @property
    def _user(self) -> User:
        return cast("User", self.request.user)


class ProjectDetailView(ProjectScopedMixin, generics.RetrieveUpdateDestroyAPIView[Project]):
    """Read, change (maintainer) or delete (owner) a project; deletion removes all its data."""

    serializer_class = ProjectSerializer
    http_method_names = NO_PUT
    method_roles: ClassVar = {"DELETE": OWNER}
    queryset = Project.objects.none()

    def visible_projects(self) -> ProjectQuerySet:
        return super().visible_projects().with_owner()

    def get_object(self) -> Project:
        return self.project

    def perform_update(self, serializer: BaseSerializer[Project]) -> None:
        services.change_project(
            project=self.project, changes=serializer.validated_data, actor=self.actor
        )

    def perform_destroy(self, instance: Project) -> None:
        services.remove_project(project=instance, actor=self.actor)


class MemberListView(
    KnownParametersMixin, ProjectScopedMixin, generics.ListCreateAPIView[Membership]
):
    """List members; add one (owner)."""

    serializer_class = MembershipSerializer
    pagination_class = NumberedPages
    problem_statuses = (409, 429)
    write_role = OWNER
    queryset = Membership.objects.none()

    def get_queryset(self) -> "QuerySet[Membership]":
        return self.project.memberships.select_related("user").order_by("id")

    @extend_schema(request=NewMemberSerializer, responses={201: MembershipSerializer})
    def post(self, request: Request, *args: object, **kwargs: object) -> Response:
        serializer = NewMemberSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        role = serializer.validated_data.pop("role")
        account = services.find_account(actor=self.actor, **serializer.validated_data)
        membership = services.add_member(
            project=self.project, account=account, role=role, actor=self.actor
        )
        return Response(MembershipSerializer(membership).data, status=status.HTTP_201_CREATED)


class MemberDetailView(ProjectScopedMixin, generics.RetrieveUpdateDestroyAPIView[Membership]):
    """Change a role or remove a member (owner); every member may leave."""

    serializer_class = MembershipSerializer
    permission_classes = [IsAuthenticated, RoleReaches, OwnerOrSelf]
    http_method_names = NO_PUT
    problem_statuses = (409,)
    write_role = OWNER
    method_roles: ClassVar = {"DELETE": VIEWER}
    queryset = Membership.objects.none()
    lookup_url_kwarg = "membership_id"

    def get_queryset(self) -> "QuerySet[Membership]":
        return self.project.memberships.select_related("user")

    def perform_update(self, serializer: BaseSerializer[Membership]) -> None:
        membership = cast("Membership", serializer.instance)
        role = serializer.validated_data.get("role", membership.role)
        serializer.instance = services.change_role(
            membership=membership, role=role, actor=self.actor
        )

    def perform_destroy(self, instance: Membership) -> None:
        services.remove_member(membership=instance, actor=self.actor)
