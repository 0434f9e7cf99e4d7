"""Finer triangles on a smooth surface (Charles Loop, "Smooth subdivision surfaces based on triangles", 1987)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]


def finer(mesh: dict[str, Any]) -> dict[str, Any]:
    """Each triangle becomes four. points (N, 3) are smoothed; uv (T, 3, 2) halve; part, piece (T,) stay.

    lines (L, 2): edges of seams and rims. They bend with the cloth, but in it they run as if nothing lay beside them.
    """
    points, t = mesh["points"], mesh["triangles"]
    half = np.concatenate([t[:, [0, 1]], t[:, [1, 2]], t[:, [2, 0]]])
    far = np.concatenate([t[:, 2], t[:, 0], t[:, 1]])
    edges, index = np.unique(np.sort(half, axis=1), axis=0, return_inverse=True)
    index = index.ravel()
    count = np.bincount(index, minlength=len(edges))
    opposite = np.zeros((len(edges), 3))
    np.add.at(opposite, index, points[far])
    ends = points[edges[:, 0]] + points[edges[:, 1]]
    inner = (count == 2)[:, None]
    middles = np.where(inner, 3 / 8 * ends + opposite / 8, ends / 2)
    new = _moved(points, edges, count)
    way = normals(points, t)
    lines = np.sort(mesh["lines"], axis=1)
    code = edges[:, 0] * len(points) + edges[:, 1]
    at = np.searchsorted(code, lines[:, 0] * len(points) + lines[:, 1])
    middles[at] = _within(middles[at], ends[at] / 2, way[lines[:, 0]] + way[lines[:, 1]])
    beside, joints = np.zeros_like(points), np.bincount(lines.ravel(), minlength=len(points))
    np.add.at(beside, lines[:, 0], points[lines[:, 1]])
    np.add.at(beside, lines[:, 1], points[lines[:, 0]])
    on = joints == 2
    new[on] = _within(new[on], 3 / 4 * points[on] + beside[on] / 8, way[on])
    first = len(points) + index[: len(t)]
    second = len(points) + index[len(t) : 2 * len(t)]
    third = len(points) + index[2 * len(t) :]
    a, b, c = t.T
    triangles = np.concatenate(
        [
            np.stack(each, axis=1)
            for each in ((a, first, third), (first, b, second), (third, second, c), (first, second, third))
        ]
    )
    return {
        **mesh,
        "points": np.concatenate([new, middles]),
        "triangles": triangles,
        "part": np.tile(mesh["part"], 4),
        "piece": np.tile(mesh["piece"], 4),
        "uv": _quartered(mesh["uv"]),
        "lines": np.concatenate([np.stack([end, len(points) + at], axis=1) for end in lines.T]),
    }


def _within(smooth: Array, along: Array, way: Array) -> Array:
    """What lies as high as ``smooth`` over the cloth (normal ``way``, of any length), else where ``along`` is."""
    way = way / np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-9)
    return np.asarray(along + ((smooth - along) * way).sum(axis=1, keepdims=True) * way)


def normals(points: Array, triangles: Index) -> Array:
    a, b, c = (points[triangles[:, each]] for each in range(3))
    way = np.zeros_like(points)
    for each in range(3):
        np.add.at(way, triangles[:, each], np.cross(b - a, c - a))
    return np.asarray(way / np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-9))


def fair(points: Array, triangles: Index, lines: Sequence[tuple[Index, bool]]) -> Array:
    """Without what is left of the threads' quarrels: seams and rims run smoothly, then all between them.

    lines: each with whether the cloth is folded there: a fold may move any way, a seam only in the cloth.
    Gabriel Taubin, "A signal processing approach to fair surface design", 1995: a step in, a larger one out, so that folds
    keep their depth.
    """
    out = points.copy()
    way = normals(points, triangles)
    still = np.zeros(len(points), bool)
    for line, folded in lines:
        still[line] = True
        up = way[line[1:-1]] * (not folded)
        for step in (0.5, -0.505) * 20:
            here = out[line]
            move = (here[:-2] + here[2:]) / 2 - here[1:-1]
            out[line[1:-1]] += step * (move - (move * up).sum(axis=1, keepdims=True) * up)
    ends = np.unique(
        np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])), axis=0
    )
    count = np.maximum(np.bincount(ends.ravel(), minlength=len(out)), 1)[:, None]
    for step in (0.5, -0.53) * 2:
        around = np.zeros_like(out)
        np.add.at(around, ends[:, 0], out[ends[:, 1]])
        np.add.at(around, ends[:, 1], out[ends[:, 0]])
        out = np.where(still[:, None], out, out + step * (around / count - out))
    return out


def _moved(points: Array, edges: Index, count: Index) -> Array:
    around, rim = np.zeros_like(points), np.zeros_like(points)
    valence, on_rim = np.zeros(len(points)), np.zeros(len(points))
    border = edges[count != 2]
    for x, y in ((0, 1), (1, 0)):
        np.add.at(around, edges[:, x], points[edges[:, y]])
        np.add.at(valence, edges[:, x], 1)
        np.add.at(rim, border[:, x], points[border[:, y]])
        np.add.at(on_rim, border[:, x], 1)
    beta = (5 / 8 - (3 / 8 + np.cos(2 * np.pi / np.maximum(valence, 3)) / 4) ** 2)[:, None]
    inner = (1 - beta) * points + beta * around / np.maximum(valence, 1)[:, None]
    outer = np.where((on_rim == 2)[:, None], 3 / 4 * points + rim / 8, points)
    return np.where((on_rim > 0)[:, None], outer, inner)


def _quartered(corners: Array) -> Array:
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    ab, bc, ca = (a + b) / 2, (b + c) / 2, (c + a) / 2
    return np.concatenate([np.stack(each, axis=1) for each in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))])
