"""A canvas tote bag with two handles."""

from __future__ import annotations

import numpy as np

from wardrobe.about import About
from wardrobe.folds import crease, inflate, noise
from wardrobe.shapes import Floats, Point, Points, curve, distance_to, outline, shifted, wobble
from wardrobe.studio import Studio
from wardrobe.textures import melange, weave
from wardrobe.upper import zero

ABOUT = About("tote-bag", "Tote bag", "accessory", 20.5, 90, "A sturdy canvas tote with long handles.")
CLOTH = (0.660, 0.600, 0.490)  # natural canvas
SEED = 91
BAG = (
    [(-19.2, 31.0), (-9.0, 31.9), (0.0, 32.1), (9.0, 31.9), (19.2, 31.0)],
    [(19.2, 31.0), (19.7, 45.0), (19.8, 60.0), (19.3, 70.6)],
    [(19.3, 70.6), (18.2, 71.8), (8.0, 72.4), (-8.0, 72.4), (-18.2, 71.8), (-19.3, 70.6)],
    [(-19.3, 70.6), (-19.8, 60.0), (-19.7, 45.0), (-19.2, 31.0)],
)


def draw(quality: float) -> Studio:
    studio = Studio(ABOUT.px_per_cm, seed=19, quality=quality)
    colour = np.asarray(CLOTH, np.float32) * melange(studio.fine, 1, 0.030)[..., None]
    skin = weave(studio.fine, 2, 0.0042, 0.11)
    _handle(
        studio,
        [(-8.6, 33.5), (-8.2, 19.0), (-4.8, 8.6), (0.6, 6.4), (5.6, 8.8), (8.6, 19.0), (8.8, 33.5)],
        colour * 0.86,
        skin,
        0.4,
    )
    lip: list[Point] = [(-19.0, 30.9), (0.0, 30.2), (19.0, 30.9)]
    inside = outline(lip, [lip[-1], (19.0, 33.0)], [(19.0, 33.0), (-19.0, 33.0)], [(-19.0, 33.0), lip[0]])
    studio.add(studio.cover(inside), skin, colour * 0.70, 0.6)
    _bag(studio, colour, skin)
    _handle(
        studio,
        [(-9.4, 40.5), (-9.2, 26.0), (-7.4, 15.5), (-1.0, 10.6), (6.4, 14.6), (9.0, 26.0), (9.4, 40.5)],
        colour,
        skin,
        4.2,
    )
    return studio


def _bag(studio: Studio, colour: Floats, skin: Floats) -> None:
    soft = studio.soft
    shape = wobble(outline(*BAG), SEED, 0.14)
    height = inflate(soft, studio.soft_cover(shape), 2.8, power=4.0, ends=(2.0, 3.0))
    for points, width, depth in (
        ([(-9.4, 41.0), (-11.5, 50.0), (-16.0, 62.0)], (1.0, 2.8), 0.34),
        ([(9.4, 41.0), (12.0, 51.0), (15.5, 63.0)], (1.0, 2.8), 0.38),
        ([(-9.0, 42.0), (-4.0, 50.0), (-2.0, 64.0)], (1.0, 3.0), 0.26),
        ([(9.0, 42.0), (5.0, 52.0), (4.5, 66.0)], (1.0, 3.0), 0.28),
        ([(-18.6, 68.0), (-12.0, 66.0), (-5.0, 67.5)], (0.9, 2.2), 0.34),
        ([(18.6, 68.5), (11.0, 65.5), (4.0, 66.5)], (0.9, 2.2), 0.36),
        ([(-19.0, 36.0), (-16.0, 44.0), (-16.5, 54.0)], (0.9, 2.0), 0.26),
        ([(19.0, 36.0), (16.6, 45.0), (17.0, 56.0)], (0.9, 2.0), 0.26),
    ):
        height += crease(soft, points, width, depth, 0.6, (0.1, 0.6))
    height += 0.38 * noise(soft, SEED, 7.0, 11.0, angle=12, warp=3.0) + 0.14 * noise(
        soft, SEED + 4, 2.6, 4.0, angle=-30, warp=1.5
    )
    panel = studio.add(studio.cover(shape), height, colour, 1.6)
    panel.height += skin
    top = wobble(curve(BAG[0]), SEED, 0.14)
    for offset in (0.4, 3.2):
        studio.stitches(panel, top * (0.985, 1) + (0, offset), 0.84, 0.24, 0.10)
    studio.thread_line(panel, shifted(top, y=3.45), 0.05, 0.2)
    for side in (-1, 1):
        edge = wobble(curve([(side * (abs(x) - 0.5), y) for x, y in BAG[1]]), SEED, 0.14)
        studio.thread_line(panel, edge, 0.04, 0.14)


def _handle(studio: Studio, path: list[Point], colour: Floats, skin: Floats, lift: float) -> None:
    """A webbing strap 2.6 cm wide along a line, stitched to the bag with a cross."""
    line = wobble(curve(path), SEED + 3, 0.10)
    way = np.gradient(line, axis=0)
    across = np.stack([-way[:, 1], way[:, 0]], axis=1) / np.linalg.norm(way, axis=1, keepdims=True)
    shape: Points = np.vstack([line + across * 1.3, (line - across * 1.3)[::-1]])
    d = distance_to(studio.fine, line)
    bow = 0.16 * np.sqrt(np.clip(1 - (d / 1.36) ** 2, 0, 1))
    panel = studio.add(studio.cover(shape), zero(studio.fine), colour, lift)
    panel.height += bow.astype(np.float32) + skin + studio.fine.fit(0.10 * noise(studio.soft, SEED + 6, 3.0, 5.0))
    for side in (-1, 1):
        studio.stitches(panel, line + across * side * 1.0, 0.84, 0.24, 0.10)
    if path[0][1] > 38:
        for x, y in (path[0], path[-1]):
            a, b, c, e = (x - 0.95, y - 5.5), (x + 0.95, y - 5.5), (x + 0.95, y - 0.4), (x - 0.95, y - 0.4)
            for start, end in ((a, c), (b, e), (a, b), (e, c)):
                studio.stitches(panel, np.linspace(start, end, 12), 0.82, 0.24, 0.10)
