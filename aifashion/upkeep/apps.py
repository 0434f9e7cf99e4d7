from django.apps import AppConfig


class UpkeepConfig(AppConfig):
    name = "aifashion.upkeep"
    label = "upkeep"

    def ready(self) -> None:
        from aifashion.upkeep import chores  # noqa: F401  (it tells the workers)
