from django.apps import AppConfig


class MonitoringConfig(AppConfig):
    name = "monitoring"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from monitoring import celery_heartbeats  # noqa: F401, PLC0415 - hooks into Celery, needs the apps
