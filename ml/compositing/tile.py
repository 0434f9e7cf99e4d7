"""Lay a repeating tile over a picture: no seam, no aliasing at any scale."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from ml.compositing.placement import REPEATS, Placement
from ml.errors import PictureError, PlacementError
from ml.images import Bytes, Floats, linear_to_srgb, srgb_to_linear

_PAD = 4  # pixels of wrapped border around a cell, enough for bicubic sampling and rounding
_BAND = 1 << 18  # photo pixels handled at a time: small enough to stay in cache


def repeat_tile(tile: Bytes, repeat: str, nx: int, ny: int) -> Bytes:
    """Put nx by ny tiles side by side, as the repeat says.

    tile: uint8 (H, W, 3). Returns uint8 (ny * H, nx * W, 3). In a half-drop every second column is shifted down by half
    a tile, in a half-brick every second row to the right; in a mirror every second column and row is flipped.

    Raises PlacementError for an unknown repeat or a count below one, PictureError when the tile is not a picture.
    """
    check_tile(tile)
    if repeat not in REPEATS:
        raise PlacementError(f"Repeat must be one of {', '.join(REPEATS)}.")
    if nx < 1 or ny < 1:
        raise PlacementError("At least one tile is needed in each direction.")
    rows, columns = np.arange(ny * tile.shape[0])[:, None], np.arange(nx * tile.shape[1])[None, :]
    return np.asarray(tile[_tile_indices(tile, repeat, rows, columns)])


def _tile_indices(
    tile: Bytes,
    repeat: str,
    rows: np.ndarray[tuple[int, int], np.dtype[np.intp]],
    columns: np.ndarray[tuple[int, int], np.dtype[np.intp]],
) -> tuple[np.ndarray[tuple[int, int], np.dtype[np.intp]], np.ndarray[tuple[int, int], np.dtype[np.intp]]]:
    height, width = tile.shape[:2]
    odd_row, odd_column = rows // height % 2 == 1, columns // width % 2 == 1
    if repeat == "half-drop":
        rows = np.where(odd_column, rows - height // 2, rows)
    if repeat == "half-brick":
        columns = np.where(odd_row, columns - width // 2, columns)
    rows, columns = rows % height, columns % width
    if repeat == "mirror":
        rows = np.where(odd_row, height - 1 - rows, rows)
        columns = np.where(odd_column, width - 1 - columns, columns)
    return rows, columns


@dataclass(frozen=True)
class Laid:
    """A tile prepared for one density: the smallest block that repeats by plain translation, prefiltered.

    A half-drop, half-brick or mirror is a straight repeat of a block of two or four tiles, so all repeats share one
    sampler, and the joins inside the block are filtered like the rest.
    """

    padded: Bytes  # (h + 2 pad, w + 2 pad, 3), wrapped border
    period: tuple[float, float]  # photo pixels per block: x, y
    tile_px: tuple[float, float]  # photo pixels per tile: x, y
    placement: Placement

    def sample(
        self, shape: tuple[int, int], box: tuple[int, int, int, int], shift: tuple[Floats, Floats] | None = None
    ) -> Bytes:
        """The cloth seen in one box of a picture.

        shape: (H, W) of the whole picture, whose middle is the middle of a tile. box: top, bottom, left, right.
        shift: where each photo pixel really looks on the cloth, in photo pixels to the right and down, float32 arrays
        of the box's size. Returns uint8 (bottom - top, right - left, 3).
        """
        top, bottom, left, right = box
        across = self._along_row(shape, left, right)
        down = self._along_column(shape, top, bottom)
        out = np.empty((bottom - top, right - left, 3), np.uint8)
        step = max(1, _BAND // max(1, right - left))
        for start in range(0, bottom - top, step):
            band = slice(start, min(start + step, bottom - top))
            bend = None if shift is None else (shift[0][band], shift[1][band])
            map_x, map_y = self._maps(across, (down[0][band], down[1][band]), bend)
            out[band] = cv2.remap(self.padded, map_x, map_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        return out

    def _turn(self) -> tuple[float, float]:
        angle = math.radians(self.placement.rotation)
        quarter = self.placement.rotation / 90.0
        if quarter == int(quarter):  # exact quarter turns, so that they stay seam-exact
            return ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))[int(quarter) % 4]
        return math.cos(angle), math.sin(angle)

    def _along_row(self, shape: tuple[int, int], left: int, right: int) -> tuple[Floats, Floats]:
        """What a pixel's x adds to the block coordinates u and v, reduced to [0, 1) in double precision."""
        cosine, sine = self._turn()
        x = np.arange(left, right, dtype=np.float64) + 0.5 - shape[1] / 2.0
        u = (cosine * x + (0.5 - self.placement.offset_x) * self.tile_px[0]) / self.period[0]
        v = (-sine * x + (0.5 - self.placement.offset_y) * self.tile_px[1]) / self.period[1]
        return _fraction(u), _fraction(v)

    def _along_column(self, shape: tuple[int, int], top: int, bottom: int) -> tuple[Floats, Floats]:
        cosine, sine = self._turn()
        y = np.arange(top, bottom, dtype=np.float64) + 0.5 - shape[0] / 2.0
        return _fraction(sine * y / self.period[0]), _fraction(cosine * y / self.period[1])

    def _maps(
        self, across: tuple[Floats, Floats], down: tuple[Floats, Floats], bend: tuple[Floats, Floats] | None
    ) -> tuple[Floats, Floats]:
        height, width = self.padded.shape[0] - 2 * _PAD, self.padded.shape[1] - 2 * _PAD
        u = across[0][None, :] + down[0][:, None]  # (band, W)
        v = across[1][None, :] + down[1][:, None]
        if bend is not None:
            cosine, sine = (np.float32(part) for part in self._turn())
            u += (cosine * bend[0] + sine * bend[1]) / np.float32(self.period[0])
            v += (cosine * bend[1] - sine * bend[0]) / np.float32(self.period[1])
        for coordinate, size in ((u, width), (v, height)):
            coordinate -= np.floor(coordinate)
            coordinate *= np.float32(size)
            coordinate += np.float32(_PAD - 0.5)
        return u, v


