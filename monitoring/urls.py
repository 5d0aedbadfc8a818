from django.urls import URLPattern, URLResolver, path

from monitoring import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", views.live, name="healthz"),
    path("readyz", views.ready, name="readyz"),
]
