"""A single-breasted coat: wide collar, four large buttons, straight to the knee."""

from __future__ import annotations

from functools import partial

from wardrobe.about import About
from wardrobe.cloth import Fabric
from wardrobe.form import body
from wardrobe.make import Button, Garment, View
from wardrobe.shirts import Shirt, shirt_of
from wardrobe.tops import Top

ABOUT = About(
    "coat", "Coat", "outerwear", 12.7, 13, "A single-breasted coat in heavy wool, with a wide collar, to the knee."
)
TOP = Top(
    chest=29.5,
    waist=30.0,
    hem=31.5,
    long=101.0,
    neck=9.6,
    drop=14.0,
    shoulder=23.6,
    wide=21.0,
    cap=11.5,
    sleeve=60.0,
    cuff=15.5,
    armhole=27.0,
    arms=15.0,
)


def make() -> Garment:
    pieces, seams = shirt_of(Shirt(TOP, placket=3.2, rise=3.0, stand=2.6, leaf=7.0, point=10.5, spread=3.5, loose=1.0))
    return Garment(
        ABOUT,
        pieces,
        seams,
        partial(body, "man", TOP.arms, legs="together"),
        Fabric(steps=20, bend=3e-6, friction=0.3, skin=0.9),
        spacing=1.9,
        frames=110,
        grey=0.36,
        hem=3.0,
        thickness=0.4,
        grain=0.012,
        wall=60.0,
        views=(View("coat"), View("coat-turned", 28.0, 0.0, 0.86, "turned a little")),
        buttons=tuple(Button("placket", 0.0, 27.0 + 15.0 * each, 1.25) for each in range(4)),
    )
