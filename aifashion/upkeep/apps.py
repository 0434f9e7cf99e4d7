from django.apps import AppConfig


class UpkeepConfig(AppConfig):
    name = "aifashion.upkeep"
    label = "upkeep"
