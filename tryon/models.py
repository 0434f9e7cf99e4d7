"""What can be dressed (stock garments and people's photos), and the results of dressing it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from patterns.models import Fabric
from patterns.ownership import Owned
from tryon.storage import the_catalogue
from tryon.words import moment, worn

PHOTO_HOURS = 24  # that a photo stays after its last use, unless it is kept


class Wearable(models.Model):
    """A picture with clothes in it, and what was found there.

    The files: ``image`` (the picture, without loss, as PNG), ``labels`` (PNG, one class per pixel), ``screen`` (WebP of at
    most 1000 px for pages), ``thumbnail`` (WebP). ``found``: a list of {"name", "share", "confidence", "outline"}, largest
    first; ``outline`` is a list of SVG paths in pixels of ``image``.
    """

    class Outcome(models.TextChoices):
        FOUND = "found", _("Found")
        UNSURE = "unsure", _("Unsure")
        NONE = "none", _("Nothing found")

    width = models.PositiveIntegerField(_("width"), editable=False)
    height = models.PositiveIntegerField(_("height"), editable=False)
    found: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField(default=list, editable=False)
    outcome = models.CharField(_("outcome"), max_length=8, choices=Outcome, default=Outcome.FOUND, editable=False)

    class Meta:
        abstract = True

    image: models.FileField
    labels: models.FileField
    screen: models.FileField
    thumbnail: models.FileField

    @property
    def garment_names(self) -> list[str]:
        return [garment["name"] for garment in self.found]

    @property
    def parts_known(self) -> list[str]:
        """Parts of the garment that can be told apart, where there is more than one; the first is value 1 of ``parts``."""
        return []


class StockGarment(Wearable):
    """A garment of the house, for everybody. ``mask`` (PNG, grey) is its exact soft edge, where that is known.

    ``uv_map``, ``shading``, ``parts``: what is known of its cloth, as :mod:`ml.compositing.cloth_map` describes; the first two
    only together. ``part_names``: the parts, the first being value 1 of the picture. ``view_of``: the garment that
    this one is another picture of.
    """

    slug = models.SlugField(_("slug"), unique=True, max_length=60)
    name = models.CharField(_("name"), max_length=80)
    blurb = models.CharField(_("blurb"), max_length=200, blank=True)
    credit = models.CharField(_("credit"), max_length=200, blank=True)
    order = models.PositiveSmallIntegerField(_("order"), default=100, db_index=True)
    is_published = models.BooleanField(_("is published"), default=True, db_index=True)
    px_per_cm = models.FloatField(
        _("pixels per centimetre"),
        null=True,
        blank=True,
        help_text=_("Pixels per centimetre of cloth; empty: estimated."),
    )
    digest = models.CharField(max_length=64, blank=True, editable=False)
    image = models.FileField(storage=the_catalogue, max_length=200)
    labels = models.FileField(storage=the_catalogue, max_length=200)
    screen = models.FileField(storage=the_catalogue, max_length=200)
    thumbnail = models.FileField(storage=the_catalogue, max_length=200)
    mask = models.FileField(storage=the_catalogue, max_length=200, blank=True)
    uv_map = models.FileField(storage=the_catalogue, max_length=200, blank=True)
    shading = models.FileField(storage=the_catalogue, max_length=200, blank=True)
    parts = models.FileField(storage=the_catalogue, max_length=200, blank=True)
    part_names: models.JSONField[list[str], list[str]] = models.JSONField(default=list, blank=True, editable=False)
    view_of = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="views",
        verbose_name=_("another picture of"),
    )

    class Meta:
        ordering = ("order", "name")
        verbose_name, verbose_name_plural = _("stock garment"), _("stock garments")

    def __str__(self) -> str:
        """In the reader's language where it is a garment the house came with; ``name`` is what the row says."""
        return gettext(self.name)

    def get_absolute_url(self) -> str:
        return reverse("try-stock", args=[self.slug])

    @property
    def parts_known(self) -> list[str]:
        return self.part_names if self.has_cloth_map and self.parts and len(self.part_names) > 1 else []

    @property
    def has_cloth_map(self) -> bool:
        return bool(self.uv_map and self.shading)


