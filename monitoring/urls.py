from django.urls import URLPattern, URLResolver, path

from monitoring import health_views, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", views.live, name="healthz"),
    path("readyz", views.ready, name="readyz"),
    path("api/admin/health/", health_views.HealthView.as_view(), name="admin-health"),
]
