"""Bend a flat pattern the way the cloth bends: along each part, gently along folds, closer together toward the silhouette.

Without a map of the cloth this is a guess from the photo. The cloth net (:mod:`ml.cloth.serving`) says which point of the cloth
each place shows. Where it is not asked: fold light as a height (displacement mapping, as photo editors do it), the turning-away
of a round body at the left and right outline of each connected part, and the directions of body, sleeves and legs
(:mod:`ml.compositing.lay`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from ml.cloth.config import STEP
from ml.cloth.serving import Hang, guess_hang, plane_and_rest
from ml.compositing.grid import spread
from ml.compositing.lay import lay_pattern
from ml.compositing.region import floats
from ml.images import Bytes, Floats, grow_rows

WORK = 320  # long side, pixels, at which the bend is estimated
EDGE_CM = 6.0  # how far in from the outline cloth is seen to turn away
FOLD_CM = 1.1  # shift per unit of log light, at strength 1
LAID_FROM = 0.8  # strength from which the pattern lies wholly along the garment's parts
RIDGE_CM2 = 1.9  # shift per unit of log light per centimetre, at strength 1


@dataclass(frozen=True)
class Bend:
    """Where the pixels of a box look on the cloth, beyond their own place; centimetres to the right and down.

    folds: float32 (h, w, 2), small, by folds and outline at strength 1. lies: float32 (pieces, h, w, 2), small, by the way each piece
    of cloth lies. anchor: float32 (2,), what is left of that at strength 0. piece: uint8 (H, W), which piece a pixel of the
    box shows; None where all is one.
    """

    folds: Floats
    lies: Floats
    anchor: Floats
    piece: Bytes | None = None

    def at(self, strength: float, px_per_cm: float) -> Floats:
        """float32 (pieces, h, w, 2), small, in pixels of the full size, at a strength from 0 to 2."""
        laid = self.anchor + np.float32(min(1.0, strength / LAID_FROM)) * (self.lies - self.anchor)
        return floats((laid + np.float32(strength) * self.folds) * np.float32(px_per_cm))

    def rows(self, shifts: Floats, shape: tuple[int, int], start: int, stop: int) -> tuple[Floats, Floats]:
        """What :meth:`at` gave, in rows ``start`` to ``stop`` of the box (H, W): to the right and down, float32 each."""
        stacked = np.concatenate(list(shifts), axis=2)
        grown = grow_rows(stacked, shape, start, stop)
        if self.piece is None:
            return floats(np.ascontiguousarray(grown[..., 0])), floats(np.ascontiguousarray(grown[..., 1]))
        seen = self.piece[start:stop, :, None].astype(np.intp)
        across, down = (np.take_along_axis(grown[..., way::2], seen, axis=2)[..., 0] for way in (0, 1))
        return floats(across), floats(down)


def bend_of(
    relative: Floats, alpha: Floats, px_per_cm: float, middle: tuple[float, float] = (0.0, 0.0), net: Any = None
) -> Bend:
    """Guess the bend of the cloth in a box.

    relative: float32 (H, W) fold light, median 1. alpha: float32 (H, W) in [0, 1]. px_per_cm: above 0. middle: x and y of the
    picture's middle in the box. net: :func:`ml.cloth.serving.cloth_net`, where the garment is one that it knows.
    """
    height, width = alpha.shape
    factor = min(1.0, WORK / max(height, width))
    size = (max(2, round(width * factor)), max(2, round(height * factor)))
    hang = None if net is None else guess_hang(relative, alpha, net)
    if hang is not None:
        return _hung(hang, alpha, size, px_per_cm, middle)
    cover = floats(cv2.resize(alpha, size, interpolation=cv2.INTER_AREA))
    cm = px_per_cm * factor  # small pixels per centimetre
    fold_x, fold_y = _fold_shift(floats(cv2.resize(relative, size, interpolation=cv2.INTER_AREA)), cover, cm)
    edge_x, edge_y = _edge_shift(cover, cm)
    laid = (cv2.resize(shift, size, interpolation=cv2.INTER_CUBIC) / px_per_cm for shift in lay_pattern(alpha))
    folds = floats(np.dstack([fold_x + edge_x, fold_y + edge_y]))
    return Bend(folds, floats(np.dstack(list(laid)))[None], np.zeros(2, np.float32))


def _hung(hang: Hang, alpha: Floats, size: tuple[int, int], px_per_cm: float, middle: tuple[float, float]) -> Bend:
    """The cloth net's answer: its centimetres are taken so that cloth facing the camera has the scale that was asked for."""
    height, width = alpha.shape
    wide, high = width / size[0], height / size[1]
    grid_x = ((np.arange(size[0]) + 0.5) * wide - middle[0])[None, :]
    grid_y = ((np.arange(size[1]) + 0.5) * high - middle[1])[:, None]
    lies = []
    for sheet in hang.sheets:
        u, v = (
            _seen_in(_carried_on(plane, sheet.here), hang, size, wide, high, cv2.INTER_CUBIC)
            for plane in (sheet.u, sheet.v)
        )
        lies.append(np.dstack([u * hang.px_per_cm - grid_x, v * hang.px_per_cm - grid_y]) / px_per_cm)
    main = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA) > 0.5
    piece = None
    if len(lies) > 1:
        votes = np.stack([_seen_in(plane, hang, (width, height), 1.0, 1.0, cv2.INTER_LINEAR) for plane in hang.logits])
        piece = votes.argmax(axis=0).astype(np.uint8)
        main &= cv2.resize(piece, size, interpolation=cv2.INTER_NEAREST) == 0
    anchor = floats(np.median(lies[0][main], axis=0)) if main.any() else np.zeros(2, np.float32)
    return Bend(np.zeros((size[1], size[0], 2), np.float32), floats(np.stack(lies)), anchor, piece)


def _carried_on(values: Floats, here: npt.NDArray[np.bool_]) -> Floats:
    """Values of one sheet continued beyond it: its plane of best fit, and what is left over spread outward."""
    flat, rest = plane_and_rest(values, here)
    return floats(flat + spread(rest, here.astype(np.float32)))


def _seen_in(plane: Floats, hang: Hang, size: tuple[int, int], wide: float, high: float, kind: int) -> Floats:
    """A plane of the net's canvas at the middles of a grid over the box, ``wide`` x ``high`` pixels a place."""
    fit = hang.fit
    across, down = wide * fit.scale / STEP, high * fit.scale / STEP
    matrix = np.array(
        [[across, 0, across / 2 + fit.shift_x / STEP - 0.5], [0, down, down / 2 + fit.shift_y / STEP - 0.5]]
    )
    flags = kind | cv2.WARP_INVERSE_MAP
    return floats(cv2.warpAffine(plane, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE))


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
