"""A poplin shirt: collar, placket, seven buttons, chest pocket, curved tails."""

from __future__ import annotations

import numpy as np

from wardrobe.about import About
from wardrobe.folds import crease, noise
from wardrobe.shapes import Floats, curve, outline, shifted, wobble
from wardrobe.studio import Panel, Studio
from wardrobe.textures import melange, weave
from wardrobe.upper import LONG_CUFF, LONG_FOLDS, LONG_INNER, LONG_OUTER, Sleeve, Torso, zero

ABOUT = About("shirt", "Shirt", "top", 15.9, 20, "Crisp poplin with a soft collar, a chest pocket and curved tails.")
CLOTH = (0.735, 0.745, 0.755)  # cool white
BUTTON = (0.62, 0.60, 0.56)
SEED = 21

TORSO = Torso(
    neck=[(-7.6, 9.4), (-6.8, 13.0), (-3.4, 16.4), (0.0, 17.4), (3.4, 16.4), (6.8, 13.0), (7.6, 9.4)],
    shoulder=[(7.6, 9.4), (13.0, 11.2), (20.2, 14.0)],
    armhole=[(20.2, 14.0), (21.0, 20.0), (21.6, 27.0), (24.0, 33.4)],
    side=[(24.0, 33.4), (23.0, 46.0), (22.8, 62.0), (23.6, 79.0)],
    hem=[(23.6, 79.0), (21.6, 83.8), (13.0, 90.2), (0.0, 91.8), (-13.0, 90.2), (-21.6, 83.8), (-23.6, 79.0)],
    seed=SEED,
    folds=1.4,
)
SLEEVE = Sleeve(LONG_OUTER, LONG_CUFF, LONG_INNER, 7.0, LONG_FOLDS, SEED, depth=5.0)
PLACKET = 1.65  # half its width, centimetres


def draw(quality: float) -> Studio:
    studio = Studio(ABOUT.px_per_cm, seed=12, quality=quality)
    colour = np.asarray(CLOTH, np.float32) * melange(studio.fine, 1, 0.006)[..., None]
    skin = weave(studio.fine, 2, 0.0009, 0.07)
    _inside(studio, colour, skin)
    for side in (-1, 1):
        SLEEVE.sew(studio, side, colour, skin)
        _cuff(studio, side, colour, skin)
    body = TORSO.sew(studio, colour, skin)
    body.height += studio.fine.fit(0.055 * noise(studio.soft, 90, 1.6, 3.2, angle=25, warp=1.0))
    hem = TORSO.line([(x * 0.985, y - 0.7) for x, y in TORSO.hem])
    studio.stitches(body, hem, 0.88, 0.16, 0.07)
    for side in (-1, 1):
        studio.stitches(body, TORSO.line([(x - 0.7, y) for x, y in TORSO.armhole], side), 0.90, 0.16, 0.07)
        yoke = TORSO.line([(x + 0.6, y + 3.4) for x, y in TORSO.shoulder], side)
        studio.seam(body, yoke[:-4], 0.03, 0.08, 0.01)
    _pocket(studio, body)
    _placket(studio, body, colour, skin)
    _collar(studio, colour, skin)
    return studio


def _inside(studio: Studio, colour: Floats, skin: Floats) -> None:
    top = [(-7.8, 8.4), (-4.0, 6.9), (0.0, 6.4), (4.0, 6.9), (7.8, 8.4)]
    back = outline(top, [(7.8, 8.4), (7.8, 19.0)], [(7.8, 19.0), (-7.8, 19.0)], [(-7.8, 19.0), (-7.8, 8.4)])
    panel = studio.add(studio.cover(back), -0.16 * (studio.fine.y - 6.4), colour * 0.74, 3.0)
    panel.height += skin
    low = curve([(-8.0, 12.2), (-4.0, 11.2), (0.0, 10.8), (4.0, 11.2), (8.0, 12.2)])
    studio.seam(panel, low, 0.10, 0.16, 0.0)
    studio.stitches(panel, low - (0, 0.5), 0.88, 0.16, 0.07)


def _cuff(studio: Studio, side: int, colour: Floats, skin: Floats) -> None:
    edge = [(32.3, 75.0), (28.7, 76.3), (24.9, 76.6)]
    upper = [(24.6, 70.4), (28.4, 70.0), (32.1, 68.8)]
    strokes = [edge, [edge[-1], upper[0]], upper, [upper[-1], edge[0]]]
    shape = wobble(outline(*[[(side * x, y) for x, y in stroke] for stroke in strokes]), SEED, 0.1)
    sleeve = studio.panels[-1]
    panel = studio.add(studio.cover(shape), zero(studio.fine), colour, sleeve.lift + 0.25)
    tube = (studio.fine.x * side - 28.6) / 4.4
    panel.height += (5.0 * np.sqrt(np.clip(1 - np.abs(tube) ** 2.4, 0, 1))).astype(np.float32) + skin
    for offset in (0.5, 5.6):
        row = curve([(side * (x - 0.02 * offset), y - offset) for x, y in edge])
        studio.stitches(panel, wobble(row, SEED, 0.1), 0.88, 0.16, 0.07)
    studio.button(side * 26.6, 73.6, 0.52, BUTTON)


