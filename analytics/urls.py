from django.urls import URLPattern, URLResolver, path

from analytics.export_views import BehindExportView, TrendsExportView
from analytics.quality_views import DataQualityView, OddIssuesExportView, OddIssuesView
from analytics.report_views import ReportChartView, ReportLinkView, ReportView
from analytics.views import BehindView, NowView, SummaryView, TrendsView

METRICS: list[URLPattern | URLResolver] = [
    path("analytics/summary/", SummaryView.as_view(), name="analytics-summary"),
    path("analytics/trends/", TrendsView.as_view(), name="analytics-trends"),
    path("analytics/now/", NowView.as_view(), name="analytics-now"),
    path("analytics/issues/", BehindView.as_view(), name="analytics-issues"),
    path("analytics/trends/export/", TrendsExportView.as_view(), name="analytics-trends-export"),
    path("analytics/issues/export/", BehindExportView.as_view(), name="analytics-issues-export"),
]

FINDING = "analytics/data-quality/<str:finding>/issues/"
QUALITY: list[URLPattern | URLResolver] = [
    path("analytics/data-quality/", DataQualityView.as_view(), name="data-quality"),
    path(FINDING, OddIssuesView.as_view(), name="odd-issues"),
    path(f"{FINDING}export/", OddIssuesExportView.as_view(), name="odd-issues-export"),
]

REPORT: list[URLPattern | URLResolver] = [
    path("analytics/report/", ReportView.as_view(), name="analytics-report"),
    path("analytics/report/link/", ReportLinkView.as_view(), name="analytics-report-link"),
    path(
        "analytics/report/<slug:chart>.svg",
        ReportChartView.as_view(),
        name="analytics-report-chart",
    ),
]

urlpatterns = [*METRICS, *QUALITY, *REPORT]