def prepare_tile(tile: Bytes, placement: Placement, px_per_cm: float, is_block: bool = False) -> Laid:
    """Build the repeating block of a tile and filter it for the density at which the photo will show it.

    tile: uint8 (H, W, 3), or the repeating block itself where ``is_block`` says so, two tiles wide for a half-drop, two
    high for a half-brick. px_per_cm: photo pixels per centimetre of cloth, above 0. A reduction averages areas in
    linear light with wrap-around (Heckbert, "Fundamentals of Texture Mapping and Image Warping", 1989); an
    enlargement is left to bicubic sampling. Raises PictureError or PlacementError.
    """
    check_tile(tile)
    if not math.isfinite(px_per_cm) or px_per_cm <= 0:
        raise PlacementError("Pixels per centimetre must be a number above 0.")
    across, down = {"straight": (1, 1), "half-drop": (2, 1), "half-brick": (1, 2), "mirror": (2, 2)}[placement.repeat]
    block = tile if is_block else repeat_tile(tile, placement.repeat, across, down)
    tile_width = placement.cm_per_tile * px_per_cm
    tile_height = tile_width * (block.shape[0] / down) / (block.shape[1] / across)
    block = _reduce_wrapped(block, tile_width * across, tile_height * down)
    padded = np.pad(block, ((_PAD, _PAD), (_PAD, _PAD), (0, 0)), mode="wrap")
    return Laid(padded, (tile_width * across, tile_height * down), (tile_width, tile_height), placement)


def lay_fabric(tile: Bytes, shape: tuple[int, ...], placement: Placement, px_per_cm: float) -> Bytes:
    """The flat cloth over a whole picture.

    tile: uint8 (h, w, 3), seamless. shape: the picture's (H, W) or (H, W, 3). px_per_cm: photo pixels per centimetre.
    Each photo pixel is mapped back to centimetres of cloth and from there into the tile, which wraps around, so there
    is no seam. Returns uint8 (H, W, 3). Raises PictureError when the tile or shape is unusable, PlacementError
    otherwise.
    """
    height, width = int(shape[0]), int(shape[1])
    if height < 1 or width < 1:
        raise PictureError("The picture has no pixels.")
    return prepare_tile(tile, placement, px_per_cm).sample((height, width), (0, height, 0, width))


def check_tile(tile: Bytes) -> None:
    """Raise PictureError unless tile is uint8 (H, W, 3) with at least one pixel."""
    if tile.dtype != np.uint8 or tile.ndim != 3 or tile.shape[2] != 3 or tile.size == 0:
        raise PictureError("A fabric must be a colour picture: uint8, height by width by 3.")


def _fraction(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Floats:
    return np.asarray(values - np.floor(values), dtype=np.float32)


def _reduce_wrapped(block: Bytes, target_width: float, target_height: float) -> Bytes:
    height, width = block.shape[:2]
    new_width = min(width, max(1, math.floor(target_width + 1e-6)))
    new_height = min(height, max(1, math.floor(target_height + 1e-6)))
    if (new_width, new_height) == (width, height):
        return block
    # Exact box areas of a block that repeats need no neighbours beyond its edge: every box lies inside it.
    light = cv2.resize(srgb_to_linear(block), (new_width, new_height), interpolation=cv2.INTER_AREA)
    return linear_to_srgb(light.reshape(new_height, new_width, 3))
