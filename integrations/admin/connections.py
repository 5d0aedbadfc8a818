"""Admin of integrations: status, fix and actions."""

from django.contrib import admin, messages
from django.db.models import Case, QuerySet, Value, When
from django.http import HttpRequest
from django.utils.safestring import SafeString
from kombu.exceptions import OperationalError

from accounts.admin_base.admin_actions import act_on_each, action, actor_of, confirmed, record
from accounts.admin_base.columns import (
    age,
    as_json,
    display,
    label,
    link_to,
    link_to_list,
    side_by_side,
)
from accounts.admin_base.pages import FactsAdmin, FactsInline
from diip.common.errors import Conflict
from integrations import tasks
from integrations.admin.filters import ProviderFilter
from integrations.lifecycle import connect, health, sync_requests
from integrations.models import FeedCursor, Integration, SyncRun

STATUS = {
    "healthy": "success",
    "throttled": "info",
    "degraded": "warning",
    "needs_attention": "danger",
}
WORST_FIRST = ("needs_attention", "degraded", "throttled")
UNDER_WAY = "A run is already open; no new run was started."


class FeedCursorInline(FactsInline):
    model = FeedCursor
    verbose_name_plural = "feed cursors"
    fields = ("feed", "synced_through", "asked_at", "changed_at", "pass_pages", "note")
    show_change_link = False


def _rank() -> Case:
    """Sort integrations that need a user's action first."""
    ranks = [When(status=status, then=Value(place)) for place, status in enumerate(WORST_FIRST)]
    return Case(*ranks, default=Value(len(WORST_FIRST)))


