"""Admin pages for issues, people and statuses (read-only), and quarantine retries."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts.admin_base.admin_actions import act_on_each, action, confirmed, record
from accounts.admin_base.columns import age, display, label, link_to
from accounts.admin_base.pages import FactsAdmin
from integrations.admin import IntegrationAdmin, QuarantinedRecordAdmin
from integrations.admin.filters import ProviderFilter
from integrations.models import Integration, QuarantinedRecord
from issues import tasks
from issues.models import Issue, Person, StatusClass

STATUS = {"todo": "info", "in_progress": "warning", "done": "success"}
AT_ONCE = 1000
"""Maximum records per retry message."""


@admin.register(Issue)
class IssueAdmin(FactsAdmin):
    list_display = ("key", "title", "shown_status", "project_link", "opened", "touched", "gone")
    list_select_related = ("project",)
    list_filter = ("status", ProviderFilter, ("removed_at", admin.EmptyFieldListFilter))
    search_fields = ("=key", "=source_issue_id")
    exclude = ("content_hash",)

    @display(description="status", ordering="status")
    def shown_status(self, issue: Issue) -> SafeString | str:
        return label(issue.status, STATUS)

    @display(description="project")
    def project_link(self, issue: Issue) -> SafeString | str:
        return link_to(issue.project)

    @display(description="opened", ordering="opened_at")
    def opened(self, issue: Issue) -> SafeString | str:
        return age(issue.opened_at)

    @display(description="last updated", ordering="source_updated_at")
    def touched(self, issue: Issue) -> SafeString | str:
        return age(issue.source_updated_at)

    @display(description="removed upstream", ordering="removed_at")
    def gone(self, issue: Issue) -> SafeString | str:
        return age(issue.removed_at, nothing="-")


@admin.register(Person)
class PersonAdmin(FactsAdmin):
    list_display = ("login", "display_name", "provider", "project_link", "bot", "is_deleted")
    list_select_related = ("project",)
    list_filter = (ProviderFilter, "is_bot", "is_deleted")
    search_fields = ("login", "display_name")
    exclude = ("email_digest",)

    @display(description="project")
    def project_link(self, person: Person) -> SafeString | str:
        return link_to(person.project)

    @display(description="counts as a bot", boolean=True)
    def bot(self, person: Person) -> bool:
        return person.counts_as_bot


@admin.register(StatusClass)
class StatusClassAdmin(FactsAdmin):
    """Meaning of source statuses; changed through the API, which shows a preview first."""

    list_display = ("source_status", "means", "decided", "integration_link", "settling")
    list_select_related = ("integration",)
    list_filter = ("provider_status", "override")
    search_fields = ("source_status",)

    @display(description="means", ordering="provider_status")
    def means(self, word: StatusClass) -> SafeString | str:
        return label(word.status, STATUS)

    @display(description="set by a maintainer", boolean=True)
    def decided(self, word: StatusClass) -> bool:
        return word.override is not None

    @display(description="integration")
    def integration_link(self, word: StatusClass) -> SafeString | str:
        return link_to(word.integration)

    @display(description="update pending")
    def settling(self, word: StatusClass) -> SafeString | str:
        return age(word.unsettled_since, nothing="-")


# --- quarantine retries --------------------------------------------------------------------------

REPLAY = (
    "A worker maps the records again, without requests to the tracker. Mapped records are stored."
)

admin.site.unregister([Integration, QuarantinedRecord])


@admin.register(Integration)
class ReplayingIntegrationAdmin(IntegrationAdmin):
    actions = (*IntegrationAdmin.actions, "replay_quarantine")

    @action(description="Retry its quarantine")
    @confirmed(REPLAY)
    def replay_quarantine(self, request: HttpRequest, rows: "QuerySet[Integration]") -> None:
        def replay(row: Integration) -> str:
            held = row.quarantine.count()
            if held:
                tasks.send_replay(row.pk)
            return f"{held} queued for retry." if held else "the quarantine is empty."

        act_on_each(request, rows, "quarantine.replay_asked", replay)


@admin.register(QuarantinedRecord)
class ReplayingQuarantineAdmin(QuarantinedRecordAdmin):
    actions = ("replay",)

    @action(description="Retry")
    @confirmed(REPLAY)
    def replay(self, request: HttpRequest, rows: "QuerySet[Any]") -> None:
        chosen = rows.order_by("integration_id", "pk").values_list("integration_id", "pk")
        by_integration: dict[int, list[int]] = {}
        for integration_id, pk in chosen[:AT_ONCE]:
            by_integration.setdefault(integration_id, []).append(pk)
        for row in Integration.objects.filter(pk__in=by_integration):
            record(request, "quarantine.replay_asked", row, records=len(by_integration[row.pk]))
            tasks.send_replay(row.pk, by_integration[row.pk])
            messages.success(request, f"{row}: {len(by_integration[row.pk])} queued for retry.")
        if len(chosen[: AT_ONCE + 1]) > AT_ONCE:
            messages.warning(
                request,
                f"Only the first {AT_ONCE} will be retried. To retry all, select the integration.",
            )
