"""Pictures we stored ourselves, read back, and the sizes they are shown at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ml.images import Bytes

SCREEN_SIDE = 1000
SMALL_SIDE = 720  # of previews where several stand side by side
THUMBNAIL_SIDE = 360


def read_pixels(file: Any) -> Bytes:
    """A picture we stored ourselves, uint8 (H, W, 3)."""
    import cv2

    return _read_stored(file, cv2.IMREAD_COLOR_RGB)


def read_grey(file: Any) -> Bytes:
    """A label picture or a mask, uint8 (H, W)."""
    import cv2

    return _read_stored(file, cv2.IMREAD_GRAYSCALE)


def _read_stored(file: Any, how: int) -> Bytes:
    with file.open() as opened:
        return _decoded(opened.read(), how, file.name)


def decode_grey(content: bytes, name: str) -> Bytes:
    """A label picture from its bytes, uint8 (H, W). Raises OSError, with this name, when they are damaged."""
    import cv2

    return _decoded(content, cv2.IMREAD_GRAYSCALE, name)


def _decoded(content: bytes, how: int, name: str) -> Bytes:
    import cv2
    import numpy as np

    pixels = cv2.imdecode(np.frombuffer(content, np.uint8), how)
    if pixels is None:
        raise OSError(f"{name} is damaged.")
    return np.asarray(pixels, dtype=np.uint8)


def shrink(pixels: Bytes, longest: int) -> Bytes:
    """At most ``longest`` pixels on the long side; small pictures stay as they are."""
    from ml.images import shrink_smooth

    height, width = pixels.shape[:2]
    factor = min(1.0, longest / max(height, width))
    if factor == 1.0:
        return pixels
    return shrink_smooth(pixels, max(1, round(width * factor)), max(1, round(height * factor)))


def screen_labels(labels: Bytes) -> Bytes:
    """A label picture at screen size: an outline or an estimate needs no more."""
    from ml.images import resize_labels

    factor = min(1.0, SCREEN_SIDE / max(labels.shape))
    return resize_labels(labels, max(1, round(labels.shape[1] * factor)), max(1, round(labels.shape[0] * factor)))
