"""A knitted sweater, ribbed at neck, cuffs and hem."""

from __future__ import annotations

from functools import partial

from wardrobe.about import About
from wardrobe.cloth import Fabric
from wardrobe.form import body
from wardrobe.make import Garment
from wardrobe.tops import Top, cuff_ribs, hem_rib, top_of

ABOUT = About("sweater", "Sweater", "top", 16.0, 9, "Soft lambswool in stocking stitch, ribbed at every edge.")


def make() -> Garment:
    top = Top(
        chest=29.0,
        waist=28.6,
        hem=28.6,
        long=60.0,
        neck=11.4,
        drop=12.5,
        wide=20.5,
        cap=11.0,
        sleeve=56.0,
        cuff=13.5,
        band=2.6,
        armhole=26.5,
        tight=0.88,
        arms=20.0,
    )
    pieces, seams = top_of(top)
    for more_pieces, more_seams in (hem_rib(top, 6.0), cuff_ribs(top, 6.0)):
        pieces, seams = pieces + more_pieces, seams + more_seams
    weaves = {"body": "knit", "sleeves": "knit", "collar": "wide-rib", "ribs": "wide-rib"}
    return Garment(
        ABOUT,
        pieces,
        seams,
        partial(body, "man", top.arms),
        Fabric(steps=12, bend=3e-5, skin=0.7, thick=0.85),
        grey=0.5,
        hem=0.0,
        thickness=0.35,
        spacing=1.7,
        frames=100,
        facts={"weaves": weaves},
    )
