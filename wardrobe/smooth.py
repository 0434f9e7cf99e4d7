"""Finer triangles on a smooth surface (Charles Loop, "Smooth subdivision surfaces based on triangles", 1987)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def finer(mesh: dict[str, Any]) -> dict[str, Any]:
    """Each triangle becomes four. points (N, 3) are smoothed; uv, marks (T, 3, 2) halve; part (T,) stays."""
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
        "uv": _quartered(mesh["uv"]),
        "marks": _quartered(mesh["marks"]),
    }


def _moved(points: Array, edges: npt.NDArray[np.intp], count: npt.NDArray[np.intp]) -> Array:
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
