from django.apps import AppConfig
from django.contrib.admin import apps as admin


class SaihanConfig(AppConfig):
    name = "saihan"
    default = True

    def ready(self) -> None:
        from saihan import checks  # noqa: F401  registers them


class AdminConfig(admin.AdminConfig):
    default = False
    default_site = "saihan.admin_site.AdminSite"
