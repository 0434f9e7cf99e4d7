"""The small arithmetic between a photo and the net, shared by training and serving (no torch here)."""

from __future__ import annotations

import math

import numpy as np

from ml.images import Floats

STRIDE = 32


def fit_size(width: int, height: int, serving_width: int) -> tuple[int, int]:
    """Width and height, multiples of 32, at which the net sees a photo: its shape, the area of 2:3 at serving width.

    Very long photos are squeezed to at most 3:1, where the net would see only threads otherwise.
    """
    aspect = min(max(width / height, 1 / 3), 3.0)
    area = serving_width * serving_width * 1.5
    wide = round(math.sqrt(area * aspect) / STRIDE) * STRIDE
    tall = round(math.sqrt(area / aspect) / STRIDE) * STRIDE
    return max(wide, STRIDE), max(tall, STRIDE)


def grow_probabilities(probabilities: Floats, width: int, height: int) -> Floats:
    """Bilinear resize of float32 (C, h, w) → (C, height, width)."""
    import cv2

    channels_last = np.ascontiguousarray(probabilities.transpose(1, 2, 0))
    grown = cv2.resize(channels_last, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(grown, dtype=np.float32).transpose(2, 0, 1)
