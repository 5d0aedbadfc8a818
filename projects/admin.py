"""Projects in the admin: to look at and to put memberships right."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from projects.models import Membership, Project


@admin.register(Project)
class ProjectAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Removing is left to the API: the admin would list every issue before it asked."""

    list_display = ("id", "name", "repo_identifier", "last_synced_at", "created_at", "removed_at")
    list_display_links = ("name",)
    search_fields = ("name", "repo_identifier")
    ordering = ("-id",)
    readonly_fields = (
        "time_zone",  # this and the next are checked by the API only
        "working_hours",
        "last_synced_at",
        "removed_at",
        "created_at",
        "updated_at",
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # a project without an owner is nobody's

    def has_delete_permission(self, request: HttpRequest, obj: Project | None = None) -> bool:
        return False


@admin.register(Membership)
class MembershipAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("id", "project", "user", "role", "created_at")
    list_select_related = ("project", "user")
    list_filter = ("role",)
    search_fields = ("project__name", "user__email")
    autocomplete_fields = ("project",)
    raw_id_fields = ("user",)
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Membership]":
        return super().get_queryset(request).select_related("project", "user")
