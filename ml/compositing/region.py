"""The part of a picture that a mask touches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ml.errors import PictureError
from ml.images import Bytes, Floats


@dataclass(frozen=True)
class Box:
    """A rectangle of pixels: rows top to bottom, columns left to right, ends excluded."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def window(self) -> tuple[slice, slice]:
        return slice(self.top, self.bottom), slice(self.left, self.right)

    @property
    def corners(self) -> tuple[int, int, int, int]:
        return self.top, self.bottom, self.left, self.right


def box_of(alpha: Floats) -> Box | None:
    """The smallest box around everything above 0 in float32 (H, W); None when there is nothing."""
    rows, columns = np.nonzero(alpha.any(axis=1))[0], np.nonzero(alpha.any(axis=0))[0]
    if rows.size == 0:
        return None
    return Box(int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1)


def floats(values: Any) -> Floats:
    """Any array as float32 (OpenCV's own types say less than it knows)."""
    return np.asarray(values, dtype=np.float32)


def check_alpha(photo: Bytes, alpha: Floats) -> None:
    """Raise PictureError unless photo is uint8 (H, W, 3) and alpha finite float (H, W) within [0, 1]."""
    if photo.dtype != np.uint8 or photo.ndim != 3 or photo.shape[2] != 3 or photo.size == 0:
        raise PictureError("A photo must be a colour picture: uint8, height by width by 3.")
    if alpha.shape != photo.shape[:2]:
        raise PictureError("The mask must have the photo's size.")
    if not np.issubdtype(alpha.dtype, np.floating):
        raise PictureError("The mask must be floating point from 0 to 1.")
    low, high = float(alpha.min()), float(alpha.max())
    if not (low >= 0.0 and high <= 1.0):
        raise PictureError("The mask must lie between 0 and 1.")
