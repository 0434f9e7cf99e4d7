"""How cloth lies: heights in centimetres toward the viewer, on a Grid."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from wardrobe.shapes import Floats, Grid, Point, Points, curve


def inflate(
    grid: Grid,
    cover: Floats,
    depth: float,
    angle: float = 0.0,
    power: float = 2.2,
    ends: tuple[float, float] = (0.0, 3.0),
) -> Floats:
    """A body inside: the round cross-section of a tube whose axis runs down, turned by angle (degrees, clockwise).

    Only the sides turn away; open ends (hem, neck, cuff) do not. ends: centimetres at the upper and lower end whose own
    outline is not to be trusted: the tube runs straight on there.
    """
    centre = (grid.width / 2, grid.height / 2)
    there = cv2.getRotationMatrix2D(centre, -angle, 1.0)
    turned = cv2.warpAffine(cover, there, (grid.width, grid.height), flags=cv2.INTER_LINEAR) > 0.5
    rows = np.nonzero(turned.any(axis=1))[0]
    if rows.size == 0:
        return np.zeros_like(cover)
    first, last = (int(length * grid.scale) for length in ends)
    rows = rows[first : len(rows) - last] if len(rows) > first + last + 4 else rows
    left = turned.argmax(axis=1)[rows].astype(np.float32)
    right = grid.width - 1 - turned[:, ::-1].argmax(axis=1)[rows].astype(np.float32)
    full = np.arange(grid.height)
    smooth = max(1.0, 1.2 * grid.scale)
    edges = []
    for edge in (left, right):
        whole = np.interp(full, rows, edge).astype(np.float32)
        edges.append(cv2.GaussianBlur(whole[:, None], (1, 0), sigmaX=1, sigmaY=smooth)[:, 0])
    middle, half = (edges[0] + edges[1]) / 2, np.maximum((edges[1] - edges[0]) / 2 + 1, 1)
    t = np.abs(np.arange(grid.width, dtype=np.float32)[None, :] - middle[:, None]) / half[:, None]
    height = depth * np.sqrt(np.clip(1 - np.minimum(t, 1) ** power, 0, 1))
    back = cv2.getRotationMatrix2D(centre, angle, 1.0)
    out = cv2.warpAffine(height.astype(np.float32), back, (grid.width, grid.height), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.GaussianBlur(out, (0, 0), max(0.6, 0.15 * grid.scale)), dtype=np.float32)


def crease(
    grid: Grid,
    points: Sequence[Point],
    width: float | tuple[float, float],
    depth: float,
    sharp: float = 0.6,
    ends: tuple[float, float] = (0.25, 0.5),
) -> Floats:
    """One fold along a smooth line: a ridge with one steeper flank and a shallow valley on that side.

    width: centimetres, or one for each end. depth: centimetres, negative for a furrow. sharp: the steep flank's width
    as a share of the other. ends: the shares of the length over which it rises and dies away.
    """
    line = curve(points, per_step=8)
    side, t = _along_and_across(grid, line)
    start, stop = (width, width) if isinstance(width, (int, float)) else width
    wide = start + (stop - start) * t
    s = side / wide
    ridge = np.where(s > 0, np.exp(-((s / sharp) ** 2)), np.exp(-(s**2)))
    valley = 0.35 * np.exp(-(((s - 1.5) / 0.8) ** 2))
    rise = _ease(t / max(ends[0], 1e-3)) * _ease((1 - t) / max(ends[1], 1e-3))
    return np.asarray(depth * rise * (ridge - valley), dtype=np.float32)


def _ease(t: Floats) -> Floats:
    t = np.clip(t, 0, 1)
    return np.asarray(t * t * (3 - 2 * t), dtype=np.float32)


def _along_and_across(grid: Grid, line: Points) -> tuple[Floats, Floats]:
    """Signed centimetres from a line and the share of its length, (H, W) each."""
    best = np.full((grid.height, grid.width), np.inf, np.float32)
    side, t = np.zeros_like(best), np.zeros_like(best)
    steps = np.diff(line, axis=0)
    lengths = np.hypot(steps[:, 0], steps[:, 1])
    total, walked = float(lengths.sum()), 0.0
    for start, step, length in zip(line[:-1], steps, lengths, strict=True):
        if length < 1e-9:
            continue
        unit = step / length
        dx, dy = grid.x - np.float32(start[0]), grid.y - np.float32(start[1])
        ahead = dx * np.float32(unit[0]) + dy * np.float32(unit[1])
        across = dy * np.float32(unit[0]) - dx * np.float32(unit[1])
        beyond = ahead - np.clip(ahead, 0, np.float32(length))
        distance = np.hypot(across, beyond)
        nearer = distance < best
        best = np.where(nearer, distance, best)
        side = np.where(nearer, np.copysign(distance, across), side)
        t = np.where(nearer, (walked + np.clip(ahead, 0, np.float32(length))) / total, t)
        walked += float(length)
    return side.astype(np.float32), t.astype(np.float32)


def noise(grid: Grid, seed: int, across: float, along: float, angle: float = 0.0, warp: float = 0.0) -> Floats:
    """Smooth noise about 0 (deviation about 0.5): lumps so many centimetres across and along.

    angle: degrees clockwise by which the long way is turned from straight down. warp: centimetres by which it wanders.
    """
    random = np.random.default_rng(seed)
    turn = np.deg2rad(angle)
    u = grid.x * np.float32(np.cos(turn)) + grid.y * np.float32(np.sin(turn))
    v = grid.y * np.float32(np.cos(turn)) - grid.x * np.float32(np.sin(turn))
    if warp:
        u = u + np.float32(warp) * noise(grid, seed + 1, across * 2.5, along * 0.6, angle)
    cells = random.normal(size=(96, 96)).astype(np.float32)
    map_x = np.mod(u / np.float32(across) + 40, 88).astype(np.float32) + 4
    map_y = np.mod(v / np.float32(along) + 40, 88).astype(np.float32) + 4
    drawn = cv2.remap(cells, map_x, map_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_WRAP)
    return np.asarray(drawn * 0.7, dtype=np.float32)


def ridged(values: Floats, soft: float = 0.15) -> Floats:
    """Turn smooth noise into rounded crests with narrow valleys between, as slack cloth hangs."""
    return np.asarray(np.sqrt(values**2 + soft**2), dtype=np.float32)


def window(grid: Grid, x: tuple[float, float], y: tuple[float, float], soft: float) -> Floats:
    """1 inside a rectangle of centimetres, easing to 0 over so many centimetres."""
    inside = _ease((grid.x - x[0]) / soft + 0.5) * _ease((x[1] - grid.x) / soft + 0.5)
    return inside * _ease((grid.y - y[0]) / soft + 0.5) * _ease((y[1] - grid.y) / soft + 0.5)
