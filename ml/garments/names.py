"""Names and values in masks: the net's nine classes, and "clothes" for what a binary model finds."""

from __future__ import annotations

from ml.errors import PictureError
from ml.garments.config import CLASSES

CLOTHES = "clothes"  # of whatever kind: what models that only tell cloth from the rest find
NAMES = (*CLASSES, CLOTHES)  # index = value in masks


def value_of(garment: str) -> int:
    """The value in masks of a garment's name. Raises PictureError for a name that is none."""
    if garment not in NAMES[2:]:
        raise PictureError(f"There is no garment '{garment}': choose from {', '.join(NAMES[2:])}.")
    return NAMES.index(garment)
