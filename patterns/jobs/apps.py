from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "patterns.jobs"
    label = "jobs"
    verbose_name = "Long work"
