from django.urls import URLPattern, URLResolver, path

from analytics.alert_views import alerts, channels, rules

CHANNEL = "alerts/channels/<int:channel_id>/"
ALERT = "alerts/<int:alert_id>/"

alert_urls: list[URLPattern | URLResolver] = [
    path("alerts/", alerts.AlertListView.as_view(), name="alert-list"),
    path(ALERT, alerts.AlertDetailView.as_view(), name="alert-detail"),
    path(f"{ALERT}mute/", alerts.MuteAlertView.as_view(), name="alert-mute"),
    path(f"{ALERT}unmute/", alerts.UnmuteAlertView.as_view(), name="alert-unmute"),
    path(f"{ALERT}snooze/", alerts.SnoozeAlertView.as_view(), name="alert-snooze"),
    path("alerts/channels/", channels.ChannelListView.as_view(), name="channel-list"),
    path(CHANNEL, channels.ChannelDetailView.as_view(), name="channel-detail"),
    path(f"{CHANNEL}enable/", channels.EnableChannelView.as_view(), name="channel-enable"),
    path(f"{CHANNEL}test/", channels.TryChannelView.as_view(), name="channel-test"),
    path(f"{CHANNEL}secret/", channels.ChannelSecretView.as_view(), name="channel-secret"),
    path(f"{CHANNEL}deliveries/", channels.DeliveryListView.as_view(), name="channel-deliveries"),
    path("alerts/rules/", rules.RuleListView.as_view(), name="rule-list"),
    path("alerts/rules/<int:rule_id>/", rules.RuleDetailView.as_view(), name="rule-detail"),
]

urlpatterns = [*alert_urls]
