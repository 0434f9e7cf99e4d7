"""A sleeveless dress: fitted bodice, gathered at the waist, a full skirt."""

from __future__ import annotations

import numpy as np

from wardrobe.about import About
from wardrobe.flutes import Flare
from wardrobe.folds import inflate, noise
from wardrobe.shapes import Floats, curve, mirror, outline, shifted, wobble
from wardrobe.studio import Studio
from wardrobe.textures import melange, weave
from wardrobe.upper import Fold, add_folds, flip

ABOUT = About("dress", "Dress", "dress", 13.0, 80, "A sleeveless dress, gathered at the waist into a full skirt.")
CLOTH = (0.660, 0.570, 0.515)  # blush sand
SEED = 82

NECK = [(-10.6, 8.8), (-9.4, 14.6), (-5.4, 19.4), (0.0, 21.0), (5.4, 19.4), (9.4, 14.6), (10.6, 8.8)]
SHOULDER = [(10.6, 8.8), (13.0, 9.4), (15.4, 10.3)]
ARMHOLE = [(15.4, 10.3), (14.9, 16.0), (15.4, 22.5), (19.4, 28.6)]
SIDE = [(19.4, 28.6), (18.4, 36.0), (15.9, 44.0), (15.2, 49.0)]
WAIST = [(15.2, 49.0), (8.0, 50.2), (0.0, 50.7), (-8.0, 50.2), (-15.2, 49.0)]
FLARE = Flare(
    side=[(15.2, 48.6), (19.4, 56.0), (24.8, 70.0), (29.2, 88.0), (33.0, 112.0)],
    count=8,
    depth=3.0,
    seed=SEED,
    gathers=0.6,
)
BODICE: tuple[Fold, ...] = (
    ([(20.0, 29.5), (15.0, 29.0), (10.0, 31.0)], (0.8, 2.0), 0.30),
    ([(19.6, 31.5), (15.0, 34.0), (11.0, 38.0)], (0.8, 1.8), 0.26),
    ([(14.0, 12.0), (11.5, 19.0), (10.0, 26.0)], (0.9, 2.2), 0.26),
    ([(15.4, 44.5), (11.0, 43.0), (6.0, 43.5)], (0.9, 1.8), 0.26),
    ([(15.4, 47.0), (10.0, 46.8), (5.0, 48.0)], (0.7, 1.4), 0.22),
)


def draw(quality: float) -> Studio:
    studio = Studio(ABOUT.px_per_cm, seed=18, quality=quality)
    colour = np.asarray(CLOTH, np.float32) * melange(studio.fine, 1, 0.010)[..., None]
    skin = weave(studio.fine, 2, 0.0012)
    _inside(studio, colour, skin)
    skirt = studio.add(
        studio.cover(FLARE.shape([(x * 0.99, y - 0.6) for x, y in WAIST[::-1]])), FLARE.height(studio.soft), colour, 4.0
    )
    skirt.height += skin
    studio.thread_line(skirt, FLARE.hem() * (0.995, 1) - (0, 1.8), 0.02, 0.14)
    _bodice(studio, colour, skin)
    return studio


def _inside(studio: Studio, colour: Floats, skin: Floats) -> None:
    """The back of the bodice, seen through neck and armholes."""
    top = [(-10.8, 9.0), (-5.0, 12.4), (0.0, 13.2), (5.0, 12.4), (10.8, 9.0)]
    right = [(10.8, 9.0), (15.2, 10.6)]
    hole = [(15.2, 10.6), (14.0, 18.0), (15.6, 24.0), (18.9, 28.8)]
    low = [(18.9, 28.8), (0.0, 32.0), (-18.9, 28.8)]
    back = wobble(outline(top, right, hole, low, mirror(hole), mirror(right)), SEED, 0.06)
    panel = studio.add(studio.cover(back), skin, colour * 0.72, 1.0)
    facing = wobble(curve([(x, y + 3.4) for x, y in top]), SEED, 0.06)
    studio.seam(panel, facing, 0.06, 0.12, 0.0)


def _bodice(studio: Studio, colour: Floats, skin: Floats) -> None:
    soft = studio.soft
    strokes = [NECK, SHOULDER, ARMHOLE, SIDE, WAIST, mirror(SIDE), mirror(ARMHOLE), mirror(SHOULDER)]
    shape = wobble(outline(*strokes), SEED, 0.06)
    wide = [(12.0, 6.0), (19.0, 14.0), (21.2, 24.0), *SIDE, (15.2, 54.0)]
    height = inflate(soft, studio.soft_cover(np.asarray(wide + mirror(wide))), 7.0, power=2.4)
    for side in (-1, 1):
        bust = np.exp(-(((soft.x - side * 8.6) / 6.0) ** 2) - ((soft.y - 30.5) / 7.0) ** 2)
        height += (1.7 * bust).astype(np.float32)
        add_folds(soft, height, BODICE, side, SEED + side, 0.5)
    height += 0.05 * noise(soft, SEED + 7, 4.0, 6.0, warp=1.5)
    panel = studio.add(studio.cover(shape), height, colour, 4.8)
    panel.height += skin
    for side in (-1, 1):
        princess = wobble(curve(flip([(15.2, 20.0), (11.0, 26.0), (9.2, 34.0), (7.6, 50.4)], side)), SEED, 0.06)
        studio.seam(panel, princess, 0.045, 0.12)
        edge = wobble(curve(flip([(x - 0.45, y + 0.1) for x, y in ARMHOLE], side)), SEED, 0.06)
        studio.stitches(panel, edge, 0.88, 0.16, 0.07)
    studio.stitches(panel, wobble(curve([(x * 1.03, y + 0.5) for x, y in NECK]), SEED, 0.06)[4:-4], 0.88, 0.16, 0.07)
    waist = wobble(curve(WAIST), SEED, 0.06)
    studio.seam(panel, shifted(waist, y=-0.12), 0.10, 0.2, 0.03)
    studio.seam(studio.panels[-2], shifted(waist, y=0.12), 0.16, 0.24, 0.03)
