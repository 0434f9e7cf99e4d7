"""A knitted sweater with ribbed neck, cuffs and hem."""

from __future__ import annotations

import numpy as np

from wardrobe.about import About
from wardrobe.shapes import Floats, Point, curve, distance_to, outline, wobble
from wardrobe.studio import Panel, Studio
from wardrobe.textures import knit, melange, rib
from wardrobe.upper import LONG_FOLDS, LONG_INNER, LONG_OUTER, Sleeve, Torso, zero

ABOUT = About("sweater", "Sweater", "top", 16.0, 30, "Soft grey lambswool in stocking stitch, ribbed at every edge.")
CLOTH = (0.440, 0.438, 0.440)  # grey melange
SEED = 33

NECK = [(-8.8, 10.2), (-7.9, 14.0), (-4.4, 17.2), (0.0, 18.2), (4.4, 17.2), (7.9, 14.0), (8.8, 10.2)]
BAND = [(-11.2, 11.0), (-10.4, 15.8), (-5.9, 20.0), (0.0, 21.3), (5.9, 20.0), (10.4, 15.8), (11.2, 11.0)]
HEM = [(23.6, 79.0), (12.0, 80.0), (0.0, 80.4), (-12.0, 80.0), (-23.6, 79.0)]
CUFF = [(32.6, 71.4), (28.4, 72.4), (24.2, 72.6)]
TORSO = Torso(
    neck=NECK,
    shoulder=[(8.8, 10.2), (14.0, 12.0), (20.4, 14.8)],
    armhole=[(20.4, 14.8), (21.2, 20.5), (21.8, 27.0), (24.4, 33.8)],
    side=[(24.4, 33.8), (23.9, 46.0), (24.0, 62.0), (24.8, 74.0), (23.6, 79.0)],
    hem=HEM,
    seed=SEED,
    depth=7.6,
    folds=1.5,
)
SLEEVE = Sleeve(
    outer=[(x + 0.3, y + 0.7) for x, y in LONG_OUTER[:-1]] + [CUFF[0]],
    cuff=CUFF,
    inner=[CUFF[-1]] + [(x - 0.3, y + 0.7) for x, y in LONG_INNER[1:-1]] + [(14.3, 14.1)],
    angle=7.0,
    folds=[(points, width, depth * 1.35) for points, width, depth in LONG_FOLDS],
    seed=SEED,
    depth=5.6,
)


def draw(quality: float) -> Studio:
    studio = Studio(ABOUT.px_per_cm, seed=13, quality=quality)
    fine = studio.fine
    colour = np.asarray(CLOTH, np.float32) * melange(fine, 1, 0.055)[..., None]
    drift = 0.25 * np.sin(fine.y / 9) + 0.2 * np.sin(fine.y / 4 + 1)
    stitches = knit(fine, fine.x + drift.astype(np.float32), fine.y, 0.050)
    _inside(studio, colour)
    for side in (-1, 1):
        turn = np.deg2rad(7.0 * side)
        u = fine.x * np.float32(np.cos(turn)) - fine.y * np.float32(np.sin(turn))
        v = fine.y * np.float32(np.cos(turn)) + fine.x * np.float32(np.sin(turn))
        sleeve = SLEEVE.sew(studio, side, colour, knit(fine, u, v, 0.050))
        _ribbed(studio, sleeve, [(side * x, y) for x, y in CUFF], [(side * 24.8, 79.4), (side * 31.6, 78.4)], 5.6, side)
    body = TORSO.sew(studio, colour, stitches)
    _ribbed(studio, body, HEM, [(-22.7, 85.4), (-11, 86.4), (0, 86.7), (11, 86.4), (22.7, 85.4)], 7.6, 0)
    _neck(studio, body, colour)
    return studio


def _inside(studio: Studio, colour: Floats) -> None:
    fine = studio.fine
    top = [(-9.3, 10.4), (-7.4, 11.0), (0.0, 12.0), (7.4, 11.0), (9.3, 10.4)]
    low = [(9.4, 13.4), (4.8, 14.5), (0.0, 14.9), (-4.8, 14.5), (-9.4, 13.4)]
    back = outline(top, [(9.3, 10.4), (9.4, 20.0)], [(9.4, 20.0), (-9.4, 20.0)], [(-9.4, 20.0), (-9.3, 10.4)])
    studio.add(studio.cover(back), knit(fine, fine.x, fine.y, 0.03), colour * 0.70, 0.0)
    band = outline(top, [top[-1], low[0]], low, [low[-1], top[0]])
    angle = np.arctan2(fine.x, 32 - fine.y) * 24
    studio.add(studio.cover(band), rib(angle, 0.07, 0.55), colour * 0.88, 1.4)


def _ribbed(studio: Studio, piece: Panel, start: list[Point], end: list[Point], depth: float, side: int) -> None:
    """A band knitted on: it draws in, so the piece above it blouses a little."""
    fine = studio.fine
    tucked = [(x, y - 0.4) for x, y in start]
    shape = wobble(outline(tucked, [tucked[-1], end[0]], end, [end[-1], tucked[0]]), SEED, 0.1)
    middle, half = (float(np.mean([p[0] for p in end])), abs(end[0][0] - end[-1][0]) / 2 + 0.6)
    tube = np.sqrt(np.clip(1 - np.abs((fine.x - middle) / half) ** 2.6, 0, 1)) * (depth - 0.25)
    panel = studio.add(studio.cover(shape), zero(fine), piece.colour, piece.lift + 0.05)
    arc = np.arcsin(np.clip((fine.x - middle) / half, -1, 1)) * half
    line = wobble(curve(start), SEED, 0.1)
    d = distance_to(fine, line)
    panel.height += tube.astype(np.float32) + rib(arc.astype(np.float32), 0.10, 0.55) - 0.15 * np.exp(-((d / 0.6) ** 2))
    piece.height -= (0.35 * np.exp(-((d / 1.3) ** 2))).astype(np.float32)


def _neck(studio: Studio, body: Panel, colour: Floats) -> None:
    fine = studio.fine
    shape = wobble(outline(NECK, [NECK[-1], BAND[-1]], BAND[::-1], [BAND[0], NECK[0]]), SEED, 0.1)
    d = distance_to(fine, wobble(curve(NECK), SEED, 0.1))
    roll = 0.7 * np.sqrt(np.clip(1 - ((d - 1.4) / 1.8) ** 2, 0, 1))
    angle = np.arctan2(fine.x, 32 - fine.y) * 24
    panel = studio.add(studio.cover(shape), zero(fine), colour, body.lift + 0.15)
    panel.height += studio.fine.fit(studio.soft.fit(body.height)) + roll.astype(np.float32) + rib(angle, 0.10, 0.55)
    studio.thread_line(body, wobble(curve(BAND), SEED, 0.1), 0.14, 0.3)
