"""Eight known patterns, to measure how well a drape tells where each point of them lies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ml.images import Bytes, Floats

SIZE = 256
_FINE = 4  # how many points a pixel's colour is the mean of, each way


@dataclass(frozen=True)
class Pattern:
    """tile: uint8 (256, 256, 3), seamless. cm: its width on the cloth. has_direction: one can tell which way it runs."""

    tile: Bytes
    cm: float
    has_direction: bool = False


Grid = npt.NDArray[np.float64]
Paint = Callable[[Grid, Grid], Grid]  # u, v in [0, 1) → how much of each ink, (..., inks)


def _drawn(paint: Paint, inks: tuple[str, ...]) -> Bytes:
    """Smoothly: the mean of several points a pixel, of colours in sRGB."""
    at = (np.arange(SIZE * _FINE) + 0.5) / (SIZE * _FINE)
    u, v = np.meshgrid(at, at)
    colours = np.array([[int(ink[k : k + 2], 16) for k in (1, 3, 5)] for ink in inks], np.float64)
    fine = colours[paint(u, v).astype(np.intp)]
    means = fine.reshape(SIZE, _FINE, SIZE, _FINE, 3).mean(axis=(1, 3))
    return np.asarray(np.round(means), dtype=np.uint8)


def _stripes(u: Grid, v: Grid) -> Grid:
    return np.where(u < 0.5, 0, np.where((u > 0.7) & (u < 0.8), 2, 1))


def _across(u: Grid, v: Grid) -> Grid:
    return np.where(v < 0.4, 0, 1)


def _diagonal(u: Grid, v: Grid) -> Grid:
    return np.where((u + v) % 1 < 0.45, 0, 1)


def _checks(u: Grid, v: Grid) -> Grid:
    return (u < 0.5).astype(float) + (v < 0.5)


def _dots(u: Grid, v: Grid) -> Grid:
    near = [np.hypot((u - a + 0.5) % 1 - 0.5, (v - b + 0.5) % 1 - 0.5) < 0.17 for a, b in ((0.25, 0.25), (0.75, 0.75))]
    return (near[0] | near[1]).astype(float)


def _motif(u: Grid, v: Grid) -> Grid:
    """A large flower of six petals, and leaves."""
    x, y = u - 0.5, v - 0.5
    angle, far = np.arctan2(y, x), np.hypot(x, y)
    petals = far < 0.24 + 0.14 * np.cos(6 * angle + 0.4)
    leaf = np.hypot(((u + 0.5) % 1 - 0.5) * 1.0, ((v + 0.5) % 1 - 0.5) * 2.4) < 0.17
    return np.where(far < 0.07, 3, np.where(petals, 1, np.where(leaf, 2, 0)))


def _plaid(u: Grid, v: Grid) -> Grid:
    return (((u > 0.1) & (u < 0.35)).astype(float) + ((v > 0.2) & (v < 0.4))) % 3


def bench_patterns() -> dict[str, Pattern]:
    """By name; drawn afresh, so that nothing large is kept."""
    return {
        "stripes": Pattern(_drawn(_stripes, ("#f1ede4", "#27457a", "#b0233f")), 8.0, True),
        "across": Pattern(_drawn(_across, ("#1f3a4d", "#e9e2d3")), 6.0, True),
        "diagonal": Pattern(_drawn(_diagonal, ("#e7d9b8", "#2f8577")), 7.0, True),
        "checks": Pattern(_drawn(_checks, ("#f5f3ee", "#cf8a93", "#a32a3c")), 6.0),
        "dots": Pattern(_drawn(_dots, ("#e8c34a", "#31344a")), 7.0),
        "motif": Pattern(_drawn(_motif, ("#efe6da", "#c2503f", "#4c7a52", "#e0b03a")), 24.0),
        "dark": Pattern(_drawn(_plaid, ("#16181d", "#272c38", "#39424f")), 10.0),
        "light": Pattern(_drawn(_plaid, ("#fbfaf7", "#ece8df", "#dcd4c6")), 10.0),
    }


def direction(light: Floats) -> tuple[Floats, Floats]:
    """Which way a picture's lines run, degrees in [0, 180), and how surely, [0, 1]. light: float32 (H, W).

    The structure tensor (Bigün and Granlund, 1987) of a neighbourhood.
    """
    import cv2

    across, down = (cv2.Scharr(light, cv2.CV_32F, *way) for way in ((1, 0), (0, 1)))
    xx, yy, xy = (cv2.GaussianBlur(each, (0, 0), 4.0) for each in (across * across, down * down, across * down))
    spread = np.hypot(xx - yy, 2 * xy)
    angle = np.degrees(0.5 * np.arctan2(2 * xy, xx - yy)) + 90.0
    return np.asarray(angle % 180.0, np.float32), np.asarray(spread / np.maximum(xx + yy, 1e-9), np.float32)
