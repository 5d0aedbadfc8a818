from django.urls import URLPattern, URLResolver, path

from analytics.api import alert_views, channel_views
from analytics.api.export_views import BehindExportView, TrendsExportView
from analytics.api.quality_views import DataQualityView, OddIssuesExportView, OddIssuesView
from analytics.api.report_views import ReportChartView, ReportLinkView, ReportView
from analytics.api.spike_views import BacktestView, SpikeDetailView, SpikeListView
from analytics.api.views import BehindView, NowView, SummaryView, TrendsView

CHANNEL = "alerts/channels/<int:channel_id>/"
ALERT = "alerts/<int:alert_id>/"
FINDING = "analytics/data-quality/<str:finding>/issues/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("analytics/summary/", SummaryView.as_view(), name="analytics-summary"),
    path("analytics/trends/", TrendsView.as_view(), name="analytics-trends"),
    path("analytics/current/", NowView.as_view(), name="analytics-current"),
    path("analytics/drilldown/", BehindView.as_view(), name="analytics-drilldown"),
    path("analytics/trends/export/", TrendsExportView.as_view(), name="analytics-trends-export"),
    path(
        "analytics/drilldown/export/", BehindExportView.as_view(), name="analytics-drilldown-export"
    ),
    path("analytics/data-quality/", DataQualityView.as_view(), name="data-quality"),
    path(FINDING, OddIssuesView.as_view(), name="odd-issues"),
    path(f"{FINDING}export/", OddIssuesExportView.as_view(), name="odd-issues-export"),
    path("alerts/", alert_views.AlertListView.as_view(), name="alert-list"),
    path(ALERT, alert_views.AlertDetailView.as_view(), name="alert-detail"),
    path(f"{ALERT}mute/", alert_views.MuteAlertView.as_view(), name="alert-mute"),
    path(f"{ALERT}unmute/", alert_views.UnmuteAlertView.as_view(), name="alert-unmute"),
    path(f"{ALERT}snooze/", alert_views.SnoozeAlertView.as_view(), name="alert-snooze"),
    path("alerts/channels/", channel_views.ChannelListView.as_view(), name="channel-list"),
    path(CHANNEL, channel_views.ChannelDetailView.as_view(), name="channel-detail"),
    path(f"{CHANNEL}enable/", channel_views.EnableChannelView.as_view(), name="channel-enable"),
    path(f"{CHANNEL}test/", channel_views.TryChannelView.as_view(), name="channel-test"),
    path(
        f"{CHANNEL}confirmations/",
        channel_views.ConfirmationsView.as_view(),
        name="channel-confirmations",
    ),
    path(f"{CHANNEL}secret/", channel_views.ChannelSecretView.as_view(), name="channel-secret"),
    path(
        f"{CHANNEL}deliveries/", channel_views.DeliveryListView.as_view(), name="channel-deliveries"
    ),
    path("alerts/rules/", alert_views.RuleListView.as_view(), name="rule-list"),
    path("alerts/rules/<int:rule_id>/", alert_views.RuleDetailView.as_view(), name="rule-detail"),
    path("analytics/report/", ReportView.as_view(), name="analytics-report"),
    path("analytics/report/link/", ReportLinkView.as_view(), name="analytics-report-link"),
    path(
        "analytics/report/charts/<slug:chart>.svg",
        ReportChartView.as_view(),
        name="analytics-report-chart",
    ),
    path("analytics/spikes/", SpikeListView.as_view(), name="spike-list"),
    path("analytics/spikes/<int:spike_id>/", SpikeDetailView.as_view(), name="spike-detail"),
    path("analytics/spikes/backtest/", BacktestView.as_view(), name="spike-backtest"),
]
