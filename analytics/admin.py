"""Read-only admin pages of alerts and metrics, without addresses or keys."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts.admin_base.admin_actions import act_on_each, action, actor_of, confirmed
from accounts.admin_base.columns import age, as_json, display, label, link_to
from accounts.admin_base.pages import FactsAdmin, FactsInline
from analytics.alerts import channels, user_actions
from analytics.models import (
    Alert,
    AlertChannel,
    AlertDelivery,
    AlertMessage,
    AlertRule,
    AnalyticsSummary,
    Spike,
)
from analytics.spikes.message import observed_and_expected
from diip.common.errors import Conflict

LEVELS = {"notice": "info", "alert": "danger"}
CHANNEL = {"working": "success", "unconfirmed": "info", "failing": "warning", "broken": "danger"}
MESSAGE = {"due": "info", "sent": "success", "given_up": "danger"}


class _OfProject(FactsAdmin):
    list_select_related = ("project",)

    @display(description="project")
    def project_link(self, row: Alert) -> SafeString | str:
        return link_to(row.project)


@admin.register(Alert)
class AlertAdmin(_OfProject):
    list_display = ("title", "project_link", "shown_level", "shown_state", "opened", "quiet")
    list_filter = ("topic", "state", "level")
    search_fields = ("title", "=subject_key")
    exclude = ("details",)
    readonly_fields = ("details_shown",)
    actions = ("mute", "unmute")

    @display(description="level", ordering="level")
    def shown_level(self, alert: Alert) -> SafeString | str:
        return label(alert.level, LEVELS)

    @display(description="state", ordering="state")
    def shown_state(self, alert: Alert) -> SafeString | str:
        return label(alert.state, {"open": "warning", "resolved": "success"})

    @display(description="opened", ordering="opened_at")
    def opened(self, alert: Alert) -> SafeString | str:
        return age(alert.opened_at)

    @display(description="muted or snoozed", boolean=True)
    def quiet(self, alert: Alert) -> bool:
        return alert.is_quiet

    @display(description="details")
    def details_shown(self, alert: Alert) -> SafeString | str:
        return as_json(alert.details)

    @action(description="Mute")
    @confirmed("No more messages about these alerts, including their resolution.")
    def mute(self, request: HttpRequest, rows: "QuerySet[Alert]") -> None:
        def mute_one(alert: Alert) -> str:
            if alert.muted_at:
                raise Conflict("It is already muted.")
            user_actions.mute(alert=alert, actor=actor_of(request))
            return "muted."

        act_on_each(request, rows, "", mute_one)

    @action(description="Unmute")
    def unmute(self, request: HttpRequest, rows: "QuerySet[Alert]") -> None:
        def unmute_one(alert: Alert) -> str:
            if not alert.muted_at:
                raise Conflict("It is not muted.")
            user_actions.unmute(alert=alert, actor=actor_of(request))
            return "later changes are sent again."

        act_on_each(request, rows, "", unmute_one)


@admin.register(AlertChannel)
class AlertChannelAdmin(_OfProject):
    list_display = ("name", "kind", "project_link", "shown_address", "shown_state",
                    "message", "last_success")  # fmt: skip
    list_filter = ("kind", "state", "enabled")
    search_fields = ("name", "project__name")
    exclude = ("secret_ciphertext", "fencing_token")
    actions = ("enable",)

    @display(description="state", ordering="state")
    def shown_state(self, channel: AlertChannel) -> SafeString | str:
        return label(channel.shown_state if channel.enabled else "switched_off", CHANNEL)

    @display(description="state message")
    def message(self, channel: AlertChannel) -> str:
        return channel.shown_message

    @display(description="last delivery", ordering="last_success_at")
    def last_success(self, channel: AlertChannel) -> SafeString | str:
        return age(channel.last_success_at)

    @action(description="Enable and retry")
    def enable(self, request: HttpRequest, rows: "QuerySet[AlertChannel]") -> None:
        def enable_one(channel: AlertChannel) -> str:
            channels.enable_channel(channel=channel, actor=actor_of(request))
            return "enabled; waiting messages are sent at once."

        act_on_each(request, rows, "", enable_one)


@admin.register(AlertRule)
class AlertRuleAdmin(_OfProject):
    list_display = ("name", "project_link", "min_level", "topics", "enabled")
    list_filter = ("enabled",)


class AlertDeliveryInline(FactsInline):
    model = AlertDelivery
    verbose_name_plural = "delivery attempts"
    fields = ("at", "success", "status_code", "duration_ms", "reason")
    show_change_link = False


@admin.register(AlertMessage)
class AlertMessageAdmin(FactsAdmin):
    list_display = ("number", "alert_title", "channel", "event", "shown_state", "due", "attempts")
    list_select_related = ("alert", "channel")
    list_filter = ("state", "event")
    exclude = ("payload", "parcel")
    readonly_fields = ("payload_shown",)
    inlines = (AlertDeliveryInline,)

    @display(description="message", ordering="id")
    def number(self, message: AlertMessage) -> str:
        return f"#{message.pk}"

    @display(description="alert")
    def alert_title(self, message: AlertMessage) -> str:
        return message.alert.title if message.alert else "a test"

    @display(description="state", ordering="state")
    def shown_state(self, message: AlertMessage) -> SafeString | str:
        return label(message.state, MESSAGE)

    @display(description="due", ordering="due_at")
    def due(self, message: AlertMessage) -> SafeString | str:
        return age(message.due_at)

    @display(description="content")
    def payload_shown(self, message: AlertMessage) -> SafeString | str:
        return as_json(message.payload)


@admin.register(Spike)
class SpikeAdmin(_OfProject):
    list_display = ("series", "project_link", "shown_level", "first_day", "last_day",
                    "says", "lasts")  # fmt: skip
    list_filter = ("level", "series_kind", ("ended_at", admin.EmptyFieldListFilter))
    exclude = ("explanation",)
    readonly_fields = ("explanation_shown",)

    @display(description="series", ordering="series_kind")
    def series(self, spike: Spike) -> str:
        return f"{spike.series_kind} {spike.series_value}".strip()

    @display(description="level", ordering="level")
    def shown_level(self, spike: Spike) -> SafeString | str:
        return label(spike.level, LEVELS)

    @display(description="observed and expected")
    def says(self, spike: Spike) -> str:
        return observed_and_expected(spike)

    @display(description="ongoing", boolean=True)
    def lasts(self, spike: Spike) -> bool:
        return spike.ended_at is None

    @display(description="explanation")
    def explanation_shown(self, spike: Spike) -> SafeString | str:
        return as_json(spike.explanation)


@admin.register(AnalyticsSummary)
class AnalyticsSummaryAdmin(_OfProject):
    list_display = ("day", "project_link", "opened", "closed", "reopened", "open_issues",
                    "total_issues", "spike_detected")  # fmt: skip
    list_filter = ("spike_detected", ("day", admin.DateFieldListFilter))
    exclude = ("distributions", "excluded")
    readonly_fields = ("distributions_shown", "excluded_shown")

    @display(description="distributions")
    def distributions_shown(self, day: AnalyticsSummary) -> SafeString | str:
        return as_json(day.distributions)

    @display(description="excluded, by reason")
    def excluded_shown(self, day: AnalyticsSummary) -> SafeString | str:
        return as_json(day.excluded)
