"""A three-quarter circle skirt on a waistband: cut in one, it hangs in flutes of its own making."""

from __future__ import annotations

from functools import partial

import numpy as np

from wardrobe.about import About
from wardrobe.cloth import Fabric
from wardrobe.form import body
from wardrobe.make import Garment, View
from wardrobe.pattern import Array, Piece, curve, length, mirrored
from wardrobe.skirts import seams, waistband

ABOUT = About("skirt", "Skirt", "skirt", 16.0, 5, "A three-quarter circle skirt that falls in deep, soft flutes.")
WAIST, LONG, SWEEP = 70.0, 62.0, 270.0  # cm, cm, degrees
TOP = 104.5
BAND = 3.6


def arc(radius: float, start: float, end: float) -> Array:
    """Degrees from straight down, growing to the right; v grows downwards."""
    angle = np.radians(np.linspace(start, end, 120))
    return np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1)


def half(name: str) -> Piece:
    """Front or back: half of the sweep, its grain straight down the middle."""
    inner = WAIST / np.radians(SWEEP)
    reach, wide = inner + LONG, SWEEP / 4
    way = 1 if name == "front" else -1

    def place(u: Array, v: Array) -> Array:
        radius, angle = np.hypot(u, v), np.arctan2(u, v) * 90 / wide
        down = radius - inner
        out = 11.8 + 0.62 * down + 0.8 * np.sin(angle * 7) * down / LONG
        height = TOP - BAND - 0.78 * down
        return np.stack([way * out * 1.12 * np.sin(angle), way * -out * 0.9 * np.cos(angle) + 0.3, height], axis=1)

    side = curve(tuple(arc(inner, wide, wide)[0]), tuple(arc(reach, wide, wide)[0]))
    edges = {
        "waist": arc(inner, -wide, wide),
        "right-side": side,
        "hem": arc(reach, wide, -wide),
        "left-side": mirrored(side),
    }
    return Piece(name, "body", edges, place, origin=(0, -inner) if name == "front" else (0, -inner - 0.0))


def make() -> Garment:
    front, back = half("front"), half("back")
    band = waistband(length(front.edges["waist"]) * 0.99, BAND, TOP, (13.4, 10.2, 0.3), -80.0)
    views = (View("skirt"), View("skirt-turned", 35.0, 20.0, 0.86, "turned a little"))
    return Garment(
        ABOUT,
        [front, back, band],
        seams(),
        partial(body, "woman", None),
        Fabric(bend=4e-5, friction=0.6),
        spacing=1.9,
        frames=130,
        pinned=("band.top",),
        grey=0.55,
        views=views,
        wall=60.0,
    )
