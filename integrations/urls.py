from django.urls import URLPattern, URLResolver, path

from integrations import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("integrations/github/connect/", views.ConnectGithubView.as_view(), name="connect-github"),
    path(
        "integrations/<str:provider>/connect/",
        views.ConnectUnknownView.as_view(),
        name="connect-unknown",
    ),
    path("integrations/", views.IntegrationListView.as_view(), name="integration-list"),
    path(
        "integrations/<int:integration_id>/",
        views.IntegrationDetailView.as_view(),
        name="integration-detail",
    ),
    path("syncs/", views.SyncRunListView.as_view(), name="sync-list"),
    path("syncs/<int:run_id>/", views.SyncRunDetailView.as_view(), name="sync-detail"),
]
