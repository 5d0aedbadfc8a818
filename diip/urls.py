"""The whole URL map on one screen."""

from django.contrib import admin
from django.urls import include, path

from diip.docs import DocsView, SchemaView, to_docs
from issues.webhook_views import WebhookDeliveryView

PROJECT = "api/projects/<int:project_id>/"

urlpatterns = [
    path("", include("accounts.urls")),
    path("api/projects/", include("projects.urls")),
    path(PROJECT, include("integrations.urls")),
    path(PROJECT, include("issues.urls")),
    path(PROJECT, include("analytics.urls")),
    path(
        "api/webhooks/<str:provider>/<int:integration_id>/",
        WebhookDeliveryView.as_view(),
        name="webhook-delivery",
    ),
    path("", include("monitoring.urls")),
    path("api/schema/", SchemaView.as_view(), name="schema"),
    path("api/docs/", DocsView.as_view(), name="docs"),
    path("", to_docs),
    path("api/", to_docs),
    path("admin/", admin.site.urls),
]

handler500 = "diip.common.error_pages.server_error"
