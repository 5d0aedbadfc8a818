from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig


class DiipConfig(AppConfig):
    """Registers the start-up checks."""

    name = "diip"

    def ready(self) -> None:
        from diip import checks  # noqa: F401, PLC0415 - registers on import, which needs the apps


class AdminConfig(DjangoAdminConfig):
    default_site = "accounts.admin_site.CountedAdminSite"
