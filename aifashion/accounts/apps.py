from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "aifashion.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from aifashion.accounts import chores as chores  # registers its own
        from aifashion.accounts import leaving as leaving
        from aifashion.accounts import signals

        signals.connect()
