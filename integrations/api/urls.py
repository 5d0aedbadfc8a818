from django.urls import URLPattern, URLResolver, path

from integrations.api import views
from integrations.api.webhook_views import WebhookView
from integrations.providers.registry import PROVIDERS

urlpatterns: list[URLPattern | URLResolver] = [
    *(
        path(
            f"integrations/{name}/connect/",
            views.connect_view(kind).as_view(),
            name=f"connect-{name}",
        )
        for name, kind in PROVIDERS.items()
    ),
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
    path(
        "integrations/<int:integration_id>/resume/",
        views.ResumeView.as_view(),
        name="integration-resume",
    ),
    path(
        "integrations/<int:integration_id>/webhook/",
        WebhookView.as_view(),
        name="integration-webhook",
    ),
    path("syncs/", views.SyncRunListView.as_view(), name="sync-list"),
    path("syncs/<int:run_id>/", views.SyncRunDetailView.as_view(), name="sync-detail"),
]
