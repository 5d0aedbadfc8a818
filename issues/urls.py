from django.urls import URLPattern, URLResolver, path

from issues.sync_views import SyncView
from issues.views import IssueDetailView, IssueHistoryView, IssueListView

urlpatterns: list[URLPattern | URLResolver] = [
    path("sync/", SyncView.as_view(), name="sync"),
    path("issues/", IssueListView.as_view(), name="issue-list"),
    path("issues/<int:issue_id>/", IssueDetailView.as_view(), name="issue-detail"),
    path("issues/<int:issue_id>/history/", IssueHistoryView.as_view(), name="issue-history"),
]
