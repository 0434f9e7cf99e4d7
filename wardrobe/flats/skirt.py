"""A flared midi skirt on a narrow waistband."""

from __future__ import annotations

import numpy as np

from wardrobe.about import About
from wardrobe.flutes import Flare
from wardrobe.shapes import curve, mirror, outline, shifted, wobble
from wardrobe.studio import Studio
from wardrobe.textures import melange, weave
from wardrobe.upper import zero

ABOUT = About("skirt", "Skirt", "skirt", 16.0, 70, "A flared midi skirt that falls in deep, soft flutes.")
CLOTH = (0.640, 0.610, 0.565)  # oat
SEED = 71

FLARE = Flare(
    side=[(14.2, 14.0), (17.8, 24.0), (22.6, 40.0), (27.6, 60.0), (32.6, 84.0)],
    count=7,
    depth=3.3,
    seed=SEED,
)
BAND = [(0.0, 10.9), (7.0, 10.7), (13.9, 9.9)]
LOWER = [(0.0, 15.2), (7.0, 15.0), (14.2, 14.0)]


def draw(quality: float) -> Studio:
    studio = Studio(ABOUT.px_per_cm, seed=17, quality=quality)
    fine = studio.fine
    colour = np.asarray(CLOTH, np.float32) * melange(fine, 1, 0.010)[..., None]
    skin = weave(fine, 2, 0.0012)
    top = [(-13.9, 9.9), (0.0, 8.6), (13.9, 9.9)]
    inside = outline(top, [(13.9, 9.9), (14.2, 14.0)], [(14.2, 14.0), (-14.2, 14.0)], [(-14.2, 14.0), (-13.9, 9.9)])
    studio.add(studio.cover(inside), skin, colour * 0.68, 1.0)
    lower = [*mirror(LOWER), *LOWER[1:]]
    panel = studio.add(
        studio.cover(FLARE.shape([(x, y - 0.6) for x, y in lower])), FLARE.height(studio.soft), colour, 4.0
    )
    panel.height += skin
    hem = FLARE.hem() * (0.995, 1) - (0, 1.6)
    studio.thread_line(panel, hem, 0.02, 0.12)
    upper = [*mirror(BAND), *BAND[1:]]
    shape = wobble(outline(upper, [upper[-1], lower[-1]], lower[::-1], [lower[0], upper[0]]), SEED, 0.05)
    band = studio.add(studio.cover(shape), zero(fine), colour, 4.6)
    band.height += 7.0 * np.sqrt(np.clip(1 - np.abs(fine.x / 14.6) ** 2.4, 0, 1)).astype(np.float32) + skin
    for line, offset in ((upper, 0.35), (lower, -0.35)):
        studio.stitches(band, shifted(wobble(curve(line), SEED, 0.05), y=offset), 0.88, 0.18, 0.07)
    return studio
