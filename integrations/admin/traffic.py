"""Admin of calls, deliveries, raw pages and quarantined records."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts.admin_base.columns import age, display, label, link_to
from accounts.admin_base.pages import FactsAdmin
from integrations.admin.filters import FeedFilter, ProviderFilter
from integrations.models import ApiLog, QuarantinedRecord, RawPage, WebhookDelivery

SHOWN_OF_RAW = 4000


@admin.register(ApiLog)
class ApiLogAdmin(FactsAdmin):
    list_display = (
        "when",
        "integration_link",
        "method",
        "endpoint",
        "result",
        "duration",
        "quota_remaining",
        "error_kind",
    )
    list_select_related = ("integration",)
    list_filter = (ProviderFilter, "success", ("created_at", admin.DateFieldListFilter))
    search_fields = ("=upstream_request_id",)

    @display(description="when", ordering="id")
    def when(self, call: ApiLog) -> SafeString | str:
        return age(call.created_at)

    @display(description="integration")
    def integration_link(self, call: ApiLog) -> SafeString | str:
        return link_to(call.integration)

    @display(description="answer", ordering="status_code")
    def result(self, call: ApiLog) -> SafeString | str:
        words = str(call.status_code or "no reply")
        return label(words, {words: "success" if call.success else "danger"})

    @display(description="took", ordering="duration_ms")
    def duration(self, call: ApiLog) -> str:
        return f"{call.duration_ms:,} ms"


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(FactsAdmin):
    list_display = ("when", "integration_link", "event", "effect", "copies", "delivery_id")
    list_select_related = ("integration",)
    list_filter = ("effect", ("received_at", admin.DateFieldListFilter))
    search_fields = ("=delivery_id",)

    @display(description="received", ordering="id")
    def when(self, delivery: WebhookDelivery) -> SafeString | str:
        return age(delivery.received_at)

    @display(description="integration")
    def integration_link(self, delivery: WebhookDelivery) -> SafeString | str:
        return link_to(delivery.integration)


@admin.register(RawPage)
class RawPageAdmin(FactsAdmin):
    """Admin of raw pages: number and size only; the content is packed."""

    list_display = ("when", "integration_link", "feed", "size")
    list_select_related = ("integration",)
    list_filter = (FeedFilter, ("created_at", admin.DateFieldListFilter))
    exclude = ("body",)

    def get_queryset(self, request: HttpRequest) -> "QuerySet[RawPage]":
        return super().get_queryset(request).defer("body")

    @display(description="stored", ordering="id")
    def when(self, page: RawPage) -> SafeString | str:
        return age(page.created_at)

    @display(description="integration")
    def integration_link(self, page: RawPage) -> SafeString | str:
        return link_to(page.integration)


@admin.register(QuarantinedRecord)
class QuarantinedRecordAdmin(FactsAdmin):
    list_display = (
        "source_id",
        "feed",
        "integration_link",
        "reason",
        "seen_count",
        "last_seen",
    )
    list_select_related = ("integration",)
    list_filter = (FeedFilter, ("last_seen_at", admin.DateFieldListFilter))
    search_fields = ("=source_id",)
    exclude = ("raw",)
    readonly_fields = ("raw_text",)

    def get_queryset(self, request: HttpRequest) -> "QuerySet[QuarantinedRecord]":
        return super().get_queryset(request).defer("raw")

    @display(description="integration")
    def integration_link(self, record: QuarantinedRecord) -> SafeString | str:
        return link_to(record.integration)

    @display(description="last seen", ordering="last_seen_at")
    def last_seen(self, record: QuarantinedRecord) -> SafeString | str:
        return age(record.last_seen_at)

    @display(description="as received")
    def raw_text(self, record: QuarantinedRecord) -> str:
        return bytes(record.raw[:SHOWN_OF_RAW]).decode("utf-8", "replace")
