"""Issues and people in the admin: to look at, for they are the tracker's."""

from django.contrib import admin

from integrations.admin import ReadOnlyAdmin
from issues.models import Issue, Person


@admin.register(Issue)
class IssueAdmin(ReadOnlyAdmin):
    list_display = ("id", "project", "key", "title", "status", "opened_at", "removed_at")
    list_select_related = ("project",)
    list_filter = ("status", ("removed_at", admin.EmptyFieldListFilter))
    search_fields = ("=key", "=source_issue_id")
    exclude = ("content_hash",)


@admin.register(Person)
class PersonAdmin(ReadOnlyAdmin):
    list_display = ("id", "project", "provider", "login", "display_name", "is_bot")
    list_select_related = ("project",)
    list_filter = ("is_bot",)
    search_fields = ("login", "display_name")
