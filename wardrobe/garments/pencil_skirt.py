"""A pencil skirt on a waistband."""

from __future__ import annotations

from functools import partial

from wardrobe.about import About
from wardrobe.cloth import Fabric
from wardrobe.form import body
from wardrobe.make import Garment, around_body, ring
from wardrobe.pattern import Piece, Seam, curve, mirrored, strip

ABOUT = About("pencil-skirt", "Pencil skirt", "skirt", 16.0, 8, "A narrow skirt to the knee, smooth over the hip.")
TOP, BAND, WAIST, HIP, HEM, LONG = 104.5, 4.0, 17.9, 24.9, 23.0, 58.0


def panel(name: str) -> Piece:
    side = curve((WAIST, 0), (21.4, 9), (23.9, 17), (HIP, 27), (24.4, 40), (HEM, LONG))
    edges = {
        "waist": curve((-WAIST, 0), (0, 1.5), (WAIST, 0)),
        "right-side": side,
        "hem": curve((HEM, LONG), (-HEM, LONG)),
        "left-side": mirrored(side),
    }
    return Piece(name, "body", edges, around_body(TOP - BAND, 22.0, 15.5, front=name == "front", gather=0))


def make() -> Garment:
    half = 2 * WAIST
    band = Piece(
        "band",
        "waistband",
        strip(2 * half, half, BAND),
        ring(TOP, 2 * half, half, 13.2, 10.2, 0.2),
        (0, -60.0),
        stiffness=20.0,
    )
    seams = [
        Seam("front.right-side", "back.left-side"),
        Seam("front.left-side", "back.right-side"),
        Seam("front.waist", "band.front-low"),
        Seam("back.waist", "band.back-low"),
        Seam("band.end", "band.start"),
    ]
    return Garment(
        ABOUT,
        [panel("front"), panel("back"), band],
        seams,
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
