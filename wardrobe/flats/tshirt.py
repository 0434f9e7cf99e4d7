"""A straight jersey T-shirt on an invisible body."""

from __future__ import annotations

import numpy as np

from wardrobe.about import About
from wardrobe.shapes import Floats, curve, distance_to, outline, wobble
from wardrobe.studio import Panel, Studio
from wardrobe.textures import melange, rib, weave
from wardrobe.upper import Sleeve, Torso, topstitched_hem, zero

ABOUT = About("t-shirt", "T-shirt", "top", 17.0, 10, "Straight cotton jersey with a ribbed crew neck.")
CLOTH = (0.700, 0.655, 0.575)  # ecru
SEED = 5

NECK = [(-8.4, 9.6), (-7.5, 13.4), (-4.2, 17.0), (0.0, 18.2), (4.2, 17.0), (7.5, 13.4), (8.4, 9.6)]
BAND = [(-10.2, 10.1), (-9.4, 14.6), (-5.4, 19.0), (0.0, 20.5), (5.4, 19.0), (9.4, 14.6), (10.2, 10.1)]
TORSO = Torso(
    neck=NECK,
    shoulder=[(8.4, 9.6), (13.5, 11.2), (19.8, 13.8)],
    armhole=[(19.8, 13.8), (20.9, 20.0), (21.6, 26.5), (23.6, 32.4)],
    side=[(23.6, 32.4), (22.9, 44.0), (22.6, 58.0), (23.2, 71.0), (23.6, 82.0)],
    hem=[(23.6, 82.0), (15.0, 83.2), (5.0, 83.9), (-7.0, 83.7), (-16.0, 83.1), (-23.6, 82.0)],
    seed=SEED,
    folds=1.35,
)
SLEEVE = Sleeve(
    outer=[(14.0, 13.4), (19.9, 13.9), (24.6, 17.0), (28.6, 24.0), (32.4, 34.2)],
    cuff=[(32.4, 34.2), (28.6, 36.6), (24.2, 38.2)],
    inner=[(24.2, 38.2), (23.2, 34.5), (20.5, 30.5), (14.0, 26.0), (14.0, 13.4)],
    angle=24.0,
    folds=(
        ([(22.8, 33.5), (25.4, 28.5), (26.5, 21.0)], (1.0, 1.8), 0.50),
        ([(23.8, 36.0), (26.6, 31.5), (29.2, 26.0)], (0.9, 1.6), 0.40),
        ([(21.0, 20.0), (24.4, 23.5), (28.8, 33.0)], (1.2, 2.2), 0.34),
        ([(20.5, 16.5), (23.0, 19.0), (25.6, 25.0)], (0.8, 1.4), 0.20),
    ),
    seed=SEED,
)


def draw(quality: float) -> Studio:
    studio = Studio(ABOUT.px_per_cm, seed=11, quality=quality)
    colour = np.asarray(CLOTH, np.float32) * melange(studio.fine, 1, 0.012)[..., None]
    skin = weave(studio.fine, 2, 0.0016)
    inside_neck(studio, colour, skin)
    for side in (-1, 1):
        sleeve = SLEEVE.sew(studio, side, colour, skin)
        topstitched_hem(studio, sleeve, SLEEVE.line([(x * 0.992, y - 1.9) for x, y in SLEEVE.cuff], side))
    body = TORSO.sew(studio, colour, skin)
    topstitched_hem(studio, body, TORSO.line([(x, y - 2.1) for x, y in TORSO.hem]))
    for side in (-1, 1):
        studio.thread_line(body, TORSO.line([(x, y + 0.6) for x, y in TORSO.shoulder], side), 0.02, 0.1)
    crew_band(studio, body, colour)
    return studio


def inside_neck(studio: Studio, colour: Floats, skin: Floats) -> None:
    """The back of the neck, seen through the opening."""
    top = [(-8.9, 9.75), (-7.2, 10.4), (0.0, 11.5), (7.2, 10.4), (8.9, 9.75)]
    low = [(9.0, 12.0), (4.6, 13.2), (0.0, 13.6), (-4.6, 13.2), (-9.0, 12.0)]
    back = outline(top, [(8.9, 9.75), (9.0, 20.0)], [(9.0, 20.0), (-9.0, 20.0)], [(-9.0, 20.0), (-8.9, 9.75)])
    studio.add(studio.cover(back), skin, colour * 0.72, 0.0)
    band = outline(top, [top[-1], low[0]], low, [low[-1], top[0]])
    angle = np.arctan2(studio.fine.x, 30 - studio.fine.y) * 24
    studio.add(studio.cover(band), rib(angle, 0.03, 0.30) + skin, colour * 0.88, 1.2)


def crew_band(studio: Studio, body: Panel, colour: Floats) -> None:
    """The ribbed band round the front of the neck."""
    fine = studio.fine
    shape = wobble(outline(NECK, [NECK[-1], BAND[-1]], BAND[::-1], [BAND[0], NECK[0]]), SEED, 0.1)
    d = distance_to(fine, wobble(curve(NECK), SEED, 0.1))
    roll = 0.5 * np.sqrt(np.clip(1 - ((d - 1.0) / 1.35) ** 2, 0, 1))
    angle = np.arctan2(fine.x, 30 - fine.y) * 24
    panel = studio.add(studio.cover(shape), zero(fine), colour, body.lift + 0.1)
    panel.height += body.height + roll.astype(np.float32) + rib(angle, 0.035, 0.30)
    studio.thread_line(body, wobble(curve(BAND), SEED, 0.1), 0.10, 0.25)
