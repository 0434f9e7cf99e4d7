"""Easy shorts on a waistband, to the middle of the thigh."""

from __future__ import annotations

from functools import partial

from wardrobe.about import About
from wardrobe.cloth import Fabric
from wardrobe.form import body
from wardrobe.legs import Legs, legs
from wardrobe.make import Garment

ABOUT = About("shorts", "Shorts", "bottom", 20.0, 7, "Easy cotton shorts, mid-thigh, wide enough to move in.")


def make() -> Garment:
    pieces, seams = legs(Legs(long=44.0, hem=29.0, hip=27.0))
    form = partial(body, "man", None, legs=True)
    return Garment(
        ABOUT,
        pieces,
        seams,
        form,
        Fabric(steps=12, bend=4e-5, friction=0.5),
        spacing=1.5,
        frames=100,
        closing=40,
        pinned=("band.top",),
        grey=0.55,
        facts={"weaves": {"legs": "twill"}},
        wall=55.0,
    )
