"""Admin pages of projects and memberships."""

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts.admin_base.columns import age, display, link_to, link_to_list, side_by_side
from accounts.admin_base.pages import AuditedAdmin
from projects.models import Membership, Project


@admin.register(Project)
class ProjectAdmin(AuditedAdmin):
    """Admin without deletion: its confirmation page would list every issue."""

    audited_as = "project"
    list_display = ("name", "repo_identifier", "members", "last_synced", "created", "removed_at")
    list_display_links = ("name",)
    list_filter = (("removed_at", admin.EmptyFieldListFilter),)
    search_fields = ("name", "repo_identifier")
    readonly_fields = (
        "lists",
        "time_zone",  # this and the next are checked by the API only
        "working_hours",
        "last_synced_at",
        "removed_at",
        "created_at",
        "updated_at",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Project]:
        people = Count("memberships", filter=Q(memberships__user__is_active=True))
        projects: QuerySet[Project] = super().get_queryset(request)
        return projects.annotate(member_count=people)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # the admin cannot set the owner

    def has_delete_permission(self, request: HttpRequest, obj: Project | None = None) -> bool:
        return False

    @display(description="active members", ordering="member_count")
    def members(self, project: Project) -> int:
        return int(project.member_count)  # type: ignore[attr-defined]  # annotated above

    @display(description="last sync", ordering="last_synced_at")
    def last_synced(self, project: Project) -> SafeString | str:
        return age(project.last_synced_at)

    @display(description="created", ordering="created_at")
    def created(self, project: Project) -> SafeString | str:
        return age(project.created_at)

    @display(description="related lists")
    def lists(self, project: Project) -> SafeString:
        own = {"project__id__exact": project.pk}
        parts = [
            link_to_list("integrations_integration", "integrations", **own),
            link_to_list("projects_membership", "members", **own),
            link_to_list("issues_issue", "issues", **own),
            link_to_list("issues_person", "people", **own),
            link_to_list("analytics_alert", "alerts", **own),
            link_to_list("analytics_spike", "spikes", **own),
            link_to_list("analytics_analyticssummary", "days", **own),
        ]
        return side_by_side(parts)


@admin.register(Membership)
class MembershipAdmin(AuditedAdmin):
    audited_as = "member"
    audited_columns = ("role",)
    list_display = ("user", "project_link", "role", "since")
    list_select_related = ("project", "user")
    list_filter = ("role",)
    search_fields = ("project__name", "user__email")
    autocomplete_fields = ("project", "user")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return super().get_queryset(request).select_related("project", "user")

    @display(description="project", ordering="project__name")
    def project_link(self, membership: Membership) -> SafeString | str:
        return link_to(membership.project)

    @display(description="since", ordering="created_at")
    def since(self, membership: Membership) -> SafeString | str:
        return age(membership.created_at)
