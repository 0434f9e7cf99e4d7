"""Garments that are dressed already while another one is in hand: each a few characters in the address."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

from django import forms
from django.utils.translation import gettext_lazy as _

from ml.compositing.placement import Placement
from ml.errors import PlacementError
from patterns import queries as fabrics
from patterns.models import GeneratorVersion
from patterns.references import FabricReference
from tryon.services import Look
from tryon.words import worn

MOST = 4  # pieces in one picture, the one in hand among them
UNREADABLE = _("One of the garments dressed before cannot be read. Take it off and dress it again.")


@dataclass(frozen=True)
class Held:
    """``top.skirt,20,0,0,0,straight,0.8,plaid:17``: garments, width in cm, rotation, shifts, repeat, drape, fabric."""

    garments: tuple[str, ...]
    placement: Placement
    strength: float
    fabric: FabricReference

    @classmethod
    def parse(cls, text: str, known: Collection[str]) -> Held:
        """Raises ValidationError, whose sentence is for the page."""
        names, *numbers = text.split(",", 7)
        garments = tuple(names.split("."))
        fabric = FabricReference.parse(numbers[-1]) if len(numbers) == 7 else None
        if fabric is None or len(set(garments)) < len(garments) or not set(garments) <= set(known):
            raise forms.ValidationError(UNREADABLE)
        try:
            cm, rotation, dx, dy, strength = (float(number) for number in (*numbers[:4], numbers[5]))
            placement = Placement(cm, rotation, dx, dy, numbers[4])
        except (ValueError, PlacementError):
            raise forms.ValidationError(UNREADABLE) from None
        if not math.isfinite(strength) or not 0 <= strength <= 2:
            raise forms.ValidationError(UNREADABLE)
        return cls(garments, placement, strength, fabric)

    @classmethod
    def of(cls, look: Look) -> Held:
        """A look as a layer; its version is named, so that it stays what it is."""
        fabric = FabricReference(look.version.category.slug, look.recipe, look.version.version)
        return cls(look.garments, look.placement, look.strength, fabric)

    def __str__(self) -> str:
        lay = self.placement
        numbers = [f"{number:g}" for number in (lay.cm_per_tile, lay.rotation, lay.offset_x, lay.offset_y)]
        return ",".join([".".join(self.garments), *numbers, lay.repeat, f"{self.strength:g}", str(self.fabric)])

    @property
    def state(self) -> dict[str, str]:
        """As the fields of the form name it; garments are left out."""
        names = ("cm", "rotation", "dx", "dy", "repeat", "strength", "fabric")
        return dict(zip(names, str(self).split(",", 7)[1:], strict=True))

    @property
    def label(self) -> str:
        return worn(self.garments, self.fabric.label)

    def look(self) -> Look:
        """Raises ValidationError when its fabric is not offered any more."""
        return Look(self.garments, version_of(self.fabric), self.fabric.recipe, self.placement, self.strength)


def version_of(fabric: FabricReference) -> GeneratorVersion:
    """The generator that a reference means. Raises ValidationError."""
    try:
        if fabric.version:
            return fabrics.past_or_present_version(fabric.category, fabric.version)
        return fabrics.published_version(fabric.category)
    except GeneratorVersion.DoesNotExist:
        raise forms.ValidationError(_("This fabric is not offered any more. Choose one of those shown.")) from None
