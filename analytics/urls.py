from django.urls import URLPattern, URLResolver, path

from analytics.spike_views import BacktestView, SpikeDetailView, SpikeListView

urlpatterns: list[URLPattern | URLResolver] = [
    path("analytics/spikes/", SpikeListView.as_view(), name="spike-list"),
    path("analytics/spikes/<int:spike_id>/", SpikeDetailView.as_view(), name="spike-detail"),
    path("analytics/spikes/backtest/", BacktestView.as_view(), name="spike-backtest"),
]
