from django.urls import URLPattern, URLResolver, path

from analytics.views import BehindView, NowView, SummaryView, TrendsView

METRICS: list[URLPattern | URLResolver] = [
    path("analytics/summary/", SummaryView.as_view(), name="analytics-summary"),
    path("analytics/trends/", TrendsView.as_view(), name="analytics-trends"),
    path("analytics/now/", NowView.as_view(), name="analytics-now"),
    path("analytics/issues/", BehindView.as_view(), name="analytics-issues"),
]

urlpatterns = [*METRICS]
