"""A dress with short sleeves: a fitted bodice and a skirt gathered onto it."""

from __future__ import annotations

from functools import partial

import numpy as np

from wardrobe.about import About
from wardrobe.cloth import Fabric
from wardrobe.form import body
from wardrobe.make import Garment, View
from wardrobe.pattern import Array, Piece, Seam, curve, mirrored
from wardrobe.tops import Top, top_of

ABOUT = About(
    "dress", "Dress", "dress", 11.0, 3, "A cotton dress with short sleeves, gathered at the waist into a full skirt."
)
TOP = Top(
    chest=24.2,
    waist=20.6,
    hem=18.4,
    long=41.0,
    neck=10.2,
    drop=13.5,
    shoulder=18.4,
    slope=4.2,
    armhole=22.5,
    wide=16.6,
    cap=10.5,
    sleeve=20.0,
    cuff=15.4,
    band=1.2,
    tight=0.93,
    arms=24.0,
    kind="woman",
    top=143.0,
)
GATHER, HEM, LONG = 31.0, 46.0, 62.0


def skirt(name: str) -> Piece:
    side = curve((GATHER, 0), (HEM, LONG))

    def place(u: Array, v: Array) -> Array:
        wide = GATHER + (HEM - GATHER) * v / LONG
        angle, out = u / wide * np.pi / 2, 13.5 + 0.36 * v + 0.5 * np.sin(u * 1.1) * (0.3 + v / LONG)
        way = 1 if name == "front" else -1
        return np.stack(
            [way * out * 1.1 * np.sin(angle), -way * out * np.cos(angle), TOP.top - TOP.long - 0.94 * v], axis=1
        )

    edges = {
        "waist": curve((-GATHER, 0), (GATHER, 0)),
        "right-side": side,
        "hem": curve((HEM, LONG), (0, LONG + 1.2), (-HEM, LONG)),
        "left-side": mirrored(side),
    }
    return Piece(f"{name}-skirt", "skirt", edges, place, origin=(0, TOP.long))


def make() -> Garment:
    pieces, seams = top_of(TOP)
    pieces += [skirt("front"), skirt("back")]
    seams += [
        Seam("front.hem", "front-skirt.waist"),
        Seam("back.hem", "back-skirt.waist"),
        Seam("front-skirt.right-side", "back-skirt.left-side"),
        Seam("front-skirt.left-side", "back-skirt.right-side"),
    ]
    return Garment(
        ABOUT,
        pieces,
        seams,
        partial(body, "woman", TOP.arms, legs="apart"),
        Fabric(steps=24, bend=8e-5, friction=0.5),
        spacing=2.0,
        frames=110,
        grey=0.58,
        wall=60.0,
        views=(View("dress"), View("dress-turned", 32.0, 10.0, 0.86, "turned a little")),
    )
