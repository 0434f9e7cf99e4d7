"""A shirt: collar on a stand, placket with six buttons, cuffs, curved tails."""

from __future__ import annotations

from functools import partial

from wardrobe.about import About
from wardrobe.cloth import Fabric
from wardrobe.form import body
from wardrobe.make import Button, Garment
from wardrobe.shirts import Shirt, shirt_of
from wardrobe.tops import Top, cuff_ribs

ABOUT = About("shirt", "Shirt", "top", 15.9, 11, "Crisp poplin with a soft collar and curved tails.")
TOP = Top(
    chest=27.0,
    waist=26.0,
    hem=26.6,
    long=76.0,
    neck=8.4,
    drop=9.6,
    shoulder=22.8,
    wide=19.0,
    cap=11.0,
    sleeve=56.0,
    cuff=13.6,
    arms=13.0,
)


def make() -> Garment:
    cut = Shirt(TOP)
    pieces, seams = shirt_of(cut)
    cuffs, sewn = cuff_ribs(TOP, 6.2, tight=0.82, part="cuffs")
    return Garment(
        ABOUT,
        pieces + cuffs,
        seams + sewn,
        partial(body, "man", TOP.arms),
        Fabric(steps=20, bend=4e-5, friction=0.3),
        spacing=1.6,
        frames=100,
        grey=0.6,
        hem=0.8,
        buttons=tuple(Button("placket", 0.0, 14.0 + 9.2 * each) for each in range(6)),
    )
