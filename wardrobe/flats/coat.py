"""A single-breasted wool coat with notched lapels and flap pockets."""

from __future__ import annotations

import cv2
import numpy as np

from wardrobe.about import About
from wardrobe.folds import crease, noise
from wardrobe.shapes import Floats, Point, curve, distance_to, outline, shifted, wobble
from wardrobe.studio import Colour, Panel, Studio
from wardrobe.textures import melange, weave
from wardrobe.upper import LONG_CUFF, LONG_FOLDS, LONG_INNER, LONG_OUTER, Sleeve, Torso, flip, zero

ABOUT = About("coat", "Coat", "outerwear", 12.7, 40, "A single-breasted wool coat, knee length, with notched lapels.")
CLOTH = (0.500, 0.415, 0.315)  # camel
LINING: Colour = (0.115, 0.095, 0.080)
HORN: Colour = (0.085, 0.058, 0.040)
SEED = 44
THREAD = 0.84


def _grown(points: list[Point]) -> list[Point]:
    return [(x * 1.13, 1.0 + y * 1.06) for x, y in points]


BREAK = (0.6, 52.0)  # where the lapel begins to turn
TORSO = Torso(
    neck=[(-8.8, 10.6), (-7.6, 22.0), (-4.4, 38.0), (0.0, 52.0), (4.4, 38.0), (7.6, 22.0), (8.8, 10.6)],
    shoulder=[(8.8, 10.6), (15.0, 12.4), (22.6, 15.8)],
    armhole=[(22.6, 15.8), (23.6, 22.0), (24.2, 29.0), (26.8, 36.0)],
    side=[(26.8, 36.0), (25.2, 48.0), (24.6, 60.0), (26.6, 84.0), (29.0, 115.0)],
    hem=[(29.0, 115.0), (14.0, 116.6), (0.0, 117.0), (-14.0, 116.6), (-29.0, 115.0)],
    seed=SEED,
    depth=8.5,
    folds=1.25,
)
SLEEVE = Sleeve(
    outer=_grown(LONG_OUTER),
    cuff=_grown(LONG_CUFF),
    inner=_grown(LONG_INNER),
    angle=7.0,
    folds=[(_grown(list(points)), (wide[0] * 1.3, wide[1] * 1.3), depth * 0.95) for points, wide, depth in LONG_FOLDS],
    seed=SEED,
    depth=6.4,
)


def draw(quality: float) -> Studio:
    studio = Studio(ABOUT.px_per_cm, seed=14, quality=quality)
    fine = studio.fine
    colour = np.asarray(CLOTH, np.float32) * melange(fine, 1, 0.040)[..., None]
    skin = weave(fine, 2, 0.0030, 0.14)
    _lining(studio)
    for side in (-1, 1):
        sleeve = SLEEVE.sew(studio, side, colour, skin)
        cuff = SLEEVE.line([(x * 0.995, y - 6.0) for x, y in SLEEVE.cuff], side)
        studio.stitches(sleeve, cuff, THREAD, 0.26, 0.10)
    body = TORSO.sew(studio, colour, skin)
    _front(studio, body)
    for side in (-1, 1):
        _pocket(studio, body, side, colour, skin)
    for side in (-1, 1):
        _lapel(studio, body, side, colour, skin)
    _collar(studio, body, colour, skin)
    for y in (56.0, 71.0, 86.0):
        body.height += fine.fit(crease(studio.soft, [(0.5, y), (6.0, y + 3.0), (11.0, y + 4.0)], (1.0, 2.4), 0.16))
        studio.button(0.0, y, 1.25, HORN)
    return studio


def _lining(studio: Studio) -> None:
    fine = studio.fine
    hole = [(-9.4, 9.0), (0.0, 7.0), (9.4, 9.0), (9.4, 30.0), (1.5, 53.5), (-1.5, 53.5), (-9.4, 30.0)]
    sheen = 1 + 0.35 * noise(studio.soft, 5, 3.0, 12.0, angle=8)
    colour = np.asarray(LINING, np.float32) * np.clip(fine.fit(sheen), 0.4, 2)[..., None]
    height = fine.fit(0.25 * noise(studio.soft, 6, 2.0, 16.0, warp=2.0))
    studio.add(studio.cover(np.asarray(hole)), height, colour, -0.5, "trim")


def _front(studio: Studio, body: Panel) -> None:
    """The closing edge, its stitches, and the step of one front over the other."""
    edge = np.linspace((2.6, 49.0), (2.9, 118.0), 80)
    fine = studio.fine
    over = np.clip((2.75 - fine.x) / 0.12, 0, 1) * np.clip((fine.y - 48) / 4, 0, 1)
    body.height += (0.22 * over).astype(np.float32)
    studio.thread_line(body, shifted(edge, 0.12), 0.16, 0.16)
    studio.stitches(body, shifted(edge, -0.7), THREAD, 0.26, 0.10)
    studio.thread_line(body, TORSO.line([(x, y - 3.6) for x, y in TORSO.hem]), 0.03, 0.14)
    for side in (-1, 1):
        dart = TORSO.line([(13.6, 36.0), (13.0, 50.0), (13.4, 70.0)], side)
        studio.seam(body, dart, 0.05, 0.14)


