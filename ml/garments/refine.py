"""From a hard mask to a soft edge at full resolution: a guided filter inside a narrow band around the border."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from ml.errors import PictureError
from ml.garments.names import value_of
from ml.images import Bytes, Floats, grow_rows

# The net decides on a grid of about 1/240 of the longer side; its border may be a few cells off.
_BAND_PER_SIDE = 1 / 90
_SMALLEST_BAND = 2
_BODY = 1
# The filter leaves half-covered pixels further out than a camera would; its slope is made this much steeper.
_STEEPER = 3.0
# Colour differences whose square is below this are taken for noise.
_SOFTNESS = 3e-4
_BAND = 1 << 17  # photo pixels refined at a time, small enough to stay in cache


def garment_alpha(photo: Bytes, labels: Bytes, garments: Iterable[str], *, refine: bool = True) -> Floats:
    """How much of each pixel is the chosen garments: float32 (H, W) in [0, 1].

    ``photo`` uint8 (H, W, 3), ``labels`` uint8 (H, W) of the same size, ``garments`` names out of NAMES. Exactly 0
    away from them and exactly 1 deep inside; between lies a narrow band (about 1/90 of the longer side each way) where
    the mask follows the photo's own edges (He et al., Guided Image Filtering, 2013). Towards hair and hands, which the
    net knows as body, the band is half as wide. ``refine=False`` gives the hard mask.

    Raises PictureError for sizes that differ or an unknown name.
    """
    mask = _mask_of(photo, labels, garments)
    if not refine or not mask.any():
        return mask.astype(np.float32)
    reach = max(round(max(labels.shape) * _BAND_PER_SIDE), _SMALLEST_BAND)
    alpha = np.zeros(labels.shape, dtype=np.float32)
    window = _window_of(mask, 3 * reach + 2)
    alpha[window] = _refine(photo[window], mask[window], labels[window] == _BODY, reach)
    return alpha


def _mask_of(photo: Bytes, labels: Bytes, garments: Iterable[str]) -> Bytes:
    """0 or 1, uint8 (H, W)."""
    if photo.shape[:2] != labels.shape:
        raise PictureError(f"Photo and labels differ in size: {photo.shape[:2]} and {labels.shape}.")
    import cv2

    table = np.zeros(256, dtype=np.uint8)
    for name in garments:
        table[value_of(name)] = 1
    return np.asarray(cv2.LUT(labels, table), dtype=np.uint8)


def _window_of(mask: Bytes, margin: int) -> tuple[slice, slice]:
    import cv2

    left, top, wide, tall = cv2.boundingRect(mask)
    return slice(max(top - margin, 0), top + tall + margin), slice(max(left - margin, 0), left + wide + margin)


def _refine(photo: Bytes, mask: Bytes, body: Any, reach: int) -> Floats:
    import cv2

    inside: Any = cv2.distanceTransform(mask, cv2.DIST_L2, 3)
    outside: Any = cv2.distanceTransform(1 - mask, cv2.DIST_L2, 3)
    model = _edge_model(photo, mask, reach)
    alpha = np.empty(mask.shape, dtype=np.float32)
    step = max(_BAND // mask.shape[1], 1)

    def refine_rows(top: int) -> None:
        rows = slice(top, min(top + step, len(mask)))
        soft = _steepen(_apply(model, photo[rows], mask.shape, rows))
        _fade(soft, outside[rows], np.where(body[rows], np.float32(reach / 2), np.float32(reach)), upwards=False)
        _fade(soft, inside[rows], np.float32(reach), upwards=True)
        alpha[rows] = soft

    with ThreadPoolExecutor(2) as pool:  # NumPy and OpenCV let go of the interpreter while they work
        list(pool.map(refine_rows, range(0, len(mask), step)))
    return alpha


def _fade(soft: Floats, distance: Floats, reach: Any, *, upwards: bool) -> None:
    """Lead ``soft`` to exactly 0 (or 1, ``upwards``) where ``distance`` reaches ``reach`` pixels."""
    keep = np.clip((reach - distance) / (reach * np.float32(0.5)), 0, 1)
    if upwards:
        soft += (1 - keep) * (1 - soft)
        soft[distance >= reach] = 1
    else:
        soft *= keep


def _edge_model(photo: Bytes, mask: Bytes, reach: int) -> Floats:
    """Guided filter of a mask by a colour photo, twice: first to find the edge, then closer.

    Returns its linear coefficients, float32 (h, w, 4): three slopes and the offset. They are found on a smaller grid when
    the photo is large (He and Sun, Fast Guided Filter, 2015).
    """
    import cv2

    height, width = mask.shape
    step = max(reach // 6, 1)
    radius = max(reach // step, 1)
    size = (max(width // step, 1), max(height // step, 1))
    guide: Any = cv2.resize(photo, size, interpolation=cv2.INTER_AREA).astype(np.float32) / np.float32(255)
    target: Any = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    slopes, offset = _linear_model(guide, target, radius)
    nearer = _steepen((slopes * guide).sum(axis=-1) + offset)
    return np.dstack(_linear_model(guide, nearer, max(radius // 2, 1)))


def _apply(model: Floats, photo: Bytes, shape: tuple[int, ...], rows: slice) -> Floats:
    """The linear model of a photo of this shape at some of its rows, uint8 (n, W, 3): float32 (n, W), not clipped."""
    import cv2

    *slopes, soft = cv2.split(grow_rows(model, (shape[0], shape[1]), rows.start, rows.stop))
    for channel, slope in zip(cv2.split(photo), slopes, strict=True):
        soft += cv2.multiply(slope, channel, scale=1 / 255, dtype=cv2.CV_32F)
    return np.asarray(soft, dtype=np.float32)


def _steepen(soft: Floats) -> Floats:
    """Pull values away from a half, then clip to [0, 1]; in place."""
    soft -= np.float32(0.5)
    soft *= np.float32(_STEEPER)
    soft += np.float32(0.5)
    return np.clip(soft, 0.0, 1.0, out=soft)


def _linear_model(guide: Floats, target: Floats, radius: int, softness: float = _SOFTNESS) -> tuple[Floats, Floats]:
    """Per pixel the slopes (h, w, 3) and the offset (h, w) of target ≈ slopes · guide + offset, averaged by window."""
    import cv2

    def average(picture: Any) -> Any:
        return cv2.blur(picture, (2 * radius + 1, 2 * radius + 1), borderType=cv2.BORDER_REFLECT_101)

    mean, mean_target = average(guide), average(target)
    shared = average(guide * target[..., None]) - mean * mean_target[..., None]
    red, green, blue = (guide[..., channel] for channel in range(3))
    r, g, b = (mean[..., channel] for channel in range(3))
    rr = average(red * red) - r * r + softness
    gg = average(green * green) - g * g + softness
    bb = average(blue * blue) - b * b + softness
    rg, rb, gb = average(red * green) - r * g, average(red * blue) - r * b, average(green * blue) - g * b
    # The symmetric 3x3 system, solved by its cofactors.
    c00, c01, c02 = gg * bb - gb * gb, gb * rb - rg * bb, rg * gb - gg * rb
    c11, c12, c22 = rr * bb - rb * rb, rb * rg - rr * gb, rr * gg - rg * rg
    scale = 1 / (rr * c00 + rg * c01 + rb * c02)
    x, y, z = (shared[..., channel] for channel in range(3))
    slopes = np.stack([c00 * x + c01 * y + c02 * z, c01 * x + c11 * y + c12 * z, c02 * x + c12 * y + c22 * z], axis=-1)
    slopes *= scale[..., None]
    offset = mean_target - (slopes * mean).sum(axis=-1)
    return average(slopes), average(offset)
