"""Parts that T-shirt, shirt, sweater, coat and dress share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wardrobe.folds import crease, inflate, noise, window
from wardrobe.shapes import Floats, Grid, Point, Points, curve, mirror, outline, shifted, wobble
from wardrobe.studio import Panel, Studio

Fold = tuple[Sequence[Point], tuple[float, float], float]


def flip(points: Sequence[Point], side: int) -> list[Point]:
    return [(side * x, y) for x, y in points]


def zero(grid: Grid) -> Floats:
    return np.zeros((grid.height, grid.width), np.float32)


def add_folds(grid: Grid, height: Floats, folds: Sequence[Fold], side: int, seed: int, jitter: float = 0.8) -> None:
    """Lay folds on one side (1 or -1) of the middle line, each a little different from its twin."""
    random = np.random.default_rng(seed)
    for points, width, depth in folds:
        moved = [(side * x + random.normal() * jitter, y + random.normal() * jitter) for x, y in points]
        sharp = random.uniform(0.5, 0.8)
        height += crease(grid, moved, width, depth * random.uniform(0.75, 1.25), sharp, (0.15, 0.6))


ARMPIT: Sequence[Fold] = (
    ([(23.0, 31.0), (16.5, 27.5), (9.5, 22.5)], (0.9, 2.6), 0.48),
    ([(23.2, 32.5), (15.5, 32.0), (7.5, 29.0)], (0.9, 2.4), 0.36),
    ([(23.4, 33.5), (18.0, 38.0), (13.5, 46.0)], (1.0, 2.6), 0.42),
    ([(23.2, 34.5), (21.0, 42.0), (19.0, 54.0)], (0.9, 2.4), 0.40),
    ([(11.5, 12.0), (14.0, 20.0), (17.5, 30.0)], (1.2, 2.6), 0.26),
)


def torso_folds(grid: Grid, seed: int, hem: float, amount: float = 1.0) -> Floats:
    """Drag lines from the armpits, long soft folds falling to the hem, a little slack everywhere."""
    height = zero(grid)
    random = np.random.default_rng(seed)
    for side in (-1, 1):
        add_folds(grid, height, ARMPIT, side, seed + side)
    for x in (-19.5, -14.0, -6.0, 4.0, 12.0, 18.5):
        top, lean = hem - random.uniform(26, 38), random.normal() * 2.0
        path = [(x + lean, top), (x + lean * 0.3, (top + hem) / 2), (x, hem + 6)]
        height += crease(grid, path, (1.4, 2.8), random.uniform(0.3, 0.5), 0.7, (0.5, 0.08))
    slack = noise(grid, seed + 4, 7.0, 22.0, warp=3.0) * window(grid, (-40, 40), (hem - 42, hem + 40), 30.0)
    left = noise(grid, seed + 7, 6.0, 11.0, angle=35, warp=2.0) * window(grid, (-40, 0), (16, 52), 14.0)
    right = noise(grid, seed + 8, 6.0, 11.0, angle=-35, warp=2.0) * window(grid, (0, 40), (16, 52), 14.0)
    return np.asarray((height + 0.40 * slack + 0.20 * (left + right)) * amount, dtype=np.float32)


@dataclass(frozen=True)
class Torso:
    """The front of an upper garment, right half (x above 0); strokes meet in corners."""

    neck: Sequence[Point]  # from the left shoulder over the middle to the right one
    shoulder: Sequence[Point]
    armhole: Sequence[Point]
    side: Sequence[Point]
    hem: Sequence[Point]  # from right to left
    seed: int
    depth: float = 7.0
    folds: float = 1.0

    def line(self, points: Sequence[Point], side: int = 1) -> Points:
        """A line that shares this garment's irregularity."""
        return wobble(curve(flip(points, side)), self.seed, 0.1)

    def sew(self, studio: Studio, colour: Floats, skin: Floats, lift: float = 4.0) -> Panel:
        right = [self.shoulder, self.armhole, self.side]
        left = [mirror(stroke) for stroke in reversed(right)]
        shape = wobble(outline(self.neck, *right, self.hem, *left), self.seed, 0.1)
        tip, pit, bottom = self.shoulder[-1], self.armhole[-1], self.side[-1]
        wide = [
            self.shoulder[0],
            tip,
            (tip[0] + 6, tip[1] + 5.5),
            (pit[0] + 2.5, pit[1] - 5),
            (pit[0] + 0.4, pit[1] + 1),
        ]
        wide += [*self.side[1:-1], (bottom[0], bottom[1] + 2)]
        volume = studio.soft_cover(np.asarray(wide + mirror(wide)))
        height = inflate(studio.soft, volume, self.depth, power=2.8)
        panel = studio.add(
            studio.cover(shape), height + torso_folds(studio.soft, self.seed, bottom[1], self.folds), colour, lift
        )
        panel.height += skin
        for side in (-1, 1):
            studio.seam(panel, self.line(self.armhole, side), 0.07, 0.14)
        return panel


