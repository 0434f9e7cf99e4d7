from django.apps import AppConfig


class TryonConfig(AppConfig):
    name = "tryon"
    verbose_name = "Try-on"

    def ready(self) -> None:
        from tryon import files, retention

        files.connect()
        retention.connect()
