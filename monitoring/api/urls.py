from django.urls import URLPattern, URLResolver, path

from monitoring.api import audit_views, health_views, metrics_views, task_views, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", views.live, name="healthz"),
    path("readyz", views.ready, name="readyz"),
    path("metrics", metrics_views.metrics, name="metrics"),
    path("api/admin/audit/", audit_views.AuditTrailView.as_view(), name="admin-audit"),
    path(
        "api/projects/<int:project_id>/audit/",
        audit_views.ProjectAuditTrailView.as_view(),
        name="project-audit",
    ),
    path("api/admin/health/", health_views.HealthView.as_view(), name="admin-health"),
    path("tasks/dashboard/", task_views.DashboardView.as_view(), name="tasks-dashboard"),
    path("tasks/dashboard/live/", task_views.LiveView.as_view(), name="tasks-live"),
    path(
        "tasks/failed/<uuid:task_id>/retry/", task_views.RetryTaskView.as_view(), name="task-retry"
    ),
    path("tasks/<uuid:task_id>/cancel/", task_views.CancelTaskView.as_view(), name="task-cancel"),
    path("tasks/runs/<int:run_id>/retry/", task_views.RetryRunView.as_view(), name="run-retry"),
    path("tasks/runs/<int:run_id>/cancel/", task_views.CancelRunView.as_view(), name="run-cancel"),
]