def _pocket(studio: Studio, body: Panel, side: int, colour: Floats, skin: Floats) -> None:
    strokes: list[list[Point]] = [
        [(8.2, 72.6), (15.5, 71.9), (22.6, 70.8)],
        [(22.6, 70.8), (22.9, 75.4)],
        [(22.9, 75.4), (22.5, 76.2), (15.6, 77.3), (8.9, 77.9), (8.2, 77.3)],
        [(8.2, 77.3), (8.2, 72.6)],
    ]
    shape = wobble(outline(*[flip(stroke, side) for stroke in strokes]), SEED, 0.1)
    flap = studio.add(studio.cover(shape), body.height.copy(), colour, body.lift + 0.34)
    row = TORSO.line([(8.9, 73.0), (9.0, 76.9), (15.5, 76.5), (22.1, 75.2), (22.0, 71.6)], side)
    studio.stitches(flap, row, THREAD, 0.26, 0.10)
    studio.thread_line(body, TORSO.line([(8.2, 72.5), (15.5, 71.8), (22.6, 70.7)], side), 0.10, 0.16)


def _turned(studio: Studio, body: Panel, shape: np.ndarray, roll: np.ndarray, colour: Floats, lift: float) -> Panel:
    """A piece folded over along its roll line: round there, lying flat on the body at its outer edge."""
    d = distance_to(studio.fine, roll)
    base = studio.fine.fit(_smoothed(studio, body))
    bulge = 0.75 * np.exp(-d / 2.2) - 1.1 * np.exp(-((d / 0.5) ** 2))
    return studio.add(studio.cover(shape), base + bulge.astype(np.float32), colour, body.lift + lift)


def _smoothed(studio: Studio, body: Panel) -> Floats:
    small = studio.soft.fit(body.height)
    return np.asarray(cv2.GaussianBlur(small, (0, 0), 1.2 * studio.soft.scale), dtype=np.float32)


def _lapel(studio: Studio, body: Panel, side: int, colour: Floats, skin: Floats) -> None:
    gorge: list[Point] = [(12.4, 26.4), (9.8, 24.0), (7.5, 21.0)]
    roll: list[Point] = [(7.5, 21.0), (4.6, 35.0), (BREAK[0] - 0.2, BREAK[1])]
    outer: list[Point] = [(BREAK[0] - 0.2, BREAK[1]), (6.6, 45.0), (12.0, 36.0), (16.6, 29.6)]
    notch: list[Point] = [(16.6, 29.6), (12.4, 26.4)]
    shape = wobble(outline(*[flip(s, side) for s in (gorge, roll, outer, notch)]), SEED, 0.06)
    line = wobble(curve(flip(roll, side)), SEED, 0.06)
    panel = _turned(studio, body, shape, line, colour, 0.55 + 0.05 * side)
    panel.height += skin
    row = [(2.0, 50.0), (6.5, 43.9), (11.5, 35.6), (15.6, 29.8), (12.4, 27.2)]
    studio.stitches(panel, wobble(curve(flip(row, side)), SEED, 0.06), THREAD, 0.26, 0.10)


def _collar(studio: Studio, body: Panel, colour: Floats, skin: Floats) -> None:
    under: list[Point] = [(-9.6, 11.2), (-5.0, 8.9), (0.0, 8.2), (5.0, 8.9), (9.6, 11.2)]
    top: list[Point] = [(9.0, 8.2), (5.0, 5.9), (0.0, 5.2), (-5.0, 5.9), (-9.0, 8.2)]
    back = wobble(outline(under, [under[-1], top[0]], top, [top[-1], under[0]]), SEED, 0.06)
    behind = studio.add(studio.cover(back), zero(studio.fine), colour * 0.92, 8.5)
    behind.height += (0.25 * (studio.fine.y - 8)).astype(np.float32) + skin
    for side in (-1, 1):
        fold: list[Point] = [(7.5, 21.0), (7.9, 15.0), (7.0, 9.6), (5.6, 7.4)]
        edge: list[Point] = [(5.6, 7.4), (9.6, 7.8), (12.6, 12.6), (14.0, 18.0), (15.4, 23.2)]
        end: list[Point] = [(15.4, 23.2), (12.4, 26.4)]
        gorge: list[Point] = [(12.4, 26.4), (9.8, 24.0), (7.5, 21.0)]
        shape = wobble(outline(*[flip(s, side) for s in (fold, edge, end, gorge)]), SEED, 0.06)
        line = wobble(curve(flip(fold, side)), SEED, 0.06)
        panel = _turned(studio, body, shape, line, colour, 0.62)
        panel.height += skin + np.clip((14 - studio.fine.y) * 0.35, 0, 3).astype(np.float32)
        seam = wobble(curve(flip(gorge, side)), SEED, 0.06)
        studio.seam(panel, seam, 0.10, 0.16)
        row = [(9.8, 8.6), (12.0, 12.8), (13.3, 18.2), (14.5, 22.9), (12.2, 25.2)]
        studio.stitches(panel, wobble(curve(flip(row, side)), SEED, 0.06), THREAD, 0.26, 0.10)
