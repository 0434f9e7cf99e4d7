"""A pencil skirt on a waistband."""

from __future__ import annotations

from functools import partial

from wardrobe.about import About
from wardrobe.cloth import Fabric
from wardrobe.form import body
from wardrobe.make import Garment, around_body
from wardrobe.pattern import Piece, curve, mirrored
from wardrobe.skirts import seams, waistband

ABOUT = About("pencil-skirt", "Pencil skirt", "skirt", 16.0, 19, "A narrow skirt to the knee, smooth over the hip.")
TOP, BAND, WAIST, HIP, HEM, LONG = 104.5, 4.0, 18.2, 26.6, 23.6, 58.0


def panel(name: str) -> Piece:
    side = curve((WAIST, 0), (22.2, 9), (25.2, 17), (HIP, 26), (25.6, 40), (HEM, LONG))
    edges = {
        "waist": curve((-WAIST, 0), (0, 1.5), (WAIST, 0)),
        "right-side": side,
        "hem": curve((HEM, LONG), (-HEM, LONG)),
        "left-side": mirrored(side),
    }
    return Piece(name, "body", edges, around_body(TOP - BAND, 22.0, 15.5, front=name == "front", gather=0))


def make() -> Garment:
    band = waistband(2 * WAIST, BAND, TOP, (13.0, 10.1, 0.2), -60.0)
    return Garment(
        ABOUT,
        [panel("front"), panel("back"), band],
        seams(),
        partial(body, "woman", None, legs=True),
        Fabric(steps=12, bend=5e-5, friction=0.5),
        spacing=1.5,
        frames=100,
        pinned=("band.top",),
        grey=0.4,
        hem=3.0,
        facts={"weaves": {"body": "twill"}},
        wall=55.0,
    )
