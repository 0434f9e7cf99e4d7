"""Straight pressed trousers with a waistband and slant pockets."""

from __future__ import annotations

import numpy as np

from wardrobe.about import About
from wardrobe.lower import Legs, pressed_crease
from wardrobe.studio import Studio
from wardrobe.textures import melange, weave

ABOUT = About("trousers", "Trousers", "bottom", 13.6, 50, "Straight wool trousers, pressed, with slant pockets.")
CLOTH = (0.470, 0.445, 0.400)  # stone
SEED = 51

LEGS = Legs(
    waist=[(0.0, 12.4), (9.0, 12.2), (18.4, 11.3)],
    outer=[(18.4, 11.3), (21.6, 19.0), (23.8, 28.0), (24.0, 42.0), (22.6, 66.0), (20.8, 90.0), (19.8, 110.0)],
    hem=[(19.8, 110.0), (12.8, 110.9), (5.0, 110.6)],
    inner=[(5.0, 110.6), (4.0, 88.0), (2.6, 62.0), (1.2, 46.0), (0.0, 38.4)],
    band=[(0.0, 8.5), (9.0, 8.3), (17.8, 7.4)],
    folds=(
        ([(1.2, 36.5), (9.0, 33.0), (19.0, 33.5)], (0.8, 2.2), 0.44),
        ([(1.0, 34.5), (7.0, 29.0), (14.0, 24.5)], (0.8, 2.0), 0.32),
        ([(1.8, 40.0), (8.0, 41.0), (17.0, 45.0)], (0.9, 2.4), 0.40),
        ([(3.0, 45.0), (8.0, 50.0), (13.0, 58.0)], (0.9, 2.2), 0.30),
        ([(3.4, 64.0), (11.0, 67.0), (20.0, 65.0)], (1.2, 2.0), 0.26),
        ([(3.8, 71.0), (12.0, 71.0), (20.0, 74.0)], (1.2, 2.0), 0.28),
        ([(21.5, 78.0), (16.5, 86.0), (15.5, 98.0)], (1.2, 2.4), 0.24),
        ([(4.8, 101.0), (12.0, 103.0), (19.6, 100.5)], (1.0, 1.8), 0.34),
        ([(5.0, 106.0), (12.0, 105.6), (19.4, 107.4)], (0.9, 1.4), 0.26),
    ),
    seed=SEED,
)


def draw(quality: float) -> Studio:
    studio = Studio(ABOUT.px_per_cm, seed=15, quality=quality)
    colour = np.asarray(CLOTH, np.float32) * melange(studio.fine, 1, 0.025)[..., None]
    skin = weave(studio.fine, 2, 0.0014)
    panels = LEGS.sew(studio, colour, skin)
    for side, panel in zip((-1, 1), panels, strict=True):
        front = [(11.0, 13.0), (12.2, 40.0), (12.4, 70.0), (12.4, 112.0)]
        pressed_crease(studio, panel, [(side * x, y) for x, y in front])
        studio.thread_line(panel, LEGS.line([(x, y - 3.6) for x, y in LEGS.hem], side), 0.02, 0.12)
    LEGS.waistband(studio, colour, skin, (0.20, 0.17, 0.14))
    return studio
