from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig


class DiipConfig(AppConfig):
    """Registers the start-up checks; carries ids into tasks."""

    name = "diip"

    def ready(self) -> None:
        from diip import checks  # noqa: F401, PLC0415 - registers on import, which needs the apps
        from diip.common import tracing  # noqa: PLC0415 - its library reads the settings

        tracing.trace_tasks()


class AdminConfig(DjangoAdminConfig):
    default_site = "accounts.admin_site.CountedAdminSite"
