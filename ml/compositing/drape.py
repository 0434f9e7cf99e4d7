"""Dress the garments of a photo in other fabrics.

``python -m ml.compositing.drape PHOTO FABRIC --garment top --out FILE`` does it from the command line.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from ml.compositing.bend import bend_of
from ml.compositing.blend import backdrop, blend
from ml.compositing.cloth_map import ClothMap
from ml.compositing.placement import Placement
from ml.compositing.region import Box, box_of, check_alpha, floats
from ml.compositing.shade import shade_box
from ml.compositing.tile import check_tile, prepare_tile
from ml.compositing.wrap import wrap_fabric
from ml.errors import PictureError, PlacementError
from ml.images import Bytes, Floats, srgb_to_linear

STRENGTH = 0.8  # how much the pattern follows the folds, 0 to 2; chosen by eye
BAND = 1 << 17  # photo pixels handled at a time, small enough to stay in cache
WHITE = 0.92  # linear light of a pure white fabric at the cloth's median: room is left for its lit folds
KNEE = 0.72  # linear light above which brightness is rolled off


@dataclass(frozen=True)
class Layer:
    """One fabric on one garment; fields as the arguments of :func:`drape`."""

    tile: Bytes
    alpha: Floats
    placement: Placement
    px_per_cm: float
    strength: float = STRENGTH
    is_block: bool = False
    cloth_map: ClothMap | None = None
    net: Any = None


def drape(
    photo: Bytes,
    tile: Bytes,
    alpha: Floats,
    placement: Placement,
    px_per_cm: float,
    *,
    strength: float = STRENGTH,
    is_block: bool = False,
    in_place: bool = False,
    cloth_map: ClothMap | None = None,
    net: Any = None,
) -> Bytes:
    """Dress one garment.

    photo: uint8 (H, W, 3) sRGB. tile: uint8 (h, w, 3) sRGB, seamless. alpha: float32 (H, W) in [0, 1], the garment.
    px_per_cm: photo pixels per centimetre of cloth, above 0. strength: how far the pattern bends with the folds, 0
    (flat) to 2. is_block: the tile is the whole block that repeats, see :func:`ml.compositing.tile.prepare_tile`.
    in_place: paint on the photo itself, which saves its copy. cloth_map: which point of the cloth each pixel shows and
    the light there, of the photo's size; then nothing is guessed, and px_per_cm and strength do not matter. net: who guesses
    how the cloth lies, :func:`ml.cloth.serving.cloth_net`; then the middle of a tile lies at the cloth's own beginning (the middle of the
    front, below the neck or at the waist) instead of the picture's middle. Returns uint8 (H, W, 3), byte-identical to the
    photo where alpha is 0.

    The fabric is relit with the garment's light relative to its median, so a light fabric stays light on a dark
    garment. Raises PictureError for arrays of the wrong kind, PlacementError for numbers out of range.
    """
    layer = Layer(tile, alpha, placement, px_per_cm, strength, is_block, cloth_map, net)
    _check(photo, layer)
    out = photo if in_place else photo.copy()
    _dress(photo, out, layer)
    return out


def drape_layers(photo: Bytes, layers: Sequence[Layer]) -> Bytes:
    """Dress several garments; later layers lie over earlier ones, each lit by the original photo.

    photo: uint8 (H, W, 3). Returns uint8 (H, W, 3), byte-identical where every alpha is 0. Raises as :func:`drape`.
    """
    for layer in layers:
        _check(photo, layer)
    out = photo.copy()
    for layer in layers:
        _dress(photo, out, layer)
    return out


def _dress(photo: Bytes, painted: Bytes, layer: Layer) -> None:
    """Paint a layer, lit by the photo, over what is painted already; the two may be one array."""
    box = box_of(layer.alpha)
    if box is not None and layer.cloth_map is not None:
        _dress_mapped(painted, layer, layer.cloth_map, _grown(box, photo))
    elif box is not None:
        _dress_box(photo, painted, layer, _grown(box, photo))


def _dress_mapped(painted: Bytes, layer: Layer, cloth: ClothMap, box: Box) -> None:
    """The same where the cloth is known: its own points, under its own light."""
    alpha = layer.alpha[box.window].astype(np.float32, copy=False)
    under = painted[box.window]
    flat = wrap_fabric(layer.tile, cloth, layer.placement, box, is_block=layer.is_block, where=alpha > 0)
    flat *= cloth.light[box.window][..., None]
    under[:] = blend(under, flat, alpha, backdrop(under, alpha))


def _dress_box(photo: Bytes, painted: Bytes, layer: Layer, box: Box) -> None:
    alpha = layer.alpha[box.window].astype(np.float32, copy=False)
    under = painted[box.window]
    with ThreadPoolExecutor(max_workers=2) as pool:  # NumPy and OpenCV let go of the interpreter while they work
        gathered = pool.submit(backdrop, under, alpha)
        relative = shade_box(photo[box.window], alpha)
        middle = photo.shape[1] / 2 - box.left, photo.shape[0] / 2 - box.top
        bend = bend_of(relative, alpha, layer.px_per_cm, middle, layer.net)
        shifts = bend.at(layer.strength, layer.px_per_cm)
        laid = prepare_tile(layer.tile, layer.placement, layer.px_per_cm, layer.is_block)
        behind = gathered.result()

        def dress_rows(start: int) -> None:
            stop = min(start + rows, alpha.shape[0])
            band = slice(start, stop)
            shift = bend.rows(shifts, (alpha.shape[0], alpha.shape[1]), start, stop)
            corners = (box.top + start, box.top + stop, box.left, box.right)
            flat = laid.sample((photo.shape[0], photo.shape[1]), corners, shift)
            under[band] = blend(under[band], relight(flat, relative[band]), alpha[band], behind, start)

        rows = max(1, BAND // alpha.shape[1])
        list(pool.map(dress_rows, range(0, alpha.shape[0], rows)))


def relight(flat: Bytes, relative: Floats) -> Floats:
    """Fabric under the garment's light.

    flat: uint8 (H, W, 3) sRGB. relative: float32 (H, W), median 1. Returns float32 (H, W, 3) linear light; what would
    burn out is rolled off softly toward white, so light fabrics keep their folds.
    """
    lit = srgb_to_linear(flat) * (relative * np.float32(WHITE))[..., None]
    excess = np.maximum(lit - np.float32(KNEE), 0) / np.float32(1 - KNEE)
    return floats(np.minimum(lit, KNEE) + np.float32(1 - KNEE) * excess / np.sqrt(1 + excess * excess))


def _grown(box: Box, photo: Bytes) -> Box:
    """Room around the garment, so that what lies behind its edge can be seen."""
    room = max(8, max(box.bottom - box.top, box.right - box.left) // 24)
    return Box(
        max(0, box.top - room),
        min(photo.shape[0], box.bottom + room),
        max(0, box.left - room),
        min(photo.shape[1], box.right + room),
    )


def _check(photo: Bytes, layer: Layer) -> None:
    check_alpha(photo, layer.alpha)
    check_tile(layer.tile)
    if not math.isfinite(layer.strength) or not 0.0 <= layer.strength <= 2.0:
        raise PlacementError("Drape strength must be a number from 0 to 2.")
    if not math.isfinite(layer.px_per_cm) or layer.px_per_cm <= 0:
        raise PlacementError("Pixels per centimetre must be a number above 0.")
    if layer.cloth_map is not None and layer.cloth_map.shape != photo.shape[:2]:
        raise PictureError("The UV map must have the photo's size.")


if __name__ == "__main__":
    from ml.compositing.cli import main

    sys.exit(main())
