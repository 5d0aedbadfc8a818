from django.urls import URLPattern, URLResolver, path

from issues.api.export_views import IssueExportView, PersonExportView
from issues.api.mapping_views import RemapView, StatusesView, StatusPreviewView
from issues.api.people_views import (
    AcceptMatchView,
    DismissMatchView,
    PersonDetailView,
    PersonListView,
    PersonMatchListView,
    UndoMatchView,
)
from issues.api.sync_views import SyncView
from issues.api.views import IssueDetailView, IssueHistoryView, IssueLinksView, IssueListView

INTEGRATION = "integrations/<int:integration_id>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("sync/", SyncView.as_view(), name="sync"),
    path("issues/", IssueListView.as_view(), name="issue-list"),
    path("issues/export/", IssueExportView.as_view(), name="issue-export"),
    path("issues/<int:issue_id>/", IssueDetailView.as_view(), name="issue-detail"),
    path("issues/<int:issue_id>/history/", IssueHistoryView.as_view(), name="issue-history"),
    path("issues/<int:issue_id>/links/", IssueLinksView.as_view(), name="issue-links"),
    path(f"{INTEGRATION}statuses/", StatusesView.as_view(), name="statuses"),
    path(f"{INTEGRATION}statuses/preview/", StatusPreviewView.as_view(), name="statuses-preview"),
    path(f"{INTEGRATION}remap/", RemapView.as_view(), name="remap"),
    path("people/", PersonListView.as_view(), name="person-list"),
    path("people/<int:person_id>/", PersonDetailView.as_view(), name="person-detail"),
    path("people/<int:person_id>/export/", PersonExportView.as_view(), name="person-export"),
    path("people/matches/", PersonMatchListView.as_view(), name="match-list"),
    path("people/matches/<int:match_id>/accept/", AcceptMatchView.as_view(), name="match-accept"),
    path(
        "people/matches/<int:match_id>/dismiss/", DismissMatchView.as_view(), name="match-dismiss"
    ),
    path("people/matches/<int:match_id>/undo/", UndoMatchView.as_view(), name="match-undo"),
]
