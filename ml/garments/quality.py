"""Why a photo may show too little: it is dark, or small."""

from __future__ import annotations

import numpy as np

from ml.images import Bytes

SMALL_SIDE = 200  # pixels; below, a garment is a few dozen of them
DARK = 40  # of 255: where nine tenths of a photo are darker, nobody sees folds in it
_GRID = 200  # rows and columns looked at, at most


def photo_trouble(photo: Bytes) -> str:
    """What is wrong with a photo, uint8 (H, W, 3): ``"small"``, ``"dark"`` or nothing."""
    height, width = photo.shape[:2]
    if min(height, width) < SMALL_SIDE:
        return "small"
    seen = photo[:: max(height // _GRID, 1), :: max(width // _GRID, 1)]
    return "dark" if float(np.percentile(seen.max(axis=-1), 90)) < DARK else ""
