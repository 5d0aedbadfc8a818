"""Integrations, runs, calls and quarantine in the admin: facts to read, no tokens among them."""

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from integrations.models import (
    ApiLog,
    Integration,
    QuarantinedRecord,
    SyncRun,
    WebhookDelivery,
)

SHOWN_OF_RAW = 4000


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Whatever changes these rows checks a token or stops a run: the API does it."""

    ordering = ("-id",)
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Integration)
class IntegrationAdmin(ReadOnlyAdmin):
    list_display = (
        "id",
        "project",
        "provider",
        "scope",
        "status",
        "status_reason",
        "next_sync_at",
        "last_success_at",
    )
    list_select_related = ("project",)
    list_filter = ("provider", "status")
    search_fields = ("scope", "project__name")
    exclude = ("token_ciphertext", "webhook_ciphertext", "quota_key")


@admin.register(SyncRun)
class SyncRunAdmin(ReadOnlyAdmin):
    list_display = (
        "id",
        "integration",
        "kind",
        "trigger",
        "state",
        "pages",
        "seen",
        "created_at",
        "finished_at",
        "error_kind",
    )
    list_select_related = ("integration",)
    list_filter = ("state", "kind", "trigger")


@admin.register(ApiLog)
class ApiLogAdmin(ReadOnlyAdmin):
    list_display = (
        "id",
        "created_at",
        "integration",
        "method",
        "endpoint",
        "status_code",
        "duration_ms",
        "quota_remaining",
        "error_kind",
    )
    list_select_related = ("integration",)
    list_filter = ("provider", "success")


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    list_display = ("id", "received_at", "integration", "event", "effect", "copies", "delivery_id")
    list_select_related = ("integration",)
    list_filter = ("effect",)


@admin.register(QuarantinedRecord)
class QuarantinedRecordAdmin(ReadOnlyAdmin):
    list_display = (
        "id",
        "integration",
        "feed",
        "source_id",
        "reason",
        "seen_count",
        "last_seen_at",
    )
    list_select_related = ("integration",)
    list_filter = ("feed",)
    exclude = ("raw",)
    readonly_fields = ("raw_text",)

    @admin.display(description="As received")
    def raw_text(self, record: QuarantinedRecord) -> str:
        return bytes(record.raw[:SHOWN_OF_RAW]).decode("utf-8", "replace")
