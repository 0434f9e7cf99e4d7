"""The flutes of a flared skirt: folds that start at the waist, deepen toward the hem and turn with the body."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wardrobe.folds import noise
from wardrobe.shapes import Floats, Grid, Point, Points, curve

Line = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Flare:
    """A skirt from waist to hem. side: its right outline, from the waist down. count: flutes across the front."""

    side: Sequence[Point]
    count: int
    depth: float  # centimetres of the deepest flute at the hem
    seed: int
    gathers: float = 0.0  # centimetres of small gathers at the waist
    dip: float = 1.3  # how much lower the hem is on a crest, centimetres
    sag: float = 2.2  # how much lower the hem is in the middle

    def _half(self, y: Floats | Line) -> Line:
        line = curve(self.side)
        return np.asarray(np.interp(y, line[:, 1], line[:, 0]))

    def _phases(self) -> Line:
        """Angles of the crests: uneven, as cloth falls."""
        random = np.random.default_rng(self.seed)
        gaps = random.uniform(0.6, 1.4, self.count + 4)
        at = np.cumsum(gaps)
        return np.asarray((at - at[2]) / (at[-3] - at[2]) * np.pi * 0.94 - np.pi * 0.47)

    def _wave(self, turn: Line) -> Line:
        """Height of the flutes, -1 (valley) to 1 (crest), by angle about the body."""
        crests = self._phases()
        number = np.interp(turn, crests, np.arange(len(crests)))
        phase = number - np.round(number)  # 0 on a crest, half way at a valley
        round_crest = np.cos(2 * np.pi * phase)
        return np.asarray(round_crest + 0.25 * np.cos(4 * np.pi * phase) - 0.1)

    def height(self, grid: Grid) -> Floats:
        top, bottom = self.side[0][1], self.side[-1][1]
        down = np.clip((grid.y - top) / (bottom - top), 0, 1.1)
        half = self._half(grid.y) * 1.03
        wander = 0.03 * noise(grid, self.seed + 5, 14.0, 30.0)
        share = np.clip(grid.x / half + wander * down, -0.999, 0.999)
        turn = np.arcsin(share)
        strength = self.depth * (0.05 + 0.95 * down**1.25) * np.cos(turn * 0.85)
        random = np.random.default_rng(self.seed + 1)
        each = np.interp(turn, np.linspace(-1.6, 1.6, 12), random.uniform(0.55, 1.15, 12))
        out = self._wave(turn) * strength * each
        if self.gathers:
            near = np.exp(-(((grid.y - top) / 9.0).clip(0) ** 1.2))
            out = out + self.gathers * near * noise(grid, self.seed + 9, 0.75, 9.0, warp=0.6)
            out = out + 0.7 * self.gathers * np.exp(-((grid.y - top) / 16.0).clip(0)) * noise(
                grid, self.seed + 8, 1.5, 16.0, warp=1.0
            )
        body = np.sqrt(np.clip(1 - np.minimum(np.abs(grid.x / (half + 0.6)), 1) ** 2.3, 0, 1)) * (7.0 + 5.0 * down)
        slack = 0.25 * noise(grid, self.seed + 3, 5.0, 20.0, warp=2.0)
        return np.asarray(out + body + slack, dtype=np.float32)

    def hem(self) -> Points:
        """The hem from right to left: lower on crests, where the cloth comes toward us."""
        bottom = self.side[-1][1]
        half = float(self._half(np.array([bottom]))[0])
        share = np.linspace(1, -1, 260)
        turn = np.arcsin(np.clip(share, -0.999, 0.999))
        y = bottom + self.sag * np.cos(turn) + self.dip * self._wave(turn) * np.cos(turn)
        return np.stack([share * half, y], axis=1)

    def shape(self, top: Sequence[Point]) -> Points:
        """The whole outline; top: the upper edge from left to right."""
        right = curve(self.side)
        hem = self.hem()
        return np.vstack([curve(top), right[:-1], hem, (right * (-1, 1))[::-1][1:]])