def _pocket(studio: Studio, body: Panel) -> None:
    """On the wearer's left, the viewer's right."""
    pocket = [(6.6, 31.0), (17.0, 30.6), (17.2, 41.2), (12.0, 43.6), (6.9, 41.6), (6.6, 31.0)]
    shape = shifted(np.asarray(pocket), 0.2)
    cover = studio.cover(shape)
    body.height += np.float32(0.06) * cover
    studio.stitches(body, shape[1:] * (0.985, 0.995) + (0.15, 0.05), 0.86, 0.16, 0.07)
    top = np.linspace(shape[0], shape[1], 20)
    studio.stitches(body, shifted(top, y=2.6), 0.88, 0.16, 0.07)
    studio.thread_line(body, np.linspace(shape[0], shape[1], 20), 0.08, 0.10)


def _placket(studio: Studio, body: Panel, colour: Floats, skin: Floats) -> None:
    fine = studio.fine
    half = PLACKET
    shape = wobble(np.asarray([(-half, 16.6), (half, 16.6), (half, 92.4), (-half, 92.4)]), SEED, 0.05)
    cover = studio.cover(shape) * body.cover
    panel = studio.add(cover, body.height, colour, body.lift + 0.10)
    for x in (-half + 0.45, half - 0.45):
        studio.stitches(panel, np.linspace((x, 17.5), (x, 91.6), 80), 0.88, 0.16, 0.07)
    edge = np.linspace((half, 17.0), (half, 92.2), 80)
    studio.thread_line(body, shifted(edge, 0.06), 0.10, 0.14)
    studio.thread_line(body, np.linspace((-half, 17.0), (-half, 92.2), 80), 0.03, 0.10)
    for index, y in enumerate(np.linspace(24.5, 81.5, 7)):
        pull = 0.12 * crease(studio.soft, [(0.5, y), (5 + index % 2, y + 2.5), (9, y + 3.5)], (0.8, 1.6), 1.0)
        body.height += fine.fit(pull)
        studio.button(0.0, float(y), 0.58, BUTTON)


def _collar(studio: Studio, colour: Floats, skin: Floats) -> None:
    fine = studio.fine
    stand = outline(
        [(-6.9, 12.4), (-3.6, 15.4), (0.0, 16.4), (3.6, 15.4), (6.9, 12.4)],
        [(6.9, 12.4), (6.6, 14.4), (3.6, 17.5), (1.7, 18.6)],
        [(1.7, 18.6), (-1.7, 18.6)],
        [(-1.7, 18.6), (-3.6, 17.5), (-6.6, 14.4), (-6.9, 12.4)],
    )
    panel = studio.add(studio.cover(stand), skin.copy(), colour * 0.97, 11.0)
    panel.height += (0.05 * fine.y).astype(np.float32)
    studio.button(0.0, 17.6, 0.55, BUTTON)
    for side in (-1, 1):
        strokes = [
            [(0.5, 16.0), (3.8, 14.4), (6.6, 11.4), (7.9, 8.3)],
            [(7.9, 8.3), (9.4, 9.2), (10.6, 11.4)],
            [(10.6, 11.4), (9.0, 16.2), (7.8, 21.6)],
            [(7.8, 21.6), (4.4, 19.2), (0.5, 16.0)],
        ]
        shape = wobble(outline(*[[(side * x, y) for x, y in stroke] for stroke in strokes]), SEED + 2, 0.06)
        cover = studio.cover(shape)
        bow = 0.9 * np.exp(-(((fine.x * side - 5.6) / 4.5) ** 2)) - 0.03 * np.clip(fine.y - 8, 0, 20)
        leaf = studio.add(cover, bow.astype(np.float32) + skin, colour, 12.6)
        edge = wobble(curve([(side * x, y) for x, y in ((10.1, 11.9), (8.6, 16.0), (7.5, 21.0))]), SEED + 2, 0.06)
        front = wobble(curve([(side * x, y) for x, y in ((7.4, 20.8), (4.5, 18.6), (1.1, 16.1))]), SEED + 2, 0.06)
        for row in (edge, front):
            studio.stitches(leaf, row, 0.88, 0.16, 0.07)
