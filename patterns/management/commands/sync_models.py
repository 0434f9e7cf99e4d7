"""Bring rows in line with the bundled models. Run it as often as you like: it adds, and never undoes what staff did."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from ml.bundle import BundledModel, bundled_models
from patterns.catalogue import CATALOGUE
from patterns.models import Category, GeneratorVersion
from patterns.services import model_path

State = GeneratorVersion.State


class Command(BaseCommand):
    help = "Add the starting categories and the bundled generator versions that are not in the database yet."

    def handle(self, *args: Any, **options: Any) -> None:
        categories = sum(self.add_category(place, *entry) for place, entry in enumerate(CATALOGUE))
        versions = sum(self.add_version(name, model) for name, model in bundled_models("textiles").items())
        self.stdout.write(f"{categories} categories and {versions} generator versions added.")

    def add_category(self, place: int, slug: str, name: str, blurb: str) -> bool:
        fields = {"name": name, "blurb": blurb, "order": 10 * (place + 1)}
        return Category.objects.get_or_create(slug=slug, defaults=fields)[1]

    @transaction.atomic
    def add_version(self, slug: str, model: BundledModel) -> bool:
        """A new bundled version is published where none is, or where the published one's files are no longer there."""
        category, _ = Category.objects.get_or_create(slug=slug, defaults={"name": slug.capitalize()})
        if category.versions.filter(version=model.version).exists():
            return False
        published = category.versions.filter(state=State.PUBLISHED).first()
        if published and not is_installed(published):
            published.state = State.RETIRED
            published.save(update_fields=["state"])
            published = None
        category.versions.create(
            version=model.version,
            state=State.DRAFT if published else State.PUBLISHED,
            scores=model.scores,
            **file_fields(model),
        )
        return True


def file_fields(model: BundledModel) -> dict[str, str]:
    from ml.bundle import BUNDLED

    fields: dict[str, str] = {}
    for role, (path, sha256) in model.files.items():
        fields |= {f"{role}_name": path.relative_to(BUNDLED).as_posix(), f"{role}_sha256": sha256}
    return fields


def is_installed(version: GeneratorVersion) -> bool:
    from ml.checkpoints import verify
    from ml.errors import ModelFileError

    try:
        verify(model_path(version.weights_name), version.weights_sha256)
        verify(model_path(version.onnx_name), version.onnx_sha256)
    except ModelFileError:
        return False
    return True
