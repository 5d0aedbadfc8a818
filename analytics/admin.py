"""Alerts in the admin: facts to read, no addresses or keys among them."""

from django.contrib import admin

from analytics.models import Alert, AlertChannel, AlertMessage, AlertRule
from integrations.admin import ReadOnlyAdmin


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin):
    list_display = ("id", "project", "topic", "level", "title", "state", "opened_at")
    list_select_related = ("project",)
    list_filter = ("topic", "state")


@admin.register(AlertChannel)
class AlertChannelAdmin(ReadOnlyAdmin):
    list_display = ("id", "project", "kind", "name", "shown_address", "state", "last_success_at")
    list_select_related = ("project",)
    list_filter = ("kind", "state")
    exclude = ("secret_ciphertext",)


@admin.register(AlertRule)
class AlertRuleAdmin(ReadOnlyAdmin):
    list_display = ("id", "project", "name", "min_level", "enabled")
    list_select_related = ("project",)


@admin.register(AlertMessage)
class AlertMessageAdmin(ReadOnlyAdmin):
    list_display = ("id", "alert", "channel", "event", "state", "due_at", "attempts", "sent_at")
    list_select_related = ("alert", "channel")
    list_filter = ("state", "event")
