"""Bring rows in line with the bundled models. Run it as often as you like: it adds, and never undoes what staff did."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from ml.bundle import BundledModel, bundled_models, earlier_models
from patterns.catalogue import CATALOGUE
from patterns.model_files import model_path
from patterns.models import Category, GeneratorVersion
from patterns.services import add_directions

State = GeneratorVersion.State


class Command(BaseCommand):
    help = "Add the starting categories and the bundled generator versions that are not in the database yet."

    def handle(self, *args: Any, **options: Any) -> None:
        categories = sum(self.add_category(place, *entry) for place, entry in enumerate(CATALOGUE))
        bundled = bundled_models("textiles")
        earlier = earlier_models("textiles")
        shipped = {model.version for model in [*earlier, *bundled.values()]}
        versions = sum(self.add_version(model.name, model, shipped) for model in bundled.values())
        versions += sum(self.add_earlier(model) for model in earlier)
        for model in bundled.values():
            self.sync_encoder(model)
        directions = sum(self.sync_directions(model.name, model) for model in [*bundled.values(), *earlier])
        self.stdout.write(f"{categories} categories, {versions} generator versions and {directions} directions added.")

    def add_category(self, place: int, slug: str, name: str, blurb: str) -> bool:
        fields = {"name": name, "blurb": blurb, "order": 10 * (place + 1)}
        return Category.objects.get_or_create(slug=slug, defaults=fields)[1]

    @transaction.atomic
    def add_version(self, slug: str, model: BundledModel, shipped: Container[str]) -> bool:
        """A new bundled version is published in place of one that shipped before it, or whose files are no longer there.

        Where staff have published a version of their own, it waits as a draft.
        """
        category, _ = Category.objects.get_or_create(slug=slug, defaults={"name": slug.capitalize()})
        if category.versions.filter(version=model.version).exists():
            return False
        published = category.versions.filter(state=State.PUBLISHED).first()
        if published and (published.version in shipped or not is_installed(published)):
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

    def add_earlier(self, model: BundledModel) -> bool:
        """Versions that the bundled ones replaced: retired, and still there for the fabrics that were made with them."""
        category = Category.objects.get(slug=model.name)
        fields = {"state": State.RETIRED, "scores": model.scores, **file_fields(model)}
        return category.versions.get_or_create(version=model.version, defaults=fields)[1]

    @transaction.atomic
    def sync_directions(self, slug: str, model: BundledModel) -> int:
        """Directions that this version has no row for yet; their names, order and whether they show belong to staff."""
        from ml.textiles.directions import read_directions

        if "directions" not in model.files:
            return 0
        version = GeneratorVersion.objects.get(category__slug=slug, version=model.version)
        files = file_fields(model)
        if (version.weights_sha256, version.directions_sha256) == (files["weights_sha256"], ""):
            version.directions_name, version.directions_sha256 = files["directions_name"], files["directions_sha256"]
            version.save(update_fields=["directions_name", "directions_sha256"])
        if version.directions_sha256 != files["directions_sha256"]:
            return 0
        found = read_directions(*model.files["directions"], weights_sha256=version.weights_sha256)
        return add_directions(version, found)

    def sync_encoder(self, model: BundledModel) -> None:
        """A version that came before its encoder was trained gets it."""
        files = file_fields(model)
        if "encoder_name" in files:
            GeneratorVersion.objects.filter(
                category__slug=model.name,
                version=model.version,
                weights_sha256=files["weights_sha256"],
                encoder_sha256="",
            ).update(encoder_name=files["encoder_name"], encoder_sha256=files["encoder_sha256"])


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
        if version.directions_name:
            verify(model_path(version.directions_name), version.directions_sha256)
        if version.encoder_name:
            verify(model_path(version.encoder_name), version.encoder_sha256)
    except ModelFileError:
        return False
    return True
