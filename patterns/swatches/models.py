"""Swatches, the deliveries they came with, and what staff decided about them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from patterns.models import Category
from patterns.words import told


class Provenance(models.Model):
    """Where pictures come from and what one may do with them: never left open."""

    source = models.CharField(
        _("source"), max_length=300, help_text=_("Who made the pictures, or where they were published.")
    )
    licence = models.CharField(
        _("licence"), max_length=100, help_text=_("What allows us to train with them, such as CC0 or MIT.")
    )

    class Meta:
        abstract = True


class Delivery(Provenance):
    """Pictures that came in together: an upload, a zip, a folder of the server, or an index of addresses.

    ``file``: the zip (an upload of many pictures is packed into one) or the index; ``folder``: where a command reads from.
    """

    class Kind(models.TextChoices):
        PICTURES = "pictures", _("Pictures")
        ZIP = "zip", _("Zip")
        FOLDER = "folder", _("Folder")
        INDEX = "index", _("Index of addresses")

    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    category = models.ForeignKey(
        Category, on_delete=models.PROTECT, null=True, blank=True, related_name="deliveries", verbose_name=_("category")
    )  # none: each line of the index names its own
    name = models.CharField(_("name"), max_length=200, blank=True)
    file = models.FileField(max_length=200, blank=True)
    folder = models.CharField(max_length=500, blank=True)
    digest = models.CharField(max_length=64, blank=True, db_index=True)  # of the file, so that it is not brought twice
    is_planned = models.BooleanField(default=False)  # every picture in it has its item
    times_asked = models.PositiveSmallIntegerField(default=0)  # how often failures were tried again
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    created = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        ordering = ("-pk",)
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")

    def __str__(self) -> str:
        return told(self.name) or str(self.get_kind_display())

    def get_absolute_url(self) -> str:
        return reverse("admin:swatches_delivery_change", args=[self.pk])


class Item(models.Model):
    """One picture of a delivery, or one line of its index, and what became of it.

    ``cut``: {"size", "crop", "scales"} of an index line, in pixels of the original.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Kept")
        KNOWN = "known", _("Nothing new")
        FAILED = "failed", _("Failed")

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="items")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=2000)
    category = models.ForeignKey(Category, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    cut: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    note = models.CharField(max_length=400, blank=True)

    class Meta:
        ordering = ("delivery", "number")
        constraints = (models.UniqueConstraint(fields=("delivery", "number"), name="one_item_per_number"),)
        indexes = (models.Index(fields=("delivery", "state", "number"), name="items_by_state"),)

    def __str__(self) -> str:
        return f"{self.number}. {self.name}"


class Swatch(Provenance):
    """One square of cloth, 318 px a side (ml.textiles.swatch), and what was measured of it.

    ``like``: an earlier swatch of the category that looks like the same picture. ``enlarged``: above 1, its pixels were blown up.
    A rejected swatch stays, so that the same picture is known when it comes again.
    """

    class State(models.TextChoices):
        NEW = "new", _("New")
        ACCEPTED = "accepted", _("Accepted")
        REJECTED = "rejected", _("Rejected")

    category = models.ForeignKey(
        Category, on_delete=models.PROTECT, related_name="swatches", verbose_name=_("category")
    )
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.NEW)
    image = models.FileField(max_length=200)
    thumbnail = models.FileField(max_length=200)
    address = models.CharField(_("address"), max_length=2000, blank=True)
    name = models.CharField(_("name"), max_length=300, blank=True)
    item = models.ForeignKey(Item, on_delete=models.SET_NULL, null=True, blank=True, related_name="swatches")
    view = models.PositiveSmallIntegerField(default=0)  # which of the item's scales
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)  # of the square's pixels
    fingerprint = models.CharField(max_length=70)
    like = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    enlarged = models.FloatField(_("enlarged"))
    sharpness = models.FloatField(_("sharpness"))
    contrast = models.FloatField(_("contrast"))
    is_tiny = models.BooleanField(_("is tiny"), default=False)
    is_blurry = models.BooleanField(_("is blurry"), default=False)
    is_plain = models.BooleanField(_("is plain"), default=False)
    created = models.DateTimeField(_("created"), auto_now_add=True)
    decided = models.DateTimeField(_("decided"), null=True, blank=True)

    class Meta:
        ordering = ("pk",)
        verbose_name = _("swatch")
        verbose_name_plural = _("swatches")
        constraints = (
            models.UniqueConstraint(fields=("category", "digest"), name="one_swatch_per_picture"),
            models.UniqueConstraint(fields=("item", "view"), name="one_swatch_per_view"),
        )
        indexes = (models.Index(fields=("category", "state", "id"), name="swatches_by_state"),)

    def __str__(self) -> str:
        return gettext("Swatch %(number)s") % {"number": self.pk}

    def get_absolute_url(self) -> str:
        return reverse("admin:swatches_swatch_change", args=[self.pk])


class Refusal(models.Model):
    """What is left of a rejected swatch whose row was deleted: enough to know the picture when it comes again."""

    category = models.ForeignKey(Category, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64)
    fingerprint = models.CharField(max_length=70)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("category", "digest"), name="one_refusal_per_picture"),)

    def __str__(self) -> str:
        return f"Refusal {self.pk}"


class Step(models.Model):
    """One decision of a curator, about one swatch or many; ``before`` is what it takes to undo it: state by primary key."""

    category = models.ForeignKey(Category, on_delete=models.CASCADE, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=8, choices=Swatch.State)
    before: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField()
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-pk",)
        indexes = (models.Index(fields=("category", "by", "-id"), name="steps_to_undo"),)

    def __str__(self) -> str:
        return f"{self.get_state_display()}: {len(self.before)}"


class SwatchBook(models.Model):
    """What is kept about a category's swatches as a whole: the contact sheet and palette of those accepted when it was made."""

    category = models.OneToOneField(Category, on_delete=models.CASCADE, related_name="book", verbose_name=_("category"))
    takes_plain = models.BooleanField(
        _("near-uniform is right"),
        default=False,
        help_text=_("For one-colour cloth: near-uniform swatches are no flaw."),
    )
    sheet = models.FileField(max_length=200, blank=True)
    palette: models.JSONField[list[Any], list[Any]] = models.JSONField(default=list, blank=True)
    made_of = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = _("swatch book")
        verbose_name_plural = _("swatch books")

    def __str__(self) -> str:
        return gettext("Swatch book of %(category)s") % {"category": self.category}
