"""Flat pattern pieces: outlines in centimetres, cut into triangles, and which edges are sewn together.

On a piece u grows to the right and v downwards, as it lies on the table with its right side up; the warp runs along v.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial import Delaunay, cKDTree

Array = npt.NDArray[np.float64]
Place = Callable[[Array, Array], Array]  # (u, v) each (N,) → positions in space (N, 3)


@dataclass(frozen=True)
class Piece:
    """One piece of cloth.

    edges: the outline, clockwise as it lies on the table: name → points (N, 2) from corner to corner, each beginning where
    the one before ended. place: where the piece hangs before it is sewn. part: what it is of the garment. origin: what
    its (0, 0) is on the bolt, so that patterns go on from piece to piece where a tailor would match them.
    """

    name: str
    part: str
    edges: dict[str, Any]
    place: Place
    origin: tuple[float, float] = (0.0, 0.0)
    turn: float = 0.0  # degrees by which the piece is turned on the bolt
    holes: tuple[Any, ...] = ()
    stiffness: float = 1.0
    stitch: float | None = None  # how far from its free edges it is stitched, cm; as the garment's hem when left out


@dataclass(frozen=True)
class Seam:
    """Two edges, "piece.edge" each, sewn from end to end; reverse where they run against each other.

    folded: it is folded there, as a collar over its stand, and does not resist it.
    """

    first: str
    second: str
    reverse: bool = True
    folded: bool = False


@dataclass
class Cut:
    """All pieces of a garment, cut: the mesh on the table.

    flat: (N, 2) u, v in centimetres. triangles: (T, 3). piece: (N,) which piece. edges: "piece.edge" → vertices in order.
    sewn: (S, 2) pairs of vertices that become one. folded: vertices of the seams that are folded.
    """

    pieces: list[Piece]
    flat: Array
    triangles: npt.NDArray[np.intp]
    piece: npt.NDArray[np.intp]
    edges: dict[str, npt.NDArray[np.intp]]
    sewn: npt.NDArray[np.intp]
    folded: npt.NDArray[np.intp]
    start: Array = field(default_factory=lambda: np.zeros((0, 3)))


def curve(*points: tuple[float, float], count: int = 40) -> Array:
    """A smooth line through a few points (Catmull-Rom, chord length)."""
    given = np.array(points, float)
    if len(given) == 2:
        return np.linspace(given[0], given[1], count)
    ends = np.concatenate([[2 * given[0] - given[1]], given, [2 * given[-1] - given[-2]]])
    lines = []
    t = np.linspace(0, 1, count)[:, None]
    for a, b, c, d in zip(ends, ends[1:], ends[2:], ends[3:], strict=False):
        lines.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3))
    return np.concatenate([lines[0], *(line[1:] for line in lines[1:])])


def mirrored(line: Array) -> Array:
    """The other side's edge: left for right, and walked the other way."""
    return (np.asarray(line) * (-1, 1))[::-1]


def strip(total: float, front: float, high: float) -> dict[str, Array]:
    """A band's edges; its lower one is in two, the first ``front`` cm and the rest."""
    return {
        "top": curve((0, 0), (total, 0)),
        "end": curve((total, 0), (total, high)),
        "back-low": curve((total, high), (front, high)),
        "front-low": curve((front, high), (0, high)),
        "start": curve((0, high), (0, 0)),
    }


def banded(order: Sequence[tuple[str, float]], high: float) -> dict[str, Array]:
    """A band's edges; its lower one is in pieces, named from left to right with their lengths."""
    total = sum(width for _, width in order)
    edges = {"top": curve((0, 0), (total, 0)), "end": curve((total, 0), (total, high))}
    at = total
    for name, width in reversed(order):
        edges[name] = curve((at, high), (at - width, high))
        at -= width
    edges["start"] = curve((0, high), (0, 0))
    return edges


def length(line: Array) -> float:
    return float(np.hypot(*np.diff(line, axis=0).T).sum())


def _resampled(line: Array, count: int) -> Array:
    steps = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    at = np.linspace(0, steps[-1], count)
    return np.stack([np.interp(at, steps, line[:, each]) for each in (0, 1)], axis=1)


