"""A pencil skirt on a waistband, shaped by darts."""

from __future__ import annotations

from functools import partial

from wardrobe.about import About
from wardrobe.cloth import Fabric
from wardrobe.form import body
from wardrobe.make import Garment, View, around_body, ring
from wardrobe.pattern import Array, Piece, Seam, banded, curve, mirrored

ABOUT = About("pencil-skirt", "Pencil skirt", "skirt", 16.0, 19, "A narrow skirt to the knee, smooth over the hip.")
TOP, BAND, WAIST, HIP, HEM, LONG = 104.5, 4.0, 18.8, 25.5, 22.0, 60.0
DART, DEEP, AT = 1.1, 11.5, 9.4  # half its width, how deep, how far from the middle
PARTS = (("waist-a", WAIST - AT), ("waist-b", 2 * AT), ("waist-c", WAIST - AT))


def panel(name: str) -> Piece:
    out = WAIST + 2 * DART
    side = curve((out, 0), (22.9, 5), (24.2, 10), (25.1, 15), (HIP, 21), (25.3, 28), (23.9, 42), (HEM, LONG))
    tip, inner, outer = (AT + DART, DEEP), (AT, 0.6), (AT + 2 * DART, 0.4)
    edges: dict[str, Array] = {
        "waist-a": curve((-out, 0), (-outer[0], outer[1])),
        "left-dart": curve((-outer[0], outer[1]), (-tip[0], tip[1])),
        "left-dart-too": curve((-tip[0], tip[1]), (-inner[0], inner[1])),
        "waist-b": curve((-inner[0], inner[1]), (0, 0.9), inner),
        "right-dart": curve(inner, tip),
        "right-dart-too": curve(tip, outer),
        "waist-c": curve(outer, (out, 0)),
        "right-side": side,
        "hem": curve((HEM, LONG), (-HEM, LONG)),
        "left-side": mirrored(side),
    }
    return Piece(name, "body", edges, around_body(TOP - BAND, 19.0, 13.5, front=name == "front", gather=0))


def make() -> Garment:
    order = [(f"{name}-{part}", wide) for name in ("front", "back") for part, wide in PARTS]
    place = ring(TOP, 4 * WAIST, 2 * WAIST, 13.4, 10.4, 0.2)
    band = Piece("band", "waistband", banded(order, BAND), place, (0, -60.0), stiffness=20.0)
    seams = [
        Seam("front.right-side", "back.left-side"),
        Seam("front.left-side", "back.right-side"),
        Seam("band.end", "band.start"),
    ]
    for name in ("front", "back"):
        seams += [Seam(f"{name}.{part}", f"band.{name}-{part}") for part, _ in PARTS]
        seams += [Seam(f"{name}.{side}-dart", f"{name}.{side}-dart-too") for side in ("left", "right")]
    return Garment(
        ABOUT,
        [panel("front"), panel("back"), band],
        seams,
        partial(body, "woman", None, legs="together"),
        Fabric(steps=24, bend=2e-5, friction=0.02, stretch=1e-7),
        spacing=1.3,
        frames=150,
        pinned=("band.top",),
        grey=0.4,
        hem=3.0,
        facts={"weaves": {"body": "twill"}},
        wall=55.0,
        views=(View("pencil-skirt", 0.0, 14.0), View("pencil-skirt-turned", 35.0, 14.0, 0.86, "turned a little")),
    )
