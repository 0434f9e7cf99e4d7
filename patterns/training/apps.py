from django.apps import AppConfig


class TrainingConfig(AppConfig):
    name = "patterns.training"
    label = "training"
    verbose_name = "Training"

    def ready(self) -> None:
        from patterns.training import work  # noqa: F401  (registers what does the work)
