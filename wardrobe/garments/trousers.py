"""Straight trousers on a waistband."""

from __future__ import annotations

from functools import partial

from wardrobe.about import About
from wardrobe.cloth import Fabric
from wardrobe.form import body
from wardrobe.legs import Legs, legs
from wardrobe.make import Garment

ABOUT = About("trousers", "Trousers", "bottom", 13.6, 6, "Straight, easy trousers that break softly at the knee.")


def make() -> Garment:
    pieces, seams = legs(Legs(long=97.0, hem=20.5, knee=22.3, hip=24.4, waist=21.2))
    form = partial(body, "man", None, legs=True)
    return Garment(
        ABOUT,
        pieces,
        seams,
        form,
        Fabric(steps=12, bend=6e-5, friction=0.5),
        spacing=1.9,
        frames=110,
        closing=40,
        pinned=("band.top",),
        grey=0.42,
        facts={"weaves": {"legs": "twill"}},
        wall=55.0,
    )
