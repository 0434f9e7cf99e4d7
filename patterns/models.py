"""Categories, the generator versions that draw them, and the fabrics people made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from patterns.ownership import Owned
from patterns.words import direction_label

if TYPE_CHECKING:
    from ml.textiles.recipe import Recipe


class Category(models.Model):
    slug = models.SlugField(_("slug"), unique=True, max_length=40)
    name = models.CharField(_("name"), max_length=60)
    blurb = models.CharField(_("blurb"), max_length=200, blank=True)
    order = models.PositiveSmallIntegerField(_("order"), default=100, db_index=True)
    is_published = models.BooleanField(_("is published"), default=True, db_index=True)

    class Meta:
        ordering = ("order", "name")
        verbose_name = _("category")
        verbose_name_plural = _("categories")

    def __str__(self) -> str:
        """In the reader's language where the name is one the house started with; ``name`` is what the row says."""
        return gettext(self.name)


class GeneratorVersion(models.Model):
    """One trained generator of a category: its files by name and SHA-256, and what was measured of it."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Published")
        RETIRED = "retired", _("Retired")

    category = models.ForeignKey(
        Category, on_delete=models.PROTECT, related_name="versions", verbose_name=_("category")
    )
    version = models.SlugField(_("version"), max_length=80)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT, db_index=True)
    weights_name = models.CharField(_("weights name"), max_length=200)
    weights_sha256 = models.CharField(_("weights sha256"), max_length=64)
    onnx_name = models.CharField(_("onnx name"), max_length=200)
    onnx_sha256 = models.CharField(_("onnx sha256"), max_length=64)
    directions_name = models.CharField(_("directions name"), max_length=200, blank=True)
    directions_sha256 = models.CharField(_("directions sha256"), max_length=64, blank=True)
    encoder_name = models.CharField(_("encoder name"), max_length=200, blank=True)
    encoder_sha256 = models.CharField(_("encoder sha256"), max_length=64, blank=True)
    scores = models.JSONField(_("scores"), default=dict, blank=True)
    created = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("generator version")
        verbose_name_plural = _("generator versions")
        ordering = ("category__order", "-pk")
        constraints = (
            models.UniqueConstraint(fields=("category", "version"), name="one_row_per_version"),
            models.UniqueConstraint(
                fields=("category",),
                condition=models.Q(state="published"),
                name="one_published_version_per_category",
                violation_error_message=_("Another version of this category is published; retire it first."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.category} {self.version}"


class Direction(models.Model):
    """One slider of a generator version. Recipes know it by ``name``; what people read, in which order, staff decide."""

    generator_version = models.ForeignKey(GeneratorVersion, on_delete=models.CASCADE, related_name="directions")
    name = models.SlugField(_("name"), max_length=40)
    label = models.CharField(_("label"), max_length=60)
    order = models.PositiveSmallIntegerField(_("order"), default=100)
    is_shown = models.BooleanField(_("is shown"), default=True)
    effects: models.JSONField[dict[str, float], dict[str, float]] = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = _("direction")
        verbose_name_plural = _("directions")
        ordering = ("generator_version", "order", "pk")
        constraints = (models.UniqueConstraint(fields=("generator_version", "name"), name="one_row_per_direction"),)

    def __str__(self) -> str:
        """In the reader's language where the label is made of the words that are measured."""
        return direction_label(self.label)


class Fabric(Owned):
    """What was drawn, and by which version: enough to draw the same bytes again.

    ``is_saved``: the person pressed Save; others stand in the family tree or behind a result.
    """

    class Origin(models.TextChoices):
        SEED = "seed", _("Drawn from a seed")
        NEAR = "near", _("A step away from another fabric")
        EDIT = "edit", _("Changed from another fabric")
        MIX = "mix", _("Mixed from two fabrics")
        PICTURE = "picture", _("Begun from a picture")

    generator_version = models.ForeignKey(
        GeneratorVersion, on_delete=models.PROTECT, related_name="fabrics", verbose_name=_("generator version")
    )
    recipe: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(_("recipe"))
    origin = models.CharField(_("origin"), max_length=10, choices=Origin, default=Origin.SEED)
    name = models.CharField(_("name"), max_length=60, blank=True)
    is_saved = models.BooleanField(_("is saved"), default=False)
    is_favourite = models.BooleanField(_("is favourite"), default=False)
    parents: models.ManyToManyField[Fabric, Parentage] = models.ManyToManyField(
        "self", through="Parentage", symmetrical=False, related_name="children"
    )

    class Meta(Owned.Meta):
        verbose_name = _("fabric")
        verbose_name_plural = _("fabrics")
        ordering = ("-pk",)

    def __str__(self) -> str:
        return self.name or gettext("Fabric %(id)s") % {"id": str(self.public_id)[:8]}

    def get_absolute_url(self) -> str:
        return reverse("fabric", args=[self.public_id])

    def as_recipe(self) -> Recipe:
        from ml.textiles.recipe import Recipe

        return Recipe.from_dict(self.recipe)


class Parentage(models.Model):
    """Who a fabric comes from. ``place`` tells the two parents of a mix apart."""

    child = models.ForeignKey(Fabric, on_delete=models.CASCADE, related_name="parentages")
    parent = models.ForeignKey(Fabric, on_delete=models.CASCADE, related_name="childhoods")
    place = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("place",)
        constraints = (models.UniqueConstraint(fields=("child", "place"), name="one_parent_per_place"),)

    def __str__(self) -> str:
        return f"{self.child} from {self.parent}"


class Collection(Owned):
    """Fabrics a person put together under a name."""

    name = models.CharField(max_length=60)
    fabrics: models.ManyToManyField[Fabric, Any] = models.ManyToManyField(
        Fabric, related_name="collections", blank=True
    )

    class Meta(Owned.Meta):
        ordering = ("name", "pk")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("collection", args=[self.public_id])
