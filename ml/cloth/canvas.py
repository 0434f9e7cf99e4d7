"""A garment fitted into the net's canvas, and back (no torch here)."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from ml.cloth.config import CANVAS, FILL
from ml.images import Floats

DEEPEST = 2.5  # log2 of the fold light is cut here, both ways


@dataclass(frozen=True)
class Fit:
    """canvas = scale x photo + shift, in pixels whose middles are at .5."""

    scale: float
    shift_x: float
    shift_y: float

    def matrix(self, across: float = 1.0, down: float = 1.0) -> npt.NDArray[np.float64]:
        """For cv2.warpAffine, whose pixels have their middles at whole numbers; of a photo ``across`` x ``down`` times as large."""
        x, y = self.scale / across, self.scale / down
        return np.array([[x, 0, self.shift_x + 0.5 * x - 0.5], [0, y, self.shift_y + 0.5 * y - 0.5]])


def fit_garment(cover: npt.NDArray[np.bool_], fill: float = FILL) -> Fit:
    """How a garment, bool (H, W) with some set, is moved to the middle of the canvas and made to fill it one way."""
    rows, columns = np.nonzero(cover.any(axis=1))[0], np.nonzero(cover.any(axis=0))[0]
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    scale = fill * min(CANVAS[0] / (right - left), CANVAS[1] / (bottom - top))
    middle_x, middle_y = (left + right) / 2, (top + bottom) / 2
    return Fit(float(scale), float(CANVAS[0] / 2 - scale * middle_x), float(CANVAS[1] / 2 - scale * middle_y))


def shown_to_net(light: Floats, cover: Floats) -> Floats:
    """float32 (2, H, W) from fold light, median 1, and cover, 0-1, of the canvas' size."""
    depth = np.clip(np.log2(np.maximum(light, 1e-3)), -DEEPEST, DEEPEST)
    return np.stack([depth * cover, cover]).astype(np.float32)


def on_canvas(values: Floats, fit: Fit) -> Floats:
    """float32 (H, W) seen on the canvas, 0 beyond the photo; made smaller without aliasing."""
    height, width = values.shape
    if fit.scale < 0.5:
        shrink = max(1, int(0.5 / fit.scale))
        size = max(1, width // shrink), max(1, height // shrink)
        values = np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA), np.float32)
    matrix = fit.matrix(values.shape[1] / width, values.shape[0] / height)
    return np.asarray(cv2.warpAffine(values, matrix, CANVAS, flags=cv2.INTER_LINEAR), np.float32)
