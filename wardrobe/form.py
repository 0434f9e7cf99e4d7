"""The invisible form that clothes hang on: a body from its measures, as a field of distances in centimetres.

x to the right of who looks, y away from them, z up; the floor is z = 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import map_coordinates

Array = npt.NDArray[np.float64]

# Height, half width, half depth, and how far the middle lies behind the axis.
WOMAN = (
    (150.0, 4.5, 4.8, 1.0),
    (144.5, 5.4, 5.6, 1.0),
    (140.5, 8.5, 6.8, 0.8),
    (137.5, 14.0, 8.0, 0.4),
    (133.0, 17.0, 9.5, 0.0),
    (126.0, 16.4, 11.2, -0.6),
    (121.0, 15.9, 12.2, -1.4),
    (115.0, 14.6, 11.0, -0.6),
    (108.0, 12.8, 9.6, 0.0),
    (103.0, 12.3, 9.2, 0.2),
    (97.0, 13.8, 10.0, 0.4),
    (90.0, 16.6, 11.2, 0.8),
    (83.0, 17.8, 12.0, 1.2),
    (76.0, 17.6, 11.8, 1.0),
)
MAN = (
    (156.0, 5.4, 5.8, 1.6),
    (150.5, 5.9, 6.2, 1.4),
    (147.0, 8.2, 7.2, 1.2),
    (143.8, 14.6, 8.6, 0.8),
    (139.0, 20.0, 10.6, 0.2),
    (131.0, 19.2, 12.4, -0.4),
    (124.0, 18.2, 12.6, -0.6),
    (115.0, 16.4, 11.6, -0.2),
    (106.0, 15.2, 10.8, 0.0),
    (98.0, 15.4, 10.8, 0.2),
    (90.0, 16.8, 11.4, 0.8),
    (82.0, 17.2, 11.8, 1.0),
)
APART = (
    (86.0, 16.6, 10.9, 1.0),
    (82.0, 15.4, 10.0, 1.0),
    (78.0, 12.5, 8.6, 0.9),
    (75.0, 8.0, 6.0, 0.8),
)  # down to the legs
TOGETHER = ((76.0, 17.5, 11.7, 1.0), (62.0, 16.4, 11.0, 0.8), (50.0, 15.0, 10.2, 0.6), (30.0, 13.0, 9.4, 0.8))
SHOULDERS = {"woman": (16.2, 134.0, 4.6), "man": (18.6, 139.0, 5.0)}  # x, z, radius
ARM = 58.0


@dataclass(frozen=True)
class Form:
    """distance: (X, Y, Z) field; negative inside. low: its corner. step: centimetres between values."""

    distance: npt.NDArray[np.float32]
    gradient: npt.NDArray[np.float32]
    low: Array
    step: float

    def push(self, points: Array, skin: float) -> tuple[Array, Array]:
        """How deep points (N, 3) lie within ``skin`` of the surface (0 where they do not), and the way out (N, 3)."""
        at = ((points - self.low) / self.step).T
        kind = {"order": 1, "mode": "nearest"}
        distance = map_coordinates(self.distance, at, **kind)
        normal = np.stack([map_coordinates(each, at, **kind) for each in self.gradient], axis=1)
        size = np.linalg.norm(normal, axis=1)
        depth = np.maximum(skin - distance / np.maximum(size, 0.3), 0)
        return depth, normal / np.maximum(size, 1e-6)[:, None]


def loft(points: Array, rings: tuple[tuple[float, float, float, float], ...], power: float = 2.3) -> Array:
    """Nearly the distance to a body of rounded cross-sections, one above the other."""
    table = np.array(rings)[::-1]
    z = np.clip(points[..., 2], table[0, 0], table[-1, 0])
    a, b, c = (PchipInterpolator(table[:, 0], table[:, each])(z) for each in (1, 2, 3))
    x, y = np.abs(points[..., 0]) / a, np.abs(points[..., 1] - c) / b
    round_ = (x**power + y**power) ** (1 / power)
    side = (round_ - 1) * np.minimum(a, b)
    beyond = np.maximum(points[..., 2] - table[-1, 0], table[0, 0] - points[..., 2])
    return np.asarray(np.where(beyond > 0, np.hypot(np.maximum(side, 0), beyond), side))


def cone(points: Array, start: tuple[float, ...], end: tuple[float, ...], r1: float, r2: float) -> Array:
    """Distance to a limb, round at both ends."""
    a, b = np.array(start), np.array(end)
    along = np.clip(((points - a) @ (b - a)) / ((b - a) @ (b - a)), 0, 1)
    far: Array = np.linalg.norm(points - a - along[..., None] * (b - a), axis=-1) - (r1 + (r2 - r1) * along)
    return far


def joined(first: Array, second: Array, blend: float) -> Array:
    """Smooth union (Inigo Quilez, "smooth minimum")."""
    h = np.clip(0.5 + 0.5 * (second - first) / blend, 0, 1)
    return np.asarray(second + (first - second) * h - blend * h * (1 - h))


def arm_axis(kind: str, angle: float) -> tuple[Array, Array]:
    """Shoulder and hand of the right arm as one sees it; angle: degrees away from hanging down."""
    x, z, _ = SHOULDERS[kind]
    way = np.array([np.sin(np.radians(angle)), -0.06, -np.cos(np.radians(angle))])
    shoulder = np.array([x, 0.3, z])
    return shoulder, shoulder + ARM * way


def body(kind: str = "woman", arms: float | None = 30.0, legs: str = "", step: float = 1.0) -> Form:
    """A dress form. arms: their angle, None for none. legs: "apart" or "together"; without, the trunk ends above them."""
    corner, high = np.array([-62.0, -32.0, -4.0 if legs == "apart" else 20.0]), np.array([62.0, 34.0, 160.0])
    axes = [np.arange(a, b + step, step) for a, b in zip(corner, high, strict=True)]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    rings: tuple[tuple[float, float, float, float], ...] = WOMAN if kind == "woman" else MAN
    if legs:
        low = APART if legs == "apart" else TOGETHER
        rings = (*(ring for ring in rings if ring[0] > low[0][0]), *low)
    field = loft(points, rings)
    if arms is not None:
        shoulder, hand = arm_axis(kind, arms)
        radius = SHOULDERS[kind][2]
        for side in (1, -1):
            flip = np.array([side, 1, 1])
            field = joined(field, cone(points, tuple(shoulder * flip), tuple(hand * flip), radius, radius * 0.56), 4.0)
    if legs == "apart":
        hip = 80.0
        sides = []
        for side in (1, -1):
            thigh = cone(points, (side * 10.2, 0.4, hip), (side * 11.2, 0.4, 46), 8.8, 6.0)
            calf = cone(points, (side * 11.2, 0.4, 46), (side * 11.8, 1.6, 6), 5.8, 3.9)
            sides.append(joined(field, joined(thigh, calf, 3.0), 5.0))
        field = np.minimum(*sides)  # sharp between the legs, so that trousers can be drawn between them
    return _form(field, corner, step)


def lump(half: tuple[float, float, float], middle: tuple[float, float, float], step: float = 0.8) -> Form:
    """Something soft inside a bag: half its width, depth and height."""
    low = np.array(middle) - np.array(half) - 12
    axes = [np.arange(a, a + 2 * (b + 12), step) for a, b in zip(low, half, strict=True)]
    points = (np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1) - middle) / half
    field = ((np.abs(points) ** 2.6).sum(axis=-1) ** (1 / 2.6) - 1) * min(half)
    return _form(field, low, step)


def _form(field: Array, low: Array, step: float) -> Form:
    gradient = np.stack(list(np.gradient(field, step)))
    return Form(field.astype(np.float32), gradient.astype(np.float32), low, step)
