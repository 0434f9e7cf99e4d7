"""Bend a flat pattern the way the cloth bends: along each part, gently along folds, closer together toward the silhouette.

Without a map of the cloth this is a guess from the photo: fold light as a height (displacement mapping, as photo
editors do it), the turning-away of a round body at the left and right outline of each connected part, and the directions
of body, sleeves and legs (:mod:`ml.compositing.lay`).
"""

from __future__ import annotations

import cv2
import numpy as np

from ml.compositing.lay import lay_pattern
from ml.compositing.region import floats
from ml.images import Floats

WORK = 320  # long side, pixels, at which the bend is estimated
EDGE_CM = 6.0  # how far in from the outline cloth is seen to turn away
FOLD_CM = 1.1  # shift per unit of log light, at strength 1
LAID_FROM = 0.8  # strength from which the pattern lies wholly along the garment's parts
RIDGE_CM2 = 1.9  # shift per unit of log light per centimetre, at strength 1


def bend_pattern(relative: Floats, alpha: Floats, px_per_cm: float, strength: float) -> tuple[Floats, Floats]:
    """Where each pixel really looks on the cloth.

    relative: float32 (H, W) fold light, median 1. alpha: float32 (H, W) in [0, 1]. px_per_cm: above 0. strength: 0
    (flat) to 2. Returns shifts to the right and down in pixels, float32 (h, w) each, small: enlarge them smoothly to
    (H, W) and they still count pixels of the full size.
    """
    shift = bend_at(bend_planes(relative, alpha, px_per_cm), strength) * np.float32(px_per_cm)
    return shift[..., 0], shift[..., 1]


def bend_planes(relative: Floats, alpha: Floats, px_per_cm: float) -> Floats:
    """What :func:`bend_pattern` mixes: float32 (h, w, 4), centimetres to the right and down by folds and outline at strength 1,
    and to the right and down by the way the garment's parts run."""
    height, width = alpha.shape
    factor = min(1.0, WORK / max(height, width))
    size = (max(2, round(width * factor)), max(2, round(height * factor)))
    cover = floats(cv2.resize(alpha, size, interpolation=cv2.INTER_AREA))
    cm = px_per_cm * factor  # small pixels per centimetre
    fold_x, fold_y = _fold_shift(floats(cv2.resize(relative, size, interpolation=cv2.INTER_AREA)), cover, cm)
    edge_x, edge_y = _edge_shift(cover, cm)
    laid = (cv2.resize(shift, size, interpolation=cv2.INTER_CUBIC) / px_per_cm for shift in lay_pattern(alpha))
    return floats(np.dstack([fold_x + edge_x, fold_y + edge_y, *laid]))


def bend_at(planes: Floats, strength: float) -> Floats:
    """Centimetres to the right and down, float32 (h, w, 2), of what :func:`bend_planes` found, at a strength from 0 to 2."""
    return planes[..., :2] * np.float32(strength) + planes[..., 2:] * np.float32(min(1.0, strength / LAID_FROM))


def _fold_shift(relative: Floats, cover: Floats, cm: float) -> tuple[Floats, Floats]:
    """Centimetres: valleys gather the pattern, ridges spread it, and a fold lifts or drops what crosses it."""
    height = _smooth_inside(np.log(relative), cover, max(0.8, 0.9 * cm))
    broad = _smooth_inside(np.log(relative), cover, max(2.0, 6.0 * cm))
    height = np.clip(height - broad, -0.6, 0.6)
    across = cv2.Sobel(height, cv2.CV_32F, 1, 0, ksize=3, scale=0.125) * np.float32(cm)  # per centimetre
    down = cv2.Sobel(height, cv2.CV_32F, 0, 1, ksize=3, scale=0.125) * np.float32(cm)
    limit = np.float32(0.7)
    shift_x = limit * np.tanh(RIDGE_CM2 * across / limit)
    shift_y = limit * np.tanh(RIDGE_CM2 * down / limit) + FOLD_CM * height
    return np.asarray(shift_x, dtype=np.float32), np.asarray(shift_y, dtype=np.float32)


def _edge_shift(cover: Floats, cm: float) -> tuple[Floats, Floats]:
    """Centimetres: like a cylinder, cloth near a left or right outline covers more length than it shows."""
    inside = np.pad((cover > 0.5).astype(np.uint8), 1)
    if not inside.any():
        zero = np.zeros_like(cover)
        return zero, zero
    distance = floats(cv2.distanceTransform(inside, cv2.DIST_L2, 5)[1:-1, 1:-1])
    reach = _local_reach(distance, inside[1:-1, 1:-1], cm)
    soft = cv2.GaussianBlur(distance, (0, 0), max(1.0, 0.8 * cm))
    normal_x = cv2.Sobel(soft, cv2.CV_32F, 1, 0, ksize=3, scale=0.125)
    normal_y = cv2.Sobel(soft, cv2.CV_32F, 0, 1, ksize=3, scale=0.125)
    turned = 0.82 * np.clip(1.0 - distance / np.maximum(reach, 1e-3), 0.0, 1.0)
    extra = reach / cm * (np.arcsin(turned) - turned)
    sideways = np.clip(np.abs(normal_x), 0.0, 1.0) ** 2  # hems and necklines lie across: cloth does not turn there
    amount = cv2.GaussianBlur((-extra * sideways).astype(np.float32), (0, 0), max(0.8, 0.5 * cm))
    return np.asarray(normal_x * amount), np.asarray(normal_y * amount)


def _local_reach(distance: Floats, inside: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], cm: float) -> Floats:
    """How far the turning reaches in, small pixels: EDGE_CM, or less on a narrow part such as a strap."""
    count, parts = cv2.connectedComponents(inside, connectivity=8)
    reach = np.zeros(distance.shape, np.float32)
    for part in range(1, count):
        here = parts == part
        reach[here] = min(EDGE_CM * cm, 0.8 * float(distance[here].max()))
    return reach


def _smooth_inside(values: Floats, cover: Floats, sigma: float) -> Floats:
    weight = cv2.GaussianBlur(cover, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT)
    mean = cv2.GaussianBlur(values * cover, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(mean / np.maximum(weight, 1e-3))
