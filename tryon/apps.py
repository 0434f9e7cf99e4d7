from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TryonConfig(AppConfig):
    name = "tryon"
    verbose_name = _("Try-on")

    def ready(self) -> None:
        from tryon import files, retention

        files.connect()
        retention.connect()
