"""Trousers and shorts: two legs, a waistband, a fly and pockets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wardrobe.folds import crease, inflate, noise
from wardrobe.shapes import Floats, Point, Points, curve, mirror, outline, shifted, wobble
from wardrobe.studio import Colour, Panel, Studio
from wardrobe.upper import Fold, add_folds, flip, zero


@dataclass(frozen=True)
class Legs:
    """The right front (x above 0). outer runs from the waist to the hem, inner from the hem to the crotch."""

    waist: Sequence[Point]  # from the middle to the side, under the waistband
    outer: Sequence[Point]
    hem: Sequence[Point]  # from the outside to the inside
    inner: Sequence[Point]
    band: Sequence[Point]  # the waistband's upper edge, from the middle to the side
    folds: Sequence[Fold]
    seed: int
    thread: float = 0.86

    def line(self, points: Sequence[Point], side: int = 1) -> Points:
        return wobble(curve(flip(points, side)), self.seed, 0.1)

    def sew(self, studio: Studio, colour: Floats, skin: Floats) -> list[Panel]:
        soft, crotch = studio.soft, self.inner[-1]
        panels = []
        trunk_side = [*self.waist[-1:], *[point for point in self.outer if point[1] < crotch[1] + 6]]
        low = (trunk_side[-1][0], crotch[1] + 14)
        trunk = inflate(
            soft, studio.soft_cover(np.asarray([*trunk_side, low, *mirror([*trunk_side, low])])), 8.0, power=2.6
        )
        fork = np.clip((soft.y - (crotch[1] - 7)) / 18, 0, 1)
        fork = fork * fork * (3 - 2 * fork)
        for side in (-1, 1):
            centre = [crotch, (0.0, self.waist[0][1])]
            strokes = [flip(stroke, side) for stroke in (self.waist, self.outer, self.hem, self.inner, centre)]
            shape = wobble(outline(*strokes), self.seed, 0.1)
            tucked = [
                (-0.5 if side < 0 else 0.0, self.waist[0][1] - 0.8),
                *[(x * 0.95, y - 0.8) for x, y in self.waist[1:]],
            ]
            under = outline(flip(tucked, side), flip([tucked[-1], self.waist[-1]], side), flip(self.waist[::-1], side))
            cover = np.maximum(studio.cover(shape), studio.cover(wobble(under, self.seed, 0.1)))
            if side < 0:  # laid first: it reaches a little under the other leg, so that no ground shows in the seam
                lap = np.asarray(
                    [
                        (-1.0, self.waist[0][1] - 0.5),
                        (0.5, self.waist[0][1] - 0.5),
                        (0.4, crotch[1] - 1.5),
                        (-1.0, crotch[1] - 1.5),
                    ]
                )
                cover = np.maximum(cover, studio.cover(lap))
            below = [crotch, (0.0, crotch[1] - 14), (self.outer[0][0], crotch[1] - 14)]
            leg_line = [*[p for p in self.outer if p[1] > crotch[1] - 12], *self.hem[1:], *self.inner[1:]]
            leg = inflate(soft, studio.soft_cover(np.asarray(flip([*below, *leg_line], side))), 6.6, power=2.3)
            height = np.asarray(trunk * (1 - fork) + (leg + 0.6) * fork, dtype=np.float32)
            deeper = [(points, width, depth * 1.3) for points, width, depth in self.folds]
            add_folds(soft, height, deeper, side, self.seed + side, 0.6)
            height += 0.22 * noise(soft, self.seed + 3 * side, 4.0, 11.0, angle=side * 4, warp=2.5)
            panel = studio.add(cover, height, colour, 4.0 + 0.02 * side)
            panel.height += skin
            panels.append(panel)
            studio.seam(panel, self.line([(0.0, self.waist[0][1]), (0.1, (crotch[1] + 12) / 2), crotch]), 0.10, 0.16)
            pocket = self._pocket(side)
            studio.thread_line(panel, pocket, 0.10, 0.12)
            studio.stitches(panel, shifted(pocket, -side * 0.55, 0.15), self.thread, 0.2, 0.08)
        self._fly(studio, panels[1])
        return panels

    def _pocket(self, side: int) -> Points:
        x, y = self.waist[-1]
        return self.line([(x - 8.0, y - 0.6), (x - 5.0, y + 6.0), (x - 0.2 + 3.0, y + 13.5)], side)

    def _fly(self, studio: Studio, panel: Panel) -> None:
        top, end = self.waist[0][1], self.inner[-1][1] - 7.5
        path: list[Point] = [(3.4, top), (3.4, end - 5.0), (2.6, end - 1.2), (0.2, end + 1.0)]
        studio.stitches(panel, self.line(path), self.thread, 0.2, 0.08)
        studio.thread_line(panel, self.line([(0.35, top), (0.35, end)]), 0.10, 0.12)

    def waistband(self, studio: Studio, colour: Floats, skin: Floats, button: Colour) -> None:
        fine = studio.fine
        self._inside(studio, colour, skin)
        lower, upper = [*mirror(self.waist), *self.waist[1:]], [*mirror(self.band), *self.band[1:]]
        shape = wobble(outline(upper, [upper[-1], lower[-1]], lower[::-1], [lower[0], upper[0]]), self.seed, 0.1)
        half = self.waist[-1][0] + 0.4
        tube = np.sqrt(np.clip(1 - np.abs(fine.x / half) ** 2.6, 0, 1)) * 8.0
        panel = studio.add(studio.cover(shape), zero(fine), colour, 4.25)
        panel.height += tube.astype(np.float32) + skin + studio.fine.fit(0.05 * noise(studio.soft, self.seed, 4.0, 3.0))
        studio.stitches(panel, shifted(wobble(curve(lower), self.seed, 0.1), y=-0.3), self.thread, 0.2, 0.08)
        studio.stitches(panel, shifted(wobble(curve(upper), self.seed, 0.1), y=0.35), self.thread, 0.2, 0.08)
        self._loops(studio, colour, skin, half)
        y = (self.waist[0][1] + self.band[0][1]) / 2
        studio.thread_line(
            panel, np.linspace((2.6, self.band[0][1] - 0.4), (2.6, self.waist[0][1] + 0.4), 12), 0.10, 0.12
        )
        studio.button(0.6, y, 0.85, button)

    def _inside(self, studio: Studio, colour: Floats, skin: Floats) -> None:
        """The back of the waistband, seen over the front edge; it goes behind everything."""
        side_x, side_y = self.band[-1]
        top: list[Point] = [(-side_x, side_y), (0.0, side_y - 1.6), (side_x, side_y)]
        low = [*mirror(self.waist), *self.waist[1:]]
        back = wobble(outline(top, [top[-1], low[-1]], low[::-1], [low[0], top[0]]), self.seed, 0.1)
        studio.add(studio.cover(back), skin, colour * 0.70, -1.0)
        studio.panels.insert(0, studio.panels.pop())

    def _loops(self, studio: Studio, colour: Floats, skin: Floats, half: float) -> None:
        fine = studio.fine
        for side in (-1, 1):
            x = side * half * 0.62
            y0 = float(np.interp(abs(x), [p[0] for p in self.band], [p[1] for p in self.band]))
            y1 = float(np.interp(abs(x), [p[0] for p in self.waist], [p[1] for p in self.waist]))
            shape = np.asarray(
                [(x - 0.55, y0 - 0.25), (x + 0.55, y0 - 0.25), (x + 0.55, y1 + 0.5), (x - 0.55, y1 + 0.5)]
            )
            panel = studio.add(studio.cover(shape), zero(fine), colour, 4.6)
            bow = 0.12 * np.sqrt(np.clip(1 - ((fine.x - x) / 0.62) ** 2, 0, 1))
            panel.height += 8.0 * np.float32(np.sqrt(1 - 0.62**2.6)) + bow.astype(np.float32) + skin
            for y in (y0 + 0.1, y1 + 0.1):
                studio.stitches(panel, np.linspace((x - 0.45, y), (x + 0.45, y), 6), self.thread, 0.18, 0.05)


def pressed_crease(studio: Studio, panel: Panel, path: Sequence[Point], depth: float = 0.16) -> None:
    """The ironed line down the front of a leg."""
    panel.height += studio.fine.fit(crease(studio.soft, path, 0.8, depth, 1.0, (0.2, 0.02)))
