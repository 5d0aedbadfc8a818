"""Admin of sync runs."""

from django.contrib import admin
from django.utils.safestring import SafeString

from accounts.admin_base.columns import age, as_json, display, label, link_to, span
from accounts.admin_base.pages import FactsAdmin
from integrations.models import SyncRun

STATES = {
    "queued": "info",
    "running": "info",
    "waiting": "warning",
    "succeeded": "success",
    "incomplete": "warning",
    "failed": "danger",
    "parked": "danger",
}


@admin.register(SyncRun)
class SyncRunAdmin(FactsAdmin):
    list_display = (
        "number",
        "integration_link",
        "kind",
        "trigger",
        "shown_state",
        "begun",
        "took",
        "pages",
        "changes",
        "error_message",
    )
    list_display_links = ("number",)
    list_select_related = ("integration",)
    list_filter = ("state", "kind", "trigger", ("created_at", admin.DateFieldListFilter))
    exclude = ("gaps", "feeds_done")
    readonly_fields = ("gaps_shown", "feeds_shown")

    @display(description="run", ordering="id")
    def number(self, run: SyncRun) -> str:
        return f"#{run.pk}"

    @display(description="integration")
    def integration_link(self, run: SyncRun) -> SafeString | str:
        return link_to(run.integration)

    @display(description="state", ordering="state")
    def shown_state(self, run: SyncRun) -> SafeString | str:
        return label(run.state, STATES)

    @display(description="requested", ordering="created_at")
    def begun(self, run: SyncRun) -> SafeString | str:
        return age(run.created_at)

    @display(description="took")
    def took(self, run: SyncRun) -> str:
        if run.started_at is None or run.finished_at is None:
            return "-"
        return span(run.finished_at - run.started_at)

    @display(description="new / changed / removed")
    def changes(self, run: SyncRun) -> str:
        return f"{run.issues_created} / {run.issues_updated} / {run.issues_removed}"

    @display(description="gaps")
    def gaps_shown(self, run: SyncRun) -> SafeString | str:
        return as_json(run.gaps)

    @display(description="feeds done")
    def feeds_shown(self, run: SyncRun) -> str:
        return ", ".join(run.feeds_done) or "-"
