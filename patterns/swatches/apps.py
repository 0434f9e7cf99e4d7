from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SwatchesConfig(AppConfig):
    name = "patterns.swatches"
    label = "swatches"
    verbose_name = _("Swatches")

    def ready(self) -> None:
        from patterns.files import take_files_along
        from patterns.swatches import jobs, refusals  # noqa: F401  (jobs: registers its kind)
        from patterns.swatches.models import Delivery, Swatch, SwatchBook

        for model in (Swatch, Delivery, SwatchBook):
            take_files_along(model)
        refusals.connect()