def cut(pieces: Sequence[Piece], seams: Sequence[Seam], spacing: float) -> Cut:
    """Cut the pieces into triangles about ``spacing`` centimetres wide; sewn edges get as many points each."""
    counts = _counts(pieces, seams, spacing)
    flats, faces, owner, edges = [], [], [], {}
    total = 0
    for number, piece in enumerate(pieces):
        outline, at = [], 0
        for name, line in piece.edges.items():
            points = _resampled(np.asarray(line, float), counts[f"{piece.name}.{name}"])
            edges[f"{piece.name}.{name}"] = total + at + np.arange(len(points))
            outline.append(points[:-1])
            at += len(points) - 1
        border = np.concatenate(outline)
        for name in piece.edges:
            edges[f"{piece.name}.{name}"] = total + (edges[f"{piece.name}.{name}"] - total) % len(border)
        points, triangles = _triangulated(border, spacing, piece.holes)
        flats.append(points)
        faces.append(triangles + total)
        owner.append(np.full(len(points), number))
        total += len(points)
    sewn = [
        np.stack([edges[seam.first], edges[seam.second][::-1] if seam.reverse else edges[seam.second]], axis=1)
        for seam in seams
    ]
    made = Cut(
        list(pieces),
        np.concatenate(flats),
        np.concatenate(faces),
        np.concatenate(owner),
        edges,
        np.concatenate(sewn) if sewn else np.zeros((0, 2), np.intp),
        np.concatenate([np.zeros(0, np.intp), *(edges[seam.first] for seam in seams if seam.folded)]),
    )
    made.start = np.concatenate([p.place(f[:, 0], f[:, 1]) for p, f in zip(pieces, flats, strict=True)])
    return made


def _counts(pieces: Sequence[Piece], seams: Sequence[Seam], spacing: float) -> dict[str, int]:
    counts = {
        f"{piece.name}.{name}": max(3, round(length(np.asarray(line, float)) / spacing) + 1)
        for piece in pieces
        for name, line in piece.edges.items()
    }
    for _ in seams:  # a chain of seams agrees after as many rounds
        for seam in seams:
            counts[seam.first] = counts[seam.second] = max(counts[seam.first], counts[seam.second])
    return counts


def _triangulated(border: Array, spacing: float, holes: Sequence[Any]) -> tuple[Array, npt.NDArray[np.intp]]:
    low, high = border.min(axis=0), border.max(axis=0)
    rows = np.arange(low[1], high[1], spacing * 0.866)
    grid = [
        np.stack(
            [
                np.arange(low[0] + (row % 2) * spacing / 2, high[0], spacing),
                np.full_like(np.arange(low[0] + (row % 2) * spacing / 2, high[0], spacing), v),
            ],
            axis=1,
        )
        for row, v in enumerate(rows)
    ]
    inner = np.concatenate(grid)
    inner = inner[inside(inner, border)]
    if len(inner):
        inner = inner[cKDTree(border).query(inner)[0] > 0.62 * spacing]
    points = np.concatenate([border, inner])
    triangles = Delaunay(points).simplices
    middles = points[triangles].mean(axis=1)
    triangles = triangles[inside(middles, border)]
    a, b, c = (points[triangles[:, each]] for each in range(3))
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    triangles[area > 0] = triangles[area > 0][:, ::-1]
    return points, triangles[np.abs(area) > 1e-4 * spacing**2].astype(np.intp)


def inside(points: Array, border: Array) -> npt.NDArray[np.bool_]:
    """Which points (N, 2) lie in a closed outline (even-odd rule)."""
    x, y = points[:, 0][:, None], points[:, 1][:, None]
    a, b = border, np.roll(border, -1, axis=0)
    crosses = (a[None, :, 1] > y) != (b[None, :, 1] > y)
    with np.errstate(divide="ignore", invalid="ignore"):
        at = (b[:, 0] - a[:, 0])[None] * (y - a[None, :, 1]) / (b[:, 1] - a[:, 1])[None] + a[None, :, 0]
    found: npt.NDArray[np.bool_] = (crosses & (x < at)).sum(axis=1) % 2 == 1
    return found
