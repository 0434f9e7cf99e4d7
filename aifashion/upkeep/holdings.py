"""Which tables and files are the site's own: read off the models, so that a new one is never forgotten."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from django.apps import apps
from django.core.files.storage import Storage, storages
from django.db import models

from patterns.files import file_fields, unwrapped

PASSING = {
    "django_tasks_db.dbtaskresult",
    "jobs.workerpulse",
}  # messages and signs of life: they come again by themselves
HOMES = ("default", "catalogue")
MODELS = "models"  # made at run time; where they lie, patterns.model_files knows


def kept_models() -> list[type[models.Model]]:
    """Every table worth keeping, join tables of its own models aside (they go with their rows)."""
    return [
        model
        for model in apps.get_models()
        if model._meta.managed and not model._meta.proxy and model._meta.label_lower not in PASSING
    ]


def models_with_files() -> list[type[models.Model]]:
    return [model for model in kept_models() if file_fields(model)]


def home_of(field: models.FileField) -> str:
    """The name, in STORAGES, of where a field's files lie."""
    return next(alias for alias in HOMES if unwrapped(field.storage) == unwrapped(storages[alias]))


def named_files() -> dict[str, set[str]]:
    """home → the names of all files that rows speak of."""
    named: dict[str, set[str]] = defaultdict(set)
    for model in models_with_files():
        for field in file_fields(model):
            names = model._base_manager.values_list(field.name, flat=True).distinct()
            named[home_of(field)].update(filter(None, names.iterator()))
    return named


def walk(storage: Storage, folder: str = "") -> Iterator[str]:
    """Every file below a folder."""
    try:
        folders, names = storage.listdir(folder)
    except FileNotFoundError:
        return
    beside = f"{folder}/" if folder else ""
    yield from (beside + name for name in names if name)
    for each in filter(None, folders):
        yield from walk(storage, beside + each)
