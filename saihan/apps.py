from django.apps import AppConfig


class SaihanConfig(AppConfig):
    name = "saihan"

    def ready(self) -> None:
        from saihan import checks  # noqa: F401  registers them
