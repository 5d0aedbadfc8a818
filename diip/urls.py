"""URL map of the project."""

from django.contrib import admin
from django.urls import include, path

from analytics.api.channel_views import ConfirmPage
from analytics.api.views import CompareView, DefinitionsView
from diip.api_docs import DocsView, SchemaView, to_docs
from issues.api.webhook_views import WebhookDeliveryView

PROJECT = "api/projects/<int:project_id>/"

urlpatterns = [
    path("", include("accounts.api.urls")),
    path("api/projects/", include("projects.api.urls")),
    path(PROJECT, include("integrations.api.urls")),
    path(PROJECT, include("issues.api.urls")),
    path(PROJECT, include("analytics.api.urls")),
    path("api/analytics/definitions/", DefinitionsView.as_view(), name="analytics-definitions"),
    path("api/analytics/compare/", CompareView.as_view(), name="analytics-compare"),
    path(
        "api/webhooks/<str:provider>/<int:integration_id>/",
        WebhookDeliveryView.as_view(),
        name="webhook-delivery",
    ),
    path("mail/confirm/", ConfirmPage.as_view(), name="mail-confirm"),
    path("", include("monitoring.api.urls")),
    path("api/schema/", SchemaView.as_view(), name="schema"),
    path("api/docs/", DocsView.as_view(), name="docs"),
    path("", to_docs),
    path("api/", to_docs),
    path("admin/", admin.site.urls),
]

handler500 = "diip.common.http_api.error_pages.server_error"
