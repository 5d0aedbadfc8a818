from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig


class DiipConfig(AppConfig):
    """Registers the start-up checks, task counters and trace receivers."""

    name = "diip"

    def ready(self) -> None:
        # They register on import, which needs the apps and the settings.
        from diip import checks  # noqa: F401, PLC0415
        from diip.common.observability import tracing  # noqa: PLC0415
        from monitoring.task_stats import counting  # noqa: F401, PLC0415

        tracing.trace_tasks()


class AdminConfig(DjangoAdminConfig):
    default_site = "accounts.admin_base.site.CountedAdminSite"
