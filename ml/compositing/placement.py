"""How a fabric lies on a garment: its scale, turn, shift and repeat."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ml.errors import PlacementError

REPEATS = ("straight", "half-drop", "half-brick", "mirror")
CM_PER_TILE = (1.0, 200.0)
ROTATION = (-180.0, 180.0)
OFFSET = (-1.0, 1.0)


@dataclass(frozen=True)
class Placement:
    """Where the pattern goes on the cloth.

    cm_per_tile: width of one tile on the cloth, centimetres, 1 to 200 (its height follows the tile's own shape).
    rotation: degrees, -180 to 180, positive turns the pattern clockwise about the middle of the photo.
    offset_x, offset_y: shift to the right and down along the pattern's own axes, in tiles, -1 to 1.
    repeat: one of REPEATS.

    Raises PlacementError, whose message says what is allowed, for anything else (NaN and infinity included).
    """

    cm_per_tile: float = 20.0
    rotation: float = 0.0
    offset_x: float = 0.0
    offset_y: float = 0.0
    repeat: str = "straight"

    def __post_init__(self) -> None:
        _check("Tile width", self.cm_per_tile, CM_PER_TILE, " cm")
        _check("Rotation", self.rotation, ROTATION, " degrees")
        _check("Horizontal offset", self.offset_x, OFFSET, " tiles")
        _check("Vertical offset", self.offset_y, OFFSET, " tiles")
        if self.repeat not in REPEATS:
            raise PlacementError(f"Repeat must be one of {', '.join(REPEATS)}.")


def _check(name: str, value: object, allowed: tuple[float, float], unit: str) -> None:
    low, high = allowed
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value) or not low <= value <= high:  # type: ignore[arg-type, operator]
        raise PlacementError(f"{name} must be a number from {low:g} to {high:g}{unit}.")
