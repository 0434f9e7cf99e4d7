"""Outlines in centimetres and their pixels.

A point is (x, y) in centimetres: x to the right of the garment's middle line, y down from the top of the picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Points = npt.NDArray[np.float64]
Point = tuple[float, float]


@dataclass(frozen=True)
class Grid:
    """Pixels over the picture: width and height in pixels, scale in pixels per centimetre."""

    width: int
    height: int
    scale: float

    @cached_property
    def x(self) -> Floats:
        row = (np.arange(self.width) + 0.5 - self.width / 2) / self.scale
        return np.broadcast_to(row.astype(np.float32), (self.height, self.width))

    @cached_property
    def y(self) -> Floats:
        column = (np.arange(self.height) + 0.5) / self.scale
        return np.broadcast_to(column.astype(np.float32)[:, None], (self.height, self.width))

    def pixels(self, points: Points) -> Points:
        return np.asarray(points * self.scale + np.array([self.width / 2 - 0.5, -0.5]))

    def fit(self, values: Floats) -> Floats:
        """Enlarge or reduce an array of another grid over the same picture."""
        if values.shape == (self.height, self.width):
            return values
        how = cv2.INTER_CUBIC if values.shape[0] < self.height else cv2.INTER_AREA
        return np.asarray(cv2.resize(values, (self.width, self.height), interpolation=how), dtype=np.float32)


def curve(points: Sequence[Point], per_step: int = 16) -> Points:
    """A smooth line through all points (centripetal Catmull-Rom; Barry and Goldman 1988), (N, 2)."""
    given = np.asarray(points, dtype=np.float64)
    if len(given) < 3:
        return np.linspace(given[0], given[-1], per_step)
    padded = np.vstack([2 * given[0] - given[1], given, 2 * given[-1] - given[-2]])
    pieces = []
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        t0 = 0.0
        t1 = t0 + max(1e-6, float(np.linalg.norm(b - a))) ** 0.5
        t2 = t1 + max(1e-6, float(np.linalg.norm(c - b))) ** 0.5
        t3 = t2 + max(1e-6, float(np.linalg.norm(d - c))) ** 0.5
        t = np.linspace(t1, t2, per_step, endpoint=False)[:, None]
        a1, a2, a3 = (
            (t1 - t) / (t1 - t0) * a + (t - t0) / (t1 - t0) * b,
            (t2 - t) / (t2 - t1) * b + (t - t1) / (t2 - t1) * c,
            (t3 - t) / (t3 - t2) * c + (t - t2) / (t3 - t2) * d,
        )
        b1 = (t2 - t) / (t2 - t0) * a1 + (t - t0) / (t2 - t0) * a2
        b2 = (t3 - t) / (t3 - t1) * a2 + (t - t1) / (t3 - t1) * a3
        pieces.append((t2 - t) / (t2 - t1) * b1 + (t - t1) / (t2 - t1) * b2)
    return np.vstack([*pieces, given[-1:]])


def outline(*strokes: Sequence[Point]) -> Points:
    """A closed line of smooth strokes that meet in corners."""
    return np.vstack([curve(stroke) for stroke in strokes])


def mirror(points: Sequence[Point]) -> list[Point]:
    """The same points on the other side of the middle line, in reverse order."""
    return [(-x, y) for x, y in reversed(points)]


def wobble(points: Points, seed: int, amount: float = 0.12, reach: float = 6.0) -> Points:
    """Nothing sewn is exactly symmetric: shift a line by smooth noise of so many centimetres."""
    random = np.random.default_rng(seed)
    waves = [(random.normal(size=2), random.normal(size=2) / reach, random.uniform(0, 6.28)) for _ in range(6)]
    out = points.copy()
    for push, direction, phase in waves:
        out += amount * 0.5 * push * np.sin(points @ direction * 2.2 + phase)[:, None]
    return out


def fill(grid: Grid, points: Points, oversample: int = 4) -> Floats:
    """Soft coverage of a closed line, float32 (H, W) in [0, 1]."""
    rows = (grid.height * oversample, grid.width * oversample)
    mask = np.zeros(rows, np.uint8)
    at = (points * grid.scale + np.array([grid.width / 2, 0.0])) * oversample - 0.5
    cv2.fillPoly(mask, [np.round(at * 16).astype(np.int32)], 255, shift=4)
    small = cv2.resize(mask, (grid.width, grid.height), interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.float32) / np.float32(255)


def distance_to(grid: Grid, points: Points) -> Floats:
    """Centimetres from an open line, float32 (H, W)."""
    canvas = np.full((grid.height, grid.width), 255, np.uint8)
    cv2.polylines(canvas, [np.round(grid.pixels(points) * 16).astype(np.int32)], False, 0, 1, shift=4)
    return np.asarray(cv2.distanceTransform(canvas, cv2.DIST_L2, 5), dtype=np.float32) / np.float32(grid.scale)


def along(points: Points, spacing: float) -> tuple[Points, Points]:
    """Points at even spacing on a line and the unit directions there."""
    steps = np.diff(points, axis=0)
    lengths = np.concatenate([[0.0], np.cumsum(np.hypot(steps[:, 0], steps[:, 1]))])
    at = np.arange(spacing / 2, lengths[-1], spacing)
    where = np.stack([np.interp(at, lengths, points[:, axis]) for axis in (0, 1)], axis=1)
    ahead = np.stack([np.interp(at + 0.05, lengths, points[:, axis]) for axis in (0, 1)], axis=1)
    behind = np.stack([np.interp(at - 0.05, lengths, points[:, axis]) for axis in (0, 1)], axis=1)
    direction = ahead - behind
    return where, direction / np.maximum(np.linalg.norm(direction, axis=1, keepdims=True), 1e-9)


def shifted(points: Points, x: float = 0.0, y: float = 0.0) -> Points:
    """The same line, so many centimetres to the right and down."""
    return np.asarray(points + np.array([x, y]))
