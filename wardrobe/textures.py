"""Cloth seen close: fine relief (centimetres) and melange (a factor on colour), on the fine grid."""

from __future__ import annotations

import cv2
import numpy as np

from wardrobe.folds import noise
from wardrobe.shapes import Floats, Grid


def melange(grid: Grid, seed: int, amount: float) -> Floats:
    """Fibres of slightly different tone, (H, W) about 1."""
    random = np.random.default_rng(seed)
    raw = random.normal(size=(grid.height, grid.width)).astype(np.float32)
    across = cv2.GaussianBlur(raw, (0, 0), sigmaX=0.05 * grid.scale, sigmaY=0.02 * grid.scale)
    down = cv2.GaussianBlur(raw[::-1], (0, 0), sigmaX=0.02 * grid.scale, sigmaY=0.06 * grid.scale)
    fibres = across + down
    fibres = fibres / fibres.std()
    broad = noise(grid, seed + 3, 5.0, 5.0) * 0.35
    return np.asarray(1 + amount * (fibres + broad), dtype=np.float32)


def weave(grid: Grid, seed: int, depth: float, thread: float = 0.09) -> Floats:
    """Plain weave or jersey: threads with slubs; too fine to count, enough to catch light."""
    random = np.random.default_rng(seed)
    raw = random.normal(size=(grid.height, grid.width)).astype(np.float32)
    across = cv2.GaussianBlur(raw, (0, 0), sigmaX=thread * 3 * grid.scale, sigmaY=thread * 0.35 * grid.scale)
    down = cv2.GaussianBlur(raw[:, ::-1], (0, 0), sigmaX=thread * 0.35 * grid.scale, sigmaY=thread * 3 * grid.scale)
    both = across / across.std() + down / down.std()
    return np.asarray(both * np.float32(depth), dtype=np.float32)


def knit(grid: Grid, u: Floats, v: Floats, depth: float, wale: float = 0.42, course: float = 0.34) -> Floats:
    """Stocking stitch: columns of V. u, v: centimetres across and along the piece."""
    column = u / np.float32(wale)
    inside = np.abs(column - np.round(column)) * 2  # 0 on a wale's middle, 1 between wales
    lean = v / np.float32(course) + inside * np.float32(0.9)
    stitch = 0.5 + 0.5 * np.cos(2 * np.pi * lean)
    body = np.sqrt(np.clip(1 - (inside * 0.96) ** 2, 0, 1))
    return np.asarray(depth * (body + 0.55 * stitch * (0.4 + 0.6 * body)), dtype=np.float32)


def rib(u: Floats, depth: float, period: float = 0.42) -> Floats:
    """Ribs across u (centimetres)."""
    wave = 0.5 + 0.5 * np.cos(2 * np.pi * u / np.float32(period))
    return np.asarray(depth * np.sqrt(wave + 0.02), dtype=np.float32)
