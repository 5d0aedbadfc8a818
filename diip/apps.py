from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig


class DiipConfig(AppConfig):
    """Registers the start-up checks, and those who hear what becomes of tasks."""

    name = "diip"

    def ready(self) -> None:
        # Both register on import, which needs the apps.
        from diip import checks  # noqa: F401, PLC0415
        from monitoring.task_counts import counting  # noqa: F401, PLC0415


class AdminConfig(DjangoAdminConfig):
    default_site = "accounts.admin_site.CountedAdminSite"
