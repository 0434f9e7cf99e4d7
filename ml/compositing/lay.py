"""Lay a pattern along the garment: down the body, along each sleeve and leg, with the flare of a skirt.

Cloth is cut so that its lengthwise grain runs along the part it makes, and the photo shows which way that is by the outline. The axis
of each place is the one across which the garment is narrowest, upright ones preferred; outlines that run along it are sides and give
their exact direction, the others (hems, cuffs, necklines) are ends and give none. The directions are spread over the garment as double
angles, smoothly, and a map is fitted to them by least squares (as in Levy et al., "Least squares conformal maps", 2002, but with the
directions given).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from scipy.sparse.linalg import splu

from ml.compositing.grid import add_steps, laplacian, neighbours, numbered, spread
from ml.compositing.region import floats
from ml.images import Floats

Mask = npt.NDArray[np.bool_]

WORK = 112  # long side, pixels, of the grid
TURNS = 16  # orientations tried, over half a turn
LYING = 2.0  # a lying axis must narrow the garment three times as much as an upright one
SIDE = 40.0  # degrees between outline and axis within which the outline is a side
_UPRIGHT, _AXIS, _SIDE = 1e-5, 0.0005, 0.6  # how firmly directions are held: to upright, to the axis, to the sides


def lay_pattern(alpha: Floats) -> tuple[Floats, Floats]:
    """Where each pixel looks on cloth that is laid along the garment.

    alpha: float32 (H, W) in [0, 1]. Returns shifts to the right and down, float32 (h, w) each, small; in pixels of the full size.
    A pattern read at its own place plus the shift runs along the garment's parts at its own scale. Both are zero on average.
    """
    height, width = alpha.shape
    factor = min(1.0, WORK / max(height, width))
    size = (max(2, round(width * factor)), max(2, round(height * factor)))
    cover = floats(cv2.resize(alpha, size, interpolation=cv2.INTER_AREA))
    inside: Mask = cover > 0.5
    if inside.sum() < 32 or min(size) < 16:
        zero = np.zeros(cover.shape, np.float32)
        return zero, zero
    turn = garment_directions(inside)
    shift_x, shift_y = _fit(turn, inside)
    scale = np.float32(1.0 / factor)
    return shift_x * scale, shift_y * scale


def garment_directions(inside: Mask) -> Floats:
    """How far the lengthwise direction leans from upright at each place of bool (h, w): float32 (h, w), radians within ±pi/2.

    Positive leans as a backslash does: down and to the right.
    """
    axis, trust = _axes(_closed(inside))
    return _spread_angles(inside, axis, trust, _sides(inside, axis))


def _closed(inside: Mask) -> Mask:
    """Without the gaps that straps, scarves and hands in front of the cloth leave."""
    room = max(inside.shape) // 16
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * room + 1, 2 * room + 1))
    padded = cv2.morphologyEx(np.pad(inside, room).astype(np.uint8), cv2.MORPH_CLOSE, disc)
    return np.asarray(padded[room:-room, room:-room] > 0)


def _axes(inside: Mask) -> tuple[Floats, Floats]:
    """The axis across which the garment is narrowest, as its lean in radians, and how sure that is, 0-1."""
    widths = np.stack([_chords(inside, np.pi * turn / TURNS) for turn in range(TURNS)])
    leans = np.pi * np.arange(TURNS) / TURNS
    leans = np.where(leans > np.pi / 2, leans - np.pi, leans)
    cost = widths * (1 + LYING * np.sin(leans) ** 4)[:, None, None]
    doubled = np.exp(-(((cost / np.maximum(cost.min(axis=0), 1) - 1) / 0.12) ** 2))
    pull = np.tensordot(np.exp(2j * leans), doubled, 1) / np.maximum(doubled.sum(axis=0), 1e-6)
    return floats(np.angle(pull) / 2), floats(np.abs(pull) * inside)


def _chords(inside: Mask, lean: float) -> Floats:
    """Length, in pixels, of the garment through each place, across an axis that leans so."""
    height, width = inside.shape
    reach = int(np.ceil(np.hypot(height, width))) | 1
    middle = ((width - 1) / 2, (height - 1) / 2)
    turned = np.asarray(cv2.getRotationMatrix2D(middle, -np.degrees(lean), 1.0), np.float64)
    turned[:, 2] += (reach - 1) / 2 - np.array(middle)
    flat = cv2.warpAffine(inside.astype(np.uint8) * 255, turned, (reach, reach), flags=cv2.INTER_LINEAR) > 127
    runs = _run_lengths(flat)
    back: Floats = floats(cv2.warpAffine(runs, turned, (width, height), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP))
    return back


def _run_lengths(flat: Mask) -> Floats:
    """For each set pixel the length of its horizontal run."""
    edges = np.diff(np.pad(flat, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    starts, stops = np.argwhere(edges == 1), np.argwhere(edges == -1)
    lengths = (stops[:, 1] - starts[:, 1]).astype(np.float32)
    out = np.zeros(flat.shape, np.float32)
    out[flat] = np.repeat(lengths, lengths.astype(int))
    return out


@dataclass(frozen=True)
class _Sides:
    """Outline pixels that run along the axis: rows and columns, their lean in radians, and how well each fits, 0-1."""

    rows: npt.NDArray[np.intp]
    columns: npt.NDArray[np.intp]
    lean: Floats
    weight: Floats


def _sides(inside: Mask, axis: Floats) -> _Sides:
    soft = cv2.GaussianBlur(np.pad(inside, 1).astype(np.float32), (0, 0), 1.6, borderType=cv2.BORDER_REPLICATE)[
        1:-1, 1:-1
    ]
    across, down = cv2.Sobel(soft, cv2.CV_32F, 1, 0, ksize=3), cv2.Sobel(soft, cv2.CV_32F, 0, 1, ksize=3)
    outline = inside & (cv2.erode(inside.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=1) == 0)
    rows, columns = np.nonzero(outline & (np.hypot(across, down) > 0.2))
    lean = np.arctan2(-down[rows, columns], across[rows, columns])  # the outline runs across its normal
    lean = floats(np.angle(np.exp(2j * lean)) / 2)
    off = np.degrees(np.abs(np.angle(np.exp(2j * (lean - axis[rows, columns]))) / 2))
    weight = np.clip(1.5 - off / SIDE, 0, 1)
    kept = weight > 0
    return _Sides(rows[kept], columns[kept], lean[kept], floats(weight[kept]))


def _spread_angles(inside: Mask, axis: Floats, trust: Floats, sides: _Sides) -> Floats:
    """Directions that are smooth, held firmly at the sides and loosely to the axis everywhere."""
    index, _ = numbered(inside)
    hold: npt.NDArray[np.float64] = _UPRIGHT + _AXIS * trust[inside].astype(np.float64)
    wanted = _UPRIGHT + _AXIS * trust[inside] * np.exp(2j * axis[inside])
    at = index[sides.rows, sides.columns]
    np.add.at(hold, at, _SIDE * sides.weight)
    np.add.at(wanted, at, _SIDE * sides.weight * np.exp(2j * sides.lean))
    solver = splu(laplacian(index, hold))
    doubled = solver.solve(wanted.real.copy()) + 1j * solver.solve(wanted.imag.copy())
    turn = np.zeros(inside.shape, np.float32)
    turn[inside] = np.angle(doubled) / 2
    return turn


def _fit(turn: Floats, inside: Mask) -> tuple[Floats, Floats]:
    """The map whose steps follow the directions best: shifts in small pixels, spread beyond the mask."""
    index, count = numbered(inside)
    cos, sin = np.cos(turn), np.sin(turn)
    right_u, right_v = np.zeros(count), np.zeros(count)
    for axis, step_u, step_v in ((1, cos - 1, sin), (0, -sin, cos - 1)):
        joined, a, b = neighbours(index, axis)
        for right, step in ((right_u, step_u), (right_v, step_v)):
            middle = (step[:, :-1] + step[:, 1:]) / 2 if axis == 1 else (step[:-1] + step[1:]) / 2
            add_steps(right, a, b, middle[joined])
    solver = splu(laplacian(index, np.full(count, 1e-6)))
    known = inside.astype(np.float32)
    shifts = []
    for right in (right_u, right_v):
        shift = np.zeros(inside.shape, np.float32)
        shift[inside] = solver.solve(right)
        shift[inside] -= shift[inside].mean()
        shifts.append(spread(shift, known))
    return shifts[0], shifts[1]
