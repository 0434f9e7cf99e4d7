from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TrainingConfig(AppConfig):
    name = "patterns.training"
    label = "training"
    verbose_name = _("Training")

    def ready(self) -> None:
        from patterns.training import work  # noqa: F401  (registers what does the work)
