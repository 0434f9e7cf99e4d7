"""Lay a fabric on cloth whose every point is known: exact, without aliasing at any slant."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from ml.compositing.cloth_map import ClothMap, cloth_slopes, nearest_valid
from ml.compositing.placement import Placement
from ml.compositing.region import Box, floats
from ml.compositing.tile import check_tile, repeat_tile
from ml.images import Bytes, Floats, srgb_to_linear

Mask = npt.NDArray[np.bool_]
SIDE = 3  # each pixel is read at SIDE x SIDE points of the cloth it shows
JUMP = 0.15  # cm of cloth between neighbours, beyond what their slopes tell, that make a seam or fold
Pair = tuple[Floats, Floats]
Place = tuple[Floats, Floats, Floats, Floats]  # left, top, width and height of the level that each pixel is read from
Slopes = tuple[Floats, Floats, Floats, Floats]  # as cloth_slopes gives them
_PAD = 2  # wrapped border around each level, enough for bilinear sampling
_HALF = np.float32(0.5)
_WIDE, _ROWS = 512, 64  # pixels are read in sheets of this size, small enough to stay in cache


@dataclass(frozen=True)
class Levels:
    """A repeating block at halved sizes in one picture (a mip map: Lance Williams, "Pyramidal parametrics", 1983).

    picture: float32 (h, w, 3), linear light. place: float32 (levels, 4): left, top, width, height of each level.
    """

    picture: Floats
    place: Floats

    def around(self, level: Floats) -> tuple[list[Place], Floats]:
        """The levels below and above each of these, float32 (H, W), where they lie, and the share (H, W, 1) of the second."""
        level = np.clip(level, 0, len(self.place) - 1)
        lower = np.floor(level).astype(np.intp)
        above = np.minimum(lower + 1, len(self.place) - 1)
        left, top, width, height = self.place.T
        places = [(left[at], top[at], width[at], height[at]) for at in (lower, above)]
        return places, floats(level - lower)[..., None]

    def read(self, s: Floats, t: Floats, places: list[Place], share: Floats) -> Floats:
        """Colour at block coordinates s, t (1 is one block, they wrap around), between two levels. Arrays (H, W)."""
        s, t = s - np.floor(s), t - np.floor(t)
        out, above = (
            floats(cv2.remap(self.picture, s * width + left - _HALF, t * height + top - _HALF, cv2.INTER_LINEAR))
            for left, top, width, height in places
        )
        above -= out
        above *= share
        out += above
        return out


def build_levels(block: Bytes) -> Levels:
    """block: uint8 (h, w, 3) sRGB that repeats by plain translation."""
    light = srgb_to_linear(block)
    levels = [light]
    while max(light.shape[:2]) > 1:
        size = max(1, light.shape[1] // 2), max(1, light.shape[0] // 2)
        light = floats(cv2.resize(light, size, interpolation=cv2.INTER_AREA)).reshape(size[1], size[0], 3)
        levels.append(light)
    width = levels[0].shape[1] + 2 * _PAD
    picture = np.zeros((sum(each.shape[0] + 2 * _PAD for each in levels), width, 3), np.float32)
    place, top = [], 0
    for each in levels:
        height, across = each.shape[:2]
        padded = np.pad(each, ((_PAD, _PAD), (_PAD, _PAD), (0, 0)), mode="wrap")
        picture[top : top + height + 2 * _PAD, : across + 2 * _PAD] = padded
        place.append((_PAD, top + _PAD, across, height))
        top += height + 2 * _PAD
    return Levels(picture, np.array(place, np.float32))


def wrap_fabric(
    tile: Bytes,
    cloth: ClothMap,
    placement: Placement,
    box: Box | None = None,
    *,
    is_block: bool = False,
    where: Mask | None = None,
) -> Floats:
    """The fabric as it lies on the cloth, unlit.

    tile: uint8 (h, w, 3) sRGB, seamless (is_block: the whole block that repeats, see :func:`ml.compositing.tile.prepare_tile`).
    Offset 0 puts the middle of a tile on the cloth's (0, 0); rotation turns the pattern on the cloth. box: which part of the
    picture, all when left out. where: bool (H, W) of that part, the pixels that are wanted; the others may be anything. Returns
    float32 (H, W, 3) linear light of that part. Raises PictureError or PlacementError.

    Each pixel is the mean of SIDE x SIDE points of the cloth it shows, each read from the level of the pyramid that fits the
    spacing of those points across the narrower way (footprint assembly: Schilling, Knittel and Strasser, "Texram", 1996).
    """
    check_tile(tile)
    cell_x, cell_y = {"straight": (1, 1), "half-drop": (2, 1), "half-brick": (1, 2), "mirror": (2, 2)}[placement.repeat]
    block = tile if is_block else repeat_tile(tile, placement.repeat, cell_x, cell_y)
    period_x = placement.cm_per_tile * cell_x
    period_y = period_x * block.shape[0] / block.shape[1]
    box = box or Box(0, cloth.shape[0], 0, cloth.shape[1])
    part = _cut(cloth, box)
    slopes = cloth_slopes(part)
    (s, t), along_x, along_y = (_turned(u, v, placement, period_x, period_y) for u, v in _points(part, slopes))
    s += np.float32((0.5 - placement.offset_x) / cell_x)
    t += np.float32((0.5 - placement.offset_y) / cell_y)
    levels = build_levels(block)
    wanted = np.nonzero(_with_neighbours(where).ravel())[0] if where is not None else np.arange(s.size)
    out = np.zeros((s.size, 3), np.float32)
    for start in range(0, wanted.size, _WIDE * _ROWS):
        chosen = wanted[start : start + _WIDE * _ROWS]
        sheet = np.resize(chosen, (-(-chosen.size // _WIDE), _WIDE))  # the last row is filled up with some of the first
        cut = [(first.ravel()[sheet], second.ravel()[sheet]) for first, second in ((s, t), along_x, along_y)]
        out[chosen] = _read_sheet(levels, *cut).reshape(-1, 3)[: chosen.size]
    return soften_jumps(out.reshape(*s.shape, 3), part, slopes)


def _with_neighbours(mask: Mask) -> Mask:
    """What a jump mixes in is wanted too."""
    return np.asarray(cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)


def _read_sheet(levels: Levels, points: Pair, along_x: Pair, along_y: Pair) -> Floats:
    """The mean of SIDE x SIDE points about each of these, float32 (H, W, 3)."""
    places, share = levels.around(_level_for(levels, along_x, along_y))
    out = np.zeros((*share.shape[:2], 3), np.float32)
    for at in range(SIDE * SIDE):
        across, down = (np.float32((each + 0.5) / SIDE - 0.5) for each in divmod(at, SIDE))
        s, t = (b + across * x + down * y for b, x, y in zip(points, along_x, along_y, strict=True))
        out += levels.read(s, t, places, share)
    out /= np.float32(SIDE * SIDE)
    return out


def soften_jumps(colours: Floats, cloth: ClothMap, slopes: Slopes) -> Floats:
    """Mix the pixels on both sides of a seam or fold, where the map jumps, as a lens would; all others stay.

    colours: float32 (H, W, 3), of the map's size. slopes: its :func:`cloth_slopes`. Returns the same.
    """
    meet = np.zeros(cloth.shape, np.uint8)
    u_x, u_y, v_x, v_y = slopes
    for (along_u, along_v), axis in (((u_x, v_x), 1), ((u_y, v_y), 0)):
        head, tail = (slice(None, -1), slice(1, None)) if axis == 0 else (np.s_[:, :-1], np.s_[:, 1:])
        told = [(slope[head] + slope[tail]) / 2 for slope in (along_u, along_v)]
        off = np.hypot(cloth.u[tail] - cloth.u[head] - told[0], cloth.v[tail] - cloth.v[head] - told[1])
        jump = (off > np.hypot(*told) + JUMP) & cloth.valid[head] & cloth.valid[tail]
        meet[head] |= jump
        meet[tail] |= jump
    if meet.any():
        colours[meet > 0] = cv2.GaussianBlur(colours, (3, 3), 0.6)[meet > 0]
    return colours


def _cut(cloth: ClothMap, box: Box) -> ClothMap:
    part = box.window
    return ClothMap(cloth.u[part], cloth.v[part], cloth.valid[part], cloth.light[part])


def _points(cloth: ClothMap, slopes: Slopes) -> tuple[Pair, Pair, Pair]:
    """(u, v), their steps per pixel to the right and down; carried on from the nearest cloth where there is none."""
    u_x, u_y, v_x, v_y = slopes
    if cloth.valid.all() or not cloth.valid.any():
        return (cloth.u.copy(), cloth.v.copy()), (u_x, v_x), (u_y, v_y)
    rows, columns = nearest_valid(cloth.valid)
    down, across = (np.arange(size, dtype=np.float32) for size in cloth.shape)
    down, across = down[:, None] - rows, across[None, :] - columns
    u_x, u_y, v_x, v_y = (slope[rows, columns] for slope in (u_x, u_y, v_x, v_y))
    u = cloth.u[rows, columns] + across * u_x + down * u_y
    v = cloth.v[rows, columns] + across * v_x + down * v_y
    return (floats(u), floats(v)), (u_x, v_x), (u_y, v_y)


def _turned(u: Floats, v: Floats, placement: Placement, period_x: float, period_y: float) -> Pair:
    """Centimetres of cloth as block coordinates."""
    angle = math.radians(placement.rotation)
    cosine, sine = np.float32(math.cos(angle)), np.float32(math.sin(angle))
    return floats((cosine * u + sine * v) / period_x), floats((cosine * v - sine * u) / period_y)


def _level_for(levels: Levels, along_x: Pair, along_y: Pair) -> Floats:
    """Which level has texels as far apart as the points that are read, across the narrower way of the footprint."""
    width, height = levels.place[0, 2:]
    a, c = along_x[0] * width, along_x[1] * height
    b, d = along_y[0] * width, along_y[1] * height
    half = (a * a + b * b + c * c + d * d) / 2
    root = np.sqrt(np.maximum(half * half - (a * d - b * c) ** 2, 0))
    narrow, wide = np.sqrt(np.maximum(half - root, 1e-8)), np.sqrt(half + root)
    return floats(np.log2(np.maximum(np.maximum(narrow, wide / SIDE / 1.5) / (SIDE - 1), 1.0)))
