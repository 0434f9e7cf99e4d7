"""Categories, the generator versions that draw them, and the fabrics people made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

from patterns.ownership import Owned

if TYPE_CHECKING:
    from ml.textiles.recipe import Recipe


class Category(models.Model):
    slug = models.SlugField(unique=True, max_length=40)
    name = models.CharField(max_length=60)
    blurb = models.CharField(max_length=200, blank=True)
    order = models.PositiveSmallIntegerField(default=100, db_index=True)
    is_published = models.BooleanField(default=True, db_index=True)

    class Meta:
        ordering = ("order", "name")
        verbose_name_plural = "categories"

    def __str__(self) -> str:
        return self.name


class GeneratorVersion(models.Model):
    """One trained generator of a category: its files by name and SHA-256, and what was measured of it."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        PUBLISHED = "published", "Published"
        RETIRED = "retired", "Retired"

    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="versions")
    version = models.SlugField(max_length=80)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT, db_index=True)
    weights_name = models.CharField(max_length=200)
    weights_sha256 = models.CharField(max_length=64)
    onnx_name = models.CharField(max_length=200)
    onnx_sha256 = models.CharField(max_length=64)
    scores = models.JSONField(default=dict, blank=True)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("category__order", "-pk")
        constraints = (
            models.UniqueConstraint(fields=("category", "version"), name="one_row_per_version"),
            models.UniqueConstraint(
                fields=("category",),
                condition=models.Q(state="published"),
                name="one_published_version_per_category",
                violation_error_message="Another version of this category is published; retire it first.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.category} {self.version}"


class Fabric(Owned):
    """What was drawn, and by which version: enough to draw the same bytes again."""

    generator_version = models.ForeignKey(GeneratorVersion, on_delete=models.PROTECT, related_name="fabrics")
    recipe: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField()

    class Meta(Owned.Meta):
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"Fabric {str(self.public_id)[:8]}"

    def as_recipe(self) -> Recipe:
        from ml.textiles.recipe import Recipe

        return Recipe.from_dict(self.recipe)
