"""Cotton shorts with turned-up hems."""

from __future__ import annotations

import numpy as np

from wardrobe.about import About
from wardrobe.lower import Legs
from wardrobe.studio import Studio
from wardrobe.textures import melange, weave

ABOUT = About("shorts", "Shorts", "bottom", 20.0, 60, "Easy cotton twill shorts, mid-thigh, with topstitched hems.")
CLOTH = (0.640, 0.575, 0.470)  # soft sand
SEED = 62

LEGS = Legs(
    waist=[(0.0, 19.0), (9.0, 18.8), (18.6, 17.8)],
    outer=[(18.6, 17.8), (21.6, 25.0), (24.0, 35.0), (25.6, 50.0), (26.6, 62.0)],
    hem=[(26.6, 62.0), (15.0, 65.0), (1.6, 65.4)],
    inner=[(1.6, 65.4), (0.9, 55.0), (0.0, 46.6)],
    band=[(0.0, 14.9), (9.0, 14.7), (17.9, 13.7)],
    folds=(
        ([(1.2, 44.5), (9.0, 41.0), (20.0, 41.5)], (0.8, 2.2), 0.44),
        ([(1.0, 42.0), (7.0, 36.5), (14.0, 32.0)], (0.8, 2.0), 0.34),
        ([(1.6, 47.0), (8.0, 50.0), (14.0, 58.0)], (0.9, 2.4), 0.42),
        ([(1.6, 50.0), (5.0, 56.0), (7.0, 66.0)], (0.9, 2.0), 0.34),
        ([(24.4, 40.0), (20.0, 50.0), (19.0, 66.0)], (1.2, 2.6), 0.40),
        ([(13.0, 21.0), (13.5, 32.0), (13.5, 45.0)], (0.9, 2.0), 0.22),
        ([(24.8, 52.0), (24.0, 58.0), (24.0, 66.0)], (1.0, 2.0), 0.30),
    ),
    seed=SEED,
)


def draw(quality: float) -> Studio:
    studio = Studio(ABOUT.px_per_cm, seed=16, quality=quality)
    colour = np.asarray(CLOTH, np.float32) * melange(studio.fine, 1, 0.014)[..., None]
    skin = weave(studio.fine, 2, 0.0018)
    for side, panel in zip((-1, 1), LEGS.sew(studio, colour, skin), strict=True):
        hem = LEGS.line([(x, y - 3.2) for x, y in LEGS.hem], side)
        studio.stitches(panel, hem, 0.84, 0.2, 0.08)
        studio.thread_line(panel, hem - (0, 0.15), 0.03, 0.2)
    LEGS.waistband(studio, colour, skin, (0.42, 0.36, 0.28))
    return studio
