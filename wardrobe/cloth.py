"""Sew and drape: cut pieces become a garment on a form.

Position-based dynamics with compliance in small steps (Macklin and others, "Small steps in physics simulation", 2019):
threads between vertices keep their length on the table, soft threads across each edge resist bending, sewn vertices are
drawn together, the form pushes out, cloth keeps off cloth. Without chance: the same pieces give the same garment.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from wardrobe.form import Form
from wardrobe.pattern import Cut

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]

GRAVITY = 981.0  # cm/s²


@dataclass(frozen=True)
class Fabric:
    """bend: compliance of bending, larger is softer. skin: how far cloth keeps off the form, cm. friction: 0 to 1.

    stretch: compliance of the threads. thick: how far cloth keeps off cloth, in spacings.
    """

    bend: float = 2e-5
    stretch: float = 1e-8
    skin: float = 0.5
    friction: float = 0.35
    thick: float = 0.75
    damping: float = 1.5  # share of speed lost a second
    steps: int = 20  # small steps in a frame of 1/60 s


@dataclass
class Threads:
    """Threads of one group: no two share a vertex, so that they can be pulled at once."""

    a: Index
    b: Index
    rest: Array
    compliance: Array


def sew(
    cut: Cut,
    form: Form | None,
    fabric: Fabric,
    frames: int = 90,
    pins: Index | None = None,
    closing: int = 30,
) -> Array:
    """Positions (N, 3) of the garment at rest. closing: frames in which seams are drawn together, nearly weightless; from
    then on sewn vertices are one. pins: vertices that stay where they begin.
    """
    weight = np.ones(len(cut.start))
    if pins is not None:
        weight[pins] = 0
    apart = np.arange(len(weight))
    x = _draped(Cloth(cut, apart, fabric), cut.start, weight, form, fabric, min(frames, closing), closing, cut.sewn)
    if frames <= closing:
        return x
    one = welds(cut)
    count = np.bincount(one)[:, None]
    start, held = np.zeros((len(count), 3)), np.ones(len(count))
    np.add.at(start, one, x)
    np.minimum.at(held, one, weight)
    return _draped(Cloth(cut, one, fabric), start / count, held, form, fabric, frames - closing, 0)[one]


def _draped(
    cloth: Cloth,
    start: Array,
    weight: Array,
    form: Form | None,
    fabric: Fabric,
    frames: int,
    closing: int,
    sewn: Index | None = None,
) -> Array:
    x, speed = start.copy(), np.zeros_like(start)
    dt = 1 / 60 / fabric.steps
    pairs = np.zeros((0, 2), np.intp)
    pull, slow = (0.05 * GRAVITY, 25.0) if closing else (GRAVITY, 0.0)
    keep = 1 - dt * (fabric.damping + slow)
    for frame in range(frames):
        ease = min(1.0, (frame + 1) / closing) if closing else 1.0
        for step in range(fabric.steps):
            if fabric.thick and step % 10 == 0 and frame >= closing // 2:
                pairs = _close_pairs(x, cloth.near, fabric.thick * cloth.spacing * 1.3)
            before = x.copy()
            speed[:, 2] -= pull * dt
            x += speed * dt * (weight > 0)[:, None]
            for group in cloth.threads:
                _pull(x, weight, group, dt)
            if sewn is not None:
                _close_seams(x, weight, sewn, 0.02 + 0.6 * ease**2)
            if len(pairs):
                _keep_apart(x, weight, pairs, fabric.thick * cloth.spacing)
            if form is not None:
                _push_out(x, before, form, fabric, weight)
            speed = (x - before) / dt
            top = np.linalg.norm(speed, axis=1, keepdims=True)
            speed *= keep * np.minimum(1.0, 400.0 / np.maximum(top, 1e-6))
    return x


def welds(cut: Cut) -> Index:
    """The number (N,) of the point that each vertex becomes when the seams are closed."""
    size = len(cut.flat)
    joined = coo_matrix((np.ones(len(cut.sewn)), (cut.sewn[:, 0], cut.sewn[:, 1])), (size, size))
    return np.asarray(connected_components(joined, directed=False)[1], dtype=np.intp)


def _pull(x: Array, weight: Array, group: Threads, dt: float) -> None:
    way = x[group.a] - x[group.b]
    now = np.sqrt(np.einsum("ij,ij->i", way, way))
    w = weight[group.a] + weight[group.b]
    amount = (now - group.rest) / (np.maximum(w, 1e-9) + group.compliance / dt**2) / np.maximum(now, 1e-9)
    move = way * amount[:, None]
    x[group.a] -= move * weight[group.a][:, None]
    x[group.b] += move * weight[group.b][:, None]


def _close_seams(x: Array, weight: Array, sewn: Index, share: float, reach: float = 0.25) -> None:
    """Draw sewn vertices together; a vertex of several seams is moved once by each. reach: cm beyond which the pull grows no more."""
    if len(sewn) == 0:
        return
    total, count = np.zeros_like(x), np.zeros(len(x))
    way = x[sewn[:, 1]] - x[sewn[:, 0]]
    w0, w1 = weight[sewn[:, 0]], weight[sewn[:, 1]]
    scale = share / np.maximum(w0 + w1, 1e-9)
    far = np.linalg.norm(way, axis=1)
    scale = scale * np.minimum(1.0, reach / np.maximum(far, 1e-9) + 0.02 * (far > reach))
    np.add.at(total, sewn[:, 0], way * (scale * w0)[:, None])
    np.add.at(total, sewn[:, 1], -way * (scale * w1)[:, None])
    np.add.at(count, sewn.ravel(), 1)
    x += total / np.maximum(count, 1)[:, None]


def _push_out(x: Array, before: Array, form: Form, fabric: Fabric, weight: Array) -> None:
    depth, normal = form.push(x, fabric.skin)
    at = np.nonzero((depth > 0) & (weight > 0))[0]
    if len(at) == 0:
        return
    x[at] += depth[at, None] * normal[at]
    slide = x[at] - before[at]
    slide -= np.einsum("ij,ij->i", slide, normal[at])[:, None] * normal[at]
    size = np.linalg.norm(slide, axis=1)
    held = np.minimum(1.0, fabric.friction * (depth[at] + 2e-3) / np.maximum(size, 1e-9))
    x[at] -= slide * held[:, None]


def _close_pairs(x: Array, near: Array, reach: float) -> Index:
    pairs = cKDTree(x).query_pairs(reach, output_type="ndarray")
    if len(pairs) == 0:
        return np.zeros((0, 2), np.intp)
    code = pairs.min(axis=1) * len(x) + pairs.max(axis=1)
    at = np.searchsorted(near, code)
    return np.asarray(pairs[near[np.minimum(at, len(near) - 1)] != code], dtype=np.intp)


def _keep_apart(x: Array, weight: Array, pairs: Index, distance: float) -> None:
    way = x[pairs[:, 0]] - x[pairs[:, 1]]
    now = np.linalg.norm(way, axis=1)
    short = now < distance
    pairs, way, now = pairs[short], way[short], now[short]
    if len(pairs) == 0:
        return
    move = way * (0.3 * (distance - now) / np.maximum(now, 1e-6))[:, None]
    total, count = np.zeros_like(x), np.zeros(len(x))
    np.add.at(total, pairs[:, 0], move)
    np.add.at(total, pairs[:, 1], -move)
    np.add.at(count, pairs.ravel(), 1)
    x += total / np.maximum(np.sqrt(count), 1)[:, None] * weight[:, None]


def _neighbours(triangles: Index, count: int, sewn: Index, rings: int = 3) -> Array:
    """Codes of all pairs that are close on the sewn garment anyway; sorted."""
    t = triangles
    pairs = np.concatenate([t[:, [0, 1]], t[:, [1, 2]], t[:, [2, 0]], sewn])
    ones = np.ones(len(pairs))
    one = coo_matrix((ones, (pairs[:, 0], pairs[:, 1])), (count, count)).tocsr()
    one = ((one + one.T) > 0).astype(np.float64)
    far = one
    for _ in range(rings):
        far = ((far + far @ one) > 0).astype(np.float64)
    rows, columns = far.nonzero()
    keep = rows < columns
    return np.unique(rows[keep].astype(np.int64) * count + columns[keep])


class Cloth:
    """Threads of the pieces when vertex i is point one[i]: every edge, and across every inner edge the two far corners.

    Where two edges of unlike length are one, the shorter keeps its length: the other is gathered.
    """

    def __init__(self, cut: Cut, one: Index, fabric: Fabric) -> None:
        t = cut.triangles
        moved = one[t]
        t = t[(moved != np.roll(moved, 1, axis=1)).all(axis=1)]
        ends = np.concatenate([t[:, [0, 1]], t[:, [1, 2]], t[:, [2, 0]]])
        far = np.concatenate([t[:, 2], t[:, 0], t[:, 1]])
        turned = one[ends[:, 0]] > one[ends[:, 1]]
        ends[turned] = ends[turned][:, ::-1]
        way = cut.flat[ends[:, 1]] - cut.flat[ends[:, 0]]
        long = np.hypot(*way.T)
        out = cut.flat[far] - cut.flat[ends[:, 0]]
        along = (out * way).sum(axis=1) / long**2  # where the far corner stands over the edge, and how high
        high = np.abs(out[:, 0] * way[:, 1] - out[:, 1] * way[:, 0]) / long
        size = int(one.max()) + 1
        code = one[ends[:, 0]].astype(np.int64) * size + one[ends[:, 1]]
        order = np.argsort(code, kind="stable")
        _, first, count = np.unique(code[order], return_index=True, return_counts=True)
        rest = np.minimum.reduceat(long[order], first)
        edges = one[ends[order[first]]]
        two = count == 2
        a, b = order[first[two]], order[first[two] + 1]
        across = np.hypot((along[a] - along[b]) * rest[two], high[a] + high[b])
        stiff = np.array([piece.stiffness for piece in cut.pieces])[cut.piece[far]]
        soft = fabric.bend / np.minimum(stiff[a], stiff[b])
        bends = np.stack([one[far[a]], one[far[b]]], axis=1)
        folded = np.isin(edges[two], one[cut.folded]).all(axis=1)
        open_ = (bends[:, 0] != bends[:, 1]) & ~folded
        self.threads = _grouped(edges, rest, np.full(len(edges), fabric.stretch))
        self.spacing = float(np.median([np.median(group.rest) for group in self.threads[:3]]))
        self.threads += _grouped(bends[open_], across[open_], soft[open_])
        self.near = _neighbours(one[t], size, one[cut.sewn])


def _grouped(pairs: Index, rest: Array, compliance: Array) -> list[Threads]:
    used: list[set[int]] = []
    group = np.empty(len(pairs), np.intp)
    for number, (a, b) in enumerate(pairs.tolist()):
        place = next((at for at, taken in enumerate(used) if a not in taken and b not in taken), len(used))
        if place == len(used):
            used.append(set())
        used[place].update((a, b))
        group[number] = place
    return [
        Threads(pairs[group == each, 0], pairs[group == each, 1], rest[group == each], compliance[group == each])
        for each in range(len(used))
    ]