@dataclass(frozen=True)
class Sleeve:
    """A sleeve that hangs, right side; its inner edge runs on under the torso."""

    outer: Sequence[Point]
    cuff: Sequence[Point]  # from outside to inside
    inner: Sequence[Point]  # from the cuff up and back to the first point of outer
    angle: float  # degrees by which it leans from straight down
    folds: Sequence[Fold]
    seed: int
    depth: float = 5.0

    def line(self, points: Sequence[Point], side: int) -> Points:
        return wobble(curve(flip(points, side)), self.seed, 0.1)

    def sew(self, studio: Studio, side: int, colour: Floats, skin: Floats, lift: float = 4.0) -> Panel:
        strokes = [flip(stroke, side) for stroke in (self.outer, self.cuff, self.inner)]
        shape = wobble(outline(*strokes), self.seed, 0.1)
        soft = studio.soft
        height = inflate(soft, studio.soft_cover(shape), self.depth, angle=-side * self.angle, ends=(0.0, 5.0))
        add_folds(soft, height, self.folds, side, self.seed + 40 + side, 0.4)
        height += 0.18 * noise(soft, self.seed + side, 3.0, 8.0, angle=-side * self.angle, warp=1.5)
        panel = studio.add(studio.cover(shape), height, colour, lift)
        panel.height += skin
        return panel


LONG_OUTER = [(14.0, 13.4), (19.9, 13.9), (24.6, 17.2), (28.2, 29.4), (30.6, 47.0), (31.6, 62.4), (31.9, 75.2)]
LONG_CUFF = [(31.9, 75.2), (28.6, 76.3), (25.2, 76.6)]
LONG_INNER = [(25.2, 76.6), (23.8, 64.6), (21.6, 49.2), (19.5, 36.0), (13.0, 27.2), (14.0, 13.4)]
LONG_FOLDS: Sequence[Fold] = (
    ([(22.0, 34.9), (25.0, 29.4), (26.2, 20.6)], (1.0, 2.0), 0.45),
    ([(21.0, 20.6), (24.6, 26.1), (28.0, 38.2)], (1.2, 2.4), 0.36),
    ([(22.2, 42.6), (25.8, 44.8), (29.8, 42.6)], (0.9, 1.6), 0.42),
    ([(22.8, 47.6), (26.5, 48.1), (30.4, 51.4)], (0.9, 1.7), 0.48),
    ([(22.8, 50.3), (26.0, 54.2), (30.6, 55.2)], (0.8, 1.6), 0.36),
    ([(29.8, 40.4), (27.4, 49.2), (27.6, 60.2)], (1.0, 1.8), 0.30),
    ([(24.2, 60.2), (27.6, 63.0), (31.2, 61.9)], (0.8, 1.5), 0.32),
    ([(24.8, 65.7), (28.0, 66.8), (31.4, 69.0)], (0.8, 1.4), 0.38),
    ([(25.2, 70.7), (28.4, 70.1), (31.6, 72.3)], (0.7, 1.2), 0.30),
)


def topstitched_hem(studio: Studio, panel: Panel, line: Points, tone: float = 0.90) -> None:
    """Two rows of stitches and the slight step of the turned-up edge; the line is the upper row."""
    studio.stitches(panel, line, tone, 0.2, 0.08)
    studio.stitches(panel, shifted(line, y=0.45), tone, 0.2, 0.08)
    studio.thread_line(panel, shifted(line, y=-0.15), 0.03, 0.2)