class GarmentVersion(models.Model):
    """One trained garment model: its files by name and SHA-256, what was measured of it, and its card.

    ``came_along``: it shipped with the project. A model imported from elsewhere has one file only.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Published")
        RETIRED = "retired", _("Retired")

    version = models.SlugField(_("version"), max_length=80, unique=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT)
    came_along = models.BooleanField(_("came along"), default=False)
    weights_name = models.CharField(_("weights name"), max_length=200, blank=True)
    weights_sha256 = models.CharField(_("weights sha256"), max_length=64, blank=True)
    onnx_name = models.CharField(_("onnx name"), max_length=200)
    onnx_sha256 = models.CharField(_("onnx sha256"), max_length=64, unique=True)
    scores: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict, blank=True)
    card = models.TextField(blank=True)
    created = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        ordering = ("-pk",)
        verbose_name, verbose_name_plural = _("garment model"), _("garment models")
        constraints = (
            models.UniqueConstraint(
                fields=("state",), condition=models.Q(state="published"), name="one_published_garment_model"
            ),
        )

    def __str__(self) -> str:
        return gettext("Garment model %(version)s") % {"version": self.version}


class Photo(Owned, Wearable):
    """A person's photo: private, upright, without metadata.

    ``found_by``: the garment model that found its clothes, where that is known; a later one changes nothing in it.
    ``evidence``: what the net believed, for mending. ``people``: how many are in it; ``person``: which of them is to be
    dressed, from the left, 0 for all. ``mend``: the latest change a person made to the outlines, none when they are as
    the net found them; then ``found`` and ``outcome`` follow, and ``as_found`` remembers what they were. ``is_kept``: it stays
    until its owner deletes it; others go a day after their last use (:mod:`tryon.retention`).
    """

    class Trouble(models.TextChoices):
        DARK = "dark", _("Too dark")
        SMALL = "small", _("Too small")

    image = models.FileField(max_length=200)
    labels = models.FileField(max_length=200)
    screen = models.FileField(max_length=200)
    thumbnail = models.FileField(max_length=200)
    found_by = models.ForeignKey(
        GarmentVersion,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="photos",
        verbose_name=_("found by"),
    )
    evidence = models.FileField(_("evidence"), max_length=200, blank=True)
    people = models.PositiveSmallIntegerField(default=1, editable=False)
    person = models.PositiveSmallIntegerField(default=0, editable=False)
    trouble = models.CharField(max_length=8, choices=Trouble, blank=True, editable=False)
    mend = models.ForeignKey(
        "MendStep", on_delete=models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    as_found: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict, editable=False)
    last_used_at = models.DateTimeField(_("last used"), default=timezone.now, db_index=True)
    is_kept = models.BooleanField(_("is kept"), default=False)

    class Meta(Owned.Meta):
        ordering = ("-pk",)
        verbose_name, verbose_name_plural = _("photo"), _("photos")

    def __str__(self) -> str:
        return gettext("Photo %(id)s") % {"id": str(self.public_id)[:8]}

    def get_absolute_url(self) -> str:
        return reverse("try-photo", args=[self.public_id])

    @property
    def label(self) -> str:
        """What it is called to its owner."""
        return gettext("Your photo of %(moment)s") % {"moment": moment(self.created)}

    @property
    def ends(self) -> datetime | None:
        """When it is deleted unless it is used again; none: it is kept."""
        return None if self.is_kept else self.last_used_at + timedelta(hours=PHOTO_HOURS)

    @property
    def mask_version(self) -> str:
        """Another text for every other mask, so that no browser shows an old preview."""
        return f"{self.mend_id or 0}.{self.person}"


class MendStep(models.Model):
    """One change to a photo's outlines: what was asked, and the classes after it (PNG of at most 512 px).

    Steps after ``Photo.mend`` are undone, and can be done again until another change takes their place.
    """

    photo = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="mend_steps")
    number = models.PositiveSmallIntegerField()
    action: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField()
    labels = models.BinaryField()

    class Meta:
        ordering = ("photo", "number")
        constraints = [models.UniqueConstraint(fields=["photo", "number"], name="one_mend_step_a_number")]  # noqa: RUF012

    def __str__(self) -> str:
        return gettext("Step %(number)s: %(kind)s") % {"number": self.number, "kind": self.action.get("kind")}


class Result(Owned):
    """Garments in their fabrics, as they were kept. A result is never changed: a new try is a new result.

    ``garments``, ``fabric`` and ``placement`` are those of the piece that was in hand; ``layers`` the pieces dressed before
    it, the lowest first, as the try-on page's address writes them (:class:`tryon.layers.Held`).
    """

    photo = models.ForeignKey(
        Photo, on_delete=models.CASCADE, null=True, blank=True, related_name="results", verbose_name=_("photo")
    )
    stock = models.ForeignKey(
        StockGarment,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="results",
        verbose_name=_("stock garment"),
    )
    fabric = models.ForeignKey(Fabric, on_delete=models.PROTECT, related_name="results", verbose_name=_("fabric"))
    garments: models.JSONField[list[str], list[str]] = models.JSONField(_("garments"))
    placement: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(_("placement"))
    layers: models.JSONField[list[str], list[str]] = models.JSONField(_("layers"), default=list)
    px_per_cm = models.FloatField(_("pixels per centimetre"))
    width = models.PositiveIntegerField(_("width"))
    height = models.PositiveIntegerField(_("height"))
    image = models.FileField(max_length=200)
    screen = models.FileField(max_length=200)
    thumbnail = models.FileField(max_length=200)

    class Meta(Owned.Meta):
        ordering = ("-pk",)
        verbose_name, verbose_name_plural = _("result"), _("results")

    def __str__(self) -> str:
        return gettext("Result %(id)s") % {"id": str(self.public_id)[:8]}

    def get_absolute_url(self) -> str:
        return reverse("result", args=[self.public_id])

    @property
    def label(self) -> str:
        """What it is called to its owner: its garments and their fabric."""
        fabric = f"{self.fabric.generator_version.category} {self.fabric.recipe['seed']}"
        return worn(self.garments, fabric)

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding and not _is_only_ownership(kwargs.get("update_fields")):
            raise TypeError("A result is never overwritten; make a new one.")
        super().save(*args, **kwargs)


class ShareLink(models.Model):
    """A way for others to one result, made by its owner: who has the link sees the picture until it ends.

    The link itself is ``key``, signed (:mod:`tryon.sharing`), so that a copy of this table opens nothing.
    """

    result = models.ForeignKey(Result, on_delete=models.CASCADE, related_name="share_links", verbose_name=_("result"))
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    with_photo = models.BooleanField(_("with photo"), default=False)
    created = models.DateTimeField(_("created"), auto_now_add=True)
    expires = models.DateTimeField(_("expires"))
    revoked = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        ordering = ("-pk",)
        verbose_name, verbose_name_plural = _("share link"), _("share links")

    def __str__(self) -> str:
        return gettext("Link to %(result)s") % {"result": self.result}

    @property
    def is_open(self) -> bool:
        return self.revoked is None and timezone.now() < self.expires


def _is_only_ownership(fields: Iterable[str] | None) -> bool:
    return fields is not None and set(fields) <= {"owner", "visitor"}