@admin.register(Integration)
class IntegrationAdmin(FactsAdmin):
    """Admin of integrations; token and secret columns are on no page."""

    ordering = (_rank(), "-id")  # type: ignore[assignment] # the admin takes expressions
    list_display = (
        "name",
        "project_link",
        "state",
        "what_to_do",
        "last_success",
        "next_try",
        "quota",
        "token_expires",
    )
    list_display_links = ("name",)
    list_select_related = ("project",)
    list_filter = ("status", ProviderFilter)
    search_fields = ("scope", "project__name")
    inlines = (FeedCursorInline,)
    fieldsets = (
        (None, {"fields": ("project_link", "provider", "scope", "web_url", "base_url", "lists")}),
        (
            "Status",
            {
                "fields": (
                    "state",
                    "what_to_do",
                    "status_since",
                    "failure_count",
                    "last_success_at",
                    "next_sync_at",
                    "next_census_at",
                    "sync_interval_seconds",
                    "quiet_until",
                )
            },
        ),
        (
            "Credential and quota",
            {
                "fields": (
                    "has_token",
                    "account",
                    "token_expires_at",
                    "quota_limit",
                    "quota_remaining",
                    "quota_resets_at",
                    "notes_shown",
                )
            },
        ),
        ("Webhook", {"fields": ("webhook_set_at", "webhook_seen_at")}),
        ("Row", {"fields": ("created_at", "updated_at", "removed_at")}),
    )
    readonly_fields = ("project_link", "lists", "state", "what_to_do", "has_token", "notes_shown")
    actions: tuple[str, ...] = ("sync_now", "pause", "resume", "remap", "rotate_keys")

    # --- columns ---------------------------------------------------------------------------------

    @display(description="integration", ordering="scope")
    def name(self, row: Integration) -> str:
        return str(row)

    @display(description="project", ordering="project__name")
    def project_link(self, row: Integration) -> SafeString | str:
        return link_to(row.project)

    @display(description="state", ordering="status")
    def state(self, row: Integration) -> SafeString | str:
        if row.removed_at:
            return label("removed", {})
        return label(row.status, STATUS)

    @display(description="what to do")
    def what_to_do(self, row: Integration) -> str:
        said = (row.status_message, health.FIXES.get(row.status_reason, ""))
        return " ".join(one for one in said if one) or "-"

    @display(description="last success", ordering="last_success_at")
    def last_success(self, row: Integration) -> SafeString | str:
        return age(row.last_success_at)

    @display(description="next try", ordering="next_sync_at")
    def next_try(self, row: Integration) -> SafeString | str:
        return age(row.next_sync_at, nothing="not scheduled")

    @display(description="quota left", ordering="quota_remaining")
    def quota(self, row: Integration) -> str:
        if row.quota_limit is None:
            return "-"
        return f"{row.quota_remaining:,} of {row.quota_limit:,}"

    @display(description="token expires", ordering="token_expires_at")
    def token_expires(self, row: Integration) -> SafeString | str:
        return age(row.token_expires_at, nothing="-")

    @display(description="has a token", boolean=True)
    def has_token(self, row: Integration) -> bool:
        return row.has_token

    @display(description="notes from the tracker")
    def notes_shown(self, row: Integration) -> SafeString | str:
        return as_json(row.notes)

    @display(description="related rows")
    def lists(self, row: Integration) -> SafeString:
        own = {"integration__id__exact": row.pk}
        parts = [
            link_to_list("integrations_syncrun", "runs", **own),
            link_to_list("integrations_apilog", "API calls", **own),
            link_to_list("integrations_quarantinedrecord", "quarantine", **own),
            link_to_list("integrations_webhookdelivery", "deliveries", **own),
            link_to_list("issues_issue", "issues", **own),
            link_to_list("issues_statusclass", "status words", **own),
        ]
        return side_by_side(parts)

    # --- actions ---------------------------------------------------------------------------------

    @action(description="Sync now")
    def sync_now(self, request: HttpRequest, rows: QuerySet[Integration]) -> None:
        """Create a queued run; the dispatcher sends it within seconds."""

        def sync(row: Integration) -> str:
            run, is_new = sync_requests.request_sync(
                integration=_present(row), trigger=SyncRun.Trigger.MANUAL
            )
            return f"run {run.pk} begins within seconds." if is_new else UNDER_WAY

        act_on_each(request, rows, "integration.sync_requested", sync)

    @action(description="Pause")
    @confirmed("Open runs are cancelled, and nothing is synced until you resume the integrations.")
    def pause(self, request: HttpRequest, rows: QuerySet[Integration]) -> None:
        self._set_paused(request, rows, is_paused=True)

    @action(description="Resume")
    def resume(self, request: HttpRequest, rows: QuerySet[Integration]) -> None:
        self._set_paused(request, rows, is_paused=False)

    def _set_paused(
        self, request: HttpRequest, rows: QuerySet[Integration], *, is_paused: bool
    ) -> None:
        change = connect.Change(paused=is_paused)

        def turn(row: Integration) -> str:
            if _present(row).paused == is_paused:
                raise Conflict("It is already paused." if is_paused else "It is not paused.")
            connect.change_integration(integration=row, actor=actor_of(request), change=change)
            return "paused." if is_paused else "resumed; the next sync is due now."

        act_on_each(request, rows, "", turn)

    @action(description="Map stored pages again")
    @confirmed("The stored pages are mapped again; no request is sent to the tracker.")
    def remap(self, request: HttpRequest, rows: QuerySet[Integration]) -> None:
        def remap(row: Integration) -> str:
            run, is_new = sync_requests.request_remap(_present(row))
            if not is_new and run.kind != SyncRun.Kind.REMAP:
                raise Conflict("A sync is running. Try again when it has ended.")
            return f"run {run.pk} maps the stored pages." if is_new else UNDER_WAY

        act_on_each(request, rows, "integration.remap_requested", remap)

    @action(description="Rotate keys (all secrets)")
    @confirmed(
        "Every stored secret, not only of the selected rows, is re-encrypted with the first key "
        "of DIIP_ENCRYPTION_KEYS. You can repeat this at any time."
    )
    def rotate_keys(self, request: HttpRequest, rows: QuerySet[Integration]) -> None:
        first = rows.order_by("pk").first()
        if first is None:
            return
        try:
            tasks.rotate_keys.delay()
        except OperationalError:
            messages.error(request, "The broker does not answer; nothing was sent. Try again.")
            return
        record(request, "keys.rotation_asked", first)
        messages.success(
            request,
            "A worker re-encrypts all secrets. `manage.py rotate_keys --check` reports when you "
            "can remove the former keys.",
        )


def _present(row: Integration) -> Integration:
    if row.removed_at:
        raise Conflict("It was removed and is waiting for deletion.")
    return row
