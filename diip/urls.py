"""The whole URL map on one screen."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

PROJECT = "api/projects/<int:project_id>/"

urlpatterns = [
    path("", include("accounts.urls")),
    path("api/projects/", include("projects.urls")),
    path(PROJECT, include("integrations.urls")),
    path(PROJECT, include("issues.urls")),
    path("", include("monitoring.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
    path("admin/", admin.site.urls),
]
