"""A straight T-shirt with a ribbed neckband."""

from __future__ import annotations

from functools import partial

from wardrobe.about import About
from wardrobe.cloth import Fabric
from wardrobe.form import body
from wardrobe.make import Garment
from wardrobe.tops import Top, top_of

ABOUT = About("t-shirt", "T-shirt", "top", 17.0, 1, "Straight cotton jersey with a ribbed crew neck.")


def make() -> Garment:
    top = Top()
    pieces, seams = top_of(top)
    return Garment(
        ABOUT,
        pieces,
        seams,
        partial(body, "man", top.arms),
        Fabric(bend=2e-4),
        grey=0.52,
        facts={"weaves": {"collar": "rib"}},
    )
